"""What an export tree holds, read from its folders and meta.sql files.

KWDB writes four shapes (facts.md, 1.6): a relational database (``<schema>/<table>/``, a meta.sql on
every level), a time-series database (one meta.sql, ``public/<table>/``), a single table, and, with
``data_only``, any of these without meta.sql.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from kwtui.backups.layout.tree import (
    META_FILE,
    FileRole,
    TreeFile,
    walk,
    what_to_do_with,
    why_unread,
)
from kwtui.backups.listing.missing_files import EMPTY, missing_numbers
from kwtui.model.schema import Engine, TableName

if TYPE_CHECKING:
    from kwtui.backups.listing.definitions import Definitions
    from kwtui.backups.metasql.create_table import MetaTable
    from kwtui.backups.metasql.meta_file import MetaFile


@dataclass(frozen=True)
class TreeTable:
    """A table of an export tree."""

    name: TableName
    folder: str
    """Relative to the tree; empty for a single-table tree."""
    files: tuple[TreeFile, ...]
    """Its data files."""
    meta: MetaTable | None = None
    meta_path: str = ""
    """Relative to the tree."""
    problem: str = ""


@dataclass(frozen=True)
class UnreadFile:
    """A file that may hold rows and is not read: for its form, or since it is lost."""

    path: str
    """Relative to the tree, or to the set where it did not finish."""
    why: str
    """``is packed with gzip``."""
    bytes: int = 0

    @property
    def remedy(self) -> str:
        return what_to_do_with(self.why, self.path.rpartition("/")[2])


@dataclass(frozen=True)
class TreeShape:
    """A whole export tree."""

    root: Path
    database: str | None
    engine: Engine | None
    single_table: bool
    tables: tuple[TreeTable, ...]
    files: tuple[TreeFile, ...]
    """All of them."""
    definitions: tuple[Definitions, ...] = ()
    """Its meta.sql files."""
    unread: tuple[UnreadFile, ...] = ()
    """What may hold rows and is not read."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Of meta.sql files, in words."""
        return tuple(read.problem for read in self.definitions if read.problem)

    @property
    def undefined(self) -> tuple[TreeTable, ...]:
        """Folders with data of which no meta.sql says what table it is."""
        return tuple(t for t in self.tables if t.meta is None and t.files)

    @property
    def others(self) -> tuple[TreeFile, ...]:
        """Files that are no table's data."""
        data = {f.path for t in self.tables for f in t.files}
        return tuple(f for f in self.files if f.path not in data)

    @property
    def bytes(self) -> int:
        return sum(f.bytes for f in self.files)

    @property
    def newest(self) -> float | None:
        """When the newest file was changed, in seconds since the epoch."""
        return max((f.modified for f in self.files), default=None)


def read_shape(root: Path) -> TreeShape:
    """Walk a tree and read its meta.sql files.

    Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE) if a folder cannot be read; a meta.sql that
    cannot be read is a problem of the tree.
    """
    # A storage of sets alone is listed without it.
    from kwtui.backups.listing.definitions import DefinitionsReader
    from kwtui.backups.metasql.meta_file import peek_database

    files = tuple(walk(root))
    reader = DefinitionsReader()
    definitions = tuple(
        reader.read(root / file.path, file.path) for file in files if file.role is FileRole.META
    )
    metas = {_parent(read.path): read.meta for read in definitions if read.meta is not None}
    problems = {_parent(read.path): read.problem for read in definitions if read.problem}
    texts = {read.path: read.text or "" for read in definitions}
    database = peek_database(texts.get(META_FILE, ""))
    tables = _tables(root.name, files, metas, problems)
    engine = database[1] if database else _engine_of(tables)
    return TreeShape(
        root=root,
        database=database[0] if database else None,
        engine=engine,
        single_table=database is None and any(t.folder == "" for t in tables),
        tables=tables,
        files=files,
        definitions=definitions,
        unread=(*_unread(files, tables), *_lost(files, tables)),
    )


def _unread(files: Iterable[TreeFile], tables: Iterable[TreeTable]) -> Iterator[UnreadFile]:
    folders = {table.folder for table in tables}
    for file in files:
        parent = _parent(file.path)
        beside = parent in folders or len(PurePosixPath(parent).parts) >= 2
        if why := why_unread(file, beside_data=beside):
            yield UnreadFile(file.path, why, file.bytes)


def _lost(files: Iterable[TreeFile], tables: Iterable[TreeTable]) -> Iterator[UnreadFile]:
    names: dict[str, list[str]] = {table.folder: [] for table in tables}
    for file in files:
        folder, name = _parent(file.path), file.path.rpartition("/")[2]
        if folder in names:
            names[folder].append(name)
    for table in tables:
        for file in table.files:
            if not file.bytes:
                yield UnreadFile(file.path, EMPTY)
        for name, why in missing_numbers(names[table.folder]):
            yield UnreadFile(f"{table.folder}/{name}".lstrip("/"), why)


def _parent(path: str) -> str:
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent


def _tables(
    tree: str,
    files: tuple[TreeFile, ...],
    metas: Mapping[str, MetaFile],
    problems: Mapping[str, str],
) -> tuple[TreeTable, ...]:
    data: dict[str, list[TreeFile]] = {}
    for file in files:
        if file.role is FileRole.DATA:
            data.setdefault(_parent(file.path), []).append(file)
    declared = _declared(metas)
    folders = {*data, *declared, *(f for f in problems if len(PurePosixPath(f).parts) >= 2)}
    tables = []
    for folder in sorted(folders):
        meta, meta_path = declared.get(folder, (None, ""))
        tables.append(
            TreeTable(
                name=_name(folder or tree, meta),
                folder=folder,
                files=tuple(data.get(folder, ())),
                meta=meta,
                meta_path=meta_path,
                problem=problems.get(folder, ""),
            )
        )
    return tuple(tables)


def _declared(metas: Mapping[str, MetaFile]) -> dict[str, tuple[MetaTable, str]]:
    """The tables that meta.sql files make, by the folder of their data."""
    declared: dict[str, tuple[MetaTable, str]] = {}
    for folder, meta in metas.items():
        for table in meta.tables:
            whole_database = meta.database is not None
            place = f"{table.schema or 'public'}/{table.name}" if whole_database else folder
            declared[place] = (table, meta.path)
    return declared


def _name(folder: str, meta: MetaTable | None) -> TableName:
    parts = PurePosixPath(folder).parts
    schema = parts[0] if len(parts) > 1 else "public"
    if meta is not None:
        return TableName(meta.schema or schema, meta.name)
    return TableName(schema, "/".join(parts[1:]) if len(parts) > 1 else folder)


def _engine_of(tables: tuple[TreeTable, ...]) -> Engine | None:
    known = [t.meta for t in tables if t.meta is not None]
    if not known:
        return None
    return Engine.TIME_SERIES if known[0].time_series else Engine.RELATIONAL
