"""What lies under extern: backup sets, export trees of others, leftovers and foreign files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from kwtui.backups.dialect import DialectGuess
from kwtui.backups.location import SetLocation
from kwtui.backups.manifest import FileEntry, Manifest, Proof
from kwtui.model import BackupMethod, DatabaseSchema, Engine, ProofLevel, TableName


class EntryKind(StrEnum):
    SET = "set"
    """A backup set with its manifest."""
    TREE = "tree"
    """An export that somebody else made."""
    INCOMPLETE = "incomplete"
    """A set without a manifest: a backup that did not finish. It is not a backup."""
    FOREIGN = "foreign"
    """A file or folder that is no export."""


@dataclass(frozen=True)
class BackupEntry:
    """A line of the storage browser."""

    path: str
    """Relative to extern."""
    kind: EntryKind
    database: str | None = None
    engine: Engine | None = None
    started: datetime | None = None
    """For trees and files: when the newest file in them was changed."""
    tables: int | None = None
    rows: int | None = None
    """None: not counted."""
    files: int | None = None
    bytes: int | None = None
    proof: ProofLevel | None = None
    """What holds now; None: never proven, or the last check failed (see ``problem``)."""
    proof_at: datetime | None = None
    label: str = ""
    method: BackupMethod | None = None
    note: str = ""
    """What is special: sidecars elsewhere, one table only, without meta.sql, an EXPORT USERS."""
    problem: str = ""
    """What is wrong with it, in words; empty if nothing is known to be."""

    def age_seconds(self, now: datetime) -> float | None:
        """Seconds since ``started``; never negative."""
        if self.started is None:
            return None
        return max((now - self.started).total_seconds(), 0.0)


@dataclass(frozen=True)
class StorageListing:
    """What a scan found. ``problem`` says why it is empty or not whole."""

    extern: Path
    entries: tuple[BackupEntry, ...]
    """Newest first; those without a time last."""
    scanned_at: datetime
    seconds: float
    scanned: int
    """Files and folders that were looked at."""
    problem: str = ""


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
    problem: str = ""


@dataclass(frozen=True)
class SetDetails:
    """What is inside a set or tree."""

    entry: BackupEntry
    location: SetLocation
    tables: tuple[TableDetails, ...]
    others: tuple[FileEntry, ...] = ()
    """Files that belong to no table."""
    manifest: Manifest | None = None
    schema: DatabaseSchema | None = None
    proofs: tuple[Proof, ...] = ()
    dialect: DialectGuess | None = None
    """For trees: what the files look like. For sets: certain, from the manifest."""
    problems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """What cannot be known of a tree without a manifest, in words."""


def scan(extern: Path, state: Path | None = None) -> StorageListing:
    """List everything under ``extern``, without reading data files. Blocking: call it in a thread.

    Never raises for what it finds: what cannot be read is an entry, or the listing, with a problem.
    """
    raise NotImplementedError


def open_set(extern: Path, path: str, state: Path | None = None) -> SetDetails:
    """Look inside a set or tree. Reads meta.sql files and heads of data files; counts nothing.

    Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE, BACKUP_DAMAGED (the manifest).
    """
    raise NotImplementedError


def read_text(extern: Path, path: str, *, limit: int = 1 << 20) -> str:
    """A text file below extern; what is beyond ``limit`` bytes is left off, and said so.

    Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE.
    """
    raise NotImplementedError
