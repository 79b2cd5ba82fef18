"""Which process a run is, so that a pid that was given to somebody else is not taken for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProcessIdentity:
    """A pid is reused, even after a reboot; with its start time and the boot it is unique."""

    pid: int
    started_ticks: int = 0
    """Field 22 of /proc/<pid>/stat; 0 where there is no /proc."""
    boot_id: str = ""


def current_identity() -> ProcessIdentity:
    return identity_of(os.getpid())


def identity_of(pid: int) -> ProcessIdentity:
    """The identity of a process that lives now; ticks are 0 if it does not."""
    return ProcessIdentity(pid, _started_ticks(pid) or 0, boot_id())


def is_alive(identity: ProcessIdentity) -> bool:
    """Whether that very process still runs. A zombie does not."""
    if identity.pid <= 0 or (identity.boot_id and identity.boot_id != boot_id()):
        return False
    if not Path("/proc/self/stat").exists():
        return _answers_signals(identity.pid)
    ticks = _started_ticks(identity.pid)
    if ticks is None:
        return False
    return not identity.started_ticks or ticks == identity.started_ticks


def boot_id() -> str:
    """Changes with every boot; empty where the system has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _started_ticks(pid: int) -> int | None:
    """None when the process is gone or a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The command may hold spaces and parentheses: fields are counted after the last one.
    fields = text.rpartition(")")[2].split()
    state, start_time = fields[0], fields[19]
    return None if state in "ZX" else int(start_time)


def _answers_signals(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
