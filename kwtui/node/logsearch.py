"""Searching a log file block by block."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from kwtui.node.logformat import (
    HEADER_START_BYTES,
    LogSeverity,
    header_pattern,
    line_severity,
)
from kwtui.node.logread import LineReader

CHUNK = 1 << 18
_LONGEST_LINE = 16 << 20
_SPECIAL = frozenset(".^$*+?{}[]\\|()")
_LONG_NEEDLE = 8
_LINES_BACK = 2_000
"""How far back the header of a line's entry is looked for."""


@dataclass(frozen=True)
class Query:
    """What is looked for: a pattern, a severity, or both."""

    pattern: re.Pattern[str] | None = None
    severity: LogSeverity | None = None


class Searcher:
    """Finds the lines of one open file that a query asks for, in file order."""

    def __init__(self, reader: LineReader, query: Query) -> None:
        self._reader = reader
        self._severity = query.severity
        self._matcher = _matcher(query)
        self._hits_are_headers = query.pattern is None

    def search(self, start: int, size: int, *, seconds: float, limit: int) -> tuple[list[int], int]:
        """Search on from ``start`` for some time; offsets of the hits, and how far it came."""
        hits: list[int] = []
        end = time.monotonic() + seconds
        while start < size and len(hits) <= limit and time.monotonic() < end:
            found, start = self._chunk(start, size)
            hits += found
        return hits, start

    def _chunk(self, start: int, size: int) -> tuple[list[int], int]:
        data = self._lines(start, size)
        hits = []
        for position in self._matcher(data):
            if self._wanted(data, position, start):
                hits.append(start + position)
        return hits, start + len(data)

    def _lines(self, start: int, size: int) -> bytes:
        """Whole lines only, unless the file ends or a line is longer than any should be."""
        data = self._reader.read(min(CHUNK, size - start), start)
        while start + len(data) < size:
            newline = data.rfind(b"\n")
            if newline >= 0:
                return data[: newline + 1]
            if len(data) >= _LONGEST_LINE:
                break
            more = self._reader.read(min(CHUNK, size - start - len(data)), start + len(data))
            if not more:
                break
            data += more
        return data

    def _wanted(self, data: bytes, position: int, start: int) -> bool:
        if self._severity is None or self._hits_are_headers:
            return True
        severity = self._entry_severity(data, position, start)
        return severity is not None and severity >= self._severity

    def _entry_severity(self, data: bytes, position: int, start: int) -> LogSeverity | None:
        """The severity of the entry that the line at ``position`` belongs to."""
        for _ in range(_LINES_BACK):
            severity = line_severity(data[position : position + HEADER_START_BYTES])
            if severity is not None or position == 0:
                break
            position = data.rfind(b"\n", 0, position - 1) + 1
        if severity is None and position == 0:
            for offset in reversed(self._reader.starts_before(start, _LINES_BACK)):
                severity = line_severity(self._reader.read(HEADER_START_BYTES, offset))
                if severity is not None:
                    break
        return severity


def _matcher(query: Query) -> _Matcher:
    if query.pattern is None:
        return _Headers(query.severity or LogSeverity.INFO)
    text, flags = query.pattern.pattern, query.pattern.flags
    folds = bool(flags & re.IGNORECASE)
    literal = not _SPECIAL & set(text)
    if literal and (text.isascii() or not folds):
        return _Literal(text, folds=folds)
    if text.isascii():
        kept = flags & (re.IGNORECASE | re.VERBOSE | re.ASCII)
        return _BytesPattern(re.compile(text.encode(), (kept & ~re.ASCII) | re.MULTILINE))
    return _TextPattern(re.compile(text, flags | re.MULTILINE))


class _Matcher:
    """Gives the positions of matching lines in whole lines of bytes."""

    def __call__(self, data: bytes) -> Iterator[int]:
        raise NotImplementedError


class _Literal(_Matcher):
    """For plain text. `bytes.find` skips ahead by the length of what it looks for, so that the
    regular expression engine is faster for short text and slower for long text."""

    def __init__(self, text: str, *, folds: bool) -> None:
        self._folds = folds
        needle = text.encode()
        self._needle = needle.lower() if folds else needle
        self._pattern = re.compile(re.escape(self._needle))

    def __call__(self, data: bytes) -> Iterator[int]:
        searched = data.lower() if self._folds else data
        position = self._find(searched, 0)
        while position >= 0:
            yield data.rfind(b"\n", 0, position) + 1
            end = data.find(b"\n", position)
            position = self._find(searched, end + 1) if 0 <= end < len(data) - 1 else -1

    def _find(self, data: bytes, start: int) -> int:
        if len(self._needle) >= _LONG_NEEDLE:
            return data.find(self._needle, start)
        match = self._pattern.search(data, start)
        return match.start() if match else -1


class _BytesPattern(_Matcher):
    """For ASCII patterns: also finds bytes that are no UTF-8."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._pattern = pattern

    def __call__(self, data: bytes) -> Iterator[int]:
        position = 0
        while match := self._pattern.search(data, position):
            start = data.rfind(b"\n", 0, match.start()) + 1
            end = data.find(b"\n", match.start())
            end = len(data) if end < 0 else end
            # A match may reach into the next line; only what the line itself holds counts.
            inside = match.end() <= end or self._pattern.search(data, start, end)
            if inside and start < len(data):
                yield start
            position = end + 1
            if position > len(data):
                return


class _TextPattern(_Matcher):
    """For patterns with letters beyond ASCII."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern

    def __call__(self, data: bytes) -> Iterator[int]:
        position = 0
        for line in data.split(b"\n"):
            text = line.decode("utf-8", "surrogateescape")
            if position < len(data) and self._pattern.search(text):
                yield position
            position += len(line) + 1


class _Headers(_Matcher):
    """Finds first lines of entries at least as severe as asked for."""

    def __init__(self, severity: LogSeverity) -> None:
        self._pattern = header_pattern(severity)

    def __call__(self, data: bytes) -> Iterator[int]:
        if self._pattern.match(b"\n" + data[:HEADER_START_BYTES]):
            yield 0
        for match in self._pattern.finditer(data):
            yield match.start() + 1
