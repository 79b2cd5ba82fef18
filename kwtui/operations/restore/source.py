"""What a restore reads: a set or an adopted tree, brought into one shape. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kwtui.backups.csv.dialect import Certainty
from kwtui.backups.layout.naming import DATA_FOLDER
from kwtui.backups.listing.contents import SetDetails, TableDetails
from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.manifest import FileEntry, Manifest, TableEntry
from kwtui.backups.metasql.create_table import MetaTable
from kwtui.backups.metasql.meta_file import MetaFile
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.proof import ContentChecksum
from kwtui.model.requests import BackupMethod, Dialect, RestoreRequest
from kwtui.model.schema import (
    ColumnSpec,
    DatabaseSchema,
    Engine,
    ForeignKeySpec,
    TableName,
    TableSpec,
)
from kwtui.operations.shared.command_line import shell_line
from kwtui.server.catalogue.derive import seconds
from kwtui.sql import ddl
from kwtui.sql.names import split_name
from kwtui.sql.session import TEXT_SETTINGS


@dataclass(frozen=True)
class SourceTable:
    """A table of the source with its files; paths are relative to extern."""

    spec: TableSpec
    folder: str
    files: tuple[str, ...] = ()
    rows: int | None = None
    """Exact number of records where it is known."""
    bytes: int | None = None
    checksum: ContentChecksum | None = None
    clashing: bool = False
    """It is known that an IMPORT may take two of its devices for one."""

    @property
    def name(self) -> TableName:
        return self.spec.name


@dataclass(frozen=True)
class RestoreSource:
    """Everything that the planner knows of what is restored."""

    path: str
    schema: DatabaseSchema
    """As captured; its tables are those of `tables`."""
    tables: tuple[SourceTable, ...]
    dialect: Dialect
    adopted: bool
    """A tree without a manifest: nothing was captured beside the export."""
    dialect_sure: bool = True
    method: BackupMethod | None = None
    import_root: str = ""
    """The folder, relative to extern, that IMPORT DATABASE can read; empty if there is none."""
    metas: tuple[MetaFile, ...] = ()
    not_included: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    timestamp: str = ""
    text_settings: Mapping[str, str] = field(default_factory=lambda: dict(TEXT_SETTINGS))
    """Under which the content checksums of `tables` were read."""
    users_sql: str | None = None
    """The text of users.sql, where the set holds it."""
    settings_sql: str | None = None


def source_of(
    details: SetDetails, metas: Mapping[str, MetaFile], request: RestoreRequest
) -> RestoreSource:
    """The source of a set, or of a tree with its parsed meta.sql files by path below extern.

    Raises KwtuiError: BACKUP_INCOMPLETE for a set without a manifest, BACKUP_DAMAGED for one whose
    schema is gone, NOT_FOUND for what is no backup at all.
    """
    if details.entry.kind is EntryKind.INCOMPLETE:
        raise KwtuiError(
            f"{details.entry.path} is no backup: it did not finish.",
            cause="It has no manifest, which is written last.",
            hint="Choose another one: kwtui list",
            exit_code=ExitCode.BACKUP_INCOMPLETE,
        )
    if details.entry.kind is EntryKind.FOREIGN:
        raise KwtuiError(
            f"{details.entry.path} is no backup and no export of KWDB.",
            hint="See what there is: kwtui list",
            exit_code=ExitCode.NOT_FOUND,
        )
    if details.manifest is not None:
        return _source_of_set(details, details.manifest, metas)
    return _source_of_tree(details, metas, request)


def choose(source: RestoreSource, names: tuple[TableName, ...]) -> tuple[SourceTable, ...]:
    """The tables that were asked for; all of them if none was. Raises KwtuiError (NOT_FOUND)."""
    known = {table.name for table in source.tables}
    for name in names:
        if name not in known:
            raise KwtuiError(
                f"{source.path} has no table {name}.",
                hint=f"See what it has: {shell_line('show', source.path)}",
                exit_code=ExitCode.NOT_FOUND,
            )
    return tuple(t for t in source.tables if not names or t.name in names)


# -- sets -------------------------------------------------------------------------------------


def _source_of_set(
    details: SetDetails, manifest: Manifest, metas: Mapping[str, MetaFile]
) -> RestoreSource:
    if details.schema is None:
        raise KwtuiError(
            f"The schema of {details.entry.path} cannot be read.",
            cause="; ".join(details.problems),
            hint=f"Check the set: {shell_line('verify', details.entry.path)}",
            exit_code=ExitCode.BACKUP_DAMAGED,
        )
    root = details.entry.path
    tables = tuple(_table_of_set(root, e, details.schema) for e in manifest.tables)
    by_database = manifest.method is BackupMethod.DATABASE
    return RestoreSource(
        path=root,
        schema=replace(details.schema, tables=tuple(t.spec for t in tables)),
        tables=tables,
        dialect=manifest.dialect,
        adopted=False,
        method=manifest.method,
        import_root=f"{root}/{DATA_FOLDER}" if by_database else "",
        metas=tuple(metas.values()),
        not_included=manifest.not_included,
        problems=details.problems,
        timestamp=manifest.snapshot_timestamp,
        text_settings=manifest.text_settings,
    )


def _table_of_set(root: str, entry: TableEntry, schema: DatabaseSchema) -> SourceTable:
    spec = schema.table(entry.name)
    if spec is None:
        raise KwtuiError(
            f"schema.json of {root} does not know the table {entry.name}.",
            hint=f"Check the set: {shell_line('verify', root)}",
            exit_code=ExitCode.BACKUP_DAMAGED,
        )
    return SourceTable(
        spec=spec,
        folder=f"{root}/{DATA_FOLDER}/{entry.folder}",
        files=_with_rows(root, entry.files),
        rows=entry.rows_counted,
        bytes=entry.bytes,
        checksum=entry.checksum,
    )


def _with_rows(root: str, files: Iterable[FileEntry]) -> tuple[str, ...]:
    """The CSV files that hold something: one of zero bytes hides others (facts.md, 2.8)."""
    return tuple(f"{root}/{f.path}" for f in files if f.path.endswith(".csv") and f.bytes)


# -- trees ------------------------------------------------------------------------------------


def _source_of_tree(
    details: SetDetails, metas: Mapping[str, MetaFile], request: RestoreRequest
) -> RestoreSource:
    guess = details.dialect.dialect if details.dialect else None
    dialect = request.dialect or guess or Dialect(null_text="")
    root = details.entry.path
    root_meta = metas.get(f"{root}/meta.sql")
    database = (root_meta.database if root_meta else None) or details.entry.database
    engine = details.entry.engine or _engine_of(metas)
    tables = tuple(
        table
        for t in details.tables
        if (table := _table_of_tree(root, t, metas, root_meta)) is not None
    )
    schemas = {"public", *(t.name.schema for t in tables)}
    schema = DatabaseSchema(
        database=database or root.rsplit("/", 1)[-1],
        engine=engine,
        create_statement="",
        partition_interval=_partition_interval(metas),
        schemas=tuple(sorted(schemas)),
        tables=tuple(t.spec for t in tables),
    )
    unread = [str(t.name) for t in details.tables if t.name not in {x.name for x in tables}]
    return RestoreSource(
        path=root,
        schema=schema,
        tables=tables,
        dialect=dialect,
        adopted=True,
        dialect_sure=request.dialect is not None or _is_certain(details),
        import_root=root if root_meta is not None and root_meta.database else "",
        metas=tuple(metas.values()),
        not_included=details.unknown,
        problems=(*details.problems, *(f"{name} has no definition" for name in unread)),
    )


def _table_of_tree(
    root: str, table: TableDetails, metas: Mapping[str, MetaFile], root_meta: MetaFile | None
) -> SourceTable | None:
    """None for a folder of data without a definition."""
    own = metas.get(f"{root}/{table.meta}") if table.meta else None
    meta = own or root_meta
    found = next((t for t in meta.tables if t.name == table.name.name), None) if meta else None
    if found is None:
        return None
    folder = f"{root}/{table.folder}" if table.folder else root
    return SourceTable(
        spec=adopted_spec(table.name, found),
        folder=folder,
        files=_with_rows(root, table.files),
        rows=table.rows,
        bytes=table.bytes,
    )


def adopted_spec(name: TableName, meta: MetaTable) -> TableSpec:
    """A table as its meta.sql defines it. Its foreign keys, if it has any, are put back later."""
    if meta.time_series:
        return TableSpec(
            name=name,
            columns=meta.columns,
            create_statement=meta.printed,
            create_without_foreign_keys=meta.printed,
            time_column=meta.columns[0].name,
            time_precision=_precision(meta.columns[0].type),
            retention_seconds=_retention(meta.tail),
        )
    keys, checks = _constraints(meta.printed)
    return TableSpec(
        name=name,
        columns=tuple(_with_true_default(c) for c in meta.columns),
        create_statement=meta.printed,
        create_without_foreign_keys=ddl.without_foreign_keys(meta.printed),
        foreign_keys=keys,
        check_constraints=checks,
    )


_CHECK = re.compile(r'CONSTRAINT ("(?:[^"]|"")*"|\S+) CHECK ')
_FOREIGN_KEY = re.compile(r'CONSTRAINT ("(?:[^"]|"")*"|\S+) FOREIGN KEY ')


def _constraints(create: str) -> tuple[tuple[ForeignKeySpec, ...], tuple[str, ...]]:
    """The foreign keys and the names of the checks of a CREATE TABLE."""
    elements = ddl.split_table(create).elements
    keys = tuple(ddl.parse_foreign_key(e)[0] for e in elements if _FOREIGN_KEY.match(e))
    checks = tuple(split_name(match[1])[0] for e in elements if (match := _CHECK.match(e)))
    return keys, checks


_RETENTION = re.compile(r"\bretentions\s+(\d+[a-z]+)", re.IGNORECASE)


def _retention(tail: str) -> int | None:
    match = _RETENTION.search(tail)
    return seconds(match[1]) if match else None


def _precision(kind: str) -> int | None:
    match = re.search(r"\((\d)\)", kind)
    return int(match[1]) if match else None


def _with_true_default(column: ColumnSpec) -> ColumnSpec:
    r"""A default with a backslash is printed without the ``e`` before its quote (row 27)."""
    default = column.default
    if default and default.startswith("'") and "\\" in default:
        return replace(column, default=f"e{default}")
    return column


def _partition_interval(metas: Mapping[str, MetaFile]) -> str | None:
    """Of the tables of an older version; a database of today has one for all (facts.md, 11.2)."""
    found = (t.partition_interval for meta in metas.values() for t in meta.tables)
    return next((text for text in found if text and not _NONE.match(text)), None)


_NONE = re.compile(r"0+[a-z]+\Z")


def _engine_of(metas: Mapping[str, MetaFile]) -> Engine:
    if any(t.time_series for meta in metas.values() for t in meta.tables):
        return Engine.TIME_SERIES
    return Engine.RELATIONAL


def _is_certain(details: SetDetails) -> bool:
    return details.dialect is not None and details.dialect.certainty is Certainty.CERTAIN
