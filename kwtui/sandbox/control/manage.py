"""Starting, stopping and looking at a sandbox from outside its process."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from kwtui.sandbox.control.home import HOST, Description, Home, HomeError, Running, is_alive
from kwtui.sandbox.engine.cluster import Cluster, set_down
from kwtui.sandbox.exit_status import Status

START_SECONDS = 60.0
STOP_SECONDS = 20.0
LOCK_SECONDS = 90.0
_PORT_SECONDS = 1.0
"""Longer than a start may take, so that the second of two starts finds the first one's server."""
_TAIL_BYTES = 4000
_REQUIRED = ("duckdb", "sqlglot")
_REQUIRED_FOR_TLS = ("cryptography",)


class ManageError(Exception):
    """What was asked for did not work. The message says what to do."""

    def __init__(self, message: str, status: Status = Status.FAILED) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class NodeInfo:
    """One node of a sandbox."""

    node_id: int
    dsn: str | None
    store: str
    extern: str
    logs: str
    down: bool


@dataclass(frozen=True)
class SandboxInfo:
    """A sandbox, running or not. ``store``, ``extern`` and ``logs`` are those of node 1."""

    running: bool
    dsn: str | None
    """How to connect to node 1; ``None`` where it does not run."""
    port: int | None
    pid: int | None
    store: str
    extern: str
    logs: str
    tls: bool
    certs: str | None
    """The folder of the certificates; ``None`` where it runs without TLS."""
    nodes: tuple[NodeInfo, ...]

    def to_json(self) -> dict[str, object]:
        """The fields, as ``--json`` prints them."""
        return asdict(self)


def default_dir() -> Path:
    """``sandbox`` in ``KWTUI_DATA_DIR``, or in kwtui's folder in the user's state directory."""
    moved = os.environ.get("KWTUI_DATA_DIR")
    home = Path(moved).expanduser() if moved else Path(platformdirs.user_state_dir("kwtui"))
    return home.absolute() / "sandbox"


def start(
    directory: Path,
    port: int | None = None,
    empty: bool = False,
    password_required: bool = False,
    tls: bool = False,
    nodes: int | None = None,
    history: bool = False,
) -> SandboxInfo:
    """Start the server, unless it runs already, and wait until clients can connect.

    Without ``port`` the port of the last start is used, or a free one. With
    ``password_required`` it asks for passwords as a secure node does; root's is taken from the
    environment variable KWTUI_SANDBOX_ROOT_PASSWORD. With ``tls`` it has certificates as well, and
    root can log in with one. ``nodes`` and ``history``, weeks of backups of the demo, count only
    for a new sandbox. Raises ManageError.
    """
    _require_packages(tls=tls)
    home = Home(directory.absolute())
    with _locked(home):
        found = home.running()
        if found is not None:
            _check_same(home, found, port, tls=tls, nodes=nodes)
            return _info(home, found)
        description = home.open()
        if description.loaded:
            _check_nodes(home, description, nodes)
        chosen = _choose_port(home, port, description.port)
        options = ["--empty"] if empty else []
        options += ["--history"] if history else []
        options += ["--password-required"] if password_required else []
        options += ["--tls"] if tls else []
        options += ["--nodes", str(nodes)] if nodes else []
        return _info(home, _spawn(home, chosen, options))


def set_node_down(directory: Path, node_id: int, *, down: bool) -> SandboxInfo:
    """Take a node of a cluster down, as if its process had died, or let it come back.

    Raises ManageError.
    """
    home = Home(directory.absolute())
    _describe(home)
    description = home.describe()
    count = description.nodes if description is not None else 0
    if not 1 < node_id <= count:
        raise ManageError(
            f"The sandbox in {home.root} has no node {node_id} that can be taken down: "
            f"it has {count}, and node 1 is the process itself. "
            "A cluster is made with: kwtui sandbox start --nodes 3 --dir D"
        )
    set_down(home.node_store(node_id), down)
    return _info(home, home.running())


def stop(directory: Path) -> bool:
    """Stop the server and wait until it is gone. Returns whether one was running.

    Raises ManageError.
    """
    home = Home(directory.absolute())
    if not home.root.exists():
        return False
    with _locked(home):
        return _stop(home)


def status(directory: Path) -> SandboxInfo:
    """What runs in this directory. Raises ManageError for a directory of another format."""
    home = Home(directory.absolute())
    _describe(home)
    return _info(home, home.running())


def reset(directory: Path) -> bool:
    """Stop the server and delete its data; the next start makes new ones.

    Returns whether there was anything. Only what a sandbox writes is deleted. Raises ManageError
    for a directory that is no sandbox.
    """
    home = Home(directory.absolute())
    if not home.root.exists():
        return False
    if not home.description_path.exists():
        if home.strangers():
            raise ManageError(
                f"{home.root} is not a sandbox: it has no sandbox.json. Nothing was deleted."
            )
        return False
    with _locked(home):
        _stop(home)
        home.discard_store()
        home.discard_certificates()
        for path in (home.description_path, home.run_path, home.server_log):
            path.unlink(missing_ok=True)
    return True


def _require_packages(*, tls: bool) -> None:
    needed = (*_REQUIRED, *_REQUIRED_FOR_TLS) if tls else _REQUIRED
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise ManageError(
            f"The sandbox needs packages that are not installed: {', '.join(missing)}. "
            f"Install them with: {sys.executable} -m pip install {' '.join(missing)}; or take the "
            "offline bundle whose name ends in -sandbox.",
            Status.EXTRA_MISSING,
        )


def _check_same(
    home: Home, found: Running, port: int | None, *, tls: bool, nodes: int | None
) -> None:
    """Whether what runs is what was asked for. Raises ManageError."""
    if port not in (None, 0, found.port):
        raise ManageError(
            f"The sandbox already runs, on port {found.port} (process {found.pid}). "
            "Stop it first: kwtui sandbox stop"
        )
    if tls and not found.tls:
        raise ManageError(
            f"The sandbox already runs, without TLS (process {found.pid}). "
            "Stop it first: kwtui sandbox stop"
        )
    description = home.describe()
    if description is not None:
        _check_nodes(home, description, nodes)


def _check_nodes(home: Home, description: Description, nodes: int | None) -> None:
    if nodes not in (None, description.nodes):
        raise ManageError(
            f"The sandbox in {home.root} was made with {description.nodes} "
            f"node{'s' if description.nodes > 1 else ''}, not {nodes}. Name another directory with "
            f"--dir, or make it new with: kwtui sandbox reset --dir {home.root}"
        )


def _describe(home: Home) -> None:
    try:
        home.describe()
    except HomeError as error:
        raise ManageError(str(error), error.status) from error


def _info(home: Home, found: Running | None) -> SandboxInfo:
    store = home.store
    tls = found is not None and found.tls
    return SandboxInfo(
        running=found is not None,
        dsn=found.dsn if found else None,
        port=found.port if found else None,
        pid=found.pid if found else None,
        store=str(store),
        extern=str(store / "extern"),
        logs=str(store / "logs"),
        tls=tls,
        certs=str(home.certificates) if tls else None,
        nodes=tuple(_nodes(home, found)),
    )


def _nodes(home: Home, found: Running | None) -> Iterator[NodeInfo]:
    description = home.describe()
    count = description.nodes if description is not None else 1
    dsns = found.dsns if found is not None else []
    stores = {node_id: home.node_store(node_id) for node_id in range(1, count + 1)}
    cluster = Cluster(stores)
    for node_id, store in stores.items():
        yield NodeInfo(
            node_id=node_id,
            dsn=dsns[node_id - 1] if node_id <= len(dsns) else None,
            store=str(store),
            extern=str(store / "extern"),
            logs=str(store / "logs"),
            down=cluster.is_down(node_id),
        )


@contextmanager
def _locked(home: Home) -> Iterator[None]:
    """One start, stop or reset at a time. The kernel lets go of the lock of a killed process."""
    import fcntl

    try:
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(home.lock_path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ManageError(f"{home.root} cannot be used for a sandbox: {error.strerror}") from error
    try:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ManageError(
                        f"Another kwtui has been starting or stopping the sandbox in {home.root} "
                        f"for {LOCK_SECONDS:.0f} s. Try again, or look for it with: ps -ef"
                    ) from None
                time.sleep(0.05)
        yield
    except HomeError as error:
        raise ManageError(str(error), error.status) from error
    finally:
        os.close(handle)


def _choose_port(home: Home, asked: int | None, remembered: int) -> int:
    """The port to listen on; 0 lets the server take a free one. Raises ManageError."""
    if asked:
        if not _is_free(asked):
            raise ManageError(
                f"Port {asked} is in use by another program. "
                "Name another one with --port, or leave it out to take a free one.",
                Status.PORT_IN_USE,
            )
        return asked
    if not remembered:
        return 0
    # The threads of a killed server may hold its port for a moment after it counts as dead.
    deadline = time.monotonic() + _PORT_SECONDS
    while not _is_free(remembered):
        if time.monotonic() > deadline:
            return 0
        time.sleep(0.02)
    return remembered


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _spawn(home: Home, port: int, options: list[str]) -> Running:
    """Start the server apart from this terminal and wait until it is ready."""
    home.run_path.unlink(missing_ok=True)
    command = [sys.executable, "-P", "-m", "kwtui.sandbox.server", "--dir", str(home.root)]
    command += ["--port", str(port), *options]
    descriptor = os.open(home.server_log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            cwd=home.root,
            env=_environment(),
        )
    finally:
        os.close(descriptor)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        found = home.running()
        if found is not None:
            return found
        if process.poll() is not None:
            raise ManageError(
                f"The sandbox did not start (exit status {process.returncode}).\n{_tail(home)}",
                _status_of(process.returncode),
            )
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise ManageError(f"The sandbox was not ready after {START_SECONDS:.0f} s.\n{_tail(home)}")


def _status_of(returncode: int) -> Status:
    """The server's own word for why it ended; FAILED where it had none, as after a signal."""
    try:
        return Status(returncode)
    except ValueError:
        return Status.FAILED


def _environment() -> dict[str, str]:
    """Lets the server find this very package, though it runs in another directory."""
    package = Path(__file__).resolve().parents[3]
    # Relative entries, and empty ones, would be folders below wherever it is started.
    listed = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = [str(package), *(path for path in listed if os.path.isabs(path))]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def _tail(home: Home) -> str:
    try:
        text = home.server_log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace").strip()
    except OSError as error:
        return f"Its log {home.server_log} cannot be read: {error.strerror}"
    return f"The end of {home.server_log}:\n{text or '(empty)'}"


def _stop(home: Home) -> bool:
    found = home.running()
    if found is None:
        home.run_path.unlink(missing_ok=True)
        return False
    os.kill(found.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if not is_alive(found):
            home.run_path.unlink(missing_ok=True)
            return True
        time.sleep(0.02)
    raise ManageError(
        f"The sandbox (process {found.pid}) did not stop within {STOP_SECONDS:.0f} s. "
        f"End it with: kill -9 {found.pid}"
    )
