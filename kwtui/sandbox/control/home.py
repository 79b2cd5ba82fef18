"""The sandbox's own directory: what it is, where its parts lie, and whether it is running.

``<home>/sandbox.json`` says what the directory is, ``run.json`` stands there while the server
runs, ``server.log`` has what the process itself says, ``store/`` is the node's store.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kwtui.sandbox.exit_status import Status
from kwtui.sandbox.identity import STORE_FORMAT

HOST = "127.0.0.1"
"""The sandbox listens here only: it lets everybody in who can reach it."""


class HomeError(Exception):
    """The directory cannot be used. The message says what to do."""

    def __init__(self, message: str, status: Status = Status.FAILED) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Description:
    """``sandbox.json``: what a sandbox directory is."""

    format: int
    port: int
    """The port of the last start, 0 before the first one."""
    loaded: bool = False
    """Whether a first start was finished, with the demo content in or declined."""
    nodes: int = 1
    """Of how many nodes it consists."""
    other_ports: list[int] = field(default_factory=list)
    """The ports of the nodes 2, 3, … at the last start."""


@dataclass(frozen=True)
class Running:
    """``run.json``: a server that accepts clients."""

    pid: int
    port: int
    dsn: str
    started: str
    """When it was ready, UTC, ISO 8601."""
    boot_id: str = ""
    start_ticks: int = 0
    """With ``boot_id``, tells this process from a later one that got the same number."""
    tls: bool = False
    """Whether clients can use TLS, and have to show a certificate or a password."""
    dsns: list[str] = field(default_factory=list)
    """How to reach each node, in the order of their numbers."""


@dataclass(frozen=True)
class Home:
    """The paths of one sandbox."""

    root: Path

    @property
    def description_path(self) -> Path:
        return self.root / "sandbox.json"

    @property
    def run_path(self) -> Path:
        return self.root / "run.json"

    @property
    def lock_path(self) -> Path:
        return self.root / "lock"

    @property
    def server_log(self) -> Path:
        return self.root / "server.log"

    @property
    def store(self) -> Path:
        """Of node 1, with the data of all."""
        return self.root / "store"

    def node_store(self, node_id: int) -> Path:
        """The store of a node."""
        return self.store if node_id == 1 else self.root / f"store{node_id}"

    @property
    def certificates(self) -> Path:
        """The folder of the certificates, where there are any."""
        return self.root / "certs"

    def describe(self) -> Description | None:
        """What ``sandbox.json`` says; ``None`` where there is no such file.

        Raises HomeError for a directory of another format or a file that is no description.
        """
        try:
            found = json.loads(self.description_path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise HomeError(
                f"{self.description_path} cannot be read: {error}. "
                f"If this was a sandbox, run: kwtui sandbox reset --dir {self.root}",
                Status.STORE_BROKEN,
            ) from error
        number = found.get("format") if isinstance(found, dict) else None
        if number != STORE_FORMAT:
            newer = isinstance(number, int) and number > STORE_FORMAT
            age = "a newer" if newer else "an older"
            raise HomeError(
                f"{self.root} holds a sandbox of {age} format ({number}; this one writes "
                f"{STORE_FORMAT}). Make it new with: kwtui sandbox reset --dir {self.root}",
                Status.OTHER_VERSION,
            )
        try:
            return Description(**found)
        except TypeError as error:
            raise HomeError(
                f"{self.description_path} is not complete: {error}. "
                f"Make it new with: kwtui sandbox reset --dir {self.root}",
                Status.STORE_BROKEN,
            ) from error

    def open(self) -> Description:
        """The description, made first where the directory is new or empty.

        Raises HomeError where the directory belongs to something else.
        """
        found = self.describe()
        if found is not None:
            return found
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        strangers = self.strangers()
        if strangers:
            shown = ", ".join(strangers[:3]) + (", …" if len(strangers) > 3 else "")
            raise HomeError(
                f"{self.root} is not a sandbox and not empty (it holds {shown}). "
                "Name an empty or new directory with --dir."
            )
        new = Description(STORE_FORMAT, 0)
        self.save(new)
        return new

    def discard_store(self) -> None:
        """Delete what a first start that never finished has left."""
        for path in self.root.iterdir():
            if _STORE.fullmatch(path.name):
                shutil.rmtree(path)

    def discard_certificates(self) -> None:
        """Delete the certificates; the next start in secure mode makes new ones."""
        if self.certificates.is_dir():
            shutil.rmtree(self.certificates)

    def strangers(self) -> list[str]:
        """Names in the directory that no sandbox made."""
        names = (path.name for path in self.root.iterdir())
        return sorted(n for n in names if n not in _OWN and not _STORE.fullmatch(n))

    def save(self, description: Description) -> None:
        """Write ``sandbox.json``."""
        write_json(self.description_path, asdict(description))

    def running(self) -> Running | None:
        """The server that runs here, ``None`` where there is none. A stale file is none."""
        try:
            found = Running(**json.loads(self.run_path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return found if is_alive(found) else None


_OWN = frozenset({"sandbox.json", "run.json", "lock", "server.log", "certs"})
_STORE = re.compile(r"store\d*")


def write_json(path: Path, content: dict[str, object]) -> None:
    """Replace a small private file in one step."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.write("\n")
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def process_identity(pid: int) -> tuple[str, int]:
    """What tells a process from a later one of the same number; empty where it is not known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", 0
    return boot, int(stat.rpartition(")")[2].split()[19])


def is_alive(found: Running) -> bool:
    """Whether this very process still runs, and not a later one with its number."""
    try:
        os.kill(found.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if not found.boot_id:
        return True
    return _is_zombie(found.pid) is False and process_identity(found.pid) == (
        found.boot_id,
        found.start_ticks,
    )


def _is_zombie(pid: int) -> bool:
    """A process that ended and was not waited for counts as gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] == "Z"
