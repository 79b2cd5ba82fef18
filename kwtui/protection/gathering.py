"""From a listing, the runs and the server's databases to the facts that are judged. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.model.schema import Engine
from kwtui.model.server import DatabaseSummary
from kwtui.operations.plan import PlanKind
from kwtui.operations.shared.scratch_names import is_scratch
from kwtui.protection.facts import BackupFact, DatabaseFacts, NextRun, Promise, RunFact
from kwtui.runs.events import RunStatus
from kwtui.runs.history import RunSummary


def gather(
    entries: Iterable[BackupEntry],
    runs: Sequence[RunSummary],
    databases: Sequence[DatabaseSummary] | None,
    promises: Mapping[str, Promise],
    default: Promise,
    next_runs: Mapping[str, NextRun],
    cluster_id: str = "",
) -> tuple[DatabaseFacts, ...]:
    """Facts of every database that the server has, that is backed up or that is promised.

    A copy stands for nothing: what it was copied from may be gone tomorrow with the same disk.
    ``runs`` are newest first; those on another cluster than ``cluster_id`` are left out, since one
    account may look after several that have databases of the same names. Where no server said what
    the cluster is, the newest run that made one of the backups does. Without a server
    (``databases`` is None) the backups alone tell which databases there are. One that the server
    does not have any more, or that is empty and was never backed up, is left out, unless something
    was promised for it.
    """
    by_name: dict[str, list[BackupEntry]] = {}
    of_path: dict[str, str] = {}
    for entry in entries:
        if entry.kind is EntryKind.SET and entry.database:
            of_path[entry.path] = entry.database
        if entry.kind is EntryKind.SET and entry.database and not entry.copy_of:
            by_name.setdefault(entry.database, []).append(entry)
    known = {d.name: d for d in databases or () if not d.system and not is_scratch(d.name)}
    empty = {name for name, database in known.items() if database.tables == 0}
    names = set(promises) | (set(known) - (empty - set(by_name)))
    names |= set(by_name) if databases is None else set()
    by_kind = _runs_of(runs, of_path, cluster_id or _cluster_of(runs, of_path))
    return tuple(
        DatabaseFacts(
            name=name,
            engine=known[name].engine if name in known else _engine(by_name.get(name, [])),
            exists=None if databases is None else name in known,
            backups=_backups(by_name.get(name, [])),
            backup_runs=tuple(by_kind.get((name, PlanKind.BACKUP), ())),
            drills=tuple(by_kind.get((name, PlanKind.DRILL), ())),
            restores=tuple(by_kind.get((name, PlanKind.RESTORE), ())),
            promise=promises.get(name, default),
            next_run=next_runs[name].at if name in next_runs else None,
            policy=next_runs[name].policy if name in next_runs else "",
        )
        for name in sorted(names)
    )


def compared(entries: Iterable[BackupEntry]) -> list[BackupEntry]:
    """The newest proven sets of each database: those whose tables are compared."""
    by_name: dict[str, list[BackupEntry]] = {}
    for entry in entries:
        usable = entry.proof is not None and not entry.problem and not entry.closed
        whole = not entry.only and not entry.copy_of and entry.started is not None
        if entry.kind is EntryKind.SET and entry.database and usable and whole:
            by_name.setdefault(entry.database, []).append(entry)
    return [
        entry
        for found in by_name.values()
        for entry in sorted(found, key=attrgetter("started"), reverse=True)[:_COMPARED]
    ]


def with_tables(facts: DatabaseFacts, table_rows: Mapping[str, Mapping[str, int]]) -> DatabaseFacts:
    """With the rows of each table of the sets that were looked at, by their paths."""
    backups = tuple(replace(b, tables=table_rows.get(b.path)) for b in facts.backups)
    return replace(facts, backups=backups)


_COMPARED = 5
"""The newest one, and enough before it to tell what is usual."""


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
            problem=entry.problem,
            closed=entry.closed,
        )
        for entry in entries
        if entry.started is not None
    ]
    return tuple(sorted(facts, key=attrgetter("at"), reverse=True))


def _cluster_of(runs: Iterable[RunSummary], of_path: Mapping[str, str]) -> str:
    """The cluster of the newest run that made one of these sets; empty where none is known."""
    return next((r.cluster_id for r in runs if r.kind is PlanKind.BACKUP and r.path in of_path), "")


def _runs_of(
    runs: Iterable[RunSummary], of_path: Mapping[str, str], cluster_id: str
) -> dict[tuple[str, PlanKind], list[RunFact]]:
    """The runs of each database and kind, in the same order.

    A restore under another name is one of the database that the set is of. A run that a person
    cancelled says nothing. A drill in a sandbox has no cluster; it counts where its set is here.
    """
    found: dict[tuple[str, PlanKind], list[RunFact]] = {}
    for run in runs:
        if run.kind not in _TOLD or run.status is RunStatus.CANCELLED:
            continue
        elsewhere = run.cluster_id != cluster_id if run.cluster_id else run.path not in of_path
        if elsewhere and cluster_id:
            continue
        database = of_path.get(run.path, run.database)
        found.setdefault((database, run.kind), []).append(_run(run))
    return found


_TOLD = frozenset({PlanKind.BACKUP, PlanKind.DRILL, PlanKind.RESTORE})


def _run(run: RunSummary) -> RunFact:
    running = run.status is RunStatus.RUNNING
    return RunFact(
        id=run.id,
        began=run.began,
        seconds=run.seconds,
        succeeded=None if running else run.status is RunStatus.SUCCEEDED,
        words=run.summary,
        path=run.path,
        here=bool(run.cluster_id),
    )
