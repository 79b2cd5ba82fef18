"""The restore wizard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from kwtui.keys.spelling import spelled
from kwtui.model.requests import ExcerptRequest, RestoreRequest, RestoreStrategy
from kwtui.operations.plan import Plan
from kwtui.screens.restore.options import SOME_ROWS
from kwtui.screens.restore.steps import SourceStep, StrategyStep
from kwtui.screens.restore.tables import RestoreTablesStep
from kwtui.screens.restore.target import TargetStep
from kwtui.screens.wizard.last_steps import PlanStep, RunStep
from kwtui.screens.wizard.wizard import Step, WizardScreen


class RestoreScreen(WizardScreen):
    scope: ClassVar[str] = "wizard"
    title_text: ClassVar[str] = "3 Restore"
    about: ClassVar[str] = (
        "Restore a backup, or an export not made by kwtui, into a database. It gets"
        " a new name unless you type the name of what it may replace. Nothing is written before"
        " the plan's page; afterwards the result is compared with the backup, table by table."
    )

    def make_steps(self) -> Sequence[Step]:
        self.source = SourceStep()
        self.strategy = StrategyStep(self.source)
        self.target = TargetStep(self.source, self.strategy)
        self.tables = RestoreTablesStep(self.source, self.strategy)
        self.plan = PlanStep("Start restore", self._make_plan)
        self.run = RunStep(self.plan)
        return (self.source, self.strategy, self.target, self.tables, self.plan, self.run)

    async def _make_plan(self) -> Plan:
        if self.strategy.chosen == SOME_ROWS:
            return await self.controller.plans.excerpt(self.rows_request())
        return await self.controller.plans.restore(self.request())

    def rows_request(self) -> ExcerptRequest:
        """What the answers so far ask for, where it is some rows of one table."""
        source = self.source.chosen.path if self.source.chosen else ""
        return self.target.rows_wanted.request(
            source, self.tables.checked_names()[0], self.target.name_typed
        )

    def request(self) -> RestoreRequest:
        """What the answers so far ask for."""
        said, tables = self.target.said, self.tables.chosen_names()
        return RestoreRequest(
            source=self.source.chosen.path if self.source.chosen else "",
            target=self.target.name_typed or None,
            strategy=RestoreStrategy(self.strategy.chosen),
            tables=tables,
            create_missing_users=self.target.create_users,
            with_users=self.target.with_users,
            with_settings=self.target.with_settings,
            replace=self.target.replacement,
            dialect=self.target.dialect,
            accept=said.accepted,
            leave_out=said.left_out,
            empty=said.empty(tables),
            first_is_row=self.target.first_is_row,
        )

    def choose(self, path: str) -> None:
        """Begin with this backup chosen."""
        if self.run.goes_on:
            self.say(
                spelled(
                    "A restore runs here; its page is shown. {app.open-storage} goes back to the"
                    " storage."
                )
            )
            return
        self.source.choose(path)
        self.go_to(0)

    def may_go_back(self) -> bool:
        return super().may_go_back() and not self.run.goes_on
