"""How far a run is, when it will end, and what both are reckoned from. Pure.

A run has phases: the tables are exported, then what was written is hashed, or they are imported,
then compared. What is measured is measured of the phase at work; of those that follow, the last
run of the same kind tells how long they took.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kwtui.operations.plan import Plan, Step, StepKind
from kwtui.runs.events import AnyEvent, StepFinished, StepStarted
from kwtui.runs.phases import phase_of
from kwtui.runs.state import DATA_KINDS, READING_KINDS, RunState, StepState, StepStatus

SILENT_SECONDS = 5.0
"""A run that works writes about every second; after this long its pace is not known any more."""

MOST_SHARE = 0.99
"""Totals are estimates: what still works is never all done."""

LEAST_SECONDS = 1.0
"""What still works never has nothing left to do."""

_READS_AGAIN = READING_KINDS | {StepKind.COMPARE}
"""What goes over all the data once more."""

_VALIDATES = "validate"
"""What the ids of steps that validate constraints begin with; they read tables whole."""


@dataclass(frozen=True)
class Earlier:
    """How long each kind of step took in an earlier run, from its first to its last."""

    began: datetime
    bytes: int
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Left:
    """``seconds`` up to the end of the phase, or of the run where ``whole``; None: not known."""

    seconds: float | None
    basis: str
    whole: bool = False
    then: str = ""
    """The next phase of which nobody knows how long it takes."""
    ends_at: datetime | None = None


def share_of(state: RunState) -> float | None:
    """The part of the work that is done, from 0 to `MOST_SHARE` while the run goes on; None where
    nothing is known of it, not even steps."""
    weights = _weights(state)
    whole = sum(weights)
    if not whole:
        return None
    done = sum(
        weight * _fraction(step, state)
        for step, weight in zip(state.steps, weights, strict=True)
        if weight
    )
    return min(MOST_SHARE, done / whole)


def _weights(state: RunState) -> list[float]:
    """Of each step, in bytes, or rows, or simply as one of so many steps."""
    data = [step for step in state.steps if step.kind in DATA_KINDS]
    measures = [
        {step.id: step.bytes_total for step in data},
        {step.id: step.rows_total for step in data},
    ]
    for measure in measures:
        known = [value for value in measure.values() if value is not None]
        if known and len(known) == len(measure) and sum(known):
            again = float(sum(known))
            return [
                float(measure[step.id] or 0)
                if step.id in measure
                else again
                if step.kind in _READS_AGAIN
                else 0.0
                for step in state.steps
            ]
    return [1.0 for _ in state.steps]


def _fraction(step: StepState, state: RunState) -> float:
    if step.status is StepStatus.DONE:
        return 1.0
    if step.status is not StepStatus.RUNNING:
        return 0.0
    if step.bytes is not None and step.bytes_total:
        return min(1.0, step.bytes / step.bytes_total)
    if step.rows is not None and step.rows_total:
        return min(1.0, step.rows / step.rows_total)
    if state.at_step == step.id and state.table and state.tables:
        return min(1.0, (state.table - 1) / state.tables)
    return 0.0


def left_of(state: RunState, now: datetime, earlier: Earlier | None = None) -> Left:
    """How long it will still take, seen at ``now``."""
    silence = (now - state.updated_at).total_seconds() if state.updated_at else 0.0
    if silence >= SILENT_SECONDS:
        return Left(None, "the run sends no events")
    seconds, basis = state.time_left.seconds, state.time_left.basis
    if seconds is not None:
        seconds -= max(0.0, silence)
    elif earlier is not None:
        seconds = _as_earlier(state, now, earlier)
        basis = _from(earlier) if seconds is not None else basis
    if seconds is None:
        return Left(None, basis)
    seconds = max(LEAST_SECONDS, seconds)
    following, unknown = _following(state, earlier)
    if unknown:
        return Left(seconds, basis, then=unknown, ends_at=now + timedelta(seconds=seconds))
    if following and earlier is not None:
        seconds += following
        told = _from(earlier)
        basis = basis if told in basis else f"{basis}; what follows {told}"
    return Left(seconds, basis, whole=True, ends_at=now + timedelta(seconds=seconds))


def _from(earlier: Earlier) -> str:
    return f"from the run of {earlier.began:%Y-%m-%d %H:%M}"


def _scale(state: RunState, earlier: Earlier) -> float:
    """How much more there is to do than the earlier run had."""
    total = state.bytes_total
    return total / earlier.bytes if total and earlier.bytes else 1.0


def _as_earlier(state: RunState, now: datetime, earlier: Earlier) -> float | None:
    """Seconds left of what works now, by how long the earlier run worked on the same."""
    working = state.running_steps
    kinds = {_kind(step) for step in working}
    begins = [step.started_at for step in working if step.started_at is not None]
    took = [earlier.seconds[kind] for kind in kinds if kind in earlier.seconds]
    if not begins or len(took) != len(kinds) or kinds & {k.value for k in DATA_KINDS}:
        return None
    rest = sum(took) * _scale(state, earlier) - (now - min(begins)).total_seconds()
    # It takes longer than the last time: nobody knows how much longer.
    return rest if rest > 0 else None


def _following(state: RunState, earlier: Earlier | None) -> tuple[float, str]:
    """Seconds of the phases that have not begun; and the first of which nothing is known."""
    here = {step.id for step in state.work_steps}
    seconds, seen = 0.0, set[str]()
    for step in state.steps:
        kind = _kind(step)
        if step.status is not StepStatus.WAITING or step.id in here or kind in seen:
            continue
        seen.add(kind)
        if earlier is not None and kind in earlier.seconds:
            seconds += earlier.seconds[kind] * _scale(state, earlier)
        elif _is_long(step):
            return 0.0, phase_of(step.kind, step.id)
    return seconds, ""


def _is_long(step: StepState) -> bool:
    return step.kind in DATA_KINDS | _READS_AGAIN or step.id.startswith(_VALIDATES)


def _kind(step: StepState | Step) -> str:
    """What an earlier run is compared by; statements by what they are for."""
    return phase_of(step.kind, step.id) if step.kind is StepKind.SQL else step.kind.value


def earlier_run(plan: Plan, events: Iterable[AnyEvent]) -> Earlier | None:
    """What a run that succeeded teaches of the next; None if it never said that a step ended."""
    kinds = {step.id: _kind(step) for step in plan.steps}
    data = {step.id for step in plan.steps if step.kind in DATA_KINDS}
    first: dict[str, datetime] = {}
    last: dict[str, datetime] = {}
    moved = 0
    for event in events:
        if isinstance(event, StepStarted) and event.step in kinds:
            first.setdefault(kinds[event.step], event.at)
        elif isinstance(event, StepFinished) and event.step in kinds:
            last[kinds[event.step]] = event.at
            moved += (event.bytes or 0) if event.step in data else 0
    seconds = {k: (last[k] - at).total_seconds() for k, at in first.items() if k in last}
    return Earlier(min(first.values()), moved, seconds) if seconds else None
