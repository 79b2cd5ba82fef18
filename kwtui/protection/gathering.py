"""From a listing, the runs and the server's databases to the facts that are judged. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.model.schema import Engine
from kwtui.model.server import DatabaseSummary
from kwtui.operations.plan import PlanKind
from kwtui.protection.facts import BackupFact, DatabaseFacts, Promise, RunFact
from kwtui.runs.events import RunStatus
from kwtui.runs.history import RunSummary

_NOT_READABLE = "this account may not read it"


def gather(
    entries: Iterable[BackupEntry],
    runs: Sequence[RunSummary],
    databases: Sequence[DatabaseSummary] | None,
    promises: Mapping[str, Promise],
    default: Promise,
) -> tuple[DatabaseFacts, ...]:
    """Facts of every database that the server has, that is backed up or that is promised.

    A copy stands for nothing: what it was copied from may be gone tomorrow with the same disk.
    ``runs`` are newest first. Without a server (``databases`` is None) the backups alone tell which
    databases there are. One that the server does not have any more, or that is empty and was never
    backed up, is left out, unless something was promised for it.
    """
    by_name: dict[str, list[BackupEntry]] = {}
    for entry in entries:
        if entry.kind is EntryKind.SET and entry.database and not entry.copy_of:
            by_name.setdefault(entry.database, []).append(entry)
    known = {d.name: d for d in databases or () if not d.system}
    empty = {name for name, database in known.items() if database.tables == 0}
    names = set(promises) | (set(known) - (empty - set(by_name)))
    names |= set(by_name) if databases is None else set()
    return tuple(
        DatabaseFacts(
            name=name,
            engine=known[name].engine if name in known else _engine(by_name.get(name, [])),
            exists=None if databases is None else name in known,
            backups=_backups(by_name.get(name, [])),
            backup_runs=_runs(runs, name, PlanKind.BACKUP),
            drills=_runs(runs, name, PlanKind.DRILL),
            restores=_runs(runs, name, PlanKind.RESTORE),
            promise=promises.get(name, default),
        )
        for name in sorted(names)
    )


def _engine(entries: Sequence[BackupEntry]) -> Engine | None:
    return next((entry.engine for entry in entries if entry.engine is not None), None)


def _backups(entries: Iterable[BackupEntry]) -> tuple[BackupFact, ...]:
    facts = [
        BackupFact(
            path=entry.path,
            at=entry.started,
            proof=entry.proof,
            proof_at=entry.proof_at,
            rows=entry.rows,
            bytes=entry.bytes,
            whole=not entry.only,
            problem=entry.problem or (_NOT_READABLE if entry.closed else ""),
        )
        for entry in entries
        if entry.started is not None
    ]
    return tuple(sorted(facts, key=attrgetter("at"), reverse=True))


def _runs(runs: Iterable[RunSummary], database: str, kind: PlanKind) -> tuple[RunFact, ...]:
    """A run that a person cancelled says nothing of the database."""
    return tuple(
        RunFact(
            id=run.id,
            began=run.began,
            seconds=run.seconds,
            succeeded=None
            if run.status is RunStatus.RUNNING
            else run.status is RunStatus.SUCCEEDED,
            words=run.summary,
        )
        for run in runs
        if run.kind is kind and run.database == database and run.status is not RunStatus.CANCELLED
    )
