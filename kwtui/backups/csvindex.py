"""Where the records of a CSV file begin, about every 256 KiB."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from pathlib import Path

from kwtui.backups.records import RecordCounter
from kwtui.model import Dialect

_STEP = 1 << 18
_TRIES = 200
"""Newlines inside one quoted value that are looked at before a block is left without a place."""


class CsvIndex:
    """Remembers where records begin; grows as far as it was asked for, begins anew on changes."""

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self.path = path
        self.dialect = dialect
        self._version: tuple[int, int] | None = None
        self._reset()

    def _reset(self) -> None:
        self._counter = RecordCounter(self.dialect)
        self._read = 0
        self._offsets = array("q", [0])
        self._records = array("q", [0])
        self.total: int | None = None
        """Records in the file, header counted; None until it was read to its end."""

    def place_of(self, record: int) -> tuple[int, int]:
        """Byte offset and number of a record at or a little before ``record``, header counted.

        Reads on in the file as far as needed.

        Raises OSError.
        """
        self._extend(record)
        at = max(bisect_right(self._records, record) - 1, 0)
        return self._offsets[at], self._records[at]

    def _extend(self, record: int) -> None:
        with self.path.open("rb", buffering=0) as file:
            status = self.path.stat()
            version = (status.st_size, status.st_mtime_ns)
            if self._version != version:
                self._reset()
                self._version = version
            file.seek(self._read)
            while self.total is None and self._counter.records <= record:
                block = file.read(_STEP)
                if not block:
                    self.total = self._counter.total
                    return
                self._counter.feed(block)
                self._remember(block)
                self._read += len(block)

    def _remember(self, block: bytes) -> None:
        """Find the last end of a record in the block: behind it, the quotes must come out even."""
        newline = len(block)
        for _ in range(_TRIES):
            newline = block.rfind(b"\n", 0, newline)
            if newline < 0:
                return
            inside = self._counter.inside != self._counter.odd_quotes(block[newline + 1 :])
            if not inside:
                self._offsets.append(self._read + newline + 1)
                self._records.append(self._counter.records)
                return
