"""The backup wizard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from kwtui.model.requests import BackupMethod, BackupRequest, Dialect
from kwtui.screens.backup.options_step import OptionsStep
from kwtui.screens.backup.steps import DatabaseStep, MethodStep, TablesStep
from kwtui.screens.wizard.last_steps import PlanStep, RunStep
from kwtui.screens.wizard.wizard import Step, WizardScreen


class BackupScreen(WizardScreen):
    scope: ClassVar[str] = "wizard"
    title_text: ClassVar[str] = "2 Backup"
    about: ClassVar[str] = (
        "Back up a database, step by step. Nothing is written before the last page, the plan, which"
        " shows every statement; {app.back} goes one step back and keeps every answer. The"
        " backup runs in"
        " a process of its own: leaving this page or closing the terminal does not stop it."
    )

    def make_steps(self) -> Sequence[Step]:
        self.database = DatabaseStep()
        self.tables = TablesStep(self.database)
        self.method = MethodStep(self.database)
        self.options = OptionsStep()
        self.plan = PlanStep("Start backup", lambda: self.controller.plans.backup(self.request()))
        self.run = RunStep(self.plan)
        return (self.database, self.tables, self.method, self.options, self.plan, self.run)

    def request(self) -> BackupRequest:
        """What the answers so far ask for."""
        chosen = self.options
        return BackupRequest(
            database=self.database.chosen.name if self.database.chosen else "",
            tables=self.tables.chosen_names(),
            method=BackupMethod(self.method.chosen),
            prefix=chosen.prefix,
            node_id=chosen.node.id,
            unseen=chosen.node.unseen,
            dialect=Dialect(
                delimiter=chosen.delimiter,
                null_text=chosen.null_text,
                charset=chosen.charset,
                header=chosen.header,
            ),
            chunk_rows=chosen.chunk_rows,
            parallel=chosen.parallel,
            check=self.method.level,
            incremental=chosen.incremental,
            label=chosen.label,
            with_users=chosen.with_users,
            with_settings=chosen.with_settings,
            sweep=chosen.sweep,
        )

    def may_go_back(self) -> bool:
        return super().may_go_back() and not self.run.goes_on

    def begin_with_the_next(self) -> None:
        before = self.database.chosen

        async def begin() -> None:
            await self.restart()
            if before is not None:
                self.database.choose_after(before.name)

        self.run_task(begin, "enter")
