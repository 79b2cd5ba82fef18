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

from kwtui.sandbox.home import HOST, Home, HomeError, Running, is_alive

START_SECONDS = 60.0
STOP_SECONDS = 20.0
LOCK_SECONDS = 90.0
_PORT_SECONDS = 1.0
"""Longer than a start may take, so that the second of two starts finds the first one's server."""
_TAIL_BYTES = 4000
_REQUIRED = ("duckdb", "sqlglot")


class ManageError(Exception):
    """What was asked for did not work. The message says what to do."""


@dataclass(frozen=True)
class SandboxInfo:
    """A sandbox, running or not."""

    running: bool
    dsn: str | None
    """How to connect; ``None`` where it does not run."""
    port: int | None
    pid: int | None
    store: str
    extern: str
    logs: str

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
) -> SandboxInfo:
    """Start the server, unless it runs already, and wait until clients can connect.

    Without ``port`` the port of the last start is used, or a free one. With
    ``password_required`` it asks for passwords as a secure node does; root's is taken from the
    environment variable KWTUI_SANDBOX_ROOT_PASSWORD. Raises ManageError.
    """
    _require_engine()
    home = Home(directory.absolute())
    with _locked(home):
        found = home.running()
        if found is not None:
            if port not in (None, 0, found.port):
                raise ManageError(
                    f"The sandbox already runs, on port {found.port} (process {found.pid}). "
                    "Stop it first: kwtui sandbox stop"
                )
            return _info(home, found)
        description = home.open()
        chosen = _choose_port(home, port, description.port)
        return _info(home, _spawn(home, chosen, empty, password_required))


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
        for path in (home.description_path, home.run_path, home.server_log):
            path.unlink(missing_ok=True)
    return True


def _require_engine() -> None:
    missing = [name for name in _REQUIRED if importlib.util.find_spec(name) is None]
    if missing:
        raise ManageError(
            f"The sandbox needs packages that are not installed: {', '.join(missing)}. "
            "Install them with: pip install 'kwtui[sandbox]'"
        )


def _describe(home: Home) -> None:
    try:
        home.describe()
    except HomeError as error:
        raise ManageError(str(error)) from error


def _info(home: Home, found: Running | None) -> SandboxInfo:
    store = home.store
    return SandboxInfo(
        running=found is not None,
        dsn=found.dsn if found else None,
        port=found.port if found else None,
        pid=found.pid if found else None,
        store=str(store),
        extern=str(store / "extern"),
        logs=str(store / "logs"),
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
        raise ManageError(str(error)) from error
    finally:
        os.close(handle)


def _choose_port(home: Home, asked: int | None, remembered: int) -> int:
    """The port to listen on; 0 lets the server take a free one. Raises ManageError."""
    if asked:
        if not _is_free(asked):
            raise ManageError(
                f"Port {asked} is in use by another program. "
                "Name another one with --port, or leave it out to take a free one."
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


def _spawn(home: Home, port: int, empty: bool, password_required: bool) -> Running:
    """Start the server apart from this terminal and wait until it is ready."""
    home.run_path.unlink(missing_ok=True)
    command = [sys.executable, "-m", "kwtui.sandbox.server", "--dir", str(home.root)]
    command += ["--port", str(port), *(["--empty"] if empty else [])]
    command += ["--password-required"] if password_required else []
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
                f"The sandbox did not start (exit status {process.returncode}).\n{_tail(home)}"
            )
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise ManageError(f"The sandbox was not ready after {START_SECONDS:.0f} s.\n{_tail(home)}")


def _environment() -> dict[str, str]:
    """Lets the server find this very package, though it runs in another directory."""
    package = Path(__file__).resolve().parents[2]
    paths = [str(package), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


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
