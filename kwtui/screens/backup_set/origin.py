"""The run that made a set: its journal line by line, or what the manifest alone tells. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from kwtui.backups.manifest import Manifest
from kwtui.runs.events import (
    AnyEvent,
    CancelRequested,
    NoticeReceived,
    RunFinished,
    RunStarted,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kwtui.text import human_bytes, human_duration, plural
from kwtui.widgets.paint import BLANK, Line, Part, fact, heading, line
from kwtui.widgets.sql_lines import sql_lines

NOT_HERE = "{run} was run by another account or on another machine, or its folder was removed."


def made_lines(manifest: Manifest | None, why: str) -> list[Line]:
    """What the set itself says of its making, where the run's own files are not here."""
    lines = [line((why, "muted"))]
    if manifest is None:
        return lines
    took = (manifest.finished - manifest.started).total_seconds()
    lines += [
        BLANK,
        fact("Began", f"{manifest.started:%Y-%m-%d %H:%M:%S} UTC"),
        fact("Took", human_duration(took)),
    ]
    if manifest.notices:
        lines += [BLANK, heading("What the server said")]
        lines += [line(("· ", "muted"), words, indent=2) for words in manifest.notices]
    sent = dict.fromkeys(table.statement for table in manifest.tables if table.statement)
    if sent:
        lines += [BLANK, heading("What was sent")]
        for statement in sent:
            lines += sql_lines(statement)
    return lines


def events_lines(events: Iterable[AnyEvent]) -> list[Line]:
    """The journal: what happened when. Progress is left out; it says nothing afterwards."""
    lines = []
    for event in events:
        if not isinstance(event, StepProgress):
            parts, more = _told(event)
            lines.append(line((f"{event.at:%H:%M:%S} ", "muted"), *parts, indent=9))
            lines += more
    return lines or [line(("The journal is empty.", "muted"))]


def _told(event: AnyEvent) -> tuple[list[str | Part], list[Line]]:
    """An event in words, and lines that belong under it."""
    if isinstance(event, RunStarted):
        return [("Run ", "muted"), event.run, f" begins: {event.title} (process {event.pid})"], []
    if isinstance(event, StepStarted):
        sent = [each for statement in event.sql for each in sql_lines(statement, indent=11)]
        return [("▸ ", "accent"), (event.title, "strong")], sent
    if isinstance(event, StepFinished):
        return [("✓ ", "good"), event.step, (f"  {_amounts(event)}", "muted")], []
    if isinstance(event, StepFailed):
        cause = [line("           ", event.cause, indent=11)] if event.cause else []
        return [("✗ ", "error"), (event.title, "error")], cause
    if isinstance(event, NoticeReceived):
        return [(f"{event.severity} ", "warning"), event.message], []
    if isinstance(event, CancelRequested):
        return [("■ ", "warning"), "Cancelling was asked for."], []
    if isinstance(event, RunFinished):
        role = "good" if event.status == "succeeded" else "error"
        return [("Run ", "muted"), (event.status.value, role), f": {event.summary}"], []
    return [str(event)], []


def _amounts(event: StepFinished) -> str:
    told = [human_duration(event.seconds)]
    if event.rows is not None:
        told.append(f"{plural(event.rows, 'row')}")
    if event.bytes is not None:
        told.append(human_bytes(event.bytes))
    if event.summary:
        told.append(event.summary)
    return ", ".join(told)
