"""From a plan and the events of its journal to what a run looks like now. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from kwtui.model.requests import RestoreStrategy
from kwtui.operations.plan import Plan, PlanKind, Step
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
from kwtui.runs.pace import WINDOW_SECONDS, Sample, keep_window
from kwtui.runs.phases import phase_of
from kwtui.runs.progress import share_of
from kwtui.runs.state import Notice, RunState, StepState, StepStatus

_KEPT_NOTICES = 500


def initial_state(plan: Plan) -> RunState:
    state = RunState(
        title=plan.title,
        kind=plan.kind,
        steps=tuple(_step_state(step) for step in plan.steps),
        estimate_source=plan.estimate_source,
    )
    return replace(state, share=share_of(state))


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


LOST_SUMMARY = "The run's process is gone and left no result."


def lost_hint(plan: Plan, run: str) -> str:
    """What a run that died may have left, and what to do."""
    if plan.kind is PlanKind.BACKUP:
        return (
            f"What it left in {plan.path} is not a backup: kwtui cleanup --run {run} --yes "
            "removes it. Back up again."
        )
    if plan.kind is PlanKind.RESTORE:
        if plan.request.get("strategy") == RestoreStrategy.DATA_ONLY.value:
            return _lost_in_place(plan, run)
        return (
            "Nothing that it left counts as restored. It worked in the database "
            f"{plan.request.get('scratch', plan.database)}; if {plan.database} is there and not "
            f"complete, its comment says so. {ways_on(run)}"
        )
    if plan.kind is PlanKind.EXCERPT:
        return (
            f"The table {plan.request['into']['name']} in {plan.database} may exist, and is "
            "incomplete as long as its comment says so: drop it. kwtui cleanup removes the "
            "folder."
        )
    if plan.kind is PlanKind.DRILL:
        return (
            f"Its scratch database {plan.request['scratch']} and its folders may still exist: "
            "the next drill removes them, or kwtui cleanup. Nothing was recorded in the backup."
        )
    return "Start it again."


def _lost_in_place(plan: Plan, run: str) -> str:
    """The tables were there before: nothing may be dropped, and what was taken off must return."""
    words = (
        f"Tables of {plan.database} may have their new rows, or not, each as a whole; continuing "
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
    """With what was moved up to now: for the pace, the course and the share."""
    at = state.updated_at
    if at is None:
        return state
    share = share_of(state)
    if share is not None:
        state = replace(state, share=max(share, state.share or 0.0))
    key = state.sample_key or state.sampled
    if not state.work_steps:
        # Between two steps: what was moved is known, and nothing else counts yet.
        return state
    moved = sum(step.bytes or 0 for step in state.work_steps)
    sample = Sample(at, moved, sum(step.rows_so_far for step in state.work_steps))
    if state.sampled and key != state.sampled:
        return replace(state, samples=(sample,), sampled=key)
    grown = moved - (state.samples[-1].bytes if state.samples else 0)
    return replace(
        state,
        samples=keep_window(state.samples, sample),
        sampled=key,
        course=state.course.add(at, grown),
    )


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
        share=1.0 if event.status is RunStatus.SUCCEEDED else state.share,
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
