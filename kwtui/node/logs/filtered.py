"""The entries of a log that a filter let through, with the lines that continue them."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime

from kwtui.node.logs.file.lines import LogLine
from kwtui.node.logs.source import LineSource


class PickedEntries:
    """Some entries of one family, given by the places of their first lines."""

    def __init__(self, log: LineSource) -> None:
        self._log = log
        self.entries = Places()

    def tail(self, count: int) -> list[LogLine]:
        return self._backwards(len(self.entries) - 1, None, count)

    def before(self, place: int, count: int) -> list[LogLine]:
        return self._backwards(self.entries.count_before(place) - 1, place, count)

    def after(self, place: int, count: int) -> list[LogLine]:
        lines: list[LogLine] = []
        # The line may lie inside the entry that begins before it.
        index = max(0, self.entries.count_before(place + 1) - 1)
        while len(lines) < count and index < len(self.entries):
            first = self.entries[index]
            end = self._log.entry_end(first)
            lines += self._first(max(first, place), end, count - len(lines))
            index += 1
        return lines

    def entry_start(self, place: int) -> int | None:
        return self._log.entry_start(place)

    def entry_end(self, place: int) -> int:
        return self._log.entry_end(place)

    def time_of(self, place: int) -> datetime | None:
        return self._log.time_of(place)

    def _backwards(self, index: int, place: int | None, count: int) -> list[LogLine]:
        lines: list[LogLine] = []
        while len(lines) < count and index >= 0:
            first = self.entries[index]
            end = self._log.entry_end(first)
            bound = end if place is None else min(place, end)
            lines = self._last(first, bound, count - len(lines)) + lines
            index -= 1
        return lines

    def _first(self, place: int, end: int, count: int) -> list[LogLine]:
        """Up to ``count`` lines from ``place`` on and before ``end``."""
        lines: list[LogLine] = []
        # Most entries have one line: to read for each all that is wanted takes the square of that.
        for asked in _counts(count):
            wanted = self._log.after(place, asked)
            lines += [each for each in wanted if place <= each.offset < end]
            if len(wanted) < asked or (place := wanted[-1].offset + wanted[-1].bytes) >= end:
                break
        return lines

    def _last(self, first: int, end: int, count: int) -> list[LogLine]:
        """Up to ``count`` lines from ``first`` on and before ``end``, those next to it."""
        lines: list[LogLine] = []
        for asked in _counts(count):
            wanted = self._log.before(end, asked)
            lines = [each for each in wanted if each.offset >= first] + lines
            if len(wanted) < asked or (end := wanted[0].offset) <= first:
                break
        return lines


def _counts(count: int) -> Iterator[int]:
    """One, and then always more, until they are ``count`` in all."""
    asked = 1
    while count > 0:
        yield min(asked, count)
        count -= asked
        asked *= 8


class Places:
    """A sorted set of places in one family."""

    def __init__(self) -> None:
        self._places = array("Q")

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> int:
        return self._places[index]

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def add(self, batch: Sequence[int]) -> None:
        """More places in ascending order, all before, after or between those that are there."""
        if not batch:
            return
        first = bisect_left(self._places, batch[0])
        last = bisect_right(self._places, batch[-1])
        if first == last:
            self._places[first:first] = array("Q", batch)
        else:
            merged = sorted({*self._places[first:last], *batch})
            self._places[first:last] = array("Q", merged)

    def drop_between(self, low: int, high: int) -> None:
        """Forget the places from ``low`` on and before ``high``."""
        del self._places[bisect_left(self._places, low) : bisect_left(self._places, high)]

    def count_before(self, place: int) -> int:
        return bisect_left(self._places, place)

    def first_from(self, place: int) -> int | None:
        """The first place that is not before ``place``."""
        index = bisect_left(self._places, place)
        return self._places[index] if index < len(self._places) else None

    def last_before(self, place: int) -> int | None:
        index = bisect_left(self._places, place) - 1
        return self._places[index] if index >= 0 else None
