"""Counting all entries of a log by time, in the background, the newest first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kwtui.node.logdensity import Density, count_entries, step_for
from kwtui.node.logset import LogSet

MOST_BARS = 240
_SECONDS = 0.1


class Tally:
    """The density of a set of families, kept up to date."""

    def __init__(self, logs: LogSet, changed: Callable[[], None]) -> None:
        self._set = logs
        self._changed = changed
        self._counted: list[int] | None = None
        self.density = Density(1)
        self.running = False

    async def count(self) -> None:
        """Count everything that is there; needs time for big files and can be cancelled."""
        first, last = self._set.first_time, self._set.last_time
        if first is None or last is None or self.running:
            return
        self.density = Density(step_for(first, last, MOST_BARS))
        ends = [log.whole_end for log in self._set.logs]
        self.running = True
        try:
            for log, end in zip(self._set.logs, ends, strict=True):
                for file, begin, stop in log.ranges(log.begin, end):
                    while stop > begin:
                        counts, stop = await asyncio.to_thread(
                            count_entries, file, begin, stop, self.density.step, _SECONDS
                        )
                        self.density.add(counts)
                        self._changed()
            self._counted = ends
            self.density.widen(MOST_BARS)
            self.density.complete = True
        finally:
            self.running = False
        self._changed()

    async def take_new(self) -> None:
        """Count what was appended since."""
        if self._counted is None:
            return
        for number, log in enumerate(self._set.logs):
            low, high = self._counted[number], log.whole_end
            self._counted[number] = high
            for file, begin, end in log.ranges(low, high):
                counts, _ = await asyncio.to_thread(
                    count_entries, file, begin, end, self.density.step, float("inf")
                )
                self.density.add(counts)
        self.density.widen(MOST_BARS)
