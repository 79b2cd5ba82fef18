"""A page of a CSV file of a set or tree, read with the dialect that it was written in."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from kwtui.backups.csvindex import CsvIndex
from kwtui.backups.library import SetDetails
from kwtui.backups.naming import inside
from kwtui.backups.page import CsvPage, read_page
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model import Dialect


def page_of(details: SetDetails, file: str, start: int, count: int) -> CsvPage:
    """Raises KwtuiError: NOT_FOUND for a file that is not of this set."""
    table = next((t for t in details.tables if any(f.path == file for f in t.files)), None)
    if table is None:
        raise KwtuiError(
            f"{file} is no data file of {details.entry.path}.",
            hint=f"See what it has: kwtui show {details.entry.path}",
            exit_code=ExitCode.NOT_FOUND,
        )
    dialect = dialect_of(details)
    path = details.location.absolute(file) if details.manifest else _tree_file(details, file)
    columns = tuple(c.name for c in table.columns)
    return read_page(path, dialect, start, count, columns=columns, index=_index(path, dialect))


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
