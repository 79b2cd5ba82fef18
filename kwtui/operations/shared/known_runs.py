"""What planning needs to know of the runs of this account: what they work on, whether they live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.model.schema import TableName
from kwtui.operations.plan import PlanKind


@dataclass(frozen=True)
class TakenDefault:
    """A column's default that an import needed off (live-findings, row 22)."""

    table: TableName
    column: str
    default: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True)
class KnownRun:
    """One run, as its folder tells."""

    id: str
    kind: PlanKind
    path: str
    database: str
    cluster_id: str
    scratch: str = ""
    """The database that a restore works in until it is published, or a drill for good."""
    made_scratch: bool = True
    """Whether it made that database, or may have; another restore may have had its name first."""
    may_go_on: bool = True
    """Whether the failure that ended it may be gone with the next try."""
    named: bool = True
    """Whether the database got the name that was asked for, or may have got it."""
    staging: str = ""
    """The folder that it imports through, relative to extern."""
    sandbox: str = ""
    """The folder of the sandbox that it drills on, in the state directory."""
    alive: bool = False
    succeeded: bool = False
    lost: bool = False
    """Its process is gone and it never said how it ended: the server may go on with its work."""
    created: datetime | None = None
    defaults_off: tuple[TakenDefault, ...] = ()
    """What it took off tables that were there before, and did not put back."""
    defaults_settled: tuple[str, ...] = ()
    """Databases whose defaults it put back: what earlier runs took off there is no leftover."""


def run_at_work_on(path: str, runs: Iterable[KnownRun]) -> KnownRun | None:
    """The living run that reads or writes the set."""
    return next((run for run in runs if run.alive and run.path == path), None)


def with_writers(
    entries: Iterable[BackupEntry], runs: Sequence[KnownRun]
) -> tuple[BackupEntry, ...]:
    """The entries; an unfinished set that a living run is making is told as that."""
    makers = [run for run in runs if run.kind in (PlanKind.BACKUP, PlanKind.SEAL, PlanKind.FETCH)]

    def told(entry: BackupEntry) -> BackupEntry:
        run = run_at_work_on(entry.path, makers)
        if entry.kind is not EntryKind.INCOMPLETE or run is None:
            return entry
        note = f"run {run.id} is writing it: no backup yet"
        return replace(entry, kind=EntryKind.WRITING, problem="", note=note)

    return tuple(map(told, entries))
