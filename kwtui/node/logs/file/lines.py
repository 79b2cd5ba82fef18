"""Reading lines of an open file from any place, in bounded memory."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass

from kwtui.node.logs.format import HEADER_START_BYTES, LogFamily, LogSeverity, line_severity

LONGEST_SHOWN = 1 << 14
"""Bytes of a line that are read; the rest of a longer one is left off."""
_BLOCK = 1 << 16


@dataclass(frozen=True)
class LogLine:
    """One line of a file, as bytes became text; not cleaned: use `kwtui.text.clean`."""

    offset: int
    """Where it begins in the file, in bytes."""
    bytes: int
    """How long it is, with its line end."""
    text: str
    """Without the line end; a very long line is cut, then ``cut`` is the number of bytes left."""
    severity: LogSeverity | None = None
    """None: a line that continues an entry, or has no header."""
    cut: int = 0
    partial: bool = False
    """The last line, still without its line end."""
    family: LogFamily | None = None
    """Where several families are shown as one."""
    folded: int = 0
    """How many lines that continue it are not shown."""


class LineReader:
    """Finds and reads lines of one open file. Offsets are always starts of lines."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self, count: int, offset: int) -> bytes:
        """Bytes of the file; fewer at its end."""
        return os.pread(self._descriptor, count, offset)

    def ends_in_line(self, size: int) -> bool:
        """Whether the last line has no line end yet."""
        return size > 0 and self.read(1, size - 1) != b"\n"

    def starts_before(self, offset: int, count: int) -> list[int]:
        """Where the up to ``count`` lines before ``offset`` begin, first to last."""
        if offset <= 0 or count <= 0:
            return []
        starts: list[int] = []
        end = offset - 1  # the newline right before ``offset`` ends the last of them
        while end > 0 and len(starts) < count:
            begin = max(end - _BLOCK, 0)
            block = self.read(end - begin, begin)
            position = len(block)
            while len(starts) < count:
                position = block.rfind(b"\n", 0, position)
                if position < 0:
                    break
                starts.append(begin + position + 1)
            end = begin if block.strip(b"\0") else self._hole_start(begin)
        if end <= 0 and len(starts) < count:
            starts.append(0)
        return starts[::-1]

    def ends_after(self, offset: int, count: int, size: int) -> list[int]:
        """Where the up to ``count`` lines from ``offset`` on end, their line ends included."""
        ends: list[int] = []
        begin = offset
        while begin < size and len(ends) < count:
            block = self.read(min(_BLOCK, size - begin), begin)
            if not block:
                break
            position = -1
            while len(ends) < count:
                position = block.find(b"\n", position + 1)
                if position < 0:
                    break
                ends.append(begin + position + 1)
            begin += len(block)
            if not block.strip(b"\0"):
                begin = max(begin, self._hole_end(begin, size))
        if len(ends) < count and (ends[-1] if ends else offset) < size and begin >= size:
            ends.append(size)
        return ends

    def _hole_start(self, offset: int) -> int:
        """Where the hole begins that ``offset`` lies in; ``offset`` if it lies in none.

        A log that is truncated under its writer gets one, as long as it was before.
        """
        data = 0
        try:
            while (hole := os.lseek(self._descriptor, data, os.SEEK_HOLE)) < offset:
                data = self._hole_end(hole, offset + 1)
                if data > offset:
                    return hole
        except OSError:
            return offset  # a file system without holes
        return offset

    def _hole_end(self, offset: int, size: int) -> int:
        """Where data begin at or after ``offset``; ``size`` if there are none."""
        try:
            return min(size, os.lseek(self._descriptor, offset, os.SEEK_DATA))
        except OSError as error:
            return size if error.errno == errno.ENXIO else offset

    def line(self, start: int, end: int) -> LogLine:
        """The line between two offsets, its line end included."""
        data = self.read(min(end - start, LONGEST_SHOWN), start)
        whole = len(data) == end - start
        partial = not (data.endswith(b"\n") if whole else self.read(1, end - 1) == b"\n")
        if whole:
            data = data.removesuffix(b"\n").removesuffix(b"\r")
        return LogLine(
            offset=start,
            bytes=end - start,
            text=data.decode("utf-8", "surrogateescape"),
            severity=line_severity(data[:HEADER_START_BYTES]),
            cut=0 if whole else end - start - len(data),
            partial=partial,
        )

    def lines_from(self, offset: int, count: int, size: int) -> list[LogLine]:
        """Up to ``count`` lines from ``offset`` on."""
        lines, start = [], offset
        for end in self.ends_after(offset, count, size):
            lines.append(self.line(start, end))
            start = end
        return lines
