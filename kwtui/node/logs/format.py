"""The line formats of KWDB's log families (facts.md, section 5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum

from kwtui.model import collected


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

    @property
    def word(self) -> str:
        """Its name in one word, for lists and options."""
        return self.value.removesuffix(" sql").removesuffix(" engine")


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
    r"[DIWEF]\d{4}[ \d]\d \d\d:\d\d:\d\d\.\d{6}"
    r"(?: (?P<thread>\d+))? (?P<source>[^\s:]+:\d+) {1,2}(?:\[(?P<tags>[^\]\s]*)\] ?)?"
    r"(?P<message>.*)",
    re.DOTALL | re.ASCII,
)
COLLECTED = b"(?:" + collected.PREFIX.encode() + b")??"
"""What journald, docker and others may have put before a line; not part of the entry."""
_HEADER_BYTES = rb"([DIWEF])(\d{4})([ \d]\d) (\d\d:\d\d:\d\d\.\d{6}) "
CRASH_START = b"Exception time(UTC):"
_START = re.compile(COLLECTED + b"(?:" + _HEADER_BYTES + b"|(?=" + re.escape(CRASH_START) + b"))")
_CRASH_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_CRASH_TIME_BYTES = 48
_CRASH_SHIFT = timedelta(hours=8)
ENTRY_START = re.compile(
    b"\n" + COLLECTED + b"(?:" + _HEADER_BYTES + b"|" + re.escape(CRASH_START) + b")"
)
"""The newline before, and the start of, each line that begins an entry."""
HEADER_START_BYTES = collected.LONGEST + 24
"""Enough of a line to tell whether it begins an entry."""
HEADER_TIME_BYTES = collected.LONGEST + 48
"""Enough of a line that begins an entry to tell its time."""


def family_named(text: str) -> LogFamily | None:
    """The family that a person means: by its title, its word, or the program that writes it."""
    meant = re.sub(r"[\W_]+", "", text.lower())
    for family in LogFamily:
        names = (family.value, family.word, family.name)
        programs = [program for program, each in _PROGRAMS.items() if each is family]
        if meant and meant in {re.sub(r"[\W_]+", "", n.lower()) for n in (*names, *programs)}:
            return family
    return None


def family_of(name: str) -> LogFamily:
    """The family of a log file by its name."""
    return _PROGRAMS.get(name.split(".", 1)[0], LogFamily.OTHER)


def line_severity(line: bytes) -> LogSeverity | None:
    """The severity of a line that begins an entry; None for all other lines.

    The first `HEADER_START_BYTES` bytes are enough.
    """
    match = _START.match(line)
    if match is None:
        return None
    return LogSeverity(b"DIWEF".index(match[1])) if match[1] else LogSeverity.FATAL


def line_time(line: bytes) -> datetime | None:
    """The time (UTC) of a line that begins an entry; None for all other lines.

    The first `HEADER_TIME_BYTES` bytes are enough.
    """
    match = _START.match(line)
    if match is None:
        return None
    if match[1]:
        return header_time(match[2], match[3], match[4])
    record = line[match.end() : match.end() + _CRASH_TIME_BYTES]
    return _crash_time(record.decode("ascii", "replace"))


def header_time(yymm: bytes, day: bytes, time: bytes) -> datetime | None:
    """The time of a header; None for digits that are no date.

    TsEngine pads the day with a blank (facts.md, 5.4); all lines are in UTC.
    """
    try:
        return datetime(
            2000 + int(yymm[:2]),
            int(yymm[2:]),
            int(day),
            int(time[:2]),
            int(time[3:5]),
            int(time[6:8]),
            int(time[9:] or 0),
            UTC,
        )
    except ValueError:
        return None


def parse_entry(lines: Sequence[str], family: LogFamily, offset: int = 0) -> LogEntry:
    """An entry from its lines; the first is its header, or a line that has none.

    What a collector put before the lines stays in ``raw`` and ``continuation`` alone.
    """
    first = lines[0]
    continuation = tuple(lines[1:])
    start = first[:HEADER_TIME_BYTES].encode("utf-8", "replace")
    severity, time = line_severity(start), line_time(start)
    plain = first
    match = _HEADER.match(first) if severity is not None else None
    if severity is not None and match is None:
        plain = collected.without_prefix(first).text
        match = _HEADER.match(plain)
    return LogEntry(
        family=family,
        severity=severity,
        time=time,
        source=(match["source"] or "") if match else "",
        thread=(match["thread"] or "") if match else "",
        tags=(match["tags"] or "") if match else "",
        message=match["message"] if match else plain,
        continuation=continuation,
        offset=offset,
        raw=first,
    )


def _crash_time(line: str) -> datetime | None:
    """The label says UTC, but eight hours were added to it (facts.md, 5.5)."""
    match = _CRASH_TIME.search(line)
    if match is None:
        return None
    try:
        written = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return written - _CRASH_SHIFT
