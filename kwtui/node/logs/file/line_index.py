"""Line numbers of a file of any size, from the number of lines before every 64 KiB."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable

BLOCK = 1 << 16
Read = Callable[[int, int], bytes]
"""Bytes at an offset: ``read(count, offset)``, like `os.pread` on an open file."""


class LineIndex:
    """Grows by `feed`, in file order; eight bytes of memory for every 64 KiB.

    One thread may feed while another asks.
    """

    def __init__(self) -> None:
        self._before = array("Q", [0])
        """Newlines before block i."""
        self.done = 0
        """Bytes that were fed."""
        self.newlines = 0
        """Newlines in them."""

    def next_piece(self) -> int:
        """How many bytes to feed next at most: up to the end of the block."""
        return BLOCK - self.done % BLOCK

    def feed(self, piece: bytes) -> None:
        """The next part of the file, not longer than `next_piece`."""
        newlines = self.newlines + piece.count(b"\n")
        done = self.done + len(piece)
        if done % BLOCK == 0 and piece:
            self._before.append(newlines)
        self.newlines, self.done = newlines, done

    def offset_of(self, line: int, read: Read) -> int | None:
        """Where line ``line`` (from 0) begins; None if the index has not come so far."""
        if line == 0:
            return 0
        if line > self.newlines:
            return None
        # The newline before the line lies in the last block with fewer newlines before it.
        block = bisect_left(self._before, line) - 1
        data = read(BLOCK, block * BLOCK)
        position = -1
        for _ in range(line - self._before[block]):
            position = data.find(b"\n", position + 1)
            if position < 0:
                return None
        return block * BLOCK + position + 1

    def line_at(self, offset: int, read: Read) -> int | None:
        """The number of the line that ``offset`` lies in; None if not indexed so far."""
        if offset > self.done:
            return None
        block = min(offset // BLOCK, len(self._before) - 1)
        start = block * BLOCK
        return self._before[block] + read(offset - start, start).count(b"\n")
