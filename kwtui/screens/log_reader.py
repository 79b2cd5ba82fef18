"""One followed log file with its severity filter and its search, for the log screen."""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable

from kwtui.node.logformat import LogSeverity
from kwtui.node.logs import LogEvent, LogFollower, LogLine, LogState
from kwtui.widgets.log_source import LineSource, SevereLines

CATCH_UP_LINES = 10_000
"""New lines that are looked at for severity at a time."""


class LogReader:
    """What the screen asks: where to read lines from, how much is new, where the hits are."""

    def __init__(self, follower: LogFollower, changed: Callable[[], None]) -> None:
        self.follower = follower
        self.severity = LogSeverity.DEBUG
        self.searching = False
        self.filtering = False
        self.hits: list[int] = []
        self.hits_limited = False
        self.restarted = False
        self._changed = changed
        self._severe: SevereLines | None = None
        self._pattern: re.Pattern[str] | None = None
        self._seen_to = 0
        self._seen: LogState | None = None
        self._cancel_search = asyncio.Event()
        self._cancel_filter = asyncio.Event()

    @property
    def state(self) -> LogState:
        return self.follower.state

    @property
    def source(self) -> LineSource:
        return self.follower if self._severe is None else self._severe

    # -- growth ----------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Tell of every change until the follower is closed."""
        async for event in self.follower.changes():
            if event is LogEvent.RESTARTED:
                self.restarted = True
                self.hits = []
                self._seen_to = 0
                if self._severe is not None:
                    self._severe = SevereLines(self.follower)
            if event in (LogEvent.GREW, LogEvent.RESTARTED):
                self._take_new_lines()
            self._changed()

    def _take_new_lines(self) -> None:
        """Find the severe lines and the hits among those that came since."""
        if (self._severe is None and self._pattern is None) or self.filtering or self.searching:
            return
        while lines := self.follower.after(self._seen_to, CATCH_UP_LINES):
            whole = [each for each in lines if not each.partial]
            if self._severe is not None:
                self._severe.add([each.offset for each in whole if self._is_severe(each)])
            if self._pattern is not None:
                self.hits += [each.offset for each in whole if self._pattern.search(each.text)]
            if whole:
                self._seen_to = whole[-1].offset + whole[-1].bytes
            if len(whole) < CATCH_UP_LINES:
                break

    def _is_severe(self, each: LogLine) -> bool:
        return each.severity is not None and each.severity >= self.severity

    def remember_place(self) -> None:
        """From here on lines count as new."""
        self._seen = self.follower.state

    def new_words(self) -> str:
        """How much came since `remember_place`; empty when nothing."""
        if self._seen is None:
            return ""
        now, seen = self.follower.state, self._seen
        if now.bytes <= seen.bytes:
            return ""
        if now.lines is not None and seen.lines is not None:
            count = now.lines - seen.lines
            return f"{count:,} new line" + ("" if count == 1 else "s") if count > 0 else ""
        return f"{now.bytes - seen.bytes:,} new bytes"

    # -- severity --------------------------------------------------------------------------------

    async def show_only(self, severity: LogSeverity) -> None:
        """Keep entries of at least this severity; DEBUG keeps all lines."""
        self._cancel_filter.set()
        self._cancel_filter = cancel = asyncio.Event()
        self.severity = severity
        if severity is LogSeverity.DEBUG:
            self._severe = None
            self._changed()
            return
        self._severe = severe = SevereLines(self.follower)
        self._seen_to = self.follower.state.bytes
        self.filtering = True
        try:
            async for batch in self.follower.filter(severity, cancel=cancel):
                severe.add(batch.offsets)
                self._seen_to = max(self._seen_to, batch.bytes_total)
                self._changed()
        finally:
            if severe is self._severe:
                self.filtering = False
        self._take_new_lines()
        self._changed()

    # -- search ----------------------------------------------------------------------------------

    async def search(self, pattern: re.Pattern[str], found: Callable[[], None]) -> None:
        """Collect the hits; ``found`` is called with each batch."""
        self._cancel_search.set()
        self._cancel_search = cancel = asyncio.Event()
        self.hits = []
        self.hits_limited = False
        self.searching = True
        self._pattern = pattern
        self._seen_to = self.follower.state.bytes
        severity = None if self._severe is None else self.severity
        try:
            stream = self.follower.search(pattern, severity=severity, cancel=cancel)
            async for batch in stream:
                self.hits.extend(batch.offsets)
                self._seen_to = max(self._seen_to, batch.bytes_total)
                self.hits_limited = batch.limited
                found()
        finally:
            if cancel is self._cancel_search:
                self.searching = False
        self._take_new_lines()
        found()

    def stop_searching(self) -> None:
        """Forget the hits and what was searched for."""
        self._cancel_search.set()
        self._pattern = None
        self.hits = []

    def next_hit(self, offset: int) -> int | None:
        """The first hit after ``offset``, or the very first one."""
        if not self.hits:
            return None
        index = bisect_right(self.hits, offset)
        return self.hits[index if index < len(self.hits) else 0]

    def previous_hit(self, offset: int) -> int | None:
        """The last hit before ``offset``, or the very last one."""
        if not self.hits:
            return None
        return self.hits[bisect_left(self.hits, offset) - 1]

    def hit_words(self, offset: int) -> str:
        """Which hit of how many."""
        more = "+" if self.hits_limited else ""
        still = ", searching" if self.searching else ""
        if not self.hits:
            return "searching" if self.searching else "no hit"
        index = bisect_left(self.hits, offset)
        here = index < len(self.hits) and self.hits[index] == offset
        place = f"hit {index + 1:,} of " if here else ""
        return f"{place}{len(self.hits):,}{more} hits{still}"

    async def close(self) -> None:
        self._cancel_search.set()
        self._cancel_filter.set()
        await self.follower.close()
