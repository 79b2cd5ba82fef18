"""Runs in the evidence journal: one entry when a run begins, one when it ends.

A run that was killed has the first alone. What its own journal says of it is compared with that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kwtui.evidence.chain import Entry, Flaw, Outcome
from kwtui.evidence.journal import host, record, who
from kwtui.operations.plan import Plan, StepKind
from kwtui.runs.events import RunFinished, RunStatus
from kwtui.runs.history import RunSummary

_MOST_WORDS = 4096
_TAKES_AWAY = (StepKind.REMOVE, StepKind.DROP_DATABASE, StepKind.REMOVE_COPY)

_OUTCOMES = {
    RunStatus.SUCCEEDED: Outcome.SUCCEEDED,
    RunStatus.CANCELLED: Outcome.CANCELLED,
}


@dataclass(frozen=True)
class Recorder:
    """Records one run. ``state`` is where runs are kept, ``target`` as of `Target.as_dict`."""

    state: Path
    run: str
    plan: Plan
    target: dict[str, Any] | None

    def began(self) -> None:
        """Raises KwtuiError: what cannot be recorded does not begin."""
        self._record(Outcome.BEGAN, _what(self.plan))

    def ended(self, finished: RunFinished) -> None:
        """Raises KwtuiError (DISK_FULL, EXTERN_NOT_READABLE or FAILED)."""
        outcome = _OUTCOMES.get(finished.status, Outcome.FAILED)
        self._record(outcome, finished.summary, finished.exit_code)

    def _record(self, outcome: Outcome, words: str, exit_code: int = 0) -> None:
        entry = Entry(
            at=datetime.now(UTC),
            who=who(),
            host=host(),
            action=self.plan.kind.value,
            outcome=outcome,
            database=self.plan.database,
            path=self.plan.path,
            server=_server(self.target or {}),
            run=self.run,
            exit_code=exit_code,
            words=words[:_MOST_WORDS],
        )
        record(self.state, entry)


def _server(target: dict[str, Any]) -> str:
    return f"{target.get('user', '')}@{target['host']}:{target['port']}" if target else ""


def _what(plan: Plan) -> str:
    """Of a removal, everything that goes: afterwards nothing else tells."""
    if not plan.removes:
        return plan.title
    going = [step.subject for step in plan.steps if step.kind in _TAKES_AWAY]
    return f"{plan.title}: {', '.join(going)}" if going else plan.title


def flaws_against_runs(entries: Sequence[Entry], runs: Iterable[RunSummary]) -> list[Flaw]:
    """Runs that are not in the journal, or that ended otherwise than it says.

    Runs older than its first entry were made before it was kept.
    """
    if not entries:
        return []
    known = {entry.run for entry in entries if entry.run}
    ends = {e.run: e for e in entries if e.run and e.outcome is not Outcome.BEGAN}
    found = []
    for run in runs:
        if run.began >= entries[0].at and run.id not in known:
            found.append(Flaw(0, f"run {run.id} ({run.title}) is not in it"))
        end = ends.get(run.id)
        if end is not None and run.finished_at is not None and end.exit_code != run.exit_code:
            words = f"of run {run.id} it says exit code {end.exit_code}, its own journal"
            found.append(Flaw(0, f"{words} {run.exit_code}"))
    return found
