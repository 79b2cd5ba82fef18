"""A plan on a screen of its own: deleting, pruning, cleaning up, drilling."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kwtui.errors import KwtuiError
from kwtui.keys.action import Action
from kwtui.keys.actions import BY_ID
from kwtui.operations.plan import REMOVALS, Plan
from kwtui.screens.frame.base import READ_ONLY, KwtuiScreen
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.dialogs import ConfirmDialog
from kwtui.screens.plan.page import (
    MAKING,
    STARTS_ONCE_MADE,
    approval_word,
    is_up_to_a_name,
    plan_lines,
    reason_against_start,
    reason_against_unseen,
)
from kwtui.screens.plan.passphrase import ask_passphrase
from kwtui.screens.plan.typed_name import PRODUCTION, ask_name
from kwtui.text import human_bytes
from kwtui.widgets.document import Document
from kwtui.widgets.field import Words
from kwtui.widgets.paint import BLANK, Line, line
from kwtui.widgets.styles import style_path

MakePlan = Callable[[str | None], Awaitable[Plan]]
"""Makes the plan anew; its argument is the name that a person typed to allow it."""


class PlanScreen(KwtuiScreen):
    """Shows what ``make_plan`` plans, and starts it when that is asked for and allowed."""

    scope: ClassVar[str] = "plan"
    title_text: ClassVar[str] = "Plan"
    about: ClassVar[str] = (
        "Everything that will be done, before it is done. {plan.start} starts it, as a run of"
        " its own that"
        " needs neither this page nor this terminal; {app.back} leaves without doing anything."
        " A plan that removes"
        " something asks once more, and for the last proven backup of a database, or on a"
        " production server, a name has to be typed."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("plan")

    def __init__(
        self,
        make_plan: MakePlan,
        *,
        more: Callable[[], Awaitable[list[Line]]] | None = None,
        identities: tuple[Path, ...] = (),
    ) -> None:
        """``more`` gives lines that follow the plan, such as what is in a set that goes.

        ``identities`` are private keys that the plan needs: the passphrase of one that is protected
        is asked for when it starts.
        """
        super().__init__()
        self._make_plan = make_plan
        self._more = more
        self._identities = identities
        self._plan: Plan | None = None
        self._command = ""
        self._title = Words("This will be done. Nothing has been done yet.", classes="set--title")
        self._document = Document([line((MAKING, "muted"))])
        self._making = True
        self._asked_early = False
        """The start was asked for while the plan was made."""

    def title_now(self) -> str:
        if self.title_text != PlanScreen.title_text:
            return self.title_text
        below = self.app.screen_stack[self.app.screen_stack.index(self) - 1]
        title = below.title_now() if isinstance(below, KwtuiScreen) else ""
        return f"{title.partition(':')[0]}: plan" if title else self.title_text

    def body(self) -> Iterable[Widget]:
        yield self._title
        yield self._document

    def on_mount(self) -> None:
        self._document.focus()
        self.run_task(self._make, "plan")

    async def _make(self) -> None:
        try:
            plan = await self._make_plan(None)
            more = await self._more() if self._more is not None else []
        except KwtuiError as error:
            self._document.set_lines([line((text, "error")) for text in error.lines()])
            raise
        finally:
            self._making = False
        self._show(plan, more)
        if self._asked_early:
            self._start_early(plan)

    def _start_early(self, plan: Plan) -> None:
        """What was typed ahead; nobody has read the plan yet."""
        reason = reason_against_unseen(plan)
        if reason:
            self.say(reason, warning=True)
        else:
            self.perform(BY_ID["plan.start"])

    def _show(self, plan: Plan, more: list[Line]) -> None:
        self._plan = plan
        self._command = self.controller.commands.of_plan(plan)
        lines = plan_lines(plan, self._command)
        self._document.set_lines([*lines, BLANK, *more] if more else lines, keep_scroll=False)
        self.show_keys()

    # -- actions ---------------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        if self._plan is None:
            early = action.verb == "start" and self._making
            return "" if early else "There is no plan yet."
        if action.verb == "start":
            if self.kwtui.is_read_only and self._plan.kind in REMOVALS:
                return READ_ONLY
            return reason_against_start(self._plan)
        return ""

    def do_copy(self) -> None:
        self.app.copy_to_clipboard(self._command)

    def do_start(self) -> None:
        plan = self._plan
        if plan is None:
            self._asked_early = True
            self._document.set_lines([line((STARTS_ONCE_MADE, "muted"))])
            return
        if is_up_to_a_name(plan):
            self._ask_name(
                "The last proven backup",
                f"Nothing as good as this is left of {plan.database} when it is gone.",
                approval_word(plan),
            )
        elif self.kwtui.is_production:
            self._ask_name(PRODUCTION, f"{plan.title}.", approval_word(plan))
        elif plan.removes:
            self._confirm_removal(plan)
        else:
            self.run_task(lambda: self._start(plan), "start")

    def _confirm_removal(self, plan: Plan) -> None:
        def answered(yes: object) -> None:
            if yes:
                self.run_task(lambda: self._start(plan), "start")

        words = "What is removed cannot be brought back."
        if plan.estimated_bytes:
            words = f"{human_bytes(plan.estimated_bytes)} are freed. {words}"
        dialog = ConfirmDialog(f"{plan.title}?", words, yes="Remove", no="Keep everything")
        self.app.push_screen(dialog, answered)

    def _ask_name(self, title: str, text: str, word: str) -> None:
        def allowed() -> None:
            self.run_task(lambda: self._start_allowed(word), "start")

        ask_name(self, title, f"{text} Type {word} to do it.", word, allowed)

    async def _start_allowed(self, word: str) -> None:
        """Plan again with the typed name where the plan asks for one."""
        plan = self._plan
        if plan is not None and is_up_to_a_name(plan):
            plan = await self._make_plan(word)
            self._show(plan, [])
            if reason_against_start(plan):
                return
        if plan is not None:
            await self._start(plan)

    async def _start(self, plan: Plan) -> None:
        protected = [e for e in self._identities if self.controller.offsite.is_protected(e)]
        passphrase = await ask_passphrase(self, protected[0], "run") if protected else None
        if protected and passphrase is None:
            return
        run_id = await self.controller.runs.start(plan, passphrase)
        self.app.call_later(self.kwtui.show_run, run_id)
