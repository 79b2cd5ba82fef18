"""A page of a CSV file as a table of values."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from kwtui.backups.csv.index import CsvIndex, Reading
from kwtui.backups.csv.reading import MalformedRecord, Record, read_records
from kwtui.files.foreign.reading import cannot_read, open_regular
from kwtui.model.requests import Dialect


@dataclass(frozen=True)
class CsvPage:
    """``records`` from number ``start`` (0 is the first after the header) of one file."""

    file: str
    start: int
    columns: tuple[str, ...]
    """Names, as far as they are known."""
    records: tuple[Record, ...]
    """Values as text; None is NULL. Foreign text: clean it before showing."""
    total: int | None = None
    """Records in the file; None until it was read to its end once."""
    at_end: bool = False
    """No record follows this page."""
    problem: str = ""
    """Why the record after this page cannot be read."""
    note: str = ""
    """What the file has that is no data and is not shown, in words."""


def read_page(
    path: Path,
    dialect: Dialect,
    start: int,
    count: int,
    *,
    columns: tuple[str, ...] = (),
    index: CsvIndex | None = None,
    reading: Reading | None = None,
) -> CsvPage:
    """``count`` records from number ``start`` on. Blocking: call it in a thread.

    ``index`` makes the next page of the same file quick; without one it is made on the way, which
    ``reading`` tells of and can stop.

    Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE), ReadingStopped.
    """
    index = index or CsvIndex(path, dialect)
    first = start + dialect.header
    records: list[Record] = []
    problem = ""
    try:
        offset, known = index.place_of(first, reading)
        if dialect.header and not columns:
            columns = _header(path, dialect)
        with open_regular(path) as file:
            file.seek(offset)
            try:
                wanted = islice(read_records(file, dialect), first - known, first - known + count)
                records.extend(wanted)
            except MalformedRecord as error:
                problem = f"The next record cannot be read: {error}."
        index.place_of(first + len(records))
    except OSError as error:
        raise cannot_read(path, error) from error
    total = None if index.total is None else max(index.total - dialect.header, 0)
    at_end = total is not None and start + len(records) >= total
    return CsvPage(path.name, start, columns, tuple(records), total, at_end, problem)


def _header(path: Path, dialect: Dialect) -> tuple[str, ...]:
    with open_regular(path) as file:
        try:
            names = next(read_records(file, dialect), ())
        except MalformedRecord:
            return ()
    return tuple(name or "" for name in names)
