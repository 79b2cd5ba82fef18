"""Lines of a followed log before, after and at its end: all of them, or those of severe entries."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from typing import Protocol

from kwtui.node.logs import LogFollower, LogLine

LONGEST_ENTRY = 200
"""Lines of one entry that are shown where only severe entries are; a stack trace has fewer."""


class LineSource(Protocol):
    """Where a view gets its lines from; offsets are bytes in the file."""

    def tail(self, count: int) -> list[LogLine]: ...

    def before(self, offset: int, count: int) -> list[LogLine]: ...

    def after(self, offset: int, count: int) -> list[LogLine]: ...


class SevereLines:
    """The lines of some entries, given by the offsets of their first lines."""

    def __init__(self, follower: LogFollower) -> None:
        self._follower = follower
        self._entries: list[int] = []

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, offsets: Sequence[int]) -> None:
        """More entries, usually further down the file."""
        for offset in offsets:
            if not self._entries or offset > self._entries[-1]:
                self._entries.append(offset)
            elif self._entries[bisect_left(self._entries, offset)] != offset:
                insort(self._entries, offset)

    def _lines_of(self, index: int) -> list[LogLine]:
        start = self._entries[index]
        end = self._entries[index + 1] if index + 1 < len(self._entries) else None
        lines: list[LogLine] = []
        for each in self._follower.after(start, LONGEST_ENTRY):
            if lines and (each.severity is not None or (end is not None and each.offset >= end)):
                break
            lines.append(each)
        return lines

    def tail(self, count: int) -> list[LogLine]:
        return self._backwards(len(self._entries) - 1, None, count)

    def before(self, offset: int, count: int) -> list[LogLine]:
        return self._backwards(bisect_left(self._entries, offset) - 1, offset, count)

    def after(self, offset: int, count: int) -> list[LogLine]:
        lines: list[LogLine] = []
        index = max(0, bisect_right(self._entries, offset) - 1)
        while len(lines) < count and index < len(self._entries):
            lines += [each for each in self._lines_of(index) if each.offset >= offset]
            index += 1
        return lines[:count]

    def _backwards(self, index: int, offset: int | None, count: int) -> list[LogLine]:
        lines: list[LogLine] = []
        while len(lines) < count and index >= 0:
            entry = self._lines_of(index)
            if offset is not None:
                entry = [each for each in entry if each.offset < offset]
            lines = entry + lines
            index -= 1
        return lines[-count:] if count else []
