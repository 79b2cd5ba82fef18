"""What the TsEngine log tells of the WAL: levels, checkpoints, and lines that alarm.

Message texts: facts.md, section 5.6, and a real node's log (tests/data/logs).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kwtui.files.foreign.reading import regular_descriptor
from kwtui.node.logs.format import LogEntry, LogFamily, LogSeverity, parse_entry
from kwtui.node.logs.listing import LogFile

LOOKED_AT = 256 << 20
"""Bytes that are read at most, the newest first: TsEngine files are never removed."""
_PIECE = 8 << 20
_LONGEST_LINE = 1 << 16
_NEEDLES = (b"WAL", b"wal ")

_LEVEL = re.compile(r"TS engine WAL level is: (\d+)")
_UPDATED = re.compile(r"update wal level to (\d+)", re.IGNORECASE)

_DISCARDED = (
    "The node could not use its WAL and discarded it: time-series rows that were written after "
    "the last checkpoint before this line are lost. Compare with the last backup."
)
_ALARMS = (
    (re.compile(r"Reset ALL WAL|Now Reset WAL", re.IGNORECASE), _DISCARDED),
    (
        re.compile(r"wal.*(fail|error|corrupt|broken|cannot)", re.IGNORECASE),
        "The WAL has a problem. Read the lines around it in the log.",
    ),
)
_HARMLESS_AT_START = "Cannot detect the end checkpoint wal"
"""Every first start of a node says so: there was no checkpoint yet."""


@dataclass(frozen=True)
class WalAlarm:
    """A line that says that something is wrong."""

    time: datetime | None
    message: str
    meaning: str
    file: Path
    discarded: bool
    """The WAL was discarded."""


@dataclass(frozen=True)
class WalLog:
    """What the log says, newest word of each kind. Times are UTC."""

    last_start: datetime | None = None
    """When the last checkpoint began."""
    last_complete: datetime | None = None
    """When the last checkpoint ended."""
    completed: int = 0
    """Checkpoints that ended, in what was looked at."""
    level: int | None = None
    """The level that the engine named last."""
    alarms: tuple[WalAlarm, ...] = ()
    """Newest first."""
    bytes_looked_at: int = 0
    bytes_total: int = 0
    problem: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether everything was looked at."""
        return self.bytes_looked_at >= self.bytes_total


def read_wal_log(files: Sequence[LogFile], *, limit: int = LOOKED_AT) -> WalLog:
    """Look through the TsEngine files, newest first, up to ``limit`` bytes. Blocking."""
    own = [f for f in files if f.family is LogFamily.TS_ENGINE]
    own.sort(key=lambda f: (f.created or f.modified, f.modified), reverse=True)
    entries: list[tuple[Path, LogEntry]] = []
    left, problem = limit, ""
    for file in own:
        if left <= 0:
            break
        try:
            found, read = _wal_entries(file.path, left)
        except OSError as error:
            problem = f"{file.path} cannot be read: {error.strerror or error}."
            continue
        entries += [(file.path, entry) for entry in found]
        left -= read
    if not own:
        problem = "There is no TsEngine log: the time-series engine was never started here."
    return _sum_up(entries, limit - left, sum(f.bytes for f in own), problem)


def _wal_entries(path: Path, limit: int) -> tuple[list[LogEntry], int]:
    """Entries about the WAL, newest first, of the last ``limit`` bytes of a file."""
    entries: list[LogEntry] = []
    descriptor = regular_descriptor(path, os.O_RDONLY)
    try:
        size = os.fstat(descriptor).st_size
        end, floor = size, max(0, size - limit)
        while end > floor:
            begin = max(floor, end - _PIECE)
            data = os.pread(descriptor, end - begin, begin)
            # The piece begins in the middle of a line, which belongs to the piece before.
            cut = data.find(b"\n") + 1 if begin > floor else 0
            if cut == len(data):
                cut = 0
            lines = list(_lines_with_wal(data[cut:]))
            entries += [
                parse_entry([line.decode("utf-8", "replace")], LogFamily.TS_ENGINE)
                for line in reversed(lines)
            ]
            end = begin + cut
        return entries, size - floor
    finally:
        os.close(descriptor)


def _lines_with_wal(data: bytes) -> Iterator[bytes]:
    """The lines that name the WAL, in order."""
    position = 0
    places = [data.find(needle) for needle in _NEEDLES]
    while any(place >= 0 for place in places):
        place = min(p for p in places if p >= 0)
        start = data.rfind(b"\n", position, place) + 1
        start = max(start, position)
        end = data.find(b"\n", place)
        end = len(data) if end < 0 else end
        yield data[start : min(end, start + _LONGEST_LINE)].rstrip(b"\r")
        position = end + 1
        places = [
            p if p < 0 or p >= position else data.find(needle, position)
            for p, needle in zip(places, _NEEDLES, strict=True)
        ]


def _sum_up(
    entries: Sequence[tuple[Path, LogEntry]], looked_at: int, total: int, problem: str
) -> WalLog:
    """From entries, newest first."""
    last_start = last_complete = None
    level: int | None = None
    completed = 0
    alarms = []
    for path, entry in entries:
        message = entry.message
        if "WAL Checkpoint Complete" in message:
            completed += 1
            last_complete = last_complete or entry.time
        elif "WAL Checkpoint Start" in message:
            last_start = last_start or entry.time
        elif match := _LEVEL.search(message) or _UPDATED.search(message):
            if level is None:
                level = int(match[1])
        elif alarm := _alarm(path, entry):
            alarms.append(alarm)
    return WalLog(
        last_start=last_start,
        last_complete=last_complete,
        completed=completed,
        level=level,
        alarms=tuple(alarms),
        bytes_looked_at=looked_at,
        bytes_total=total,
        problem=problem,
    )


def _alarm(path: Path, entry: LogEntry) -> WalAlarm | None:
    if entry.message.startswith(_HARMLESS_AT_START):
        return None
    for pattern, meaning in _ALARMS:
        if pattern.search(entry.message):
            return WalAlarm(entry.time, entry.message, meaning, path, meaning is _DISCARDED)
    if entry.severity is not None and entry.severity >= LogSeverity.ERROR:
        return WalAlarm(entry.time, entry.message, _ALARMS[1][1], path, discarded=False)
    return None
