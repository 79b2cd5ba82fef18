"""A run that works, in one line. Pure."""

from __future__ import annotations

from kwtui.protection.report import RunAtWork
from kwtui.runs.history import RunSummary
from kwtui.runs.state import RunState

_MOST = 0.99
"""Never the whole while something runs."""


def at_work(run: RunSummary, state: RunState) -> RunAtWork:
    """How far it came: by bytes where their total is known, else by steps."""
    total = state.bytes_total
    if total:
        share: float | None = state.bytes / total
    else:
        share = state.steps_done / len(state.steps) if state.steps else None
    return RunAtWork(
        id=run.id,
        kind=run.kind,
        title=run.title,
        database=run.database,
        began=run.began,
        words=state.now_in_words,
        share=None if share is None else min(max(share, 0.0), _MOST),
    )
