"""What a run looks like now: its plan and its events, reduced.

Pure. Screens and the command line show the same state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from kwtui.model.requests import RestoreStrategy
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.operations.restore.continuation.stopped_restore import ways_on
from kwtui.runs.events import (
    AnyEvent,
    CancelRequested,
    NoticeReceived,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kwtui.runs.pace import Sample, TimeLeft, keep_window, rate_of, time_left

TABLE_KINDS = frozenset({StepKind.EXPORT_TABLE, StepKind.IMPORT_TABLE, StepKind.INSERT_ROWS})
"""Steps that move the rows of one table."""

DATA_KINDS = TABLE_KINDS | {StepKind.EXPORT_DATABASE, StepKind.IMPORT_DATABASE}

_KEPT_NOTICES = 500


class StepStatus(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    """It was running when the run ended."""


@dataclass(frozen=True)
class StepState:
    """One step of the plan and how far it came."""

    id: str
    kind: StepKind
    title: str
    subject: str = ""
    status: StepStatus = StepStatus.WAITING
    rows: int | None = None
    rows_total: int | None = None
    bytes: int | None = None
    bytes_total: int | None = None
    basis: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    seconds: float = 0.0
    summary: str = ""
    cause: str = ""
    hint: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Notice:
    at: datetime
    step: str
    severity: str
    message: str


@dataclass(frozen=True)
class RunState:
    """A run at one moment. Totals are None where nothing is known."""

    title: str
    kind: PlanKind
    steps: tuple[StepState, ...]
    run: str = ""
    status: RunStatus = RunStatus.RUNNING
    started_at: datetime | None = None
    updated_at: datetime | None = None
    finished_at: datetime | None = None
    cancel_requested: bool = False
    notices: tuple[Notice, ...] = ()
    summary: str = ""
    cause: str = ""
    hint: str = ""
    exit_code: int = 0
    result: dict[str, Any] = field(default_factory=dict)
    estimate_source: str = ""
    samples: tuple[Sample, ...] = ()
    """The last seconds of progress, for the rate."""

    def step(self, step_id: str) -> StepState | None:
        return next((s for s in self.steps if s.id == step_id), None)

    @property
    def running_steps(self) -> tuple[StepState, ...]:
        return tuple(s for s in self.steps if s.status is StepStatus.RUNNING)

    @property
    def steps_done(self) -> int:
        return sum(s.status is StepStatus.DONE for s in self.steps)

    @property
    def tables_done(self) -> int:
        return sum(s.status is StepStatus.DONE for s in self.steps if s.kind in TABLE_KINDS)

    @property
    def tables_total(self) -> int:
        return sum(s.kind in TABLE_KINDS for s in self.steps)

    @property
    def rows(self) -> int:
        """Rows moved so far, as far as known."""
        return sum(s.rows or 0 for s in self.steps if s.kind in DATA_KINDS)

    @property
    def rows_total(self) -> int | None:
        return _sum_known(s.rows_total for s in self.steps if s.kind in DATA_KINDS)

    @property
    def bytes(self) -> int:
        """Bytes moved so far."""
        return sum(s.bytes or 0 for s in self.steps if s.kind in DATA_KINDS)

    @property
    def bytes_total(self) -> int | None:
        return _sum_known(s.bytes_total for s in self.steps if s.kind in DATA_KINDS)

    @property
    def bytes_per_second(self) -> float | None:
        """Over the last seconds; None while too little is known."""
        return rate_of(self.samples)

    @property
    def time_left(self) -> TimeLeft:
        """Seconds left, and in words what that comes from."""
        if self.status is not RunStatus.RUNNING:
            return TimeLeft(None, "")
        return time_left(self.samples, self.bytes_total, self.estimate_source)

    @property
    def elapsed_seconds(self) -> float:
        end = self.finished_at or self.updated_at
        if self.started_at is None or end is None:
            return 0.0
        return (end - self.started_at).total_seconds()


def initial_state(plan: Plan) -> RunState:
    return RunState(
        title=plan.title,
        kind=plan.kind,
        steps=tuple(_step_state(step) for step in plan.steps),
        estimate_source=plan.estimate_source,
    )


def reduce_all(plan: Plan, events: Iterable[AnyEvent]) -> RunState:
    state = initial_state(plan)
    for event in events:
        state = reduce(state, event)
    return state


def reduce(state: RunState, event: AnyEvent) -> RunState:
    """The state after one more event. An event about a step that nobody knows changes nothing."""
    state = replace(state, updated_at=event.at)
    match event:
        case RunStarted():
            return replace(
                state, run=event.run, started_at=event.at, samples=(Sample(event.at, 0),)
            )
        case CancelRequested():
            return replace(state, cancel_requested=True)
        case RunFinished():
            return _finish(state, event)
        case NoticeReceived():
            notice = Notice(event.at, event.step, event.severity, event.message)
            return replace(state, notices=(*state.notices, notice)[-_KEPT_NOTICES:])
        case StepStarted() | StepProgress() | StepFinished() | StepFailed():
            return _with_sample(_reduce_step(state, event))


LOST_SUMMARY = "The run's process is gone and never said how it ended."


def lost_hint(plan: Plan, run: str) -> str:
    """What a run that died may have left, and what to do."""
    if plan.kind is PlanKind.BACKUP:
        return (
            f"What it left in {plan.path} is no backup: kwtui cleanup --run {run} --yes removes "
            "it. Back up again."
        )
    if plan.kind is PlanKind.RESTORE:
        if plan.request.get("strategy") == RestoreStrategy.DATA_ONLY.value:
            return _lost_in_place(plan, run)
        return (
            "Nothing that it left counts as restored. It worked in the database "
            f"{plan.request.get('scratch', plan.database)}; if {plan.database} is there and not "
            f"complete, its comment says so. {ways_on(run)}"
        )
    if plan.kind is PlanKind.DRILL:
        return (
            f"Its scratch database {plan.request['scratch']} and its folders may still be there: "
            "the next drill removes them, or kwtui cleanup. Nothing was written down in the backup."
        )
    return "Start it again."


def _lost_in_place(plan: Plan, run: str) -> str:
    """The tables were there before: nothing may be dropped, and what was taken off must return."""
    words = (
        f"Tables of {plan.database} may have their new rows, or not, each as a whole; going on "
        f"counts them and adds no row twice: kwtui restore --continue {run}"
    )
    defaults = next((step.sql for step in plan.steps if step.id == "set-defaults"), ())
    if not defaults:
        return words
    return "\n".join(
        [
            f"{words}  To put only the defaults back that the import needed off: kwtui cleanup "
            f"--run {run} --yes  They are:",
            *defaults,
        ]
    )


def mark_lost(state: RunState, plan: Plan, run: str = "") -> RunState:
    """What to show of a run whose process is gone without a word; ``run`` is its id."""
    return replace(
        state,
        status=RunStatus.LOST,
        steps=_stop_running(state.steps),
        summary=LOST_SUMMARY,
        hint=lost_hint(plan, run or state.run),
    )


def _reduce_step(
    state: RunState, event: StepStarted | StepProgress | StepFinished | StepFailed
) -> RunState:
    steps = tuple(_advance(s, event) if s.id == event.step else s for s in state.steps)
    return replace(state, steps=steps)


def _advance(
    step: StepState, event: StepStarted | StepProgress | StepFinished | StepFailed
) -> StepState:
    match event:
        case StepStarted():
            return replace(step, status=StepStatus.RUNNING, started_at=event.at)
        case StepProgress():
            return replace(
                step,
                rows=step.rows if event.rows is None else event.rows,
                rows_total=step.rows_total if event.rows_total is None else event.rows_total,
                bytes=step.bytes if event.bytes is None else event.bytes,
                bytes_total=step.bytes_total if event.bytes_total is None else event.bytes_total,
                basis=event.basis or step.basis,
            )
        case StepFinished():
            return replace(
                step,
                status=StepStatus.DONE,
                finished_at=event.at,
                seconds=event.seconds,
                summary=event.summary,
                rows=step.rows if event.rows is None else event.rows,
                rows_total=step.rows_total if event.rows is None else event.rows,
                bytes=step.bytes if event.bytes is None else event.bytes,
                bytes_total=step.bytes_total if event.bytes is None else event.bytes,
                details=event.details,
            )
        case StepFailed():
            return replace(
                step,
                status=StepStatus.FAILED,
                finished_at=event.at,
                summary=event.title,
                cause=event.cause,
                hint=event.hint,
            )


def _with_sample(state: RunState) -> RunState:
    if state.updated_at is None:
        return state
    return replace(state, samples=keep_window(state.samples, Sample(state.updated_at, state.bytes)))


def _finish(state: RunState, event: RunFinished) -> RunState:
    return replace(
        state,
        status=event.status,
        finished_at=event.at,
        summary=event.summary,
        cause=event.cause,
        hint=event.hint,
        exit_code=event.exit_code,
        result=event.result,
        steps=_stop_running(state.steps),
    )


def _stop_running(steps: tuple[StepState, ...]) -> tuple[StepState, ...]:
    return tuple(
        replace(s, status=StepStatus.STOPPED) if s.status is StepStatus.RUNNING else s
        for s in steps
    )


def _step_state(step: Step) -> StepState:
    return StepState(
        id=step.id,
        kind=step.kind,
        title=step.title,
        subject=step.subject,
        rows_total=step.params.get("rows"),
        bytes_total=step.params.get("bytes"),
    )


def _sum_known(values: Iterable[int | None]) -> int | None:
    """The sum, or None when one of them is unknown: half a total would mislead."""
    known = list(values)
    if not known or any(value is None for value in known):
        return None
    return sum(value for value in known if value is not None)
