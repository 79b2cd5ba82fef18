"""Searching a log file block by block, from either end."""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from kwtui.node.logfilter import LogFilter, header_pattern
from kwtui.node.logformat import ENTRY_START, HEADER_START_BYTES
from kwtui.node.logread import LineReader
from kwtui.node.logseek import entry_start

CHUNK = 1 << 18
_LONGEST_LINE = 16 << 20
_LONGEST_HEADER = 1 << 10
"""Bytes of a first line that a filter looks at."""
_SPECIAL = frozenset(".^$*+?{}[]\\|()")
_LONG_NEEDLE = 8


@dataclass(frozen=True)
class Query:
    """What is looked for: lines with a pattern, entries that a filter lets through, or both.

    The filter's times are left to the caller, who knows where they lie in the file.
    """

    pattern: re.Pattern[str] | None = None
    wanted: LogFilter = field(default_factory=LogFilter)
    entries: bool = False
    """Give first lines of entries instead of the lines with the pattern."""


class Searcher:
    """Finds the lines of one open file that a query asks for."""

    def __init__(self, reader: LineReader, query: Query) -> None:
        self._reader = reader
        self._matcher = _matcher(query)
        self._entries = query.pattern is not None and query.entries
        self._header = (
            header_pattern(query.wanted)
            if query.pattern is not None and query.wanted.asks_headers
            else None
        )

    def search(self, start: int, size: int, *, seconds: float, limit: int) -> tuple[list[int], int]:
        """Search on from ``start`` for some time; offsets of the hits, and how far it came."""
        hits: list[int] = []
        end = time.monotonic() + seconds
        while start < size and len(hits) <= limit:
            data = self._lines(start, size)
            if not data:  # truncated meanwhile
                return hits, size
            hits += self._hits(data, start)
            start += len(data)
            if time.monotonic() >= end:
                break
        return hits, start

    def search_back(
        self, start: int, stop: int, *, seconds: float, limit: int
    ) -> tuple[list[int], int]:
        """Search the lines before ``start`` down to ``stop`` for some time, the last lines first.

        Both are starts of lines. Gives the offsets of the hits, in file order, and how far it came.
        """
        batches: list[list[int]] = []
        found, end = 0, time.monotonic() + seconds
        while start > stop and found <= limit:
            begin, data = self._lines_before(start, stop)
            batches.append(self._hits(data, begin))
            found += len(batches[-1])
            start = begin
            if time.monotonic() >= end:
                break
        return [hit for batch in reversed(batches) for hit in batch], start

    def _hits(self, data: bytes, start: int) -> list[int]:
        positions = list(self._matcher(data))
        if not positions or not (self._entries or self._header):
            return [start + position for position in positions]
        headers = [m.start() + 1 for m in ENTRY_START.finditer(data)]
        if ENTRY_START.match(b"\n" + data[:HEADER_START_BYTES]):
            headers.insert(0, 0)
        hits: list[int] = []
        for position in positions:
            index = bisect_right(headers, position) - 1
            header = start + headers[index] if index >= 0 else entry_start(self._reader.read, start)
            hit = start + position
            if header is None:
                # A line that belongs to no entry stands for itself, unless a filter asks for more.
                wanted = self._header is None
            else:
                wanted = self._header is None or self._wants(header)
                hit = header if self._entries else hit
            if wanted and (not hits or hits[-1] != hit):
                hits.append(hit)
        return hits

    def _wants(self, header: int) -> bool:
        line = b"\n" + self._reader.read(_LONGEST_HEADER, header)
        return self._header is not None and self._header.match(line) is not None

    def _lines(self, start: int, size: int) -> bytes:
        """Whole lines only, unless the file ends or a line is longer than any should be."""
        pieces: list[bytes] = []
        end = start
        while end < size and end - start < _LONGEST_LINE:
            piece = self._reader.read(min(CHUNK, size - end), end)
            if not piece:
                break
            end += len(piece)
            newline = piece.rfind(b"\n")
            if newline >= 0 and end < size:
                pieces.append(piece[: newline + 1])
                break
            pieces.append(piece)
        return b"".join(pieces)

    def _lines_before(self, end: int, stop: int) -> tuple[int, bytes]:
        """Whole lines that end at ``end``, and where they begin."""
        pieces: list[bytes] = []
        begin = end
        while begin > stop and end - begin < _LONGEST_LINE:
            low = max(stop, begin - CHUNK)
            piece = self._reader.read(begin - low, low)
            # The last byte of all ends the last line and none before it.
            newline = piece.find(b"\n", 0, len(piece) - (0 if pieces else 1))
            if newline >= 0 and low > stop:
                pieces.append(piece[newline + 1 :])
                begin = low + newline + 1
                break
            pieces.append(piece)
            begin = low
        return begin, b"".join(reversed(pieces))


def _matcher(query: Query) -> _Matcher:
    if query.pattern is None:
        return _Headers(query.wanted)
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
    """Finds first lines of entries that a filter lets through."""

    def __init__(self, wanted: LogFilter) -> None:
        self._pattern = header_pattern(wanted)

    def __call__(self, data: bytes) -> Iterator[int]:
        if self._pattern.match(b"\n" + data[:_LONGEST_HEADER]):
            yield 0
        for match in self._pattern.finditer(data):
            yield match.start() + 1
