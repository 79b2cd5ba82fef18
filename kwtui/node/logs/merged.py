"""Several log families as one stream by time.

Only a window around what is shown is merged. Each family keeps its own order, whatever its clock
did; between families the earlier entry comes first. The window knows exactly where in each family
it begins and ends, so that scrolling neither loses nor repeats a line.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from kwtui.node.logs.file.lines import LogLine
from kwtui.node.logs.format import HEADER_TIME_BYTES, LogFamily, line_time
from kwtui.node.logs.source import LineSource, family_place, split_family_place

MOST_LINES = 8_000
"""Lines in the window; more are dropped at the far side."""
_BATCH = 64
"""Lines that are read of a family at a time."""
_LEAST = 200
"""Lines that the window grows by."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class TimedSource(LineSource, Protocol):
    """A family that times can be looked up in."""

    @property
    def begin(self) -> int: ...

    @property
    def whole_end(self) -> int: ...

    def at_time(self, when: datetime) -> int: ...


@dataclass(frozen=True)
class Strand:
    """One family: all of its lines, or those that a filter leaves."""

    family: LogFamily
    log: TimedSource
    lines: LineSource


@dataclass
class _Piece:
    """Lines of one entry, or a part of a very long one, and its time."""

    time: datetime
    lines: list[LogLine]
    after: int
    """The family's place after these lines."""


class MergedLog:
    """Places are those of the families, see `kwtui.node.logs.source`."""

    def __init__(self, strands: Sequence[Strand]) -> None:
        self._strands = tuple(strands)
        self._window: deque[LogLine] = deque()
        self._front: list[int] = []
        """The place in each family where the window begins."""
        self._back: list[int] = []
        """The place in each family where it ends."""
        self.reset()

    def reset(self) -> None:
        """Forget what was merged; needed when a filter found more entries."""
        self._stand([s.log.whole_end for s in self._strands])

    def _stand(self, cut: list[int]) -> None:
        self._window.clear()
        self._front, self._back = list(cut), list(cut)

    # -- lines --------------------------------------------------------------------------------

    def tail(self, count: int) -> list[LogLine]:
        self._take_new_lines()
        if any(reader.peek() is not None for reader in self._forward_readers()):
            self.reset()
        self._grow_front(count)
        return list(self._window)[-count:] if count else []

    def before(self, place: int, count: int) -> list[LogLine]:
        index = None if place >= self.nowhere else self._index_of(place)
        if index is None:
            return self.tail(count)
        if index < count:
            index += self._grow_front(count - index)
        return [self._window[i] for i in range(max(0, index - count), index)]

    def after(self, place: int, count: int) -> list[LogLine]:
        index = self._index_of(place)
        if index is None:
            return []
        missing = index + count - len(self._window)
        if missing > 0:
            index -= self._grow_back(missing)
        return [self._window[i] for i in range(index, min(index + count, len(self._window)))]

    def entry_start(self, place: int) -> int | None:
        number, inner = split_family_place(place)
        start = self._strands[number].log.entry_start(inner)
        return None if start is None else family_place(number, start)

    def entry_end(self, place: int) -> int:
        """The place of the next entry in the merged order."""
        number, inner = split_family_place(place)
        end = self._strands[number].log.entry_end(inner)
        index = self._index_of(place)
        while index is not None:
            if index >= len(self._window):
                index -= self._grow_back(_LEAST)
                if index >= len(self._window):
                    break
            owner, other = split_family_place(self._window[index].offset)
            if owner != number or other >= end:
                return self._window[index].offset
            index += 1
        return self.nowhere

    @property
    def nowhere(self) -> int:
        """The place after all lines."""
        return family_place(len(self._strands), 0)

    def time_of(self, place: int) -> datetime | None:
        number, inner = split_family_place(place)
        return self._strands[number].log.time_of(inner)

    def cut(self, place: int) -> list[int]:
        """The place in each family of its first line that does not come before ``place``."""
        index = self._index_of(place)
        found: dict[int, int] = {}
        for i in range(index if index is not None else len(self._window), len(self._window)):
            number, inner = split_family_place(self._window[i].offset)
            found.setdefault(number, inner)
            if len(found) == len(self._strands):
                break
        return [found.get(i, self._back[i]) for i in range(len(self._strands))]

    # -- the window ---------------------------------------------------------------------------

    def _index_of(self, place: int) -> int | None:
        """Where the line stands in the window, which moves there if need be."""
        index = self._find(place)
        if index is not None or not self._strands:
            return index
        number, inner = split_family_place(place)
        if number >= len(self._strands):
            return None
        strand = self._strands[number]
        start = strand.log.entry_start(inner)
        time = strand.log.time_of(inner)
        cut = [s.log.at_time(time) if time else s.log.begin for s in self._strands]
        cut[number] = inner if start is None else start
        self._stand(cut)
        self._grow_back(_LEAST)
        # A line that a filter leaves out: what comes after it stands for it.
        return self._find(place) or 0

    def _find(self, place: int) -> int | None:
        for index, line in enumerate(self._window):
            if line.offset == place:
                return index
        return None

    def _take_new_lines(self) -> None:
        if self._window:
            self._grow_back(_LEAST)

    def _forward_readers(self) -> list[_Forward]:
        return [_Forward(s, self._back[i]) for i, s in enumerate(self._strands)]

    def _grow_back(self, count: int) -> int:
        """More lines at the end; how many were dropped at the front."""
        wanted, added = max(count, _LEAST), 0
        readers = self._forward_readers()
        while added < wanted:
            heads = [(p.time, i) for i, r in enumerate(readers) if (p := r.peek()) is not None]
            if not heads:
                break
            _, number = min(heads)
            piece = readers[number].take()
            self._window.extend(self._placed(number, piece.lines))
            self._back[number] = piece.after
            added += len(piece.lines)
        dropped = 0
        while len(self._window) > max(MOST_LINES, wanted + _LEAST):
            line = self._window.popleft()
            number, inner = split_family_place(line.offset)
            self._front[number] = inner + line.bytes
            dropped += 1
        return dropped

    def _grow_front(self, count: int) -> int:
        """More lines at the start; how many there were."""
        wanted, added = max(count, _LEAST), 0
        readers = [_Backward(s, self._front[i]) for i, s in enumerate(self._strands)]
        while added < wanted:
            heads = [(p.time, i) for i, r in enumerate(readers) if (p := r.peek()) is not None]
            if not heads:
                break
            _, number = max(heads)
            piece = readers[number].take()
            lines = self._placed(number, piece.lines)
            self._window.extendleft(reversed(lines))
            self._front[number] = piece.lines[0].offset
            added += len(lines)
        while len(self._window) > MOST_LINES + added:
            number, inner = split_family_place(self._window.pop().offset)
            self._back[number] = inner
        return added

    def _placed(self, number: int, lines: list[LogLine]) -> list[LogLine]:
        family = self._strands[number].family
        return [replace(x, offset=family_place(number, x.offset), family=family) for x in lines]


class _Reader(ABC):
    """Reads one family, entry by entry, in one direction."""

    def __init__(self, strand: Strand, place: int) -> None:
        self._strand = strand
        self._place = place
        self._lines: list[LogLine] = []
        self._piece: _Piece | None = None

    def peek(self) -> _Piece | None:
        if self._piece is None:
            self._piece = self._read()
        return self._piece

    def take(self) -> _Piece:
        piece = self.peek()
        if piece is None:
            raise IndexError("the family has no more lines")
        self._piece = None
        return piece

    @abstractmethod
    def _read(self) -> _Piece | None:
        """The next entry; None where the family ends."""


class _Forward(_Reader):
    """Reads on."""

    def __init__(self, strand: Strand, place: int) -> None:
        super().__init__(strand, place)
        self._time = _LONG_AGO

    def _read(self) -> _Piece | None:
        if len(self._lines) < 2:
            self._lines = self._strand.lines.after(self._place, _BATCH)
            # Half a line comes when it is whole.
            end = self._strand.log.whole_end if self._lines and self._lines[-1].partial else None
            self._lines = [x for x in self._lines if end is None or x.offset < end]
        if not self._lines:
            return None
        count = 1
        while count < len(self._lines) and self._lines[count].severity is None:
            count += 1
        lines, self._lines = self._lines[:count], self._lines[count:]
        first, last = lines[0], lines[-1]
        self._place = self._lines[0].offset if self._lines else last.offset + last.bytes
        if first.severity is not None:
            self._time = _header_time(first) or self._time
        return _Piece(self._time, lines, self._place)


class _Backward(_Reader):
    """Reads back."""

    def _read(self) -> _Piece | None:
        if not self._lines:
            self._lines = self._strand.lines.before(self._place, _BATCH)
        if not self._lines:
            return None
        count = 1
        while count < len(self._lines) and self._lines[-count].severity is None:
            count += 1
        lines, self._lines = self._lines[-count:], self._lines[:-count]
        after, self._place = self._place, lines[0].offset
        first = lines[0]
        time = _header_time(first) if first.severity is not None else None
        if time is None:
            time = self._strand.log.time_of(first.offset)
        return _Piece(time or _LATEST, lines, after)


_LATEST = datetime.max.replace(tzinfo=UTC)
"""Lines without any time go with what comes after them."""


def _header_time(line: LogLine) -> datetime | None:
    return line_time(line.text[:HEADER_TIME_BYTES].encode("ascii", "replace"))
