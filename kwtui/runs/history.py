"""The list of runs, from their folders: what ran, how it ended, what was lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import Plan, PlanKind
from kwtui.runs.directory import RunFiles, RunsDirectory
from kwtui.runs.events import AnyEvent, RunFinished, RunStarted, RunStatus
from kwtui.runs.journal import first_event, follow_events, last_event, read_events
from kwtui.runs.progress import Earlier, earlier_run
from kwtui.runs.reducing import LOST_SUMMARY, lost_hint, mark_lost, reduce_all
from kwtui.runs.state import RunState


@dataclass(frozen=True)
class RunSummary:
    """A line of the list of runs."""

    id: str
    kind: PlanKind
    title: str
    database: str
    path: str
    status: RunStatus
    created_at: datetime
    """When its plan was made."""
    started_at: datetime | None = None
    """None: it never said that it began."""
    finished_at: datetime | None = None
    summary: str = ""
    exit_code: int = 0
    cluster_id: str = ""
    """The cluster that its server belonged to; empty for what needs no server."""
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def began(self) -> datetime:
        """When it began; of one that never said so, when it was planned."""
        return self.started_at or self.created_at

    @property
    def seconds(self) -> float | None:
        """How long it took, without the time that its plan was looked at; None while it runs."""
        return None if self.finished_at is None else (self.finished_at - self.began).total_seconds()


def list_runs(directory: RunsDirectory) -> list[RunSummary]:
    """Newest first. A folder whose plan cannot be read is no run and is left out."""
    found = [s for files in directory.all() if (s := _summary_or_none(files)) is not None]
    # The id tells the second only.
    return sorted(found, key=lambda summary: summary.began, reverse=True)


def unfinished_runs(
    directory: RunsDirectory, ended: set[str]
) -> tuple[int, frozenset[tuple[str, bool]]]:
    """How many runs there are, and those that never said how they ended, with whether they live.

    ``ended`` remembers what need not be looked at again; it grows.
    """
    everything = directory.all()
    open_ones = []
    for files in everything:
        if files.id in ended:
            continue
        alive = files.is_alive()
        if isinstance(last_event(files.journal), RunFinished):
            ended.add(files.id)
        else:
            open_ones.append((files.id, alive))
    return len(everything), frozenset(open_ones)


def runs_at_work(directory: RunsDirectory) -> list[str]:
    """The ids of the runs that go on, the newest first."""
    return [
        files.id
        for files in directory.all()
        if files.is_alive() and not isinstance(last_event(files.journal), RunFinished)
    ]


_LOOKED_THROUGH = 50
"""Runs among which an earlier one of the same kind is looked for."""


def earlier_of(directory: RunsDirectory, files: RunFiles) -> Earlier | None:
    """How long the phases of the newest run before this one took that was about the same database
    in the same way and succeeded; None where there is none."""
    plan = files.read_plan()
    before = [each for each in directory.all() if each.id < files.id]
    for other in before[:_LOOKED_THROUGH]:
        try:
            known = other.read_plan()
        except KwtuiError:
            continue
        last = last_event(other.journal)
        succeeded = isinstance(last, RunFinished) and last.status is RunStatus.SUCCEEDED
        if succeeded and _of_same_kind(known, plan):
            return earlier_run(known, read_events(other.journal))
    return None


def _of_same_kind(one: Plan, two: Plan) -> bool:
    return (one.kind, one.cluster_id, _source_of(one)) == (
        two.kind,
        two.cluster_id,
        _source_of(two),
    )


def _source_of(plan: Plan) -> str:
    """The database that a backup reads; of a restore the place that its backups are in."""
    if plan.kind is PlanKind.BACKUP or not plan.path:
        return plan.database
    return plan.path.rpartition("/")[0]


def run_summary(files: RunFiles) -> RunSummary:
    plan = files.read_plan()
    # Asked before reading: what it wrote before it died is then read for certain.
    alive = files.is_alive()
    last = last_event(files.journal)
    if isinstance(last, RunFinished):
        return _finished(files, plan, last)
    return _summary(
        files,
        plan,
        RunStatus.RUNNING if alive else RunStatus.LOST,
        summary="" if alive else LOST_SUMMARY,
    )


def run_state(files: RunFiles) -> RunState:
    """The run as its journal tells it, LOST included, and how long it has worked up to now."""
    plan = files.read_plan()
    alive = files.is_alive()
    state = reduce_all(plan, read_events(files.journal))
    if state.status is RunStatus.RUNNING and not alive:
        state = mark_lost(state, plan, files.id)
    seconds = state.elapsed_seconds(datetime.now(UTC)) if state.started_at else None
    return replace(state, seconds=seconds)


def _summary_or_none(files: RunFiles) -> RunSummary | None:
    try:
        return run_summary(files)
    except KwtuiError:
        return None


def _finished(files: RunFiles, plan: Plan, event: RunFinished) -> RunSummary:
    return _summary(
        files,
        plan,
        event.status,
        finished_at=event.at,
        summary=event.summary,
        exit_code=event.exit_code,
        result=event.result,
    )


def _summary(files: RunFiles, plan: Plan, status: RunStatus, **more: Any) -> RunSummary:
    first = first_event(files.journal)
    return RunSummary(
        id=files.id,
        kind=plan.kind,
        title=plan.title,
        database=plan.database,
        path=plan.path,
        status=status,
        created_at=plan.created_at,
        cluster_id=plan.cluster_id,
        started_at=first.at if isinstance(first, RunStarted) else None,
        **more,
    )


async def follow_to_the_end(files: RunFiles) -> AsyncIterator[AnyEvent]:
    """Every event from the start; the last is always a RunFinished.

    A run whose process died without a word gets one here that says so.
    """
    async for event in follow_events(files.journal, files.is_alive):
        yield event
        if isinstance(event, RunFinished):
            return
    yield RunFinished(
        at=datetime.now(UTC),
        status=RunStatus.LOST,
        summary=LOST_SUMMARY,
        hint=lost_hint(files.read_plan(), files.id),
        exit_code=int(ExitCode.FAILED),
    )
