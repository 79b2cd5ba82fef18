"""The log families that are read together, and the order of their lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from kwtui.node.logs.family import JoinedLog
from kwtui.node.logs.file.lines import LogLine
from kwtui.node.logs.filtered import PickedEntries, Places
from kwtui.node.logs.format import LogEntry, LogFamily
from kwtui.node.logs.merged import MergedLog, Strand
from kwtui.node.logs.source import LineSource, family_place, split_family_place

_LINES = 500


class LogSet:
    """One family alone, or several by time; all lines, or those that a filter left."""

    def __init__(self, logs: Sequence[JoinedLog]) -> None:
        self.logs = tuple(logs)
        self.picked: list[PickedEntries] | None = None
        """What the filter left; None without one."""
        self.lines: LineSource = self._source()

    @property
    def families(self) -> tuple[LogFamily, ...]:
        return tuple(log.family for log in self.logs)

    @property
    def merged(self) -> bool:
        return len(self.logs) > 1

    def pick(self, *, some: bool) -> list[PickedEntries]:
        """Show only entries that are added to what this gives, or all lines."""
        picked = [PickedEntries(log) for log in self.logs] if some else []
        self.picked = picked if some else None
        self.lines = self._source()
        return picked

    def _source(self) -> LineSource:
        lines: list[LineSource] = list(self.logs if self.picked is None else self.picked)
        if not self.merged:
            return lines[0]
        pairs = zip(self.logs, lines, strict=True)
        return MergedLog([Strand(log.family, log, each) for log, each in pairs])

    def twin(self) -> LogSet:
        """The same as it is now, to be read in another thread."""
        other = LogSet(self.logs)
        if self.picked is not None:
            for mine, its in zip(self.picked, other.pick(some=True), strict=True):
                its.entries.add(list(mine.entries))
        return other

    def reset_window(self) -> None:
        """To be called when entries were picked between others."""
        if isinstance(self.lines, MergedLog):
            self.lines.reset()

    # -- places -------------------------------------------------------------------------------

    def inner(self, place: int) -> tuple[int, int]:
        """Number of the family and the place in it."""
        return split_family_place(place) if self.merged else (0, place)

    def outer(self, number: int, place: int) -> int:
        return family_place(number, place) if self.merged else place

    def log_at(self, place: int) -> tuple[JoinedLog, int]:
        number, inner = self.inner(place)
        return self.logs[number], inner

    def cut(self, place: int) -> list[int]:
        """The place in each family of its first line that does not come before ``place``."""
        return self.lines.cut(place) if isinstance(self.lines, MergedLog) else [place]

    def comes_before(self, one: int, other: int) -> bool:
        """Whether the line at ``one`` is shown above that at ``other``."""
        if not self.merged:
            return one < other
        number, inner = split_family_place(other)
        return one != other and self.cut(one)[number] <= inner

    def earliest(self, found: Iterable[tuple[int, int]]) -> int | None:
        """The first of some (family, place)."""
        best = min(found, key=self._order, default=None)
        return None if best is None else self.outer(*best)

    def latest(self, found: Iterable[tuple[int, int]]) -> int | None:
        best = max(found, key=self._order, default=None)
        return None if best is None else self.outer(*best)

    def _order(self, found: tuple[int, int]) -> tuple[float, int, int]:
        number, place = found
        time = self.logs[number].time_of(place)
        return (time.timestamp() if time else 0.0, number, place)

    # -- times --------------------------------------------------------------------------------

    def at_time(self, when: datetime) -> int | None:
        """Where the first entry at or after ``when`` is; None if all are before."""
        found = []
        for number, log in enumerate(self.logs):
            place: int | None = log.at_time(when)
            if self.picked is not None and place is not None:
                place = self.picked[number].entries.first_from(place)
            if place is not None and place < log.end:
                found.append((number, place))
        return self.earliest(found)

    @property
    def first_time(self) -> datetime | None:
        return min((t for log in self.logs if (t := log.first_time)), default=None)

    @property
    def last_time(self) -> datetime | None:
        return max((t for log in self.logs if (t := log.last_time)), default=None)

    def entry_at(self, place: int) -> LogEntry | None:
        """The whole entry that the line belongs to."""
        log, inner = self.log_at(place)
        return log.entry_at(inner)

    # -- taking along -------------------------------------------------------------------------

    def text(self, first: int, last: int, most_bytes: int) -> str | None:
        """The lines from one to another as text; None if they are more than ``most_bytes``."""
        parts, size = [], 0
        for line in self.between(first, last):
            parts.append(line.text.encode("utf-8", "replace").decode())
            size += line.bytes
            if size > most_bytes:
                return None
        return "\n".join(parts)

    def chunks(self, first: int | None = None, last: int | None = None) -> Iterator[bytes]:
        """The bytes of the lines that are shown, or of those from one to another, as they are."""
        if not self.merged and self.picked is None:
            yield from self._whole_chunks(first, last)
            return
        for line in self.between(first, last):
            log, inner = self.log_at(line.offset)
            yield from log.copy(inner, inner + line.bytes)
            if line.partial:
                yield b"\n"

    def _whole_chunks(self, first: int | None, last: int | None) -> Iterator[bytes]:
        log = self.logs[0]
        high = log.end
        if last is not None:
            lines = log.after(last, 1)
            high = last + lines[0].bytes if lines else last
        yield from log.copy(log.begin if first is None else first, high)

    def between(self, first: int | None, last: int | None) -> Iterator[LogLine]:
        """The lines that are shown from one to another; from the first, to the last if None."""
        if first is None:
            first = self.first_place()
        batch = self.lines.after(first, _LINES) if first is not None else []
        while batch:
            for line in batch:
                yield line
                if line.offset == last:
                    return
            batch = self.lines.after(batch[-1].offset, _LINES + 1)[1:]

    def first_place(self) -> int | None:
        """The place of the first line that is shown."""
        found = []
        for number, log in enumerate(self.logs):
            entries = self.picked[number].entries if self.picked is not None else None
            if entries is None and log.size:
                found.append((number, log.begin))
            elif entries:
                found.append((number, entries[0]))
        return self.earliest(found)


class Hits:
    """Where in a set of families something was found."""

    def __init__(self, logs: LogSet) -> None:
        self._set = logs
        self.places = [Places() for _ in logs.logs]

    def __len__(self) -> int:
        return sum(len(places) for places in self.places)

    def number_of(self, place: int) -> int | None:
        """Which hit the line at ``place`` is, from 1; None if it is none."""
        number, inner = self._set.inner(place)
        if self.places[number].first_from(inner) != inner:
            return None
        cuts = self._set.cut(place)
        cuts[number] = inner
        return 1 + sum(h.count_before(c) for h, c in zip(self.places, cuts, strict=True))

    def after(self, place: int) -> int | None:
        """The first hit after the line at ``place``."""
        number, inner = self._set.inner(place)
        cuts = self._set.cut(place)
        cuts[number] = inner + 1
        pairs = ((i, each.first_from(cuts[i])) for i, each in enumerate(self.places))
        return self._set.earliest((i, hit) for i, hit in pairs if hit is not None)

    def before(self, place: int) -> int | None:
        """The last hit before the line at ``place``."""
        cuts = self._set.cut(place)
        pairs = ((i, each.last_before(cuts[i])) for i, each in enumerate(self.places))
        return self._set.latest((i, hit) for i, hit in pairs if hit is not None)

    @property
    def first(self) -> int | None:
        return self._set.earliest((i, h[0]) for i, h in enumerate(self.places) if len(h))

    @property
    def last(self) -> int | None:
        return self._set.latest((i, h[-1]) for i, h in enumerate(self.places) if len(h))
