"""The entries of a log that a filter let through, with the lines that continue them."""

from __future__ import annotations

from datetime import datetime

from kwtui.node.loghits import Places
from kwtui.node.logread import LogLine
from kwtui.node.logsource import LineSource


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
            wanted = self._log.after(max(first, place), count - len(lines))
            lines += [each for each in wanted if max(first, place) <= each.offset < end]
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
            wanted = self._log.before(bound, count - len(lines))
            lines = [each for each in wanted if each.offset >= first] + lines
            index -= 1
        return lines
