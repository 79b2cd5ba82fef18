"""How many entries a log has over time: one bar for each span of time."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from kwtui.model import collected
from kwtui.node.logs.file.open_log import OpenLog
from kwtui.node.logs.format import CRASH_START, LogSeverity, header_time, line_time
from kwtui.node.logs.log_set import LogSet

STEPS = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400,
    172800, 604800, 1209600, 2419200, 7257600, 31536000,
)  # fmt: skip
"""Seconds of a bar."""

_HEADER = rb"([DIWEF]\d{4}[ \d]\d \d\d:\d\d:\d\d)\.\d{6} "
_CRASH = b"(" + re.escape(CRASH_START) + rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)"
_HEADERS = re.compile(b"\n" + _HEADER)
_CRASHES = re.compile(b"\n" + _CRASH)
_COLLECTED = re.compile(b"\n" + collected.PREFIX.encode() + b"(?:" + _HEADER + b"|" + _CRASH + b")")
_HEADER_BYTES = 25
_CRASH_BYTES = 40
"""How long what these match is."""
_FURTHER = collected.LONGEST + _CRASH_BYTES
"""Bytes that a match may need beyond the place where it begins."""
_CHUNK = 1 << 16
Counts = Counter[tuple[int, LogSeverity]]
"""Entries by second (of Unix time) of their bar's start, and severity."""


def step_for(first: datetime, last: datetime, bars: int) -> int:
    """Seconds of a bar so that no more than ``bars`` cover the time."""
    for step in STEPS:
        if int(last.timestamp()) // step - int(first.timestamp()) // step < bars:
            return step
    return STEPS[-1]


@dataclass
class Density:
    """Entries per bar and severity; bars begin at multiples of ``step`` seconds."""

    step: int
    counts: Counts = field(default_factory=Counter)
    complete: bool = False

    def add(self, counts: Counts) -> None:
        self.counts.update(counts)

    def widen(self, bars: int) -> None:
        """Make the bars longer until there are no more than ``bars``."""
        while self.counts:
            starts = [start for start, _ in self.counts]
            if (max(starts) - min(starts)) // self.step < bars or self.step == STEPS[-1]:
                return
            self.step = STEPS[STEPS.index(self.step) + 1]
            merged: Counts = Counter()
            for (start, severity), count in self.counts.items():
                merged[start // self.step * self.step, severity] += count
            self.counts = merged

    @property
    def begin(self) -> datetime | None:
        """When the first bar begins."""
        starts = [start for start, _ in self.counts]
        return datetime.fromtimestamp(min(starts), UTC) if starts else None

    @property
    def end(self) -> datetime | None:
        """When the last bar ends."""
        starts = [start for start, _ in self.counts]
        return datetime.fromtimestamp(max(starts) + self.step, UTC) if starts else None

    def bars(self) -> list[Bar]:
        """All bars from the first to the last, also those without an entry."""
        if not self.counts:
            return []
        starts = [start for start, _ in self.counts]
        return [
            Bar(
                datetime.fromtimestamp(start, UTC),
                sum(self.counts[start, severity] for severity in LogSeverity),
                self.counts[start, LogSeverity.WARNING],
                self.counts[start, LogSeverity.ERROR] + self.counts[start, LogSeverity.FATAL],
            )
            for start in range(min(starts), max(starts) + 1, self.step)
        ]


@dataclass(frozen=True)
class Bar:
    start: datetime
    entries: int
    warnings: int
    errors: int
    """Fatal ones too."""


def count_entries(
    file: OpenLog, begin: int, end: int, step: int, seconds: float
) -> tuple[Counts, int]:
    """Count the entries before ``end``, the last first, for some time; how far down it came.

    ``begin`` and ``end`` are starts of lines.
    """
    counts: Counts = Counter()
    deadline = time.monotonic() + seconds
    while end > begin and time.monotonic() < deadline:
        low = max(begin, end - _CHUNK)
        # From the newline before the first line on; a match that needs more begins after ``end``.
        wanted = end - low + _FURTHER - 1
        data = file.read(wanted, low - 1) if low else b"\n" + file.read(wanted - 1, 0)
        counts.update(_count(data, end - low, step))
        end = low
    return counts, end


def _count(data: bytes, length: int, step: int) -> Counts:
    """The entries of ``length`` bytes, which begin after the first of ``data``."""
    counts: Counts = Counter()
    headers = _HEADERS.findall(data, 0, length + _HEADER_BYTES - 1)
    crashes = _CRASHES.findall(data, 0, length + _CRASH_BYTES - 1)
    for match in _COLLECTED.finditer(data):
        if match.start() >= length:
            break
        if match[1]:
            headers.append(match[1])
        else:
            crashes.append(match[2])
    for prefix, count in Counter(headers).items():
        second = _second(prefix[1:])
        if second is not None:
            counts[second // step * step, LogSeverity(b"DIWEF".index(prefix[:1]))] += count
    for found in crashes:
        when = line_time(found)
        if when is not None:
            counts[int(when.timestamp()) // step * step, LogSeverity.FATAL] += 1
    return counts


@lru_cache(maxsize=4096)
def _second(text: bytes) -> int | None:
    """Unix time of ``yymmdd hh:mm:ss``."""
    when = header_time(text[:4], text[4:6], text[7:])
    return None if when is None else int(when.timestamp())


def total(bars: Iterable[Bar]) -> tuple[int, int, int]:
    """Entries, warnings, errors."""
    listed = list(bars)
    return (
        sum(b.entries for b in listed),
        sum(b.warnings for b in listed),
        sum(b.errors for b in listed),
    )


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
