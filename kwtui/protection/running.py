"""A run that works, in one line. Pure."""

from __future__ import annotations

from kwtui.protection.report import RunAtWork
from kwtui.runs.history import RunSummary
from kwtui.runs.progress import share_of
from kwtui.runs.state import RunState


def at_work(run: RunSummary, state: RunState) -> RunAtWork:
    """What it does now, and how far it came."""
    return RunAtWork(
        id=run.id,
        kind=run.kind,
        title=run.title,
        database=run.database,
        began=run.began,
        words=state.now_in_words,
        share=share_of(state),
    )
