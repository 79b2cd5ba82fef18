"""Data files of an export: chunks named ``n<node>.<seq>.<ext>``, written the way a node does.

A node gathers a chunk and appends it in one go, so a cancelled export mostly has whole chunks or
none (recording 10, ``cancel_t``). Here a chunk is gathered up to a bound, whatever its size.
"""

from __future__ import annotations

import contextlib
import posixpath
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.transfer.charset import encode
from kwtui.sandbox.transfer.nodelocal import DataFile, Extern

_GATHERED_BYTES = 32 * 1024 * 1024
_BATCH_ROWS = 500


@dataclass(frozen=True)
class Destination:
    """One folder under ``extern`` and how its files are named and encoded."""

    extern: Extern
    folder: str
    node_id: int
    """Who writes."""
    extension: str
    charset: str
    remote: bool = False
    """Whether the folder lies on another node than the writer."""

    def append(self, sequence: int) -> AbstractContextManager[DataFile]:
        """The file with this number, open for appending."""
        return self.extern.append(self.name(sequence), remote=self.remote)

    def name(self, sequence: int) -> str:
        """The path of the file with this number, under ``extern``."""
        return posixpath.join(self.folder, f"n{self.node_id}.{sequence}.{self.extension}")


def write_chunks(
    destination: Destination, lines: Iterable[str], chunk_rows: int, header: str
) -> tuple[int, int]:
    """Write lines into files of ``chunk_rows`` each (0: one file); returns rows and files.

    ``header`` opens every file, and makes one even when there are no rows (recording 03,
    ``db_names``). Raises :class:`SqlError` when the disk is full; what was written stays.
    """
    iterator = iter(lines)
    rows = sequence = 0
    while True:
        first = next(iterator, None)
        if first is None:
            break
        chunk = _take(first, iterator, chunk_rows)
        rows += _write_chunk(destination, sequence, chunk, iterator, header)
        sequence += 1
    if not sequence and header:
        with destination.append(0) as file:
            file.write(encode(header, destination.charset))
    return rows, sequence


def _take(first: str, rest: Iterator[str], chunk_rows: int) -> Iterator[str]:
    yield first
    yield from islice(rest, chunk_rows - 1) if chunk_rows else rest


def _write_chunk(
    destination: Destination, sequence: int, chunk: Iterator[str], rest: Iterator[str], header: str
) -> int:
    rows = 0
    gathered = [encode(header, destination.charset)]
    size = 0
    with contextlib.ExitStack() as stack:
        file: DataFile | None = None
        while True:
            batch = list(islice(chunk, _BATCH_ROWS))
            rows += len(batch)
            gathered.append(encode("".join(batch), destination.charset))
            size += len(gathered[-1])
            if batch and size < _GATHERED_BYTES:
                continue
            if file is None:
                file = stack.enter_context(destination.append(sequence))
            try:
                for piece in gathered:
                    file.write(piece)
            except SqlError:
                _leave_neighbour(destination, sequence + 1, chunk, rest)
                raise
            gathered, size = [], 0
            if not batch:
                return rows


def _leave_neighbour(
    destination: Destination, sequence: int, chunk: Iterator[str], rest: Iterator[str]
) -> None:
    """A node's second worker has opened the next chunk's file by now (recording 10, ``full_t``)."""
    for _ in chunk:
        pass
    if next(rest, None) is None:
        return
    with contextlib.suppress(SqlError), destination.append(sequence):
        pass
