"""Some records of a time series' files: those of a time, and of some devices.

They are chosen here and not on the server: an IMPORT takes whole files, and what it brought too
much would have to be deleted again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kwtui.backups.csv.alterations import Readable, Writable
from kwtui.backups.csv.charsets import PYTHON_CHARSETS
from kwtui.backups.csv.reading import MalformedRecord, Record, read_with_text
from kwtui.model.requests import Dialect
from kwtui.sql.tag_conditions import read_as

_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00:00)?")


@dataclass(frozen=True)
class TagTest:
    """What the value at a position of a record must be one of."""

    position: int
    type: str
    """The tag's, as KWDB has it."""
    values: tuple[str | None, ...]
    """None is NULL."""


@dataclass(frozen=True)
class Excerpt:
    """Which records are wanted. The first value of each is its time."""

    since: str = ""
    """UTC as EXPORT prints it, without a zone: ``2026-11-01 00:00:00``. Empty: from the first."""
    until: str = ""
    """Exclusive. Empty: to the last."""
    tags: tuple[TagTest, ...] = ()

    def holds(self, since: str, until: str) -> bool:
        """Whether all records of a stretch of time are wanted; empty where it has no end."""
        return (
            not self.tags
            and (not self.since or (bool(since) and self.since <= bound(since)))
            and (not self.until or (bool(until) and bound(until) <= self.until))
        )

    def meets(self, since: str, until: str) -> bool:
        """Whether a stretch of time may hold records that are wanted."""
        begins_later = bool(since and self.until) and bound(since) >= self.until
        ended_before = bool(until and self.since) and bound(until) <= self.since
        return not (begins_later or ended_before)


def bound(text: str) -> str:
    """A time as the server prints it, so that it compares as text with others."""
    return text.partition("+")[0]


def copy_records(
    source: Readable, target: Writable, dialect: Dialect, wanted: Callable[[Record], bool]
) -> int:
    """Copy records of a file, letter by letter and without column names; how many.

    Raises `MalformedRecord`, also what ``wanted`` raises, and OSError.
    """
    charset = PYTHON_CHARSETS.get(dialect.charset, dialect.charset)
    names, rows = dialect.header, 0
    for record, text in read_with_text(source, dialect):
        if names:
            names = False
        elif wanted(record):
            # The last record of a file may lack its line end.
            line = text if text.endswith("\n") else text + "\n"
            target.write(line.encode(charset, "surrogateescape"))
            rows += 1
    return rows


class ExcerptCopy:
    """Copies the wanted records of one file, letter by letter and without column names; `rows`
    counts them."""

    def __init__(self, excerpt: Excerpt, dialect: Dialect, fields: int) -> None:
        self.rows = 0
        self._excerpt = excerpt
        self._dialect = dialect
        self._fields = fields
        self._tests = [_test(each) for each in excerpt.tags]

    def __call__(self, source: Readable, target: Writable) -> None:
        """Raises `MalformedRecord` for what is no record of the table, and OSError."""
        self.rows += copy_records(source, target, self._dialect, self._wants)

    def _wants(self, record: Record) -> bool:
        if len(record) != self._fields:
            raise MalformedRecord(f"a record has {len(record)} values instead of {self._fields}")
        time = _TIME.fullmatch(record[0] or "")
        if time is None:
            raise MalformedRecord(f"{record[0]!r} is not a time in UTC")
        excerpt = self._excerpt
        if excerpt.since and time[1] < excerpt.since:
            return False
        if excerpt.until and time[1] >= excerpt.until:
            return False
        return all(test(record) for test in self._tests)


def _test(tag: TagTest) -> Callable[[Sequence[str | None]], bool]:
    read = read_as(tag.type) or str
    values = frozenset(None if value is None else read(value) for value in tag.values)

    def test(record: Sequence[str | None]) -> bool:
        value = record[tag.position]
        return (None if value is None else read(value)) in values

    return test
