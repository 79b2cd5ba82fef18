"""Changing the WAL's level or interval: what one wants, the plan, the name that allows it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input

from kwtui.operations.plan import Plan
from kwtui.operations.wal.plan import WalChange
from kwtui.operations.wal.report import WalReport
from kwtui.screens.frame.base import KwtuiScreen
from kwtui.screens.frame.dialogs import Dialog
from kwtui.screens.plan.page import plan_lines, refusal_of
from kwtui.widgets.document import Document
from kwtui.widgets.field import Field, Words, push_button
from kwtui.widgets.paint import paragraph

_LEVELS = (
    "0 off: rows are in memory alone until they are flushed\n"
    "1 sync: each write waits for the disk; safest, slowest\n"
    "2 flush: each write is handed to the system (KWDB's default)\n"
    "3 by raft log: the WAL holds definitions only"
)


def change_wal(screen: KwtuiScreen, report: WalReport) -> None:
    """Ask, plan, show the plan, and run it when the name was typed."""

    async def plan(change: WalChange) -> None:
        made = await screen.controller.plans.wal(change)
        command = screen.controller.commands.of_plan(made)
        name = screen.controller.connection.confirmation_name
        dialog = ApproveDialog(made, command, name, refusal_of(made))
        screen.app.push_screen(dialog, run_if_approved(made))

    def run_if_approved(made: Plan) -> Callable[[object], None]:
        async def start() -> None:
            run_id = await screen.controller.runs.start(made)
            screen.app.call_later(screen.kwtui.show_run, run_id)

        def answered(yes: object) -> None:
            if yes:
                screen.run_task(start, "start-wal")

        return answered

    def asked(change: object) -> None:
        if isinstance(change, WalChange):
            screen.run_task(partial(plan, change), "plan-wal")

    screen.app.push_screen(WalChangeDialog(report), asked)


class WalChangeDialog(Dialog):
    """Level and interval. Answers a WalChange of what differs from now, or None."""

    def __init__(self, report: WalReport) -> None:
        super().__init__()
        settings = report.settings
        self._now = ("" if settings.level is None else str(settings.level), settings.interval)
        self._level = Field("Level (0 to 3)", self._now[0], name="level")
        self._interval = Field("Checkpoint every", self._now[1], name="interval")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Words("Change the WAL of the whole cluster", classes="dialog--title")
            yield Words(_LEVELS, classes="dialog--words")
            yield self._level
            yield self._interval
            with Horizontal(classes="dialog--buttons"):
                yield push_button("Show the plan (Enter)", id="plan", primary=True)
                yield push_button("Cancel (Esc)", id="cancel")

    def on_mount(self) -> None:
        self._level.input.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "plan":
            self._answer()
        else:
            self.dismiss(None)

    def _answer(self) -> None:
        level, interval = self._level.value.strip(), self._interval.value.strip()
        wrong = "" if level in ("", "0", "1", "2", "3") else "Write 0, 1, 2 or 3."
        self._level.complain(wrong)
        same = (level, interval) == self._now
        self._interval.complain("Nothing differs from what it is now." if same else "")
        if wrong or same:
            return
        self.dismiss(
            WalChange(
                int(level) if level and level != self._now[0] else None,
                interval if interval and interval != self._now[1] else None,
            )
        )


class ApproveDialog(Dialog):
    """A plan to read, and a name to type before it runs. Answers True or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move('scroll_down')", show=False),
        Binding("up", "move('scroll_up')", show=False),
        Binding("pagedown", "move('page_down')", show=False),
        Binding("pageup", "move('page_up')", show=False),
    ]

    def __init__(self, plan: Plan, command: str, name: str, refusal: str) -> None:
        super().__init__()
        self._lines = plan_lines(plan, command)
        self._allowing = name
        self._refusal = refusal
        self._field = Field(f"Type {name}", name="approve")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -form"):
            yield Words("The plan", classes="dialog--title")
            yield Document([*self._lines], id="approve-plan")
            if self._refusal:
                yield Document(paragraph(f"It cannot be started. {self._refusal}", "error"),
                               classes="dialog--text")  # fmt: skip
            else:
                yield self._field
            with Horizontal(classes="dialog--buttons"):
                yield push_button("Cancel (Esc)", id="cancel", primary=True)
                if not self._refusal:
                    yield push_button("Run (y)", id="run")

    def on_mount(self) -> None:
        if self._refusal:
            self.query_one("#approve-plan", Document).focus()
        else:
            self._field.input.focus()

    async def action_move(self, how: str) -> None:
        """Through the plan, while the name is typed."""
        await self.query_one("#approve-plan", Document).run_action(how)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._run()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "run":
            self._run()
        else:
            self.dismiss(None)

    def _run(self) -> None:
        if self._field.value.strip() == self._allowing:
            self.dismiss(True)
        else:
            self._field.complain(f"Type {self._allowing} to allow it.")
