"""Runs in memory: tests add their events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from kwtui.controller.runs import Runs
from kwtui.operations.plan import Plan
from kwtui.runs.events import (
    AnyEvent,
    CancelRequested,
    NoticeReceived,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kwtui.runs.history import RunSummary
from kwtui.runs.node_log import RunLog, run_log
from kwtui.runs.progress import Earlier
from kwtui.runs.reducing import reduce_all
from kwtui.runs.state import RunState
from tests.screens.staged import NOW, at


class FakeRuns(Runs):
    def __init__(self) -> None:
        self.plans: dict[str, Plan] = {}
        self.passphrases: list[str | None] = []
        self.events: dict[str, list[AnyEvent]] = {}
        self.more = asyncio.Event()
        self.cancelled: list[str] = []
        self.swept: list[bool | None] = []
        self.gone_sets: set[str] = set()
        self.earlier_run: Earlier | None = None
        self.summaries: list[RunSummary] = []
        """Runs that ended, besides those of ``plans``."""
        self.note = ""
        """Put into what the server remarks."""

    def watch(self) -> None:
        """Whoever adds an event tells of it."""

    async def start(self, plan: Plan, passphrase: str | None = None) -> str:
        self.passphrases.append(passphrase)
        self.plans[plan.id] = plan
        self.events.setdefault(plan.id, run_beginning(plan, self.note))
        return plan.id

    async def all(self) -> list[RunSummary]:
        return [
            RunSummary(
                run,
                plan.kind,
                plan.title,
                plan.database,
                plan.path,
                self._run_status(run),
                plan.created_at,
            )
            for run, plan in self.plans.items()
        ] + self.summaries

    def _run_status(self, run: str) -> RunStatus:
        last = self.events[run][-1]
        return last.status if isinstance(last, RunFinished) else RunStatus.RUNNING

    def add_event(self, run: str, event: AnyEvent) -> None:
        self.events[run].append(event)
        self.more.set()

    async def follow(self, run_id: str) -> AsyncIterator[AnyEvent]:
        position = 0
        while True:
            events = self.events[run_id]
            while position < len(events):
                yield events[position]
                position += 1
            if events and isinstance(events[-1], RunFinished):
                return
            self.more.clear()
            await self.more.wait()

    async def is_gone(self, run_id: str, path: str) -> bool:
        return path in self.gone_sets

    async def state(self, run_id: str) -> RunState:
        return reduce_all(self.plans[run_id], self.events[run_id])

    async def journal(self, run_id: str) -> list[AnyEvent]:
        return list(self.events[run_id])

    async def at_work(self) -> list[str]:
        return [run for run in self.plans if self._run_status(run) is RunStatus.RUNNING]

    async def earlier(self, run_id: str) -> Earlier | None:
        return self.earlier_run

    async def plan(self, run_id: str) -> Plan:
        return self.plans[run_id]

    async def cancel(self, run_id: str, *, sweep: bool | None = None) -> None:
        self.cancelled.append(run_id)
        self.swept.append(sweep)
        self.add_event(run_id, CancelRequested(at=NOW + timedelta(seconds=5)))

    async def node_log(self, run_id: str) -> RunLog:
        return run_log(run_id, self.plans[run_id], self.events[run_id])


def run_beginning(plan: Plan, note: str = "") -> list[AnyEvent]:
    """A run in its middle: the first step done, the second moving."""
    first, *rest = plan.steps
    events: list[AnyEvent] = [
        RunStarted(at=at(0), run=plan.id, plan=plan.id, title=plan.title, pid=4711),
        StepStarted(at=at(0), step=first.id, title=first.title, sql=list(first.sql)),
        StepFinished(at=at(2), step=first.id, rows=1500, bytes=225_000, seconds=2.0),
    ]
    if rest:
        second = rest[0]
        events += [
            StepStarted(at=at(2), step=second.id, title=second.title, sql=list(second.sql)),
            StepProgress(
                at=at(4),
                step=second.id,
                rows=400,
                rows_total=1000,
                bytes=60_000,
                bytes_total=150_000,
                basis="sizes of the files written so far",
            ),
            NoticeReceived(at=at(4), step=second.id, severity="NOTICE", message="slow disk" + note),
        ]
    return events


def run_end(plan: Plan, status: RunStatus = RunStatus.SUCCEEDED, **more: Any) -> AnyEvent:
    return RunFinished(at=at(9), status=status, summary="4 tables, 21,500 rows.", **more)
