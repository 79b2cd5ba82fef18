"""What was seen of a node, put together and judged: everything that a board shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.model.server import DatabaseSummary
from kwtui.protection.facts import Measure, NextRun, Promise
from kwtui.protection.gathering import gather, with_tables
from kwtui.protection.judging import judge, verdict
from kwtui.protection.report import Board, RunAtWork, StatusReport
from kwtui.protection.space import growth
from kwtui.runs.events import RunStatus
from kwtui.runs.history import RunSummary


@dataclass(frozen=True)
class Seen:
    """What files and server told at one moment."""

    at: datetime
    entries: Sequence[BackupEntry] | None
    """None: the backups cannot be seen, so nothing is judged."""
    runs: Sequence[RunSummary]
    """Newest first."""
    databases: Sequence[DatabaseSummary] | None = None
    """None: no server was asked."""
    cluster_id: str = ""
    extern: Path | None = None
    free_bytes: int | None = None
    running: tuple[RunAtWork, ...] = ()
    table_rows: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By the path of a set."""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Promised:
    """What policies promise, and when they run next."""

    default: Promise = field(default_factory=Promise)
    """For what no policy covers."""
    by_name: Mapping[str, Promise] = field(default_factory=dict)
    next_runs: Mapping[str, NextRun] = field(default_factory=dict)


def make_board(seen: Seen, promised: Promised, database: str | None = None) -> Board:
    """Judge every database, or one."""
    entries = seen.entries or ()
    found = gather(
        entries,
        seen.runs,
        seen.databases,
        promised.by_name,
        promised.default,
        promised.next_runs,
        seen.cluster_id,
    )
    facts = tuple(f for f in found if database is None or f.name == database)
    judged = seen.entries is not None
    left = [entry for entry in entries if entry.kind in _LEFT]
    full = (with_tables(each, seen.table_rows) for each in facts)
    judgements = tuple(judge(each, seen.at) for each in full) if judged else ()
    report = StatusReport(
        taken_at=seen.at,
        verdict=verdict(judgements),
        judgements=judgements,
        facts=facts,
        extern=seen.extern if judged else None,
        extern_bytes=sum(entry.space for entry in entries) if judged else None,
        free_bytes=seen.free_bytes if judged else None,
        growth=growth(entries, seen.runs, seen.free_bytes, seen.at),
        running=seen.running,
        leftovers=len(left),
        leftover_bytes=sum(entry.space for entry in left),
        went_wrong=_went_wrong(seen.runs, seen.cluster_id),
        unknown=seen.unknown,
    )
    return Board(report, _by_database(entries))


MOST_ROWS = 2_000_000
"""Of the newest backup: a database that had more is not counted by the way."""
MOST_COUNTED = 24


def worth_counting(report: StatusReport) -> list[tuple[str, datetime]]:
    """The databases that the server has and that were small when they were backed up last, with
    when that was."""
    return [
        (facts.name, facts.backups[0].at)
        for facts in report.facts
        if facts.exists
        and facts.backups
        and facts.backups[0].rows is not None
        and facts.backups[0].rows <= MOST_ROWS
    ][:MOST_COUNTED]


def with_measures(report: StatusReport, measures: Mapping[str, Measure]) -> StatusReport:
    facts = tuple(replace(each, now=measures.get(each.name)) for each in report.facts)
    return replace(report, facts=facts)


_LEFT = (EntryKind.INCOMPLETE, EntryKind.DELETED)


def _went_wrong(runs: Sequence[RunSummary], cluster_id: str) -> RunSummary | None:
    """The last run that failed and was not made good by a later one of its kind and database."""
    good: set[tuple[str, str]] = set()
    for run in runs:
        if cluster_id and run.cluster_id not in ("", cluster_id):
            continue
        what = (run.kind.value, run.database)
        if run.status is RunStatus.SUCCEEDED:
            good.add(what)
        elif run.status in (RunStatus.FAILED, RunStatus.LOST) and what not in good:
            return run
    return None


_OF_A_DATABASE = (EntryKind.SET, EntryKind.INCOMPLETE, EntryKind.WRITING)


def _by_database(entries: Sequence[BackupEntry]) -> dict[str, tuple[BackupEntry, ...]]:
    found: dict[str, list[BackupEntry]] = {}
    for entry in entries:
        if entry.kind in _OF_A_DATABASE and entry.database and not entry.copy_of:
            found.setdefault(entry.database, []).append(entry)
    return {name: tuple(each) for name, each in found.items()}
