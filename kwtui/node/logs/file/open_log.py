"""One opened log file: its lines from any place, and whether it is still the same."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from kwtui.files.foreign.reading import beside_link, regular_descriptor
from kwtui.node.logs.file import entries
from kwtui.node.logs.file.lines import LineReader, LogLine

_HEAD = 256
"""Bytes at the start of the file that must stay as they are while it only grows."""


class OpenLog:
    """Raises OSError when it is made. Closed when the last user lets go of it."""

    def __init__(self, path: Path) -> None:
        self.descriptor = -1
        self.path = beside_link(path)
        self.descriptor = regular_descriptor(self.path, os.O_RDONLY)
        status = os.fstat(self.descriptor)
        self.identity = (status.st_dev, status.st_ino)
        self.size = status.st_size
        self.reader = LineReader(self.descriptor)
        self.read = self.reader.read
        self.head = self.read(_HEAD, 0)
        self._first_time: datetime | None = None

    def __del__(self) -> None:
        # Searches may still read in their threads when a rotation replaces the file.
        with suppress(OSError):
            os.close(self.descriptor)

    # -- growth -------------------------------------------------------------------------------

    def still_grows(self, size: int) -> bool:
        """Whether the file only got longer: its start is what it was."""
        return size >= self.size and self.read(len(self.head), 0) == self.head

    def take_size(self) -> None:
        """See how long the file is now."""
        self.size = max(self.size, os.fstat(self.descriptor).st_size)

    # -- lines --------------------------------------------------------------------------------

    def lines_before(self, offset: int, count: int) -> list[LogLine]:
        """Up to ``count`` lines before ``offset``, the start of a line or the end of the file."""
        size = self.size
        half = offset >= size and self.reader.ends_in_line(size)
        starts = self.reader.starts_before(min(offset, size) + half, count)
        return self.reader.lines_from(starts[0], len(starts), size) if starts else []

    def lines_after(self, offset: int, count: int) -> list[LogLine]:
        """Up to ``count`` lines from ``offset`` on, the start of a line."""
        return self.reader.lines_from(offset, count, self.size)

    def last_line_start(self) -> int:
        """Where the last line begins if it has no line end yet; else the file's size."""
        size = self.size
        if not self.reader.ends_in_line(size):
            return size
        starts = self.reader.starts_before(size + 1, 1)
        return starts[0] if starts else 0

    # -- entries and times --------------------------------------------------------------------

    def entry_start(self, offset: int) -> int | None:
        """Where the entry begins that the line at ``offset`` belongs to, if it belongs to one."""
        return entries.entry_start(self.read, offset)

    def entry_end(self, offset: int) -> int:
        """Where the next entry begins after the line at ``offset``; the size after the last."""
        return entries.entry_end(self.read, offset, self.size)

    def seek_time(self, when: datetime) -> int:
        """Where the first entry at or after ``when`` begins; the size if all are before."""
        return entries.seek_time(self.read, self.size, when)

    @property
    def first_time(self) -> datetime | None:
        """The time of the first entry that has one, near the start of the file."""
        if self._first_time is None:
            found = entries.next_time(self.read, 0, min(self.size, entries.REACH))
            self._first_time = found[1] if found else None
        return self._first_time

    @property
    def last_time(self) -> datetime | None:
        return entries.last_time(self.read, self.size)
