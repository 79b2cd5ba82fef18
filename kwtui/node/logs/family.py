"""The files of one log family as one stream: rotated ones first, then the one that grows.

Nothing is read but what is asked for. The newest file is followed through every kind of rotation;
what it was before stays readable at its old places, also when its name is gone.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from kwtui.errors import KwtuiError
from kwtui.files.foreign.reading import beside_link, status_of
from kwtui.node.logs.file.follower import LogEvent, LogFollower, LogState
from kwtui.node.logs.file.lines import LogLine
from kwtui.node.logs.file.matching import Query
from kwtui.node.logs.file.open_log import OpenLog
from kwtui.node.logs.file.search import Searcher, SearchProgress
from kwtui.node.logs.format import LogEntry, LogFamily, parse_entry
from kwtui.node.logs.listing import LogFile
from kwtui.node.logs.source import file_place, split_file_place

Relist = Callable[[LogFamily], Sequence[LogFile]]

MOST_OPEN = 64
"""Rotated files that are kept open; others are opened again when they are needed."""
_SEARCH_SECONDS = 0.1
"""How long the thread searches before it hands over what it found."""
_ENTRY_LINES = 2_000
_COPY_BYTES = 1 << 18


@dataclass
class _Segment:
    number: int
    path: Path
    size: int
    file: OpenLog | None = None
    """Kept where the path no longer leads to it."""


class JoinedLog:
    """The lines of one family; places as in `kwtui.node.logs.source`."""

    def __init__(
        self, files: Sequence[LogFile], *, poll_seconds: float = 0.1, relist: Relist | None = None
    ) -> None:
        """``files`` are those of one family, in any order. ``relist`` finds them again later."""
        ordered = sorted(files, key=_age)
        self.family: LogFamily = ordered[-1].family
        self.name = (ordered[-1].link or ordered[-1].path).name
        self._segments = [_Segment(i, f.path, f.bytes) for i, f in enumerate(ordered)]
        self._follower = LogFollower(ordered[-1].follow_path, poll_seconds=poll_seconds)
        self._relist = relist
        self._open: OrderedDict[int, OpenLog] = OrderedDict()
        self._lock = threading.Lock()
        self._listeners: set[Callable[[LogEvent], None]] = set()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> LogState:
        """Open the newest file at its end. Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE)."""
        await self._follower.open()
        last = self._segments[-1]
        last.file = self._follower.file
        last.path = self._follower.state.path
        self._task = asyncio.create_task(self._follow(), name=f"join {self.name}")
        return self.state

    async def close(self) -> None:
        await self._follower.close()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        with self._lock:
            self._open.clear()
            self._segments = []

    @property
    def state(self) -> LogState:
        """Of the file that grows."""
        return self._follower.state

    @property
    def files(self) -> int:
        return len(self._segments)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(self._size(segment) for segment in self._segments)

    def listen(self, listener: Callable[[LogEvent], None]) -> Callable[[], None]:
        """Call ``listener`` with what happens; the answer ends that."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    # -- places -------------------------------------------------------------------------------

    @property
    def begin(self) -> int:
        return file_place(self._segments[0].number, 0) if self._segments else 0

    @property
    def end(self) -> int:
        """After the last line."""
        if not self._segments:
            return 0
        return file_place(self._segments[-1].number, self._size(self._segments[-1]))

    @property
    def whole_end(self) -> int:
        """After the last line that has its line end."""
        if not self._segments:
            return 0
        file = self._file_of(self._segments[-1])
        return file_place(self._segments[-1].number, file.last_line_start() if file else 0)

    @property
    def gone(self) -> tuple[int, int]:
        """Between these places there were lines before the newest file began anew."""
        newest = self._segments[-1].number if self._segments else 0
        return file_place(max(0, newest - 1), 0), file_place(newest, 0)

    def bytes_before(self, place: int) -> int:
        """How much lies before the place, for a position in per cent."""
        number, offset = split_file_place(place)
        total = 0
        for segment in self._segments:
            if segment.number >= number:
                return total + (offset if segment.number == number else 0)
            total += self._size(segment)
        return total

    def at_time(self, when: datetime) -> int:
        """Where the first entry at or after ``when`` begins; the end if all are before."""
        following = self.end
        for segment in reversed(self._segments):
            file = self._file_of(segment)
            first = file.first_time if file else None
            if file is None or first is None:
                continue
            if first < when:
                offset = file.seek_time(when)
                return file_place(segment.number, offset) if offset < file.size else following
            following = file_place(segment.number, file.seek_time(when))
        return following

    @property
    def first_time(self) -> datetime | None:
        files = (self._file_of(segment) for segment in self._segments)
        return next((f.first_time for f in files if f is not None and f.first_time), None)

    @property
    def last_time(self) -> datetime | None:
        files = (self._file_of(segment) for segment in reversed(self._segments))
        return next((time for f in files if f is not None and (time := f.last_time)), None)

    # -- lines --------------------------------------------------------------------------------

    def tail(self, count: int) -> list[LogLine]:
        return self.before(self.end, count)

    def before(self, place: int, count: int) -> list[LogLine]:
        lines: list[LogLine] = []
        for segment, low, high in self._ranges(0, place, backwards=True):
            file = self._file_of(segment)
            if file is not None and high > low:
                lines = self._placed(segment, file.lines_before(high, count - len(lines))) + lines
            if len(lines) >= count:
                break
        return lines

    def after(self, place: int, count: int) -> list[LogLine]:
        lines: list[LogLine] = []
        for segment, low, _ in self._ranges(place, self.end):
            file = self._file_of(segment)
            if file is not None:
                lines += self._placed(segment, file.lines_after(low, count - len(lines)))
            if len(lines) >= count:
                break
        return lines

    def _placed(self, segment: _Segment, lines: list[LogLine]) -> list[LogLine]:
        if segment.number == 0:
            return lines
        return [replace(x, offset=file_place(segment.number, x.offset)) for x in lines]

    def entry_start(self, place: int) -> int | None:
        segment, offset, file = self._at(place)
        start = file.entry_start(offset) if file and offset < file.size else None
        return None if segment is None or start is None else file_place(segment.number, start)

    def entry_end(self, place: int) -> int:
        segment, offset, file = self._at(place)
        end = file.entry_end(offset) if file else offset
        if segment is None:
            return self.end
        if file is None or end >= file.size:
            later = [s for s in self._segments if s.number > segment.number]
            return file_place(later[0].number, 0) if later else self.end
        return file_place(segment.number, end)

    def time_of(self, place: int) -> datetime | None:
        start = self.entry_start(place)
        header = self.after(start, 1) if start is not None else []
        return parse_entry([header[0].text], self.family).time if header else None

    def entry_at(self, place: int) -> LogEntry | None:
        """The entry that the line belongs to; of more than 2,000 lines the first 2,000."""
        start = self.entry_start(place)
        start = place if start is None else start
        lines = self.after(start, 1)
        if not lines:
            return None
        end = self.entry_end(start)
        more = self.after(lines[0].offset + lines[0].bytes, _ENTRY_LINES)
        texts = [x.text for x in (*lines, *more) if start <= x.offset < end]
        return parse_entry(texts, self.family, start)

    def count_lines(self, low: int, high: int) -> int:
        """How many line ends there are between two places."""
        total = 0
        for _, data in self._pieces(low, high):
            total += data.count(b"\n")
        return total

    def copy(self, low: int, high: int) -> Iterator[bytes]:
        """The bytes between two places, as they are in the files."""
        for _, data in self._pieces(low, high):
            yield data

    def _pieces(self, low: int, high: int) -> Iterator[tuple[_Segment, bytes]]:
        for segment, begin, end in self._ranges(low, high):
            file = self._file_of(segment)
            while file is not None and begin < end:
                data = file.read(min(_COPY_BYTES, end - begin), begin)
                if not data:
                    break
                yield segment, data
                begin += len(data)

    # -- searching ----------------------------------------------------------------------------

    async def search(
        self,
        query: Query,
        low: int,
        high: int,
        *,
        backwards: bool = False,
        limit: int = 1_000_000,
    ) -> AsyncIterator[SearchProgress]:
        """Find what a query asks for between two places.

        The batches come in the order of the search, the places in each in file order.
        """
        ranges = list(self._ranges(low, high, backwards=backwards))
        total, done, left = sum(end - begin for _, begin, end in ranges), 0, limit
        for segment, begin, end in ranges:
            file = self._file_of(segment)
            if file is None:
                done += end - begin
                continue
            searcher = Searcher(file.reader, query)
            try:
                while begin < end:
                    step = searcher.search_back if backwards else searcher.search
                    near, far = (end, begin) if backwards else (begin, end)
                    found, reached = await asyncio.to_thread(
                        step, near, far, seconds=_SEARCH_SECONDS, limit=left
                    )
                    done += abs(reached - near)
                    begin, end = (begin, reached) if backwards else (reached, end)
                    hits = (found[-left:] if backwards else found[:left]) if left else []
                    left -= len(hits)
                    limited = len(found) > len(hits)
                    places = tuple(file_place(segment.number, offset) for offset in hits)
                    yield SearchProgress(places, done, total, done=limited, limited=limited)
                    if limited:
                        return
            finally:
                searcher.close()
        yield SearchProgress((), total, total, done=True)

    def ranges(self, low: int, high: int) -> list[tuple[OpenLog, int, int]]:
        """The parts of files between two places, the newest first."""
        found = []
        for segment, begin, end in self._ranges(low, high, backwards=True):
            file = self._file_of(segment)
            if file is not None and begin < end:
                found.append((file, begin, end))
        return found

    # -- files --------------------------------------------------------------------------------

    def _ranges(
        self, low: int, high: int, *, backwards: bool = False
    ) -> Iterator[tuple[_Segment, int, int]]:
        segments = list(self._segments)
        (first, start), (last, stop) = split_file_place(low), split_file_place(high)
        for segment in reversed(segments) if backwards else segments:
            if first <= segment.number <= last:
                size = self._size(segment)
                begin = start if segment.number == first else 0
                end = min(stop, size) if segment.number == last else size
                if begin < end:
                    yield segment, begin, end

    def _size(self, segment: _Segment) -> int:
        return segment.file.size if segment.file is not None else segment.size

    def _at(self, place: int) -> tuple[_Segment | None, int, OpenLog | None]:
        number, offset = split_file_place(place)
        segment = next((s for s in self._segments if s.number == number), None)
        return segment, offset, self._file_of(segment) if segment else None

    def _file_of(self, segment: _Segment) -> OpenLog | None:
        """The open file; None if it was removed since, or may not be read."""
        if segment.file is not None:
            return segment.file
        with self._lock:
            file = self._open.get(segment.number)
            if file is None:
                try:
                    file = OpenLog(segment.path)
                except OSError:
                    segment.size = 0
                    return None
                segment.size = file.size
                self._open[segment.number] = file
            self._open.move_to_end(segment.number)
            while len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)
        return file

    # -- following ----------------------------------------------------------------------------

    async def _follow(self) -> None:
        async for event in self._follower.changes():
            if event is LogEvent.RESTARTED:
                event = await asyncio.to_thread(self._take_next_file)
            for listener in tuple(self._listeners):
                listener(event)

    def _take_next_file(self) -> LogEvent:
        """After a rotation the old file stays; after a truncation its lines are gone."""
        new, old = self._follower.file, self._segments[-1]
        if new is None or old.file is None or new is old.file:
            return LogEvent.RESTARTED
        number = old.number + 1
        if new.identity == old.file.identity:
            self._segments[-1] = _Segment(number, new.path, new.size, new)
            return LogEvent.RESTARTED
        old.file.take_size()
        old.size = old.file.size
        if _leads_to(old.path, old.file):
            old.file = None
        for file in self._missed(new.path):
            self._segments.append(_Segment(number, file.path, file.bytes))
            number += 1
        self._segments.append(_Segment(number, new.path, new.size, new))
        return LogEvent.ROTATED

    def _missed(self, newest: Path) -> list[LogFile]:
        """Files that came and went between two looks."""
        known = {segment.path for segment in self._segments}
        try:
            found = self._relist(self.family) if self._relist else []
        except KwtuiError:
            return []  # the folder is gone for now, and with it what was missed
        later: list[LogFile] = []
        for file in sorted(found, key=_age):
            if file.path == newest:
                return later
            if file.path not in known:
                later.append(file)
        return []


def _leads_to(path: Path, file: OpenLog) -> bool:
    try:
        status = status_of(beside_link(path))
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == file.identity


def _age(file: LogFile) -> tuple[bool, datetime, datetime, str]:
    return (file.current, file.created or file.modified, file.modified, file.path.name)
