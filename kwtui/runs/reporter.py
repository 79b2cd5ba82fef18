"""What a run tells, as lines of its journal; and its heartbeat while it has nothing new to tell.

A run that works writes a line at least every second, and about one a second at most, whatever it
does and however many steps go on side by side: an hour of work adds about 1 MiB to the journal.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from kwtui.errors import KwtuiError
from kwtui.operations.plan import Plan, Step, StepKind
from kwtui.operations.runner import StepOutcome
from kwtui.runs.events import (
    NoticeReceived,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kwtui.runs.journal import JournalWriter
from kwtui.runs.phases import ENDING, STARTING, STOPPING, phase_of, tables_of

BEAT_SECONDS = 0.8
"""Between two lines of progress; below a second, so that a busy machine still makes that."""


@dataclass(frozen=True)
class _Figures:
    """What is known of a step that goes on. ``told`` is the number of the beat that told it."""

    phase: str
    table: int | None = None
    tables: int | None = None
    rows: int | None = None
    rows_total: int | None = None
    bytes: int | None = None
    bytes_total: int | None = None
    basis: str = ""
    estimated: bool = False
    told: int = 0
    is_new: bool = True


def _lasts(step: Step) -> bool:
    """Whether its beginning and end must survive a power cut by themselves.

    Nobody goes on with a backup that was stopped, and of many small tables each would wait twice
    for the disk; a restore goes on with what it began.
    """
    return step.kind is not StepKind.EXPORT_TABLE


class JournalReporter:
    """Writes steps and notices at once, and progress with the next beat.

    May be told from any thread. Progress of the steps that go on side by side is told in turn.
    """

    def __init__(self, journal: JournalWriter, plan: Plan) -> None:
        self._journal = journal
        self._tables = tables_of(plan)
        self._lock = threading.Lock()
        self._going: dict[str, _Figures] = {}
        self._between = STARTING
        """The phase while no step goes on."""
        self._beats = 0

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Write a line of progress every `BEAT_SECONDS` while the context lasts.

        A thread does it: the run's own may be held up by what it computes.
        """
        over = threading.Event()

        def beat() -> None:
            while not over.wait(BEAT_SECONDS):
                self.beat()

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def beat(self) -> None:
        """Write the figures that were longest untold, those with news first."""
        with self._lock:
            self._beats += 1
            # Inside the lock: a line about a step never comes after the one that it is over.
            self._journal.append(self._next_line())

    def _next_line(self) -> StepProgress:
        if not self._going:
            return StepProgress(at=_now(), step="", phase=self._between)
        step = min(self._going, key=lambda id: (not self._going[id].is_new, self._going[id].told))
        figures = self._going[step]
        self._going[step] = replace(figures, told=self._beats, is_new=False)
        return StepProgress(
            at=_now(),
            step=step,
            phase=figures.phase,
            table=figures.table,
            tables=figures.tables,
            rows=figures.rows,
            rows_total=figures.rows_total,
            bytes=figures.bytes,
            bytes_total=figures.bytes_total,
            basis=figures.basis,
            estimated=figures.estimated,
        )

    # -- what a run tells --------------------------------------------------------------------

    def step_started(self, step: Step, sql: tuple[str, ...]) -> None:
        number = self._tables.get(step.id)
        with self._lock:
            self._going[step.id] = _Figures(
                phase_of(step.kind, step.id), number, None if number is None else len(self._tables)
            )
            self._between = ENDING
        self._journal.append(
            StepStarted(at=_now(), step=step.id, title=step.title, sql=list(sql)),
            lasting=_lasts(step),
        )

    def progress(
        self,
        step: Step,
        *,
        phase: str = "",
        table: int | None = None,
        tables: int | None = None,
        rows: int | None = None,
        rows_total: int | None = None,
        bytes: int | None = None,
        bytes_total: int | None = None,
        basis: str = "",
        estimated: bool = False,
    ) -> None:
        with self._lock:
            old = self._going.get(step.id)
            if old is None:
                return  # A thread that has not noticed yet that the step is over.
            # Another phase counts something else.
            kept = old if phase in ("", old.phase) else _Figures(phase, told=old.told)
            self._going[step.id] = _Figures(
                phase or old.phase,
                kept.table if table is None else table,
                kept.tables if tables is None else tables,
                kept.rows if rows is None else rows,
                kept.rows_total if rows_total is None else rows_total,
                kept.bytes if bytes is None else bytes,
                kept.bytes_total if bytes_total is None else bytes_total,
                basis or kept.basis,
                estimated if rows is not None else kept.estimated,
                told=old.told,
            )

    def notice(self, step: Step, severity: str, message: str) -> None:
        self._journal.append(
            NoticeReceived(at=_now(), step=step.id, severity=severity, message=message)
        )

    def step_finished(self, step: Step, outcome: StepOutcome, seconds: float) -> None:
        self._is_over(step)
        self._journal.append(
            StepFinished(
                at=_now(),
                step=step.id,
                summary=outcome.summary,
                rows=outcome.rows,
                bytes=outcome.bytes,
                seconds=seconds,
                details=outcome.details,
            ),
            lasting=_lasts(step),
        )

    def step_failed(self, step: Step, error: KwtuiError, sqlstate: str = "") -> None:
        self._is_over(step, STOPPING)
        self._journal.append(
            StepFailed(
                at=_now(),
                step=step.id,
                title=error.title,
                cause=error.cause,
                hint=error.hint,
                sqlstate=sqlstate,
            )
        )

    def _is_over(self, step: Step, between: str = "") -> None:
        with self._lock:
            self._going.pop(step.id, None)
            self._between = between or self._between


def _now() -> datetime:
    return datetime.now(UTC)
