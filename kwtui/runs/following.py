"""Following a run to its end, whatever that is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from kwtui.errors import ExitCode
from kwtui.runs.directory import RunFiles
from kwtui.runs.events import AnyEvent, RunFinished, RunStatus
from kwtui.runs.journal import follow_events
from kwtui.runs.state import LOST_SUMMARY, lost_hint


async def follow_to_the_end(files: RunFiles) -> AsyncIterator[AnyEvent]:
    """Every event from the start; the last is always a RunFinished.

    A run whose process died without a word gets one here that says so.
    """
    async for event in follow_events(files.journal, files.is_alive):
        yield event
        if isinstance(event, RunFinished):
            return
    yield RunFinished(
        at=datetime.now(UTC),
        status=RunStatus.LOST,
        summary=LOST_SUMMARY,
        hint=lost_hint(files.read_plan(), files.id),
        exit_code=int(ExitCode.FAILED),
    )
