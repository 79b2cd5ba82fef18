"""Which part of a node's log a run is about, and which run a line of the log is about. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kwtui.operations.plan import Plan
from kwtui.runs.events import AnyEvent, RunFinished, RunStatus, StepFinished
from kwtui.runs.history import RunSummary

MARGIN = timedelta(seconds=5)
"""The node's clock and ours may differ a little."""


@dataclass(frozen=True)
class RunLog:
    """What to look for in the log."""

    run: str
    title: str
    since: datetime
    until: datetime | None
    """None while the run goes on."""
    jobs: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    """Names without schema, as they are in the statements."""
    path: str = ""
    """Where in extern its files are."""

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """Finds the lines that name a job, a table or the folder of the run."""
        words = [*self.jobs, *self.tables, *([self.path] if self.path else [])]
        if not words:
            return None
        # Whole names only: a table ``orders`` is not ``order_lines``.
        found = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        return re.compile(rf"(?<!\w)(?:{found})(?!\w)", re.IGNORECASE)


def run_log(run: str, plan: Plan, events: Iterable[AnyEvent]) -> RunLog:
    """The part of the log that a run is about, from its plan and its journal."""
    first: datetime | None = None
    end: datetime | None = None
    jobs: list[str] = []
    for event in events:
        first = first or event.at
        if isinstance(event, RunFinished):
            end = event.at
        if isinstance(event, StepFinished):
            jobs += _jobs_in(event.details)
    tables = [step.subject.rpartition(".")[2] for step in plan.steps if step.subject]
    return RunLog(
        run,
        plan.title,
        (first or plan.created_at) - MARGIN,
        end + MARGIN if end else None,
        tuple(dict.fromkeys(jobs)),
        tuple(dict.fromkeys(tables)),
        plan.path,
    )


def _jobs_in(details: dict[str, Any]) -> list[str]:
    found = (details.get(name) for name in ("job", "job_id"))
    return [str(job) for job in found if job]


def runs_at(runs: Iterable[RunSummary], when: datetime) -> list[RunSummary]:
    """The runs that went on at a time, the latest first."""
    found = [run for run in runs if run.began - MARGIN <= when <= _end_of(run)]
    return sorted(found, key=lambda run: run.began, reverse=True)


def _end_of(run: RunSummary) -> datetime:
    if run.finished_at is not None:
        return run.finished_at + MARGIN
    if run.status is RunStatus.RUNNING:
        return datetime.max.replace(tzinfo=UTC)
    return run.began + _LOST_FOR


_LOST_FOR = timedelta(hours=1)
"""How long after its start a lost run is thought of: nobody knows when it ended."""
