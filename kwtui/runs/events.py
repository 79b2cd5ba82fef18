"""The events of a run: the lines of its journal and of ``--json``.

One JSON object a line, tagged by ``event``; ``v`` is the format's version. Readers skip events that
they do not know, so that an older kwtui can follow a newer run.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec


class RunStatus(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    """Its process is gone and it never said how it ended."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """What every event has. ``at`` is UTC."""

    at: datetime
    v: int = 1


class RunStarted(Event, frozen=True, kw_only=True, tag="run-started"):
    run: str
    plan: str
    title: str
    pid: int
    boot_id: str = ""
    kwtui: str = ""


class StepStarted(Event, frozen=True, kw_only=True, tag="step-started"):
    step: str
    title: str
    sql: list[str] = []


class StepProgress(Event, frozen=True, kw_only=True, tag="step-progress"):
    """Written about every second while a run works, also when nothing moved.

    ``phase`` says in words what goes on; ``table`` of ``tables`` is the one that is at work, from 1
    on. ``total`` values are None where nothing is known; ``basis`` says what the figures come from,
    and ``estimated`` that the rows are not counted. ``step`` is empty between the steps.
    """

    step: str
    phase: str = ""
    table: int | None = None
    tables: int | None = None
    rows: int | None = None
    rows_total: int | None = None
    bytes: int | None = None
    bytes_total: int | None = None
    basis: str = ""
    estimated: bool = False


class NoticeReceived(Event, frozen=True, kw_only=True, tag="notice"):
    step: str
    severity: str
    message: str


class StepFinished(Event, frozen=True, kw_only=True, tag="step-finished"):
    step: str
    summary: str = ""
    rows: int | None = None
    bytes: int | None = None
    seconds: float = 0.0
    details: dict[str, Any] = {}


class StepFailed(Event, frozen=True, kw_only=True, tag="step-failed"):
    step: str
    title: str
    cause: str = ""
    hint: str = ""
    sqlstate: str = ""


class CancelRequested(Event, frozen=True, kw_only=True, tag="cancel-requested"):
    sweep: bool | None = None
    """Whether what was written is to go; None: as the plan says."""


class RunFinished(Event, frozen=True, kw_only=True, tag="run-finished"):
    """``result`` is the outcome for scripts: path, proof level, tables, rows, differences."""

    status: RunStatus
    summary: str
    cause: str = ""
    hint: str = ""
    exit_code: int = 0
    result: dict[str, Any] = {}


AnyEvent = (
    RunStarted
    | StepStarted
    | StepProgress
    | NoticeReceived
    | StepFinished
    | StepFailed
    | CancelRequested
    | RunFinished
)
