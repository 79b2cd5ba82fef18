"""The log files of a node: which there are, and following one of them.

`find_logs` lists, `LogFollower` opens one at its end at once whatever its size, indexes it in a
thread, gives any line by its number, follows it through rotation, and searches it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from kwtui.node.logformat import LogEntry, LogFamily, LogSeverity


@dataclass(frozen=True)
class LogFile:
    """One log file on disk."""

    path: Path
    family: LogFamily
    bytes: int
    modified: datetime
    current: bool = False
    """The one that is written to now."""
    link: Path | None = None
    """The link that always points to the current file: follow this one."""
    created: datetime | None = None
    """From the name; UTC, but for TsEngine files, whose names hold the node's local time."""
    host: str = ""
    user: str = ""
    pid: int | None = None
    problem: str = ""
    """Why it cannot be read."""


def find_logs(folders: Sequence[Path]) -> list[LogFile]:
    """The log files in the node's log folders: by family, current first, then newest first.

    Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE) if no folder can be read.
    """
    raise NotImplementedError


@dataclass(frozen=True)
class LogLine:
    """One line of a file, as bytes became text; not cleaned: use `kwtui.text.clean`."""

    offset: int
    """Where it begins in the file, in bytes."""
    bytes: int
    """How long it is, with its line end."""
    text: str
    """Without the line end; a very long line is cut, then ``cut`` is the number of bytes left."""
    severity: LogSeverity | None = None
    """None: a line that continues an entry, or has no header."""
    number: int | None = None
    """From 0; None while the index has not come so far."""
    cut: int = 0
    partial: bool = False
    """The last line, still without its line end."""


class LogEvent(StrEnum):
    """What happened to a followed file."""

    GREW = "grew"
    INDEXED = "indexed"
    """The index made progress or is complete."""
    RESTARTED = "restarted"
    """Truncated, replaced or rotated: lines and offsets begin anew."""
    VANISHED = "vanished"
    """Gone for now; it is waited for."""


@dataclass(frozen=True)
class LogState:
    """Where a follower stands."""

    path: Path
    """The file behind the link."""
    bytes: int
    indexed_bytes: int
    lines: int | None
    """Exact number of lines; None until indexed."""
    present: bool = True
    note: str = ""
    """What happened last, in words: ``rotated to kwbase.….log``."""


@dataclass(frozen=True)
class SearchProgress:
    """A batch of hits, in file order, and how far the search is."""

    offsets: tuple[int, ...]
    """Where lines with a hit begin."""
    bytes_done: int
    bytes_total: int
    done: bool = False
    limited: bool = False
    """Stopped at the limit: there may be more."""


class LogFollower:
    """Follows one log file. All methods are quick but `search` and `filter`, which are streams."""

    def __init__(self, path: Path, *, poll_seconds: float = 0.1) -> None:
        raise NotImplementedError

    async def open(self) -> LogState:
        """Open the file at its end and begin to index it in a thread.

        Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE).
        """
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError

    @property
    def state(self) -> LogState:
        raise NotImplementedError

    def tail(self, count: int) -> list[LogLine]:
        """The last ``count`` lines; works before the index does."""
        raise NotImplementedError

    def before(self, offset: int, count: int) -> list[LogLine]:
        """Up to ``count`` lines that end before ``offset``, which must be the start of a line."""
        raise NotImplementedError

    def after(self, offset: int, count: int) -> list[LogLine]:
        """Up to ``count`` lines from ``offset`` on, which must be the start of a line."""
        raise NotImplementedError

    def lines(self, first: int, count: int) -> list[LogLine]:
        """Lines by number (from 0), as far as the index has come."""
        raise NotImplementedError

    def line_number(self, offset: int) -> int | None:
        """The number of the line that begins at ``offset``; None where it is not indexed yet."""
        raise NotImplementedError

    def entry_at(self, offset: int) -> LogEntry:
        """The whole entry that the line at ``offset`` belongs to, stack trace and all."""
        raise NotImplementedError

    def changes(self) -> AsyncIterator[LogEvent]:
        """What happens to the file, until `close`. Nothing is sent while nothing happens."""
        raise NotImplementedError

    def search(
        self,
        pattern: re.Pattern[str],
        *,
        severity: LogSeverity | None = None,
        limit: int = 100_000,
        cancel: asyncio.Event | None = None,
    ) -> AsyncIterator[SearchProgress]:
        """Find the lines that match, of entries at least as severe as ``severity``."""
        raise NotImplementedError

    def filter(
        self,
        severity: LogSeverity,
        *,
        limit: int = 1_000_000,
        cancel: asyncio.Event | None = None,
    ) -> AsyncIterator[SearchProgress]:
        """Find the entries at least as severe as ``severity``; offsets are of their first lines."""
        raise NotImplementedError
