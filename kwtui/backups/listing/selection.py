"""The part of an export tree that is restored, and as what: tables, definitions, what is left out.

A table that lost its definition can be put into one that exists, whose columns then say what its
files hold. What a person left out is left out by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kwtui.backups.listing.contents import ColumnInfo, SetDetails, TableDetails, with_dialect
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import Dialect
from kwtui.model.schema import TableName


@dataclass(frozen=True)
class PartTable:
    """A table of the tree that is wanted."""

    folder: str
    name: TableName
    columns: tuple[ColumnInfo, ...] = ()
    """Of the table that it goes into, where the tree does not say; empty: those of the tree."""


@dataclass(frozen=True)
class TreePart:
    """What of a tree is read, and how."""

    tables: tuple[PartTable, ...]
    whole: bool = True
    """No table was chosen: whatever else lies in the tree belongs to it."""
    leave_out: tuple[str, ...] = ()
    """Files and folders, relative to the tree."""
    dialect: Dialect | None = None
    """As a person said it."""
    first_is_row: bool = False
    """A person said that no file begins with column names."""
    definitions: bool = True
    """Its meta.sql files are needed: not where its rows go into tables that exist, nor where KWDB
    reads them by itself."""


def narrowed(details: SetDetails, part: TreePart) -> SetDetails:
    """The tree as if it held that part alone. Reads the heads of its files.

    Raises KwtuiError (NOT_FOUND for something left out that is not there, EXTERN_NOT_READABLE).
    """
    wanted = {table.folder: table for table in part.tables}
    details = without(details, part.leave_out)
    dropped = [t for t in details.tables if t.folder not in wanted]
    tables = tuple(_as(t, wanted[t.folder]) for t in details.tables if t.folder in wanted)
    details = replace(details, tables=tables)
    if not part.whole:
        details = _without_others(details, dropped)
    root = details.location.root
    return with_dialect(details, root, part.dialect, first_is_row=part.first_is_row)


def _as(table: TableDetails, wanted: PartTable) -> TableDetails:
    if not wanted.columns:
        return replace(table, name=wanted.name)
    return replace(table, name=wanted.name, columns=wanted.columns, problem="")


def _without_others(details: SetDetails, dropped: Iterable[TableDetails]) -> SetDetails:
    """Without what lies elsewhere than in the folders of the tables, and above them."""
    folders = {table.folder for table in details.tables}
    problems = {table.problem for table in dropped}

    def belongs(path: str) -> bool:
        parent = path.rpartition("/")[0]
        if any(_is_below(path, folder) for folder in folders):
            return True
        return any(_is_below(folder, parent) for folder in folders)

    def is_data(path: str) -> bool:
        return any(_is_below(path, folder) for folder in folders)

    return replace(
        details,
        others=tuple(f for f in details.others if belongs(f.path)),
        unread=tuple(u for u in details.unread if is_data(u.path)),
        problems=tuple(p for p in details.problems if p not in problems),
    )


def without(details: SetDetails, left_out: Iterable[str]) -> SetDetails:
    """A tree without files and folders that a person left out.

    Raises KwtuiError (NOT_FOUND) for one that is not there.
    """
    for given in left_out:
        path = given.strip("/")
        paths = [f.path for t in details.tables for f in t.files]
        paths += [t.folder for t in details.tables] + [u.path for u in details.unread]
        paths += [f.path for f in details.others]
        if not path or not any(_is_below(each, path) for each in paths):
            raise KwtuiError(
                f"{details.entry.path} has no {given or 'file without a name'} to leave out.",
                hint="Give a file or folder relative to it, as `kwtui show` and messages name it.",
                exit_code=ExitCode.NOT_FOUND,
            )
        details = _without_one(details, path)
    return details


def _without_one(details: SetDetails, path: str) -> SetDetails:
    gone = [t for t in details.tables if t.folder and _is_below(t.folder, path)]
    kept = [t for t in details.tables if not (t.folder and _is_below(t.folder, path))]
    problems = {t.problem for t in gone}
    return replace(
        details,
        tables=tuple(
            replace(t, files=tuple(f for f in t.files if not _is_below(f.path, path))) for t in kept
        ),
        others=tuple(f for f in details.others if not _is_below(f.path, path)),
        unread=tuple(u for u in details.unread if not _is_below(u.path, path)),
        problems=tuple(p for p in details.problems if p not in problems),
    )


def _is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it; everything lies in the tree's own (empty)."""
    return not folder or path == folder or path.startswith(f"{folder}/")
