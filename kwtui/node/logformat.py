"""The line formats of KWDB's log families (facts.md, section 5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum


class LogFamily(StrEnum):
    """What a log file is about; the value is its title."""

    MAIN = "main"
    SQL = "sql"
    SLOW = "slow sql"
    AUTH = "auth"
    AUDIT = "audit"
    ROCKSDB = "rocksdb"
    PEBBLE = "pebble"
    TS_ENGINE = "ts engine"
    CRASH = "crash"
    OTHER = "other"


class LogSeverity(IntEnum):
    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3
    FATAL = 4

    @property
    def letter(self) -> str:
        return "DIWEF"[self]


@dataclass(frozen=True)
class LogEntry:
    """One entry with the lines that continue it. Text is not cleaned."""

    family: LogFamily
    severity: LogSeverity | None
    time: datetime | None
    """UTC."""
    source: str
    """``sql/importer/import_stmt.go:700``"""
    thread: str
    """Goroutine or thread id; empty if the line has none."""
    tags: str
    """``n1,client=127.0.0.1:51234``, without the brackets."""
    message: str
    """The first line's."""
    continuation: tuple[str, ...] = ()
    offset: int = 0
    """Where its first line begins in the file."""
    raw: str = ""
    """The first line as it is in the file."""


_PROGRAMS = {
    "kwbase": LogFamily.MAIN,
    "kwbase-sql-exec": LogFamily.SQL,
    "kwbase-sql-slow": LogFamily.SLOW,
    "kwbase-auth": LogFamily.AUTH,
    "kwbase-sql-audit": LogFamily.AUDIT,
    "kwbase-rocksdb": LogFamily.ROCKSDB,
    "kwbase-pebble": LogFamily.PEBBLE,
    "TsEngine": LogFamily.TS_ENGINE,
    "errlog": LogFamily.CRASH,
}
_HEADER = re.compile(
    r"(?P<severity>[DIWEF])(?P<yymm>\d{4})(?P<day>[ \d]\d) (?P<time>\d\d:\d\d:\d\d\.\d{6})"
    r"(?: (?P<thread>\d+))? (?P<source>[^\s:]+:\d+) {1,2}(?:\[(?P<tags>[^\]\s]*)\] ?)?"
    r"(?P<message>.*)",
    re.DOTALL,
)
_HEADER_START = re.compile(rb"([DIWEF])\d{4}[ \d]\d \d\d:\d\d:\d\d\.\d{6} ")
HEADER_START_BYTES = 24
"""Enough of a line to tell whether it begins an entry."""
_CRASH_START = "Exception time(UTC):"
_CRASH_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")


def family_of(name: str) -> LogFamily:
    """The family of a log file by its name."""
    return _PROGRAMS.get(name.split(".", 1)[0], LogFamily.OTHER)


def line_severity(line: bytes) -> LogSeverity | None:
    """The severity of a line that begins an entry; None for all other lines.

    The first `HEADER_START_BYTES` bytes are enough.
    """
    match = _HEADER_START.match(line)
    if match:
        return LogSeverity(b"DIWEF".index(match[1]))
    return LogSeverity.FATAL if line.startswith(_CRASH_START.encode()) else None


def header_pattern(severity: LogSeverity) -> re.Pattern[bytes]:
    """Matches the newline before, and the start of, each line that `line_severity` would rate so.

    Of entries at least as severe as ``severity``.
    """
    letters = "".join(s.letter for s in LogSeverity if s >= severity).encode()
    start = _HEADER_START.pattern.replace(b"DIWEF", letters)
    return re.compile(b"\n(?:" + start + b"|" + re.escape(_CRASH_START.encode()) + b")")


def parse_entry(lines: Sequence[str], family: LogFamily, offset: int = 0) -> LogEntry:
    """An entry from its lines; the first is its header, or a line that has none."""
    first = lines[0]
    continuation = tuple(lines[1:])
    match = _HEADER.match(first)
    if match is None:
        crash = first.startswith(_CRASH_START)
        return LogEntry(
            family=family,
            severity=LogSeverity.FATAL if crash else None,
            time=_crash_time(first) if crash else None,
            source="",
            thread="",
            tags="",
            message=first,
            continuation=continuation,
            offset=offset,
            raw=first,
        )
    return LogEntry(
        family=family,
        severity=LogSeverity("DIWEF".index(match["severity"])),
        time=_header_time(match["yymm"], match["day"], match["time"]),
        source=match["source"],
        thread=match["thread"] or "",
        tags=match["tags"] or "",
        message=match["message"],
        continuation=continuation,
        offset=offset,
        raw=first,
    )


def _header_time(yymm: str, day: str, time: str) -> datetime | None:
    """TsEngine pads the day with a blank (facts.md, 5.4); all lines are in UTC."""
    text = f"{yymm}{day.replace(' ', '0')} {time}"
    try:
        return datetime.strptime(text, "%y%m%d %H:%M:%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None


def _crash_time(line: str) -> datetime | None:
    """The label says UTC, but eight hours are added to it (facts.md, 5.5): None if unreadable."""
    match = _CRASH_TIME.search(line)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
