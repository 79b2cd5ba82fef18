"""What a run looks like now: its plan and its events, reduced.

Pure. Screens and the command line show the same state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from kwtui.operations.plan import PlanKind, StepKind
from kwtui.runs.events import (
    RunStatus,
)
from kwtui.runs.pace import Course, Sample, TimeLeft, rate_of, row_rate_of, time_left

TABLE_KINDS = frozenset({StepKind.EXPORT_TABLE, StepKind.IMPORT_TABLE, StepKind.INSERT_ROWS})
"""Steps that move the rows of one table."""

DATA_KINDS = TABLE_KINDS | {StepKind.EXPORT_DATABASE, StepKind.IMPORT_DATABASE}

READING_KINDS = frozenset(
    {
        StepKind.CHECK_FILES,
        StepKind.SEAL,
        StepKind.SEND,
        StepKind.CHECK_COPY,
        StepKind.FETCH,
    }
)
"""Steps that read every file."""


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
    """The last seconds of progress of `sampled`, for the rate."""
    sampled: str = ""
    """The phase that the samples are of: another one counts something else."""
    course: Course = field(default_factory=Course)
    """What was moved or read since it began, for a drawing of its throughput."""
    share: float | None = None
    """The part of the work that is done, which never shrinks; None where nothing is known."""

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
        return moving or tuple(s for s in self.steps if s.kind in READING_KINDS)

    @property
    def work_steps(self) -> tuple[StepState, ...]:
        """The steps whose rows and bytes the phase at work counts: all that move rows while one of
        them does, else the one step; none between the steps."""
        here = self.step(self.at_step)
        if here is None:
            return ()
        if here.kind in DATA_KINDS:
            return tuple(s for s in self.steps if s.kind in DATA_KINDS)
        return (here,)

    @property
    def sample_key(self) -> str:
        """What `samples` taken now are of; empty between the steps."""
        here = self.step(self.at_step)
        if here is None:
            return ""
        return "data" if here.kind in DATA_KINDS else f"{here.id} {self.phase}"

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
        return sum_known(s.rows_total for s in self._moving)

    @property
    def bytes(self) -> int:
        """Bytes moved so far."""
        return sum(s.bytes or 0 for s in self._moving)

    @property
    def bytes_total(self) -> int | None:
        return sum_known(s.bytes_total for s in self._moving)

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
        """Over the last seconds, of the phase at work; None while too little is known."""
        return rate_of(self.samples)

    @property
    def rows_per_second(self) -> float | None:
        """Over the last seconds, of the phase at work; None while too little is known."""
        return row_rate_of(self.samples)

    @property
    def time_left(self) -> TimeLeft:
        """Seconds left of the phase at work, and in words what that comes from."""
        if self.status is not RunStatus.RUNNING:
            return TimeLeft(None, "")
        work = self.work_steps or self._moving
        moves = any(step.kind in DATA_KINDS for step in work)
        return time_left(
            self.samples,
            sum_known(step.bytes_total for step in work),
            self.estimate_source if moves else "",
            sum_known(step.rows_total for step in work),
        )

    def elapsed_seconds(self, now: datetime) -> float:
        """Since it began, up to its end; up to ``now`` while it goes on, of a lost one up to the
        last that was heard of it."""
        heard = self.updated_at or now
        end = self.finished_at or (max(now, heard) if self.status is RunStatus.RUNNING else heard)
        return 0.0 if self.started_at is None else (end - self.started_at).total_seconds()


def sum_known(values: Iterable[int | None]) -> int | None:
    """The sum, or None when one of them is unknown: half a total would mislead."""
    known = list(values)
    if not known or any(value is None for value in known):
        return None
    return sum(value for value in known if value is not None)
