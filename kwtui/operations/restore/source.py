"""What a restore reads: a set or an adopted tree, brought into one shape. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kwtui.backups.csv.alterations import FileForm
from kwtui.backups.csv.dialect import Certainty
from kwtui.backups.csv.observation import Misfit
from kwtui.backups.layout.naming import DATA_FOLDER
from kwtui.backups.listing.contents import SetDetails, TableDetails
from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.selection import TreePart
from kwtui.backups.listing.shape import UnreadFile
from kwtui.backups.manifest import FileEntry, Manifest, TableEntry
from kwtui.backups.metasql.meta_file import MetaFile
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.checks import CheckLevel, Sample, WindowReadings
from kwtui.model.proof import ContentChecksum
from kwtui.model.requests import BackupMethod, Dialect, RestoreRequest, RestoreStrategy
from kwtui.model.schema import (
    DatabaseSchema,
    Engine,
    TableName,
    TableSpec,
)
from kwtui.operations.restore.adopted_spec import adopted_spec
from kwtui.operations.shared.command_line import shell_line
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
    windows: WindowReadings | None = None
    samples: tuple[Sample, ...] = ()
    clashing: bool = False
    """It is known that an IMPORT may merge two of its devices."""
    forms: Mapping[str, FileForm] = field(default_factory=dict)
    """Of its files those that other programs have changed: an IMPORT reads copies as EXPORT writes
    them."""

    @property
    def name(self) -> TableName:
        return self.spec.name

    @property
    def level(self) -> CheckLevel:
        """By what its content can be compared."""
        if self.checksum is not None:
            return CheckLevel.FULL
        if self.samples:
            return CheckLevel.SAMPLE
        return CheckLevel.COUNTS if self.windows is None else self.windows.level

    @property
    def must_be_copied(self) -> bool:
        """Whether an IMPORT cannot read its files as they are."""
        return bool(self.forms) or any(not f.endswith(".csv") for f in self.files)

    def has_null_lines(self, dialect: Dialect) -> bool:
        """Whether a row of it may be an empty line, which IMPORT skips (live-findings, row 12)."""
        return dialect.null_text == "" and len(self.spec.visible_columns) == 1


@dataclass(frozen=True)
class UndefinedTable:
    """Data of which nothing says what table it is."""

    name: TableName
    folder: str
    """Relative to the tree."""
    files: int
    problem: str = ""
    """Why its definition cannot be read; empty where there is none."""


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
    part: TreePart | None = None
    """Of a tree: what of it is read."""
    undefined: tuple[UndefinedTable, ...] = ()
    unread: tuple[UnreadFile, ...] = ()
    misfits: tuple[Misfit, ...] = ()
    """Records that are not what all the others are."""
    doubt: str = ""
    """Why the dialect must be said by a person; empty where it need not."""
    raw_metas: Mapping[str, str] = field(default_factory=dict)
    """Texts of meta.sql files that cannot be read, by path below extern: KWDB may read them."""


def source_of(
    details: SetDetails,
    metas: Mapping[str, MetaFile],
    request: RestoreRequest,
    existing: DatabaseSchema | None = None,
) -> RestoreSource:
    """The source of a set, or of a tree with its parsed meta.sql files by path below extern.

    ``existing`` is the database that rows go into, if that is all that is wanted.

    Raises KwtuiError: BACKUP_INCOMPLETE for a set without a manifest, BACKUP_DAMAGED for one whose
    schema is gone, NOT_FOUND for what is no backup at all.
    """
    if details.entry.kind is EntryKind.INCOMPLETE:
        raise KwtuiError(
            f"{details.entry.path} is not a backup: it did not finish.",
            cause="It has no manifest, which is written last.",
            hint="Choose another one: kwtui list",
            exit_code=ExitCode.BACKUP_INCOMPLETE,
        )
    if details.entry.kind is EntryKind.FOREIGN:
        raise KwtuiError(
            f"{details.entry.path} is neither a backup nor an export of KWDB.",
            hint="List what exists: kwtui list",
            exit_code=ExitCode.NOT_FOUND,
        )
    if details.manifest is not None:
        return _source_of_set(details, details.manifest, metas)
    return _source_of_tree(details, metas, request, existing)


def choose(source: RestoreSource, names: tuple[TableName, ...]) -> tuple[SourceTable, ...]:
    """The tables that were asked for; all of them if none was. Raises KwtuiError (NOT_FOUND).

    Those that are asked for and have no definition are left to the findings of the plan.
    """
    known = {t.name for t in source.tables} | {t.name for t in source.undefined}
    for name in names:
        if name not in known:
            raise KwtuiError(
                f"{source.path} has no table {name}.",
                hint=f"List its contents: {shell_line('show', source.path)}",
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
            hint=f"Check the backup: {shell_line('verify', details.entry.path)}",
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
            hint=f"Check the backup: {shell_line('verify', root)}",
            exit_code=ExitCode.BACKUP_DAMAGED,
        )
    return SourceTable(
        spec=spec,
        folder=f"{root}/{DATA_FOLDER}/{entry.folder}",
        files=_with_rows(root, entry.files),
        rows=entry.rows_counted,
        bytes=entry.bytes,
        checksum=entry.checksum,
        windows=entry.windows,
        samples=entry.samples,
    )


def _with_rows(root: str, files: Iterable[FileEntry]) -> tuple[str, ...]:
    """The CSV files that hold something: one of zero bytes hides others (facts.md, 2.8)."""
    return tuple(f"{root}/{f.path}" for f in files if f.path.lower().endswith(".csv") and f.bytes)


# -- trees ------------------------------------------------------------------------------------


def _source_of_tree(
    details: SetDetails,
    metas: Mapping[str, MetaFile],
    request: RestoreRequest,
    existing: DatabaseSchema | None,
) -> RestoreSource:
    guess = details.dialect
    dialect = (guess.dialect or guess.nearest if guess else None) or Dialect(null_text="")
    root = details.entry.path
    root_meta = metas.get(f"{root}/meta.sql")
    database = (root_meta.database if root_meta else None) or details.entry.database
    specs = {t.folder: _spec_of(root, t, metas, request, existing) for t in details.tables}
    tables = tuple(
        _table_of_tree(root, t, spec, details.forms)
        for t in details.tables
        if (spec := specs[t.folder]) is not None
    )
    schemas = {"public", *(t.name.schema for t in tables)}
    if not request.tables:
        schemas.update(name for meta in metas.values() for name in meta.schemas)
    schema = DatabaseSchema(
        database=database or root.rsplit("/", 1)[-1],
        engine=details.entry.engine or _engine_of(metas, tables),
        create_statement="",
        partition_interval=_partition_interval(metas),
        schemas=tuple(sorted(schemas)),
        tables=tuple(t.spec for t in tables),
    )
    certainty = guess.certainty if guess else Certainty.UNSURE
    unsure = guess is not None and certainty is Certainty.UNSURE and not guess.misfits
    return RestoreSource(
        path=root,
        schema=schema,
        tables=tables,
        dialect=dialect,
        adopted=True,
        dialect_sure=certainty is Certainty.CERTAIN,
        import_root=root if root_meta is not None and root_meta.database else "",
        metas=tuple(metas.values()),
        not_included=details.unknown,
        problems=details.problems,
        undefined=tuple(
            UndefinedTable(t.name, t.folder, len(t.files), t.problem)
            for t in details.tables
            if specs[t.folder] is None
        ),
        unread=details.unread,
        misfits=guess.misfits if guess else (),
        doubt=guess.reason if unsure and guess else "",
    )


def _spec_of(
    root: str,
    table: TableDetails,
    metas: Mapping[str, MetaFile],
    request: RestoreRequest,
    existing: DatabaseSchema | None,
) -> TableSpec | None:
    """What the table is; None where nothing says it."""
    meta = metas.get(f"{root}/{table.meta}") if table.meta else None
    meta = meta or metas.get(f"{root}/meta.sql")
    found = next((t for t in meta.tables if t.name == table.name.name), None) if meta else None
    if found is not None:
        return adopted_spec(table.name, found)
    if request.strategy is RestoreStrategy.DATA_ONLY and existing is not None:
        return existing.table(table.name)
    if request.strategy is RestoreStrategy.NATIVE and table.problem:
        # KWDB reads the definition by itself.
        return TableSpec(table.name, (), "", "")
    return None


def _table_of_tree(
    root: str, table: TableDetails, spec: TableSpec, forms: Mapping[str, FileForm]
) -> SourceTable:
    files = _with_rows(root, table.files)
    here = {f"{root}/{path}": form for path, form in forms.items()}
    return SourceTable(
        spec=spec,
        folder=f"{root}/{table.folder}" if table.folder else root,
        files=files,
        rows=table.rows,
        bytes=table.bytes,
        forms={file: here[file] for file in files if file in here},
    )


def _partition_interval(metas: Mapping[str, MetaFile]) -> str | None:
    """Of the tables of an older version; a database of today has one for all (facts.md, 11.2)."""
    found = (t.partition_interval for meta in metas.values() for t in meta.tables)
    return next((text for text in found if text and not _NONE.match(text)), None)


_NONE = re.compile(r"0+[a-z]+\Z")


def _engine_of(metas: Mapping[str, MetaFile], tables: Iterable[SourceTable]) -> Engine:
    time_series = any(t.time_series for meta in metas.values() for t in meta.tables)
    if time_series or any(t.spec.time_column for t in tables):
        return Engine.TIME_SERIES
    return Engine.RELATIONAL
