"""A log with the lines that continue an entry, such as a stack trace, folded away."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kwtui.node.logs.file.lines import LogLine
from kwtui.node.logs.source import LineSource

COUNTED_LINES = 999
"""A folded entry tells how many lines it has up to this number."""


class FoldedLines:
    """First lines of entries, and all lines of those that were unfolded."""

    def __init__(self, log: LineSource) -> None:
        self._log = log
        self._unfolded: set[int] = set()

    def toggle(self, place: int) -> int | None:
        """Unfold the entry that the line belongs to, or fold it again; where it begins."""
        start = self._log.entry_start(place)
        if start is not None:
            self._unfolded ^= {start}
        return start

    def reveal(self, place: int) -> None:
        """Unfold the entry that hides the line, if one does."""
        start = self._log.entry_start(place)
        if start is not None and start != place:
            self._unfolded.add(start)

    def tail(self, count: int) -> list[LogLine]:
        return self._backwards(self._log.tail(2 * count), count)

    def before(self, place: int, count: int) -> list[LogLine]:
        return self._backwards(self._log.before(place, 2 * count), count)

    def after(self, place: int, count: int) -> list[LogLine]:
        lines: list[LogLine] = []
        batch = self._log.after(place, count + 1)
        while batch and len(lines) < count:
            lines += self._shown(batch)
            batch = self._following(batch, count + 1)
        return lines[:count]

    def entry_start(self, place: int) -> int | None:
        return self._log.entry_start(place)

    def entry_end(self, place: int) -> int:
        return self._log.entry_end(place)

    def time_of(self, place: int) -> datetime | None:
        return self._log.time_of(place)

    def _following(self, batch: list[LogLine], count: int) -> list[LogLine]:
        """The lines after the batch; over the rest of a folded entry at once."""
        last = batch[-1]
        if last.severity is None and self._is_folded(last.offset):
            lines = self._log.after(self._log.entry_end(last.offset), count)
            return lines if not lines or lines[0].offset != last.offset else []
        lines = self._log.after(last.offset, count + 1)
        return lines[1:]

    def _backwards(self, batch: list[LogLine], count: int) -> list[LogLine]:
        lines: list[LogLine] = []
        while batch and len(lines) < count:
            lines = self._shown(batch) + lines
            first = batch[0]
            place = first.offset
            if first.severity is None and self._is_folded(place):
                start = self._log.entry_start(place)
                place = place if start is None else start
                if start is not None:
                    lines = self._shown(self._log.after(place, 1)) + lines
            batch = self._log.before(place, 2 * count)
        return lines[-count:] if count else []

    def _shown(self, batch: list[LogLine]) -> list[LogLine]:
        """What is left of neighbouring lines."""
        shown: list[LogLine] = []
        folded, follows = False, -1
        for each in batch:
            if each.severity is not None:
                folded = each.offset not in self._unfolded
                shown.append(self._counted(each) if folded else each)
            else:
                if each.offset != follows:
                    folded = self._is_folded(each.offset)
                if not folded:
                    shown.append(each)
            follows = each.offset + each.bytes
        return shown

    def _counted(self, header: LogLine) -> LogLine:
        more = self._log.after(header.offset, 2)[1:]
        if not more or more[0].severity is not None:
            return header
        if self._log.entry_start(more[0].offset) != header.offset:
            return header
        return replace(header, folded=self._count(header))

    def _count(self, header: LogLine) -> int:
        count, follows = 0, header.offset + header.bytes
        batch = self._log.after(header.offset, 65)[1:]
        while batch and count < COUNTED_LINES:
            for each in batch:
                if each.severity is not None or each.offset != follows:
                    return count
                count += 1
                follows = each.offset + each.bytes
            batch = self._log.after(batch[-1].offset, 257)[1:]
        return min(count, COUNTED_LINES)

    def _is_folded(self, place: int) -> bool:
        """Whether the line, which is no first line, is hidden in its entry."""
        start = self._log.entry_start(place)
        return start is not None and start not in self._unfolded
