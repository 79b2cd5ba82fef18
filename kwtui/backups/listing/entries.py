"""The lines of a storage listing, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from kwtui.model.checks import CheckLevel
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod
from kwtui.model.schema import Engine


class EntryKind(StrEnum):
    SET = "set"
    """A backup set with its manifest."""
    TREE = "tree"
    """An export not made by kwtui."""
    INCOMPLETE = "incomplete"
    """A set without a manifest: a backup that did not finish. It is not a backup."""
    WRITING = "writing"
    """A set that a run of this account is making right now: no backup yet, and no leftover."""
    DELETED = "deleted"
    """What a deletion that was interrupted left. It is not a backup any more."""
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
    """As it was given to the backup, or as a person changed it later."""
    method: BackupMethod | None = None
    only: tuple[str, ...] = ()
    """The tables that were chosen, sorted; empty: the whole database."""
    pinned: bool = False
    """Retention keeps it, and deleting refuses."""
    remark: str = ""
    """What a person wrote about it."""
    note: str = ""
    """What is special: sidecars elsewhere, one table only, without meta.sql, an EXPORT USERS."""
    problem: str = ""
    """What is wrong with it, in words; empty if nothing is known to be."""
    new_bytes: int | None = None
    """Of its bytes what was written when the set was made: the rest are hard links to an earlier
    set's files, and take no space of their own. None: all of them."""
    copy_of: str = ""
    """The path that its manifest was written for, if that is another one: it stands for nothing."""
    closed: bool = False
    """This account may not read it: whether it is whole is not known."""
    check: CheckLevel | None = None
    """How much of its content was read; None: no level is written down."""
    disk_bytes: int | None = None
    """What it adds to the space that all entries of a listing take together, its manifest included:
    a file that several backups share counts for the newest of them. None: not looked at."""

    @property
    def space(self) -> int:
        """What it adds to a sum over several entries, in bytes."""
        return (self.bytes or 0) if self.disk_bytes is None else self.disk_bytes

    @property
    def part(self) -> str:
        """``2 of its tables`` of a set that does not hold the whole database; else empty."""
        return f"{len(self.only):,} of its tables" if self.only else ""

    @property
    def manifest_is_damaged(self) -> bool:
        """A set of which nothing is known but its files: its manifest cannot be read."""
        return self.kind is EntryKind.SET and bool(self.problem) and self.tables is None

    def age_seconds(self, now: datetime) -> float | None:
        """Seconds since ``started``; never negative."""
        if self.started is None:
            return None
        return max((now - self.started).total_seconds(), 0.0)


NO_EXPORT_YET = (
    "No backup here yet: KWDB makes extern at the first export. Make one: kwtui backup DB"
)
"""Of a node whose store is there and whose extern is not (live-findings, section 3)."""


@dataclass(frozen=True)
class StorageListing:
    """What a scan found. ``problem`` says why it is empty or not whole."""

    extern: Path
    entries: tuple[BackupEntry, ...]
    """Newest first; those without a time last."""
    seconds: float
    scanned: int
    """Files and folders that were looked at."""
    problem: str = ""
    awaits_export: bool = False
    """Nothing was exported yet, so there is no extern: no problem, say NO_EXPORT_YET."""
