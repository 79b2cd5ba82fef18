"""A page of a CSV file of a set or tree, read with the dialect that it was written in."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from kwtui.backups.csv.alterations import PLAIN, FileForm
from kwtui.backups.csv.index import CsvIndex, Reading
from kwtui.backups.csv.page import CsvPage, read_page
from kwtui.backups.csv.reading import Record
from kwtui.backups.csv.search import find_record
from kwtui.backups.layout.naming import inside
from kwtui.backups.listing.contents import SetDetails, TableDetails
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.reading import cannot_read, status_of
from kwtui.model.requests import Dialect
from kwtui.text import shell_joined


def page_of(
    details: SetDetails, file: str, start: int, count: int, reading: Reading | None = None
) -> CsvPage:
    """``count`` records from ``start`` on; of a negative ``start``, the last ones.

    Raises KwtuiError: NOT_FOUND for a file that is not of this set, and ReadingStopped.
    """
    table, index = _opened(details, file)
    columns = tuple(c.name for c in table.columns)
    if start < 0:
        index.place_of(sys.maxsize, reading)
        start = max(0, (index.total or 0) - index.dialect.header + start)
    page = read_page(
        index.path, index.dialect, start, count, columns=columns, index=index, reading=reading
    )
    form = details.forms.get(file, PLAIN)
    named = index.dialect.header and not form.header
    words = [form.words, "has the column names as its first record" if named else ""]
    note = " and ".join(filter(None, words))
    return replace(
        page,
        records=tuple(_plain(page.records, form, at_start=page.start == 0 and not form.header)),
        note=f"The file {note}, shown without that." if note else "",
    )


def _plain(records: Iterable[Record], form: FileForm, *, at_start: bool) -> Iterator[Record]:
    """The values without what other programs put around them."""
    for number, record in enumerate(records):
        values = list(record)
        if at_start and number == 0 and form.mark and values and values[0]:
            values[0] = values[0].removeprefix("\ufeff")
        if form.line_end == "\r\n" and values and values[-1]:
            values[-1] = values[-1].removesuffix("\r")
        yield tuple(values)


def record_at_share(details: SetDetails, file: str, share: float, reading: Reading) -> int:
    """The record (from 0) at this share (0 to 1) of the file's bytes; raises like `page_of`."""
    _, index = _opened(details, file)
    try:
        size = status_of(index.path).st_size
        record = index.record_at(int(size * min(share, 1.0)), reading)
    except OSError as error:
        raise cannot_read(index.path, error) from error
    return max(0, record - index.dialect.header)


def find_in(
    details: SetDetails, file: str, text: str, start: int, *, forward: bool, reading: Reading
) -> int | None:
    """The next record that holds ``text``, as `find_record`. Raises like `page_of`."""
    _, index = _opened(details, file)
    return find_record(index, text, start, forward=forward, reading=reading)


def _opened(details: SetDetails, file: str) -> tuple[TableDetails, CsvIndex]:
    table = next((t for t in details.tables if any(f.path == file for f in t.files)), None)
    if table is None:
        raise KwtuiError(
            f"{file} is not a data file of {details.entry.path}.",
            hint=f"List its contents: {shell_joined(['kwtui', 'show', details.entry.path])}",
            exit_code=ExitCode.NOT_FOUND,
        )
    dialect = dialect_of(details)
    if details.forms.get(file, PLAIN).header:
        dialect = replace(dialect, header=True)
    path = details.location.absolute(file) if details.manifest else _tree_file(details, file)
    return table, _index(path, dialect)


def dialect_of(details: SetDetails) -> Dialect:
    """Certain for a set, a guess for a tree."""
    if details.manifest is not None:
        return details.manifest.dialect
    guess = details.dialect.dialect if details.dialect else None
    return guess or Dialect(null_text="")


def _tree_file(details: SetDetails, file: str) -> Path:
    return inside(details.location.root, file)


@lru_cache(maxsize=8)
def _index(path: Path, dialect: Dialect) -> CsvIndex:
    """Kept, so that the next page of the same file is quick; it notices when the file changed."""
    return CsvIndex(path, dialect)
