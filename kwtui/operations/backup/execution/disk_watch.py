"""Watching the space where a backup is written: a full disk cuts files without an error.

A node says succeeded all the same (live-findings, rows 23 and 29), and its store often lies on the
same disk. So the run ends itself while there is still some space.
"""

from __future__ import annotations

from pathlib import Path

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.reading import space_at
from kwtui.text import human_bytes

_MOST = 1 << 30
_SHARE = 50
"""One part in so many of the disk stays free, but no more than the limit."""


def reserve_of(total: int) -> int:
    """Bytes that must stay free on a disk of this size."""
    return min(total // _SHARE, _MOST)


def space_problem(folder: Path) -> KwtuiError | None:
    """Why writing below the folder must stop; None while there is space, or if nobody can tell."""
    try:
        usage = space_at(folder)
    except OSError:
        return None
    reserve = reserve_of(usage.total)
    if usage.free >= reserve:
        return None
    return KwtuiError(
        f"The disk of {folder} is almost full: the run stopped itself.",
        cause=f"{human_bytes(usage.free)} are free, {human_bytes(reserve)} must stay free. On a "
        "full disk KWDB truncates files and reports success.",
        hint="Free space there, or back up some of the tables.",
        exit_code=ExitCode.DISK_FULL,
    )
