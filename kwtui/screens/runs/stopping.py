"""Cancelling a run, and going on with one that was stopped."""

from __future__ import annotations

import re
import shlex
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Button

from kwtui.keys.spelling import spelled
from kwtui.operations.plan import Plan, PlanKind
from kwtui.operations.restore.continuation.plan import accepting
from kwtui.runs.events import RunStatus
from kwtui.runs.state import RunState
from kwtui.screens.frame.choice_dialog import Choice, ChooseDialog
from kwtui.screens.frame.dialogs import BUTTON_KEYS, ConfirmDialog, Dialog
from kwtui.screens.plan.screen import PlanScreen
from kwtui.widgets.field import Words, push_button

if TYPE_CHECKING:
    from kwtui.controller import Controller

_GOES_ON = (RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.LOST)


class CancelBackupDialog(Dialog):
    """What becomes of what a backup wrote. Answers True to sweep it, False to keep it, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *BUTTON_KEYS,
        Binding("n", "close", show=False),
        Binding("k", "answer(False)", show=False),
        Binding("r", "answer(True)", show=False),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Words("Cancel this backup?", classes="dialog--title")
            yield Words(
                "The export that runs is cancelled on the server. What was written so far is no"
                " backup: it can be kept, marked as cancelled, for a look, or be removed now.",
                classes="dialog--words",
            )
            with Horizontal(classes="dialog--buttons"):
                yield push_button("Let it run (n)", id="no", primary=True)
                yield push_button("Cancel, keep (k)", id="keep")
                yield push_button("Cancel, remove (r)", id="sweep")

    def on_mount(self) -> None:
        self.query_one("#no", Button).focus()

    def action_answer(self, sweep: bool) -> None:
        self.dismiss(sweep)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss({"keep": False, "sweep": True}.get(event.button.id or ""))


async def ask_and_cancel(app: App[None], controller: Controller, run_id: str) -> None:
    """Ask, then cancel the run. In a worker; raises KwtuiError as `Runs.cancel`."""
    plan = await controller.runs.plan(run_id)
    if plan.kind is PlanKind.BACKUP:
        sweep = await app.push_screen_wait(CancelBackupDialog())
        if isinstance(sweep, bool):
            await controller.runs.cancel(run_id, sweep=sweep)
        return
    text = "The statement that runs is cancelled on the server. "
    text += (
        spelled(
            "What was restored so far is kept: {runs.continue} in the list of runs"
            " ({app.open-runs}) continues it. Nothing that was there before is touched."
        )
        if plan.kind is PlanKind.RESTORE
        else "The new table is dropped again."
        if plan.kind is PlanKind.EXCERPT
        else "What was done so far stays; nothing that was there before is touched."
    )
    dialog = ConfirmDialog("Cancel this run?", text, yes="Cancel the run", no="Let it run")
    if await app.push_screen_wait(dialog):
        await controller.runs.cancel(run_id)


def reason_against_going_on(kind: PlanKind, status: RunStatus) -> str:
    """Why a run cannot be continued, in words; empty when it may be."""
    if kind is not PlanKind.RESTORE:
        return "Only a restore can be continued."
    if status is RunStatus.RUNNING:
        return "It is still at work."
    return "" if status in _GOES_ON else "It succeeded."


_NAME = re.compile(r"""--accept\b.((?:[^\s;,()'"]|'[^']*'|"[^"]*")+)""")


def to_accept(state: RunState) -> tuple[str, ...]:
    """The definitions whose differences stopped a restore, by the names that its hint accepts."""
    hints = (state.hint, *(step.hint for step in state.steps))
    names = (name for hint in hints for found in _NAME.findall(hint) for name in shlex.split(found))
    return tuple(dict.fromkeys(names))


async def ask_and_go_on(
    app: App[None], controller: Controller, run_id: str, show: Callable[[Screen[Any]], object]
) -> None:
    """Plan the rest of a stopped restore, once it is said what of its definitions may differ.

    In a worker; raises KwtuiError as `Runs.state`.
    """
    names = to_accept(await controller.runs.state(run_id))
    accepted: tuple[str, ...] = ()
    if names:
        choices = (
            Choice("Accept", f"the differences of {', '.join(names)}"),
            Choice("Compare again", "accept nothing; the server was changed meanwhile"),
        )
        chosen = await app.push_screen_wait(ChooseDialog("Definitions differ", choices))
        if chosen is None:
            return
        accepted = names if chosen is choices[0] else ()

    async def make() -> Plan:
        return accepting(await controller.plans.continuation(run_id), accepted)

    show(ContinueScreen(make))


class ContinueScreen(PlanScreen):
    """The plan of what is left of a stopped restore."""

    title_text: ClassVar[str] = "6 Runs: continue"
    about: ClassVar[str] = (
        "What is left of a restore that was stopped. Tables that hold their rows are kept, what was"
        " half done is undone first, and all of it is compared with the backup at the end."
        " {plan.start} starts"
        " it, as a run of its own; {app.back} leaves without doing anything."
    )

    def __init__(self, make_plan: Callable[[], Awaitable[Plan]]) -> None:
        async def make(_: str | None) -> Plan:
            return await make_plan()

        super().__init__(make)
