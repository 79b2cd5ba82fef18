"""A restore in this very process that writes its journal, and whose power can be cut anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from kwtui.controller import Controller
from kwtui.errors import KwtuiError
from kwtui.files.json_text import encode
from kwtui.files.new_file import write_new
from kwtui.operations.context import RunContext, RunResult
from kwtui.operations.plan import Plan, Step
from kwtui.operations.restore.run import run_restore
from kwtui.operations.runner import Halt, StepOutcome
from kwtui.runs.directory import RunFiles, RunsDirectory
from kwtui.runs.journal import JournalWriter
from kwtui.runs.process import Handover
from kwtui.runs.reporter import JournalReporter
from kwtui.server.connection.results import StatementResult
from kwtui.server.connection.server import Server
from tests.faults.bench import Bench, Hook


class PowerCut(BaseException):
    """Nothing that runs hears of it, so nothing is cleaned up."""


@dataclass
class Hooked:
    """A journal's reporter that calls a hook when a step of that id begins."""

    journal: JournalReporter
    hooks: dict[str, Hook] = field(default_factory=dict)

    def step_started(self, step: Step, sql: tuple[str, ...]) -> None:
        self.journal.step_started(step, sql)
        if step.id in self.hooks:
            self.hooks[step.id](step)

    def progress(self, step: Step, **values: Any) -> None:
        self.journal.progress(step, **values)

    def notice(self, step: Step, severity: str, message: str) -> None:
        self.journal.notice(step, severity, message)

    def step_finished(self, step: Step, outcome: StepOutcome, seconds: float) -> None:
        self.journal.step_finished(step, outcome, seconds)

    def step_failed(self, step: Step, error: KwtuiError, sqlstate: str = "") -> None:
        self.journal.step_failed(step, error, sqlstate)


@dataclass
class Journaled:
    """Runs on one node, each with a folder of its own."""

    bench: Bench

    @property
    def directory(self) -> RunsDirectory:
        return RunsDirectory(self.bench.state)

    def files_of(self, plan: Plan) -> RunFiles:
        files = self.directory.create()
        handover = Handover(self.bench.target.as_dict(), str(self.bench.extern), "")
        write_new(files.plan, [encode(plan)])
        write_new(files.target, [msgspec.json.encode(handover)])
        return files

    def run(self, plan: Plan, hooks: dict[str, Hook] | None = None) -> tuple[str, RunResult]:
        """Raises what the run raises; its folder is then the newest one."""
        files = self.files_of(plan)
        return files.id, asyncio.run(self._run(plan, files, hooks or {}))

    def stopped(
        self, plan: Plan, hooks: dict[str, Hook] | None = None
    ) -> tuple[str, BaseException]:
        """A run that does not come to its end: its id, and what ended it."""
        files = self.files_of(plan)
        try:
            asyncio.run(self._run(plan, files, hooks or {}))
        except (KwtuiError, PowerCut) as error:
            return files.id, error
        raise AssertionError("it came to its end")

    def plan_continuation(self, run: str) -> Plan:
        async def ask() -> Plan:
            controller = Controller(state=self.bench.state)
            try:
                await controller.connection.connect(self.bench.target)
                return await controller.plans.continuation(run)
            finally:
                await controller.close()

        return asyncio.run(ask())

    def go_on(self, run: str) -> tuple[str, RunResult]:
        return self.run(self.plan_continuation(run))

    async def _run(self, plan: Plan, files: RunFiles, hooks: dict[str, Hook]) -> RunResult:
        async def connect() -> Server:
            return await Server.open(self.bench.target)

        with JournalWriter(files.journal) as journal:
            context = RunContext(
                plan=plan,
                run_id=files.id,
                connect=connect,
                extern=self.bench.extern,
                state=self.bench.state,
                reporter=Hooked(JournalReporter(journal, plan), hooks),
                halt=Halt(),
            )
            return await run_restore(context)


@contextmanager
def power_cut_at(
    number: int, *, after: bool, wanted: Callable[[str], bool] = lambda sql: True
) -> Iterator[list[str]]:
    """The power is cut at the statement of that number, before or after it took effect."""
    sent: list[str] = []
    usual = Server._run

    async def run(self: Server, sql: str) -> StatementResult:
        if not wanted(sql):
            return await usual(self, sql)
        sent.append(sql)
        if len(sent) <= number:
            return await usual(self, sql)
        if after:
            await usual(self, sql)
        raise PowerCut

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Server, "_run", run)
        yield sent
