"""What a run looks like now: its plan and its events, reduced.

Pure. Screens and the command line show the same state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
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
from kwtui.runs.pace import WINDOW_SECONDS, Sample, TimeLeft, keep_window, rate_of, time_left
from kwtui.runs.phases import phase_of

TABLE_KINDS = frozenset({StepKind.EXPORT_TABLE, StepKind.IMPORT_TABLE, StepKind.INSERT_ROWS})
"""Steps that move the rows of one table."""

DATA_KINDS = TABLE_KINDS | {StepKind.EXPORT_DATABASE, StepKind.IMPORT_DATABASE}

_READING_KINDS = frozenset({StepKind.CHECK_FILES, StepKind.SEAL})

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
    estimated: bool = False
    """The rows are not counted."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    seconds: float = 0.0
    summary: str = ""
    cause: str = ""
    hint: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def rows_so_far(self) -> int:
        """Of a table that is done and whose rows nobody counted, those that were expected."""
        uncounted = self.rows is None or self.estimated
        if uncounted and self.status is StepStatus.DONE and self.rows_total is not None:
            return self.rows_total
        return self.rows or 0


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
    phase: str = ""
    """What it does now, in words; empty when it has ended."""
    table: int | None = None
    tables: int | None = None
    """It is at this table of so many, where the phase goes over tables."""
    at_step: str = ""
    """The step that the phase belongs to."""
    seconds: float | None = None
    """How long it has worked; of one that goes on, up to the moment of the look."""
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
    def _moving(self) -> tuple[StepState, ...]:
        """The steps whose rows and bytes are the run's: those that move rows, and of a run that
        moves none those that read files."""
        moving = tuple(s for s in self.steps if s.kind in DATA_KINDS)
        return moving or tuple(s for s in self.steps if s.kind in _READING_KINDS)

    @property
    def rows(self) -> int:
        """Rows moved so far, as far as known."""
        return sum(s.rows_so_far for s in self._moving)

    @property
    def estimated(self) -> bool:
        """Whether not all of the rows were counted."""
        return any(s.estimated or (s.rows is None and s.rows_so_far) for s in self._moving)

    @property
    def rows_total(self) -> int | None:
        return _sum_known(s.rows_total for s in self._moving)

    @property
    def bytes(self) -> int:
        """Bytes moved so far."""
        return sum(s.bytes or 0 for s in self._moving)

    @property
    def bytes_total(self) -> int | None:
        return _sum_known(s.bytes_total for s in self._moving)

    @property
    def now_in_words(self) -> str:
        """The phase, at which table it is, and what its figures come from; empty when ended."""
        if not self.phase:
            return ""
        step = self.step(self.at_step)
        words = self.phase
        if self.table is not None and self.tables is not None:
            words += f", table {self.table} of {self.tables}"
        if step is None:
            return words
        if step.subject and step.kind in TABLE_KINDS:
            words += f": {step.subject}"
        return f"{words} ({step.basis})" if step.basis else words

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

    def elapsed_seconds(self, now: datetime) -> float:
        """Since it began, up to its end; up to ``now`` while it goes on, of a lost one up to the
        last that was heard of it."""
        heard = self.updated_at or now
        end = self.finished_at or (max(now, heard) if self.status is RunStatus.RUNNING else heard)
        return 0.0 if self.started_at is None else (end - self.started_at).total_seconds()


def initial_state(plan: Plan) -> RunState:
    return RunState(
        title=plan.title,
        kind=plan.kind,
        steps=tuple(_step_state(step) for step in plan.steps),
        estimate_source=plan.estimate_source,
    )


def reduce_all(plan: Plan, events: Iterable[AnyEvent]) -> RunState:
    state = initial_state(plan)
    for event in _without_old_progress(list(events)):
        state = reduce(state, event)
    return state


def _without_old_progress(events: list[AnyEvent]) -> list[AnyEvent]:
    """A run of hours has thousands of heartbeats: of each step the last counts, and for the pace
    those of the last seconds."""
    if not events:
        return []
    since = events[-1].at - timedelta(seconds=2 * WINDOW_SECONDS)
    kept: list[AnyEvent] = []
    seen = set()
    for event in reversed(events):
        if isinstance(event, StepProgress):
            if event.step in seen and event.at < since:
                continue
            seen.add(event.step)
        kept.append(event)
    return kept[::-1]


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
        case StepProgress():
            return _with_sample(_with_phase(_reduce_step(state, event), event))
        case StepStarted():
            return _with_sample(_at_step(_reduce_step(state, event), event.step))
        case StepFinished() | StepFailed():
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
        phase="",
        table=None,
        tables=None,
        at_step="",
        steps=_stop_running(state.steps),
        summary=LOST_SUMMARY,
        hint=lost_hint(plan, run or state.run),
    )


def _reduce_step(
    state: RunState, event: StepStarted | StepProgress | StepFinished | StepFailed
) -> RunState:
    steps = tuple(_advance(s, event) if s.id == event.step else s for s in state.steps)
    return replace(state, steps=steps)


def _at_step(state: RunState, step_id: str) -> RunState:
    step = state.step(step_id)
    if step is None:
        return state
    phase = phase_of(step.kind, step.id)
    return replace(state, phase=phase, table=None, tables=None, at_step=step_id)


def _with_phase(state: RunState, event: StepProgress) -> RunState:
    return replace(
        state,
        phase=event.phase or state.phase,
        table=event.table,
        tables=event.tables,
        at_step=event.step,
    )


def _advance(
    step: StepState, event: StepStarted | StepProgress | StepFinished | StepFailed
) -> StepState:
    match event:
        case StepStarted():
            return replace(step, status=StepStatus.RUNNING, started_at=event.at)
        case StepProgress():
            if step.status in (StepStatus.DONE, StepStatus.FAILED):
                return step
            return replace(
                step,
                estimated=event.estimated if event.rows is not None else step.estimated,
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
                estimated=step.estimated and event.rows is None,
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
        phase="",
        table=None,
        tables=None,
        at_step="",
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
