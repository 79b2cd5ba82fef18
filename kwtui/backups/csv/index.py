"""Where the records of a CSV file begin, about every 256 KiB."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from kwtui.backups.csv.record_scan import RecordCounter
from kwtui.files.foreign.reading import open_regular
from kwtui.model.requests import Dialect

_STEP = 1 << 18
_TRIES = 200
"""Newlines inside one quoted value that are looked at before a block is left without a place."""


class ReadingStopped(Exception):
    """A person did not want to wait for the rest of a file."""


@dataclass
class Reading:
    """How far a file was read, for another thread to see, and to stop."""

    done: int = 0
    """Bytes."""
    total: int = 0
    stopped: bool = False

    def reached(self, done: int) -> None:
        """Raises ReadingStopped where the other thread said so."""
        self.done = done
        if self.stopped:
            raise ReadingStopped


class CsvIndex:
    """Remembers where records begin; grows as far as it was asked for, begins anew on changes."""

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self.path = path
        self.dialect = dialect
        self._version: tuple[int, int] | None = None
        self._lock = Lock()
        self._reset()

    def _reset(self) -> None:
        self._counter = RecordCounter(self.dialect)
        self._read = 0
        self._offsets = array("q", [0])
        self._records = array("q", [0])
        self.total: int | None = None
        """Records in the file, header counted; None until it was read to its end."""

    def place_of(self, record: int, reading: Reading | None = None) -> tuple[int, int]:
        """Byte offset and number of a record at or a little before ``record``, header counted.

        Reads on in the file as far as needed.

        Raises OSError, ReadingStopped.
        """
        with self._lock:
            self._extend(lambda: self._counter.records > record, reading or Reading())
            at = max(bisect_right(self._records, record) - 1, 0)
            return self._offsets[at], self._records[at]

    def record_at(self, offset: int, reading: Reading | None = None) -> int:
        """The number of the record that holds the byte at ``offset``, header counted.

        Raises OSError, ReadingStopped.
        """
        with self._lock:
            self._extend(lambda: self._read > offset, reading or Reading())
            at = max(bisect_right(self._offsets, offset) - 1, 0)
            start, before = self._offsets[at], self._records[at]
        counter = RecordCounter(self.dialect)
        with open_regular(self.path) as file:
            file.seek(start)
            _feed(counter, file, offset - start)
        return before + counter.records

    def _extend(self, enough: Callable[[], bool], reading: Reading) -> None:
        with open_regular(self.path, buffering=0) as file:
            status = os.fstat(file.fileno())
            version = (status.st_size, status.st_mtime_ns)
            if self._version != version:
                self._reset()
                self._version = version
            reading.total = status.st_size
            file.seek(self._read)
            while self.total is None and not enough():
                reading.reached(self._read)
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


def _feed(counter: RecordCounter, file: BinaryIO, count: int) -> None:
    while count > 0:
        block = file.read(min(count, _STEP))
        if not block:
            return
        counter.feed(block)
        count -= len(block)
