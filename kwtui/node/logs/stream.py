"""A node's log as a person reads it: one family or several, filtered, searched, followed.

Everything that takes long is a task with progress; everything else answers at once, whatever the
size of the files.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kwtui.errors import KwtuiError
from kwtui.node.logs.density import Density, Tally
from kwtui.node.logs.family import JoinedLog
from kwtui.node.logs.file.follower import LogEvent
from kwtui.node.logs.file.matching import Query
from kwtui.node.logs.filter import LogFilter
from kwtui.node.logs.filtered import Places
from kwtui.node.logs.log_set import Hits, LogSet
from kwtui.node.logs.source import LineSource
from kwtui.text import sentences

MOST_HITS = 1_000_000
"""Of one family; eight bytes each."""


@dataclass
class Progress:
    """How far a task is; bytes."""

    done: int = 0
    total: int = 0
    running: bool = False
    limited: bool = False
    """It stopped at `MOST_HITS`: there may be more."""
    ended: bool = False
    """All was read: nobody stopped it, and no pattern took too long."""

    @property
    def share(self) -> float:
        return self.done / self.total if self.total else 1.0


class LogStream:
    """Reads, filters, searches and follows. Made by `kwtui.controller.logs`."""

    def __init__(self, logs: Sequence[JoinedLog]) -> None:
        self.set = LogSet(logs)
        self.wanted = LogFilter()
        self.hits: Hits | None = None
        """What the search found so far; None when nothing is searched."""
        self.filtering = Progress()
        self.searching = Progress()
        self.notes: list[str] = []
        """Families that could not be opened, in words."""
        self.problem = ""
        """Why nothing new comes, in words."""
        self.replaced = False
        """Set when lines that were there are gone: read again from the end."""
        self.changed: Callable[[], None] = _nothing
        """Called when there is something new to see."""
        self._tally = Tally(self.set, self._tell)
        self._pattern: re.Pattern[str] | None = None
        self._seen: list[int] = []
        self._held: list[tuple[int, int]] | None = None
        self._new = 0
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._more = asyncio.Event()

    # -- life ---------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open every family at its end; one that cannot be opened is left out and noted.

        Raises KwtuiError where none can be opened.
        """
        opened, failure = [], None
        for log in self.set.logs:
            try:
                await log.open()
            except KwtuiError as error:
                failure = error
                self.notes.append(sentences(error.title, error.cause))
            else:
                opened.append(log)
        if not opened:
            raise failure or KwtuiError("There is no log to open.")
        if failure is not None:
            self.set = LogSet(opened)
            self._tally = Tally(self.set, self._tell)
        for log in opened:
            log.listen(self._heard)
        self._start("follow", self._catch_up())

    async def close(self) -> None:
        for name in list(self._tasks):
            await self._stop(name)
        for log in self.set.logs:
            await log.close()

    def run_along(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something for as long as the stream is open."""
        self._start(f"along {len(self._tasks)}", work)

    def take_problem(self, words: str) -> None:
        """Something along the stream does not work, in words; empty when it does again."""
        if words != self.problem:
            self.problem = words
            self.changed()

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=f"log {name}")
        self._tasks[name] = task
        return task

    async def _see_through(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Until it ended or was stopped. An error of it is told here, and not once more by the
        next who stops it."""
        task = self._start(name, work)
        try:
            with suppress(asyncio.CancelledError):
                await task
        finally:
            if task.done() and self._tasks.get(name) is task:
                del self._tasks[name]

    async def _stop(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _tell(self) -> None:
        self.changed()

    @property
    def lines(self) -> LineSource:
        """The lines that the filter leaves."""
        return self.set.lines

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(log.size for log in self.set.logs)

    @property
    def note(self) -> str:
        """What happened last to a file that is followed, in words."""
        return next((log.state.note for log in self.set.logs if log.state.note), "")

    def share(self, place: int) -> float:
        """How far down its family the line is, from 0 to 1."""
        log, inner = self.set.log_at(place)
        return log.bytes_before(inner) / log.size if log.size else 1.0

    # -- growth -------------------------------------------------------------------------------

    def _heard(self, event: LogEvent) -> None:
        if event is LogEvent.RESTARTED:
            self._forget_what_is_gone()
        self._more.set()
        self.changed()

    def _forget_what_is_gone(self) -> None:
        self.replaced = True
        for number, log in enumerate(self.set.logs):
            for places in self._found(number):
                places.drop_between(*log.gone)
        self.set.reset_window()

    def _found(self, number: int) -> Iterator[Places]:
        if self.set.picked is not None:
            yield self.set.picked[number].entries
        if self.hits is not None:
            yield self.hits.places[number]

    async def _catch_up(self) -> None:
        """Filter, search and count what was appended."""
        while True:
            await self._more.wait()
            self._more.clear()
            for number, log in enumerate(self.set.logs):
                try:
                    await self._take_new(number, log)
                except KwtuiError:  # Its pattern takes too long on a line that came.
                    self._pattern, self.searching.ended = None, False
            await self._tally.take_new()
            self.changed()

    async def _take_new(self, number: int, log: JoinedLog) -> None:
        if self._held is not None:
            start, seen = self._held[number]
            end = log.whole_end
            self._held[number] = (start, end)
            self._new += await asyncio.to_thread(log.count_lines, seen, end)
        if self._seen and not (self.filtering.running or self.searching.running):
            low, high = self._seen[number], log.end
            self._seen[number] = log.whole_end
            first, last = self._bounds(log)
            low, high = max(low, first), min(high, last)
            if self.set.picked is not None:
                places = self.set.picked[number].entries
                query = Query(self.wanted.pattern, self.wanted, entries=True)
                async for batch in log.search(query, low, high):
                    places.add(batch.offsets)
            if self.hits is not None and self._pattern is not None:
                places = self.hits.places[number]
                async for batch in log.search(Query(self._pattern, self.wanted), low, high):
                    places.add(self._allowed(number, batch.offsets))

    def hold(self) -> None:
        """From now on count what is new."""
        self._held = [(log.whole_end, log.whole_end) for log in self.set.logs]
        self._new = 0

    def release(self) -> None:
        """What came is seen; count no longer."""
        self._held, self._new = None, 0

    def new_words(self) -> str:
        """How much came since `hold`; empty when nothing did."""
        if self._held is None:
            return ""
        if self.set.picked is None:
            return f"{self._new:,} new line{'' if self._new == 1 else 's'}" if self._new else ""
        count = sum(
            len(picked.entries) - picked.entries.count_before(start)
            for picked, (start, _) in zip(self.set.picked, self._held, strict=True)
        )
        return f"{count:,} new entr{'y' if count == 1 else 'ies'}" if count else ""

    # -- filter -------------------------------------------------------------------------------

    async def show(self, wanted: LogFilter) -> None:
        """Show only what the filter lets through; the newest is there first.

        Ends when all was read, or at the next `show`; what was searched is forgotten. Raises
        KwtuiError (USAGE).
        """
        pattern = wanted.pattern
        await self._stop("filter")
        await self.stop_searching()
        self.wanted = wanted
        picked = self.set.pick(some=not wanted.empty)
        self.filtering = Progress()
        self._seen = [log.whole_end for log in self.set.logs]
        if picked:
            ranges = [self._bounds(log) for log in self.set.logs]
            self.filtering = Progress(total=self._bytes(ranges), running=True)
            query = Query(pattern, wanted, entries=True)
            self.changed()
            places = [p.entries for p in picked]
            await self._see_through("filter", self._filter(query, ranges, places))
        self.changed()

    async def _filter(
        self, query: Query, ranges: list[tuple[int, int]], found: list[Places]
    ) -> None:
        progress = self.filtering
        try:
            for log, places, (low, high) in zip(self.set.logs, found, ranges, strict=True):
                before = progress.done
                stream = log.search(query, low, high, backwards=True, limit=MOST_HITS)
                async for batch in stream:
                    places.add(batch.offsets)
                    progress.done = before + batch.bytes_done
                    progress.limited |= batch.limited
                    if batch.offsets:
                        self.set.reset_window()
                    self.changed()
            progress.ended = True
        finally:
            progress.running = False
            self._more.set()

    def _bounds(self, log: JoinedLog) -> tuple[int, int]:
        """The places that the filter's times leave."""
        low = log.begin if self.wanted.since is None else log.at_time(self.wanted.since)
        high = log.end if self.wanted.until is None else log.at_time(self.wanted.until)
        return low, high

    def _bytes(self, ranges: list[tuple[int, int]]) -> int:
        pairs = zip(self.set.logs, ranges, strict=True)
        return sum(max(0, g.bytes_before(high) - g.bytes_before(low)) for g, (low, high) in pairs)

    async def stop_filtering(self) -> None:
        """Stay with what was found so far."""
        await self._stop("filter")

    # -- search -------------------------------------------------------------------------------

    async def search(self, pattern: re.Pattern[str], place: int | None = None) -> None:
        """Find all lines that match among those that are shown.

        Looks from ``place`` on to the end first, then from there back. Ends when all was read, or
        at the next `search`.
        """
        await self._stop("search")
        self._pattern = pattern
        self.hits = Hits(self.set)
        self._seen = [log.whole_end for log in self.set.logs]
        cuts = self.set.cut(place) if place is not None else [g.end for g in self.set.logs]
        ranges = [self._bounds(log) for log in self.set.logs]
        self.searching = Progress(total=self._bytes(ranges), running=True)
        query = Query(pattern, self.wanted)
        await self._see_through("search", self._search(query, self.hits, cuts, ranges))
        self.changed()

    async def _search(
        self, query: Query, hits: Hits, cuts: list[int], ranges: list[tuple[int, int]]
    ) -> None:
        progress = self.searching
        try:
            for number, (low, high) in enumerate(ranges):
                low = max(low, cuts[number])
                await self._search_part(query, hits, number, low, high, backwards=False)
            for number, (low, high) in enumerate(ranges):
                high = min(high, cuts[number])
                await self._search_part(query, hits, number, low, high, backwards=True)
            progress.ended = True
        finally:
            progress.running = False
            if not progress.ended:
                # What comes is not searched either: the pattern may be what took too long.
                self._pattern = None
            self._more.set()

    async def _search_part(
        self, query: Query, hits: Hits, number: int, low: int, high: int, *, backwards: bool
    ) -> None:
        progress, places = self.searching, hits.places[number]
        before, limit = progress.done, max(0, MOST_HITS - len(places))
        stream = self.set.logs[number].search(query, low, high, backwards=backwards, limit=limit)
        async for batch in stream:
            places.add(self._allowed(number, batch.offsets))
            progress.done = before + batch.bytes_done
            progress.limited |= batch.limited
            self.changed()

    def _allowed(self, number: int, places: Sequence[int]) -> Sequence[int]:
        """The hits in entries that the filter's text leaves; the rest was asked of the search."""
        if not self.wanted.text or self.set.picked is None:
            return places
        log, entries = self.set.logs[number], self.set.picked[number].entries
        starts = ((place, log.entry_start(place)) for place in places)
        return [
            p for p, start in starts if start is not None and entries.first_from(start) == start
        ]

    async def stop_searching(self, *, forget: bool = True) -> None:
        """Stop; ``forget`` what was found too."""
        await self._stop("search")
        if forget:
            self._pattern, self.hits = None, None
            self.searching = Progress()

    # -- density ------------------------------------------------------------------------------

    @property
    def density(self) -> Density:
        """Entries by time, as far as they were counted."""
        return self._tally.density

    def count(self) -> None:
        """Begin to count all entries by time."""
        if not self._tally.running:
            self._start("count", self._tally.count())


def _nothing() -> None:
    """Nobody wants to know."""
