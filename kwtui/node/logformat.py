"""The line formats of KWDB's log families (facts.md, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
