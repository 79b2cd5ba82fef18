"""What is inside one set or tree: its tables, columns, files and what is not known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from kwtui.backups.csv.alterations import FileForm
from kwtui.backups.csv.altered_files import look_at_forms
from kwtui.backups.csv.dialect import Certainty, DialectGuess, sniff_dialect
from kwtui.backups.csv.samples import TableSample
from kwtui.backups.layout.location import SetLocation, all_proofs, find_location, sidecar_root
from kwtui.backups.layout.naming import DATA_FOLDER, inside, table_of_folder
from kwtui.backups.layout.tree import META_FILE, TreeFile, is_folder, is_there, walk
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.listing.lines import tree_entry
from kwtui.backups.listing.mistaken_files import without_disguised
from kwtui.backups.listing.presence import look_at_presence
from kwtui.backups.listing.scanning import describe, look_at
from kwtui.backups.listing.shape import TreeShape, TreeTable, UnreadFile, read_shape
from kwtui.backups.manifest import (
    SIDECAR_FILES,
    FileEntry,
    Manifest,
    Proof,
    TableEntry,
    read_manifest,
)
from kwtui.backups.schema_file import read_schema
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import Dialect
from kwtui.model.schema import ColumnSpec, DatabaseSchema, Engine, TableName
from kwtui.text import sentences

if TYPE_CHECKING:
    from kwtui.backups.listing.definitions import Definitions


class RowsKnown(StrEnum):
    COUNTED = "counted"
    """From the manifest: exact."""
    REPORTED = "reported"
    """Only what the server said."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ColumnInfo:
    name: str
    type: str
    """Empty where only the names are known."""
    nullable: bool = True
    tag: bool = False


@dataclass(frozen=True)
class TableDetails:
    """A table inside a set or tree."""

    name: TableName
    folder: str
    """Relative to the set or tree: ``data/public/orders``; empty for a single-table tree."""
    columns: tuple[ColumnInfo, ...]
    files: tuple[FileEntry, ...]
    """In a tree: with an empty ``sha256`` and no ``records``. Paths relative to the set or tree."""
    bytes: int
    rows: int | None = None
    rows_known: RowsKnown = RowsKnown.UNKNOWN
    meta: str = ""
    """Path of its meta.sql relative to the set or tree; empty if it has none."""
    create_statement: str = ""
    """From the schema, or the tree's meta.sql; empty if neither is known."""
    problem: str = ""


@dataclass(frozen=True)
class SetDetails:
    """What is inside a set or tree."""

    entry: BackupEntry
    location: SetLocation
    tables: tuple[TableDetails, ...]
    others: tuple[FileEntry, ...] = ()
    """Files that are no table's data."""
    manifest: Manifest | None = None
    schema: DatabaseSchema | None = None
    proofs: tuple[Proof, ...] = ()
    """Oldest first."""
    dialect: DialectGuess | None = None
    """For trees: what the files look like. For sets: certain, from the manifest."""
    problems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """What cannot be known of a tree without a manifest, in words."""
    unread: tuple[UnreadFile, ...] = ()
    """Of trees: what may hold rows, in a form that is not read."""
    forms: Mapping[str, FileForm] = field(default_factory=dict)
    """Of trees: the data files, by path, that other programs have changed, and how."""

    @property
    def undefined(self) -> tuple[TableDetails, ...]:
        """Of trees: what has data, and no definition that says what table it is."""
        return tuple(t for t in self.tables if t.files and not t.columns)

    def table(self, name: TableName) -> TableDetails | None:
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> Mapping[TableName, TableDetails]:
        return {table.name: table for table in reversed(self.tables)}


OpenedSet: TypeAlias = "tuple[SetDetails, tuple[Definitions, ...]]"
"""A set or tree, and the meta.sql files that were read for it: those of a tree."""


def open_set(extern: Path, path: str, state: Path | None = None) -> SetDetails:
    """Look inside a set or tree. Blocking: call it in a thread.

    Reads sidecars, meta.sql files and heads of data files; counts nothing.

    Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE, BACKUP_DAMAGED (the manifest).
    """
    return open_with_definitions(extern, path, state)[0]


def open_with_definitions(extern: Path, path: str, state: Path | None = None) -> OpenedSet:
    """As `open_set`, with the definitions."""
    path = path.rstrip("/")
    location = find_location(extern, path, state)
    if is_there(location.manifest):
        return _open_set(location, describe(extern, path, state), state), ()
    entry, shape = look_at(extern, path, state)
    if entry.kind is EntryKind.INCOMPLETE and is_folder(location.data):
        return _open_incomplete(location, entry), ()
    shape = without_disguised(shape or read_shape(inside(extern, path)))
    # The parent of sets holds tables too, and is none: they belong to what is in it.
    known = entry.kind is not EntryKind.FOREIGN
    holds_export = known and (bool(shape.tables) or shape.database is not None)
    if not holds_export and not shape.unread:
        raise no_export(path)
    return _open_tree(location, shape, entry), shape.definitions


def no_export(path: str) -> KwtuiError:
    """Of a folder that is neither: NOT_FOUND."""
    return KwtuiError(
        f"{path} is neither a backup nor an export.",
        hint="`kwtui list` shows the backups and exports in extern.",
        exit_code=ExitCode.NOT_FOUND,
    )


def _open_set(location: SetLocation, entry: BackupEntry, state: Path | None) -> SetDetails:
    manifest = read_manifest(location.manifest)
    problems = [entry.problem] if entry.problem else []
    schema: DatabaseSchema | None = None
    proofs: tuple[Proof, ...] = ()
    mirror = sidecar_root(location.extern, state) if state else None
    try:
        schema = read_schema(location.schema)
        proofs = tuple(all_proofs(location, mirror))
        found = look_at_presence(location, manifest)
        if found.damage:
            # One by one, in place of the sentence that tells the first.
            problems = [words for words in problems if words != found.problem] + found.problems
    except KwtuiError as error:
        problems.append(sentences(error.title, error.cause))
    return SetDetails(
        entry=entry,
        location=location,
        tables=tuple(_set_table(t, manifest, schema) for t in manifest.tables),
        others=manifest.files,
        manifest=manifest,
        schema=schema,
        proofs=proofs,
        dialect=DialectGuess((manifest.dialect,), Certainty.CERTAIN, "From the manifest."),
        problems=tuple(dict.fromkeys(problems)),
    )


def _set_table(
    table: TableEntry, manifest: Manifest, schema: DatabaseSchema | None
) -> TableDetails:
    spec = schema.table(table.name) if schema else None
    known = {c.name: c for c in spec.columns} if spec else {}
    meta = f"{DATA_FOLDER}/{table.folder}/{META_FILE}"
    rows, rows_known = table.rows_counted, RowsKnown.COUNTED
    if rows is None:
        rows = table.rows_reported
        rows_known = RowsKnown.UNKNOWN if rows is None else RowsKnown.REPORTED
    return TableDetails(
        name=table.name,
        folder=f"{DATA_FOLDER}/{table.folder}",
        columns=tuple(
            _column(known[c]) if c in known else ColumnInfo(c, "") for c in table.columns
        ),
        files=table.files,
        bytes=table.bytes,
        rows=rows,
        rows_known=rows_known,
        meta=meta if any(f.path == meta for f in manifest.files) else "",
        create_statement=spec.create_statement if spec else "",
    )


def _column(spec: ColumnSpec) -> ColumnInfo:
    return ColumnInfo(spec.name, spec.type, spec.nullable, spec.tag)


def _open_tree(location: SetLocation, shape: TreeShape, entry: BackupEntry) -> SetDetails:
    details = SetDetails(
        entry=entry,
        location=location,
        tables=tuple(_tree_table(t) for t in shape.tables),
        others=tuple(_file(f) for f in shape.others),
        problems=shape.problems,
        unknown=_unknown(shape),
        unread=shape.unread,
    )
    try:
        return with_dialect(details, shape.root)
    except KwtuiError as error:
        return replace(details, problems=(*details.problems, error.title))


def with_dialect(
    details: SetDetails,
    root: Path,
    said: Dialect | None = None,
    *,
    first_is_row: bool = False,
) -> SetDetails:
    """A tree with what its files look like; ``root`` is where the paths of its files begin.

    ``said``: a person knows the dialect. ``first_is_row``: and that no file begins with column
    names. Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE).
    """
    samples = [
        TableSample(
            tuple(root / f.path for f in t.files),
            tuple(ColumnSpec(c.name, c.type, c.nullable, tag=c.tag) for c in t.columns),
        )
        for t in details.tables
    ]
    if said is None:
        guess = sniff_dialect(samples, first_is_row=first_is_row)
    else:
        guess = DialectGuess((said,), Certainty.CERTAIN, "As it was said.")
    taken = guess.dialect or guess.nearest
    if taken is None:
        return replace(details, dialect=guess)
    settled, forms = look_at_forms(samples, taken, first_is_row=first_is_row)
    found = tuple(replace(c, header=settled.header) for c in guess.candidates)
    return replace(
        details,
        dialect=replace(_told(guess, root), candidates=found),
        forms={path.relative_to(root).as_posix(): form for path, form in forms.items()},
    )


def _told(guess: DialectGuess, root: Path) -> DialectGuess:
    """Its files by their paths in the tree, and the first that does not fit in its reason."""
    misfits = tuple(
        replace(m, path=Path(m.path).relative_to(root).as_posix()) for m in guess.misfits
    )
    if not misfits:
        return guess
    first = misfits[0]
    reason = f"{first.path}, record {first.record:,}: {first.reason}."
    return replace(guess, misfits=misfits, reason=reason)


def open_damaged(extern: Path, path: str, state: Path | None = None) -> SetDetails:
    """What lies in a set whose manifest cannot be read, for a person to look at: its files, and the
    runbook that needs no manifest. Blocking.

    Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE.
    """
    path = path.rstrip("/")
    location = find_location(extern, path, state)
    details = _open_incomplete(location, describe(extern, path, state))
    beside = tuple(_file(file) for file in walk(location.sidecars) if file.path in SIDECAR_FILES)
    return replace(
        details,
        others=(*details.others, *beside),
        unknown=("What the backup held: its manifest is damaged.", *details.unknown[1:]),
    )


def _open_incomplete(location: SetLocation, entry: BackupEntry) -> SetDetails:
    shape = without_disguised(read_shape(location.data))
    details = _open_tree(location, shape, tree_entry(entry.path, shape))
    prefix = DATA_FOLDER + "/"

    def moved(file: FileEntry) -> FileEntry:
        return FileEntry(prefix + file.path, file.bytes, file.sha256, file.records)

    tables = tuple(
        TableDetails(
            name=table_of_folder(t.folder) or t.name,
            folder=prefix + t.folder,
            columns=t.columns,
            files=tuple(moved(f) for f in t.files),
            bytes=t.bytes,
            meta=prefix + t.meta if t.meta else "",
            create_statement=t.create_statement,
            problem=t.problem,
        )
        for t in details.tables
    )
    return SetDetails(
        entry=entry,
        location=location,
        tables=tables,
        others=tuple(moved(f) for f in details.others),
        dialect=details.dialect,
        problems=(entry.problem, *details.problems),
        unknown=("Which tables are whole: the backup did not finish.", *details.unknown),
        forms={prefix + path: form for path, form in details.forms.items()},
        unread=tuple(UnreadFile(prefix + u.path, u.why, u.bytes) for u in details.unread),
    )


def _visible(table: TreeTable) -> tuple[ColumnSpec, ...]:
    return tuple(c for c in table.meta.columns if not c.hidden) if table.meta else ()


def _tree_table(table: TreeTable) -> TableDetails:
    return TableDetails(
        name=table.name,
        folder=table.folder,
        columns=tuple(_column(c) for c in _visible(table)),
        files=tuple(_file(f) for f in table.files),
        bytes=sum(f.bytes for f in table.files),
        meta=table.meta_path,
        create_statement=table.meta.text if table.meta else "",
        problem=table.problem,
    )


def _file(file: TreeFile) -> FileEntry:
    return FileEntry(file.path, file.bytes, "")


def _unknown(shape: TreeShape) -> tuple[str, ...]:
    """What an export without a manifest cannot tell (facts.md, 1.8)."""
    lines = [
        "Whether files are missing or were changed: there is no manifest to compare with.",
        "Whether the tables are from one instant.",
        "Views, sequences, zone configurations and users: EXPORT leaves them out.",
    ]
    if shape.engine is Engine.TIME_SERIES:
        lines.append("The database's retention and partition interval.")
    else:
        lines.append("Foreign keys: EXPORT leaves them out.")
    if shape.database is None:
        lines.append("The name of the database.")
    return tuple(lines)
