"""Searching a log file block by block, from either end."""

from __future__ import annotations

import time
from bisect import bisect_right
from dataclasses import dataclass

from kwtui.node.logs.file.effort import is_quick
from kwtui.node.logs.file.entries import entry_start
from kwtui.node.logs.file.lines import LineReader
from kwtui.node.logs.file.match_process import MatchProcess
from kwtui.node.logs.file.matching import LONGEST_HEADER, Query, matcher_of
from kwtui.node.logs.filter import header_pattern
from kwtui.node.logs.format import ENTRY_START, HEADER_START_BYTES

CHUNK = 1 << 16
SLOW_CHUNK = 1 << 20
"""For a pattern that runs in another process: each block goes through a pipe."""
_LONGEST_LINE = 16 << 20


@dataclass(frozen=True)
class SearchProgress:
    """A batch of hits, in file order, and how far the search is."""

    offsets: tuple[int, ...]
    """Where lines with a hit begin."""
    bytes_done: int
    bytes_total: int
    done: bool = False
    limited: bool = False
    """Stopped at the limit: there may be more."""


class Searcher:
    """Finds the lines of one open file that a query asks for."""

    def __init__(self, reader: LineReader, query: Query) -> None:
        self._reader = reader
        self._matcher = matcher_of(query)
        slow = query.pattern is not None and not is_quick(query.pattern)
        self._slow = query.pattern if slow else None
        self._process: MatchProcess | None = None
        self._asked = (0, b"")
        """The block that the process works on, and where it begins."""
        self._chunk = SLOW_CHUNK if slow else CHUNK
        self._entries = query.pattern is not None and query.entries
        self._header = (
            header_pattern(query.wanted)
            if query.pattern is not None and query.wanted.asks_headers
            else None
        )

    def search(self, start: int, size: int, *, seconds: float, limit: int) -> tuple[list[int], int]:
        """Search on from ``start`` for some time; offsets of the hits, and how far it came.

        Raises KwtuiError for a pattern that takes too long.
        """
        hits: list[int] = []
        end = time.monotonic() + seconds
        while start < size and len(hits) <= limit:
            data = self._awaited() or self._lines(start, size)
            if not data:  # truncated meanwhile
                return hits, size
            found = self._hits(data, start, end)
            if found is None:
                break
            hits += found
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
            if awaited := self._awaited():
                begin, data = self._asked[0], awaited
            else:
                begin, data = self._lines_before(start, stop)
            hits = self._hits(data, begin, end)
            if hits is None:
                break
            batches.append(hits)
            found += len(hits)
            start = begin
            if time.monotonic() >= end:
                break
        return [hit for batch in reversed(batches) for hit in batch], start

    def close(self) -> None:
        """Stop what is at work; what was asked is not answered any more."""
        if self._process is not None:
            self._process.close()

    def _awaited(self) -> bytes:
        """The block that the process still works on."""
        return self._asked[1] if self._process is not None and self._process.is_asked else b""

    def _positions(self, data: bytes, start: int, until: float) -> list[int] | None:
        """Where lines of the block match; None where that is not known by then."""
        if self._slow is None:
            return list(self._matcher(data))
        if self._process is None:
            self._process = MatchProcess(self._slow)
        if not self._process.is_asked:
            self._asked = (start, data)
            self._process.ask(data)
        return self._process.answer(until)

    def _hits(self, data: bytes, start: int, until: float) -> list[int] | None:
        positions = self._positions(data, start, until)
        if positions is None:
            return None
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
        line = b"\n" + self._reader.read(LONGEST_HEADER, header)
        return self._header is not None and self._header.match(line) is not None

    def _lines(self, start: int, size: int) -> bytes:
        """Whole lines only, unless the file ends or a line is longer than any should be."""
        pieces: list[bytes] = []
        end = start
        while end < size and end - start < _LONGEST_LINE:
            piece = self._reader.read(min(self._chunk, size - end), end)
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
            low = max(stop, begin - self._chunk)
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
