"""The manifest of a backup set: what it holds, how it was made, and what it does not hold.

``manifest.json`` is written last, by rename, after everything else is on disk: a folder without one
is not a backup. Each later proof is a line of ``proofs.jsonl`` beside it.

Its second line is the SHA-256 of all the others, so that it vouches for itself too. By hand:
``sed 2d manifest.json | sha256sum``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from kwtui.backups.repeats import once
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import write_file
from kwtui.files.foreign.reading import cannot_read, read_regular
from kwtui.files.json_text import decode, decode_once, encode_file
from kwtui.model.checks import CheckLevel, Sample, WindowReadings
from kwtui.model.findings import Finding
from kwtui.model.moments import check_moments
from kwtui.model.proof import ContentChecksum, ProofLevel, TableOrigin
from kwtui.model.requests import BackupMethod, Dialect
from kwtui.model.schema import Engine, TableName
from kwtui.sql.dialect import check_dialect
from kwtui.sql.session import FORMER_TEXT_SETTINGS

FORMAT = 1
MANIFEST_FILE = "manifest.json"
SCHEMA_FILE = "schema.json"
PROOFS_FILE = "proofs.jsonl"
CHECKSUMS_FILE = "SHA256SUMS"
CHINESE_GUIDE = "RESTORE.zh.md"
"""Only where a person wants it."""
RUNBOOK_FILES = ("RESTORE.md", CHINESE_GUIDE, "restore.sql", "restore.sh", CHECKSUMS_FILE)
SIDECAR_FILES = (MANIFEST_FILE, SCHEMA_FILE, PROOFS_FILE, *RUNBOOK_FILES)


Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]
_NO_NUL = r"\A[^\x00]*\Z"
Line = Annotated[str, msgspec.Meta(max_length=4096, pattern=_NO_NUL)]
"""What a listing shows on one line; no path is longer."""
Place = Annotated[str, msgspec.Meta(pattern=_NO_NUL)]
"""A path below the set: the system takes none with a NUL."""
Words = Annotated[str, msgspec.Meta(max_length=1 << 16)]
"""What a check found: a path and what is wrong with it."""


@dataclass(frozen=True)
class FileEntry:
    """A file of the set. ``path`` is relative to the set, e.g. ``data/public/orders/n1.0.csv``."""

    path: Place
    bytes: Count
    sha256: str
    records: Count | None = None
    """Exact number of records, without the header; None for files that hold no records."""


@dataclass(frozen=True)
class Segment:
    """The files of a stretch of time of a time series: rows with ``since`` <= time < ``until``."""

    since: str
    """As the server writes the window that it begins with; empty where it has no beginning."""
    until: str
    """Empty where only the table's own ``until`` ends it."""
    files: tuple[str, ...]
    """Paths as in the manifest; none where it held no rows."""
    linked: str = ""
    """The set that its files are hard links into; empty if they were written for this one."""
    copied: bool = False
    """They were taken from ``linked`` and take space of their own."""


@dataclass(frozen=True)
class TableEntry:
    """A table of the set with its files."""

    name: TableName
    folder: Place
    """Relative to ``data``: ``public/orders``."""
    columns: tuple[str, ...]
    """In the order of the files; tags included, hidden ones not."""
    files: tuple[FileEntry, ...] = ()
    rows_reported: Count | None = None
    """What the server said; None for time-series exports, which say nothing (facts.md, 1.5)."""
    rows_counted: Count | None = None
    """Records in the files."""
    checksum: ContentChecksum | None = None
    """Of the rows on the server at the export's timestamp."""
    statement: str = ""
    """The EXPORT that wrote it, as sent."""
    until: str = ""
    """Time series: the newest time that was exported; rows that are newer are not in the set."""
    check: CheckLevel | None = None
    """How much of its content was read; None in a set of a kwtui that knew no levels."""
    windows: WindowReadings | None = None
    """Counts and aggregates of the rows on the server, by window of time."""
    samples: tuple[Sample, ...] = ()
    """Checksums of some of the rows."""
    segments: tuple[Segment, ...] = ()
    """Of a time series: its files by stretches of time, in order. None of a set that was not
    written so. Of a relational table: one, if its files were linked."""
    tags: str = ""
    """Of a time series: the SHA-256 of its devices with their tags, which are in every row."""
    devices: str = ""
    """Of a time series: a mark of each of them (`backups.device_marks`), unless there are many."""
    whole_at: datetime | None = None
    """When everything in it was last written anew; None for when the set was made."""
    origin: TableOrigin | None = None
    """Of a table of a snapshot; None where the server did not tell."""

    @property
    def bytes(self) -> int:
        return sum(f.bytes for f in self.files)

    @property
    def level(self) -> CheckLevel:
        """How much of its content is known beside the files."""
        return self.check or (CheckLevel.FULL if self.checksum else CheckLevel.COUNTS)

    @property
    def rows_held(self) -> int | None:
        """Rows on the server, if they are known for certain."""
        if self.checksum is not None:
            return self.checksum.rows
        settled = self.windows is not None and not self.windows.unsettled
        return self.windows.rows if self.windows is not None and settled else None


@dataclass(frozen=True)
class Totals:
    """Sums over the tables, kept so that a listing need not add them up."""

    tables: Count
    rows: Count | None
    files: Count
    bytes: Count
    shared_bytes: Count = 0
    """Of them, in files that are hard links to those of an earlier set."""

    @property
    def new_bytes(self) -> int:
        """What the set took of the disk when it was made."""
        return self.bytes - self.shared_bytes


@dataclass(frozen=True)
class Manifest:
    """The content of ``manifest.json``. All times are UTC."""

    set_id: Line
    """The path relative to extern at the time of the backup."""
    database: Line
    engine: Engine
    method: BackupMethod
    started: datetime
    finished: datetime
    cluster_id: Line
    node_id: Count
    server_version: Line
    kwtui_version: Line
    dialect: Dialect
    tables: tuple[TableEntry, ...]
    totals: Totals
    files: tuple[FileEntry, ...] = ()
    """Files that belong to no table: ``meta.sql``, ``schema.json``, the runbook."""
    snapshot_timestamp: Line = ""
    """From cluster_logical_timestamp(); empty where there is no common instant."""
    label: Line = ""
    only: tuple[TableName, ...] = ()
    """The tables that were chosen; empty: the whole database."""
    not_included: tuple[str, ...] = ()
    """What the set does not hold, in words."""
    notices: tuple[str, ...] = ()
    """What the server said while it wrote."""
    findings: tuple[Finding, ...] = ()
    proof: ProofLevel = ProofLevel.P0
    """Reached when the set was sealed; later proofs are in ``proofs.jsonl``."""
    run_id: Line = ""
    text_settings: dict[str, str] = field(default_factory=lambda: dict(FORMER_TEXT_SETTINGS))
    """The settings of the session that read the content checksums: under others the same rows may
    have another one (live-findings, row 34)."""
    check: CheckLevel | None = None
    """The least of its tables' levels; None in a set of a kwtui that knew no levels."""
    chunk_rows: Count | None = None
    """Most rows of one file, as EXPORT was told; 0: no limit. None in a set of a kwtui that did
    not write it down."""
    format: int = FORMAT

    def __post_init__(self) -> None:
        check_moments(self.started, self.finished)

    def table(self, name: TableName) -> TableEntry | None:
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> Mapping[TableName, TableEntry]:
        return {table.name: table for table in self.tables}


@dataclass(frozen=True)
class Proof:
    """One check of a set, good or bad: a line of ``proofs.jsonl``."""

    at: datetime
    level: ProofLevel
    """Reached; for a bad check the level that still holds."""
    wanted: ProofLevel
    ok: bool
    summary: Words = ""
    problems: tuple[Words, ...] = ()
    """At most a hundred of them, in words."""
    seconds: float = 0.0
    kwtui_version: Line = ""
    run_id: Line = ""
    where: Line = ""
    """The server that a drill restored on, in words; empty for a check of files."""
    tables: Count | None = None
    rows: Count | None = None
    torn: bool = False
    """No check: a line that was cut off while it was written."""

    def __post_init__(self) -> None:
        check_moments(self.at)

    @property
    def outcome(self) -> str:
        """In one word."""
        if self.torn:
            return "lost"
        return "good" if self.ok else "BAD"


@dataclass(frozen=True)
class SetSummary:
    """The few fields of a manifest that a listing shows, decoded without the rest."""

    set_id: Line
    database: Line
    engine: Engine
    method: BackupMethod
    started: datetime
    finished: datetime
    totals: Totals
    label: Line = ""
    only: tuple[TableName, ...] = ()
    node_id: Count = 0
    proof: ProofLevel = ProofLevel.P0
    check: CheckLevel | None = None
    format: int = FORMAT

    def __post_init__(self) -> None:
        check_moments(self.started, self.finished)


@dataclass(frozen=True)
class _Version:
    format: int = field(default=0)


def totals_of(tables: tuple[TableEntry, ...], files: tuple[FileEntry, ...]) -> Totals:
    """The sums; rows are unknown as soon as one table's are."""
    rows: int | None = 0
    for table in tables:
        rows = None if rows is None or table.rows_counted is None else rows + table.rows_counted
    all_files = [*files, *(f for t in tables for f in t.files)]
    linked = {f for t in tables for s in t.segments if s.linked and not s.copied for f in s.files}
    return Totals(
        len(tables),
        rows,
        len(all_files),
        sum(f.bytes for f in all_files),
        sum(f.bytes for f in all_files if f.path in linked),
    )


_OPENING = b"{\n"
_SEAL = re.compile(rb'\A\{\n "sha256": "([0-9a-f]{64})",\n')


def encode_manifest(manifest: Manifest) -> bytes:
    """JSON, indented, for people too, with the seal as its second line."""
    text = encode_file(manifest)
    seal = f' "sha256": "{hashlib.sha256(text).hexdigest()}",\n'
    return _OPENING + seal.encode() + text.removeprefix(_OPENING)


def _check_seal(data: bytes) -> None:
    """Raises DecodeError for a manifest that is not what was written."""
    seal = _SEAL.match(data)
    if seal is None:
        raise msgspec.DecodeError("the line with its own SHA-256 is missing")
    others = hashlib.sha256(_OPENING)
    others.update(memoryview(data)[seal.end() :])
    if others.hexdigest().encode() != seal[1]:
        raise msgspec.DecodeError("it was changed: its own SHA-256 does not match")


def decode_manifest(data: bytes, where: str) -> Manifest:
    """Raises KwtuiError (BACKUP_DAMAGED) if it is no manifest; ``where`` names it."""
    return decode_fields(data, where, Manifest)


def decode_summary(data: bytes, where: str) -> SetSummary:
    """Like `decode_manifest`, for the fields of a listing only."""
    return decode_fields(data, where, SetSummary)


_Decoded = TypeVar("_Decoded")


def decode_fields(data: bytes, where: str, kind: type[_Decoded]) -> _Decoded:
    """Like `decode_manifest`, for the fields that a kind has only."""
    try:
        version = decode(data, _Version).format
        if version > FORMAT:
            raise KwtuiError(
                f"{where} was written by a newer kwtui.",
                cause=f"It has format {version}; this kwtui knows formats up to {FORMAT}.",
                hint="Use a kwtui at least as new as the one that made the backup.",
                exit_code=ExitCode.BACKUP_DAMAGED,
            )
        _check_seal(data)
        # A listing asks for the files too (`decode_files`): what stands twice is found there.
        found = decode(data, kind) if kind is SetSummary else decode_once(data, kind)
        if isinstance(found, Manifest):
            _check_dialect(found.dialect)
            _check_once(found)
    except msgspec.DecodeError as error:
        raise KwtuiError(
            f"{where} is damaged.",
            cause=str(error),
            hint="The data beside it may be whole: restore.sh in that folder restores it with "
            "only a SQL client. Read it first, and run it as the account that owns it. "
            "Back up again if the database is still there.",
            exit_code=ExitCode.BACKUP_DAMAGED,
        ) from error
    return found


def _check_dialect(dialect: Dialect) -> None:
    try:
        check_dialect(dialect)
    except KwtuiError as error:
        raise msgspec.DecodeError(f"of how its files are written: {error.title}") from error


def _check_once(manifest: Manifest) -> None:
    """Tables, their folders and columns, and all files. Raises DecodeError."""
    tables = manifest.tables
    once("table", (table.name.as_option for table in tables))
    once("folder", (table.folder for table in tables))
    once("file", [f.path for f in manifest.files] + [f.path for t in tables for f in t.files])
    for table in tables:
        once(f"column of {table.name}", table.columns)
        held = {file.path for file in table.files}
        named = [path for segment in table.segments for path in segment.files]
        once("file of a segment", named)
        if not held.issuperset(named):
            raise msgspec.DecodeError(f"a segment of {table.name} has files that the table has not")


def read_manifest(path: Path) -> Manifest:
    """Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE or BACKUP_DAMAGED."""
    return decode_manifest(read_sidecar(path), str(path))


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Make the set a backup: written aside, synced, renamed, the folder synced."""
    write_file(path, encode_manifest(manifest))


_LARGEST = 256 << 20
"""Bytes: of a schema with a hundred thousand tables."""


def read_sidecar(path: Path, limit: int = _LARGEST) -> bytes:
    """The bytes of a file beside the export, of at most ``limit``.

    Raises KwtuiError: NOT_FOUND or EXTERN_NOT_READABLE.
    """
    try:
        return read_regular(path, limit)
    except FileNotFoundError as error:
        raise KwtuiError(
            f"There is no {path.name} in {path.parent}.",
            hint="`kwtui list` shows the existing backups.",
            exit_code=ExitCode.NOT_FOUND,
        ) from error
    except OSError as error:
        raise cannot_read(path, error) from error


def standing_proof(manifest_level: ProofLevel, sealed: datetime, proofs: list[Proof]) -> Proof:
    """What holds now: the best good proof since the last bad one, or that bad one.

    The sealing itself counts as the first proof. A line that was cut off may have said anything:
    like a bad one it stands until the set is checked again.
    """
    standing = Proof(sealed, manifest_level, manifest_level, ok=True, summary="sealed")
    for proof in proofs:
        if not proof.ok or not standing.ok or proof.level >= standing.level:
            standing = proof
    return standing
