"""The heads of an export's files, by which it is found out how they were written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kwtui.backups.csv.alterations import FileForm, Plainer, form_of
from kwtui.files.foreign.reading import cannot_read, open_regular
from kwtui.model.schema import ColumnSpec

_HEAD = 1 << 18
_LEAST_HEAD = 1 << 12
_ALL_HEADS = 1 << 20
"""So much is read of all files together: opening a tree of a thousand tables must not take long."""
_FILES_PER_TABLE = 4


@dataclass(frozen=True)
class TableSample:
    """What is known of one table of the tree: its files and, from meta.sql, its columns."""

    files: tuple[Path, ...]
    columns: tuple[ColumnSpec, ...] = ()


@dataclass
class Sample:
    """The head of one file, or all of it."""

    path: Path
    data: bytes
    whole: bool
    columns: tuple[ColumnSpec, ...]
    text: str = ""
    first_is_row: bool = False


def read_heads(tables: Sequence[TableSample]) -> Iterable[Sample]:
    filled = [t for t in tables if t.files]
    some = filled[:: len(filled) * _LEAST_HEAD // _ALL_HEADS + 1]
    count = sum(min(len(t.files), _FILES_PER_TABLE) for t in some)
    head = max(min(_ALL_HEADS // max(count, 1), _HEAD), _LEAST_HEAD)
    for table in some:
        for path in table.files[:_FILES_PER_TABLE]:
            data = read_head(path, head + 1)
            whole = (
                len(data) <= head
                and len(table.files) <= _FILES_PER_TABLE
                and len(some) == len(filled)
            )
            data, whole = _plain(data[:head], form_of(data), whole=whole)
            yield Sample(path, data, whole, table.columns)


def _plain(head: bytes, form: FileForm, *, whole: bool) -> tuple[bytes, bool]:
    """The head as EXPORT would have written it, up to what is no text of its charset."""
    try:
        return Plainer(form).feed(head, final=whole), whole
    except UnicodeDecodeError as error:
        return error.object[: error.start].decode(form.encoding, "ignore").encode(), False


def read_head(path: Path, size: int) -> bytes:
    """The first bytes of a file. Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE)."""
    try:
        with open_regular(path) as file:
            return file.read(size)
    except OSError as error:
        raise cannot_read(path, error) from error
