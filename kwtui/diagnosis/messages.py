"""Pasted text as single messages: logs, psql, drivers, kwtui's own words, or one bare sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kwtui.model.collected import without_prefix

_MOST_CHARACTERS = 4 << 20
"""More than anybody pastes; a whole log is read with the log view."""
_LONGEST_MESSAGE = 6000

# facts.md, 5.2 and 5.4; the day of a TsEngine line is padded with a space.
_LOG = re.compile(
    r"(?P<severity>[DIWEF])\d{4}[ \d]\d \d{2}:\d{2}:\d{2}\.\d{6} (?:\d+ )?[^\s:]+:\d+ +"
)
_MORE = re.compile(
    r"\s|DETAIL:|HINT:|LINE \d|CONTEXT:|STATEMENT:|QUERY:|LOCATION:|SQLSTATE|source SQL:"
    r"|goroutine \d|\^|-->"
)
# What follows these belongs to the message, however it looks: a statement, mostly.
_OPEN_END = re.compile(r"(?:DETAIL:|STATEMENT:|QUERY:|CONTEXT:|source SQL:|goroutine \d|Traceback)")
_STARTS = re.compile(
    r"(?:[\w./-]*psql(?:\.exe)?: |psycopg2?\.|pq: |kwtui: |org\.postgresql|sqlalchemy\."
    r"|(?:ERROR|FATAL|PANIC|WARNING|NOTICE|error)(?::|\s+\d{5}))"
)
_SQLSTATE = (
    re.compile(r"SQL ?STATE\W{0,4}([0-9A-Z]{5})\b", re.IGNORECASE),
    re.compile(r"\b(?:ERROR|FATAL|PANIC|WARNING|NOTICE): +([0-9A-Z]{5}): "),
    re.compile(r"[\[(]([0-9A-Z]{5})[\])]"),
    re.compile(r"\A\s*([0-9A-Z]{5})\s*\Z"),
)
_KW = re.compile(r"\bKW[- ]?(\d{3})\b", re.IGNORECASE)
_DRIVER_CLASS = re.compile(r"\b(?:psycopg2?|asyncpg)\.(?:\w+\.)*(\w+)")
_PROGRAM = re.compile(r"\b(?:ERROR|FATAL|PANIC|WARNING|NOTICE|pq|psql)\b *:|SQLSTATE")
_ALARMING = re.compile(r"\b(?:ERROR|FATAL|PANIC|failed|cannot|can't|refused|denied)\b")


@dataclass(frozen=True)
class Message:
    """One message of the text."""

    text: str
    """In one line, without the head of a log line."""
    line: int
    """Of the text, from 1."""
    severity: str = ""
    """D, I, W, E or F of a log line; empty for anything else."""
    sqlstates: tuple[str, ...] = ()
    """What looks like one; whether it is known is not looked at."""
    kw: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Names of driver classes, such as ``InsufficientPrivilege``."""

    @property
    def is_information(self) -> bool:
        return self.severity in ("D", "I")

    @property
    def is_own_words(self) -> bool:
        """Whether a person may have written it: nothing tells that a program did."""
        marked = self.severity or self.sqlstates or self.kw or self.names
        return not marked and _PROGRAM.search(self.text) is None

    @property
    def is_alarming(self) -> bool:
        """Whether somebody should be told if it is not known."""
        if self.severity:
            return self.severity in ("E", "F")
        return bool(self.kw or self.names or _ALARMING.search(self.text))


def split_messages(text: str) -> list[Message]:
    """The messages of pasted text, in order."""
    if len(text) > _MOST_CHARACTERS:
        text = text[: text.rfind("\n", 0, _MOST_CHARACTERS) + 1] or text[:_MOST_CHARACTERS]
    return [_message(line, parts) for line, parts in _grouped(text)]


def whole_message(text: str) -> Message:
    """All of the text as one message: a terminal may have broken it anywhere."""
    return _message(1, [text[:_LONGEST_MESSAGE]])


def _grouped(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines of each message, with the number of the first."""
    start, parts, open_end = 0, list[str](), False
    for number, written in enumerate(text.splitlines(), 1):
        line = without_prefix(written).text
        is_log = _LOG.match(line) is not None
        begins = is_log or _STARTS.match(line) is not None
        if parts and not begins and line.strip() and (open_end or _MORE.match(line)):
            parts.append(line)
            open_end = open_end or _OPEN_END.match(line) is not None
            continue
        if parts and (begins or line.strip() or not _LOG.match(parts[0])):
            yield start, parts
            parts = []
        if line.strip():
            start, parts, open_end = number, [line], is_log or _OPEN_END.match(line) is not None
    if parts:
        yield start, parts


def _message(line: int, parts: list[str]) -> Message:
    first = _LOG.match(parts[0])
    severity = first["severity"] if first else ""
    if first:
        parts = [parts[0][first.end() :], *parts[1:]]
    joined = "\n".join(parts)[:_LONGEST_MESSAGE]
    return Message(
        text=" ".join(joined.split()),
        line=line,
        severity=severity,
        sqlstates=_all(_SQLSTATE, joined),
        kw=tuple(dict.fromkeys(f"KW{number}" for number in _KW.findall(joined))),
        names=tuple(dict.fromkeys(_DRIVER_CLASS.findall(joined))),
    )


def _all(patterns: tuple[re.Pattern[str], ...], text: str) -> tuple[str, ...]:
    found = (match.upper() for pattern in patterns for match in pattern.findall(text))
    return tuple(dict.fromkeys(found))
