"""Which entries of a log one wants to see. Pure."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from datetime import datetime

from kwtui.errors import ExitCode, KwtuiError
from kwtui.node.logs.format import COLLECTED, CRASH_START, LogEntry, LogSeverity
from kwtui.node.logs.time_words import parse_when

FILTER_FORMS = "level:warning file:registry.go goroutine:991 tag:n1 since:-1h until:12:30 words"
"""What a typed filter may hold, for prompts and help."""


@dataclass(frozen=True)
class LogFilter:
    """Entries that fulfil all that is given; an empty filter lets everything through."""

    severity: LogSeverity | None = None
    """At least this severe."""
    source: str = ""
    """Part of the source file and line, in either case: ``registry.go:1201``."""
    thread: str = ""
    """Goroutine or thread id, whole."""
    tag: str = ""
    """Part of the tags, in either case: ``client=127.0.0.1``, ``job=``."""
    since: datetime | None = None
    until: datetime | None = None
    """Entries before this time."""
    text: str = ""
    """A regular expression that a line of the entry matches, in either case."""

    @property
    def empty(self) -> bool:
        return self == LogFilter()

    @property
    def asks_headers(self) -> bool:
        """Whether first lines alone decide about something besides the time."""
        return bool(self.severity is not None or self.source or self.thread or self.tag)

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """The compiled ``text``. Raises KwtuiError (USAGE)."""
        return compile_pattern(self.text) if self.text else None

    def matches(self, entry: LogEntry) -> bool:
        """Whether the entry, with the lines that continue it, is wanted."""
        if self.severity is not None and (entry.severity is None or entry.severity < self.severity):
            return False
        if self.since is not None and (entry.time is None or entry.time < self.since):
            return False
        if self.until is not None and (entry.time is None or entry.time >= self.until):
            return False
        if self.thread and entry.thread != self.thread:
            return False
        if self.source.lower() not in entry.source.lower():
            return False
        if self.tag.lower() not in entry.tags.lower():
            return False
        pattern = self.pattern
        lines = (entry.raw, *entry.continuation)
        return pattern is None or any(pattern.search(line) for line in lines)

    def words(self) -> str:
        """The filter as it is typed: `parse_filter` reads it back."""
        parts = []
        if self.severity is not None:
            parts.append(f"level:{self.severity.name.lower()}")
        for name, value in (("file", self.source), ("goroutine", self.thread), ("tag", self.tag)):
            if value:
                parts.append(shlex.quote(f"{name}:{value}"))
        for name, time in (("since", self.since), ("until", self.until)):
            if time is not None:
                written = str(time.replace(tzinfo=None))
                parts.append(shlex.quote(f"{name}:{written}"))
        if self.text:
            parts.append(shlex.quote(self.text))
        return " ".join(parts)


def header_pattern(wanted: LogFilter) -> re.Pattern[bytes]:
    """Matches the newline before, and the start of, each first line of an entry that is wanted.

    Times and text are left to others.
    """
    severity = wanted.severity or LogSeverity.DEBUG
    letters = "".join(s.letter for s in LogSeverity if s >= severity).encode()
    start = COLLECTED + rb"[" + letters + rb"]\d{4}[ \d]\d \d\d:\d\d:\d\d\.\d{6} "
    thread = re.escape(wanted.thread.encode()) + b" " if wanted.thread else rb"(?:\d+ )?"
    if wanted.source or wanted.thread or wanted.tag:
        start += thread
    if wanted.source or wanted.tag:
        source = re.escape(_encoded(wanted.source))
        start += rb"(?i:(?=[^\s]*?" + source + rb"[^\s]*? )[^\s:]+:\d+ {1,2})"
    if wanted.tag:
        start += rb"(?i:\[[^\]\s]*?" + re.escape(_encoded(wanted.tag)) + rb"[^\]\s]*\])"
    if wanted.source or wanted.thread or wanted.tag:
        return re.compile(b"\n" + start)
    return re.compile(b"\n(?:" + start + b"|" + COLLECTED + re.escape(CRASH_START) + b")")


def parse_filter(text: str, now: datetime) -> LogFilter:
    """A filter as people type it: ``level:error file:jobs tag:n1 since:-10m some words``.

    Words without a name are one regular expression. Raises KwtuiError (USAGE).
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise _usage(f"The quotes of the filter do not match: {error}.") from error
    wanted, free = LogFilter(), []
    for word in words:
        name, colon, value = word.partition(":")
        field = _FIELDS.get(name.lower()) if colon and value else None
        if field is None:
            free.append(word)
        elif field == "severity":
            wanted = replace(wanted, severity=parse_severity(value))
        elif field == "since":
            wanted = replace(wanted, since=parse_when(value, now))
        elif field == "until":
            wanted = replace(wanted, until=parse_when(value, now))
        elif field == "thread":
            wanted = replace(wanted, thread=parse_thread(value))
        elif field == "source":
            wanted = replace(wanted, source=value)
        else:
            wanted = replace(wanted, tag=value)
    if free:
        compile_pattern(" ".join(free))
    return replace(wanted, text=" ".join(free))


_FIELDS = {
    "level": "severity",
    "severity": "severity",
    "file": "source",
    "goroutine": "thread",
    "thread": "thread",
    "tag": "tag",
    "since": "since",
    "until": "until",
}


def parse_severity(text: str) -> LogSeverity:
    """A severity by the start of its name. Raises KwtuiError (USAGE)."""
    for severity in LogSeverity:
        if text and severity.name.lower().startswith(text.lower()):
            return severity
    names = ", ".join(s.name.lower() for s in LogSeverity)
    raise _usage(f"{text!r} is not a severity. Severities: {names}.")


def parse_thread(text: str) -> str:
    """A goroutine's number. Raises KwtuiError (USAGE)."""
    if not (text.isascii() and text.isdigit()):
        raise _usage(f"{text!r} is not a goroutine: that is a number, the one after the time.")
    return text


_ESCAPED = re.compile(r"\\.", re.DOTALL)
r"""``\W`` is no capital letter."""


def compile_pattern(text: str) -> re.Pattern[str]:
    """A regular expression: in either case, unless it has a capital letter, which then counts.

    Raises KwtuiError (USAGE).
    """
    has_capital = any(char.isupper() for char in _ESCAPED.sub("", text))
    try:
        return re.compile(text, 0 if has_capital else re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise KwtuiError(
            f"{text!r} is not a regular expression: {error}.",
            hint="Put a backslash before literal characters: \\( \\[ \\* \\+ \\? \\.",
            exit_code=ExitCode.USAGE,
        ) from error


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _usage(title: str) -> KwtuiError:
    return KwtuiError(title, hint=f"A filter may hold: {FILTER_FORMS}", exit_code=ExitCode.USAGE)
