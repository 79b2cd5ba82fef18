"""A page of a CSV file as a table of values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kwtui.backups.csvindex import CsvIndex
from kwtui.model import Dialect


@dataclass(frozen=True)
class CsvPage:
    """``records`` from number ``start`` (0 is the first after the header) of one file."""

    file: str
    start: int
    columns: tuple[str, ...]
    """Names, as far as they are known."""
    records: tuple[tuple[str | None, ...], ...]
    """Values as text; None is NULL. Foreign text: clean it before showing."""
    total: int | None = None
    """Records in the file; None until it was read to its end once."""
    at_end: bool = False
    """No record follows this page."""
    problem: str = ""
    """Why a record on this page cannot be read, and where."""


def read_page(
    path: Path,
    dialect: Dialect,
    start: int,
    count: int,
    *,
    columns: tuple[str, ...] = (),
    index: CsvIndex | None = None,
) -> CsvPage:
    """``count`` records from number ``start`` on.

    ``index`` makes the next page of the same file quick; without one it is made on the way.

    Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE).
    """
    raise NotImplementedError
