"""The two last pages of every wizard: the plan, and the run with its result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import ClassVar

from textual.widget import Widget

from kwtui.errors import KwtuiError
from kwtui.keys.actions import BY_ID
from kwtui.keys.spelling import spelled
from kwtui.operations.plan import Plan, PlanKind
from kwtui.screens.frame.dialogs import AskDialog
from kwtui.screens.plan.page import (
    MAKING,
    STARTS_ONCE_MADE,
    plan_lines,
    reason_against_unseen,
    refusal_of,
)
from kwtui.screens.plan.typed_name import PRODUCTION
from kwtui.screens.runs.run_panel import LEADS_ON, NOTHING_TO_LEAD_TO, RunPanel
from kwtui.screens.runs.stopping import ask_and_go_on, reason_against_going_on
from kwtui.screens.wizard.wizard import Step
from kwtui.widgets.document import Document
from kwtui.widgets.paint import line


class PlanStep(Step):
    """Every statement before it is sent. Made anew each time it is shown."""

    title: ClassVar[str] = "Plan"
    question: ClassVar[str] = "This will be done. Nothing has been written yet."
    verbs: ClassVar[tuple[str, ...]] = ("start", "copy")

    def __init__(self, start_label: str, make_plan: Callable[[], Awaitable[Plan]]) -> None:
        super().__init__()
        self.next_label = start_label  # type: ignore[misc]
        self._make_plan = make_plan
        self._document = Document()
        self._making = self._asked_early = False
        self.plan: Plan | None = None
        self.command = ""

    def compose(self) -> Iterable[Widget]:
        yield self._document

    async def enter(self) -> None:
        self.plan = None
        self._making, self._asked_early = True, False
        self._document.set_lines([line((MAKING, "muted"))], keep_scroll=False)
        try:
            plan = await self._make_plan()
        except KwtuiError as error:
            self._document.set_lines([line((text, "error")) for text in error.lines()])
            raise
        finally:
            self._making = False
        self.plan = plan
        self.command = self.controller.commands.of_plan(plan)
        self._document.set_lines(plan_lines(plan, self.command), keep_scroll=False)
        if self._asked_early:
            self.call_later(self._start_early, plan)

    def asked_too_early(self) -> None:
        if self._making:
            self._asked_early = True
            self._document.set_lines([line((STARTS_ONCE_MADE, "muted"))])

    def _start_early(self, plan: Plan) -> None:
        """What was typed ahead; nobody has read the plan yet."""
        reason = reason_against_unseen(plan)
        if reason:
            self.wizard.say(reason, warning=True)
        elif plan is self.plan and self.wizard.step is self:
            self.wizard.perform(BY_ID["wizard.start"])

    def focus_first(self) -> None:
        self._document.focus()

    def reason_against_next(self) -> str:
        if self.plan is None:
            return "There is no plan yet."
        return refusal_of(self.plan)

    def reason_against(self, verb: str) -> str:
        return "" if self.plan else "There is no plan yet."

    def do_start(self) -> None:
        """Start; on a production server a restore first asks for the database's name."""
        plan = self.plan
        if plan is None or plan.kind is not PlanKind.RESTORE or not self.kwtui.is_production:
            self.wizard.do_next()
            return

        def answered(answer: object) -> None:
            if answer == plan.database:
                self.wizard.do_next()
            elif answer is not None:
                self.wizard.say("Not started: that is another name.", warning=True)

        dialog = AskDialog(
            PRODUCTION,
            f"{plan.title}. Type the name of the database, {plan.database}, to start.",
            label="Name",
        )
        self.app.push_screen(dialog, answered)

    def do_copy(self) -> None:
        self.app.copy_to_clipboard(self.command)


class RunStep(Step):
    """The run that was started, live, then its result."""

    title: ClassVar[str] = "Run"
    question: ClassVar[str] = "It runs by itself: you may leave this page, or close the terminal."
    verbs: ClassVar[tuple[str, ...]] = (
        "cancel", "explain", "continue", *LEADS_ON, "another", "copy"
    )  # fmt: skip

    seldom_verbs: ClassVar[tuple[str, ...]] = ("explain", "continue", *LEADS_ON, "another")

    def __init__(self, plan_step: PlanStep) -> None:
        super().__init__()
        self._plan_step = plan_step
        self._started: Plan | None = None
        self._problem = ""
        """Why there is no run, in words."""
        self._starting = False
        self._to_cancel = False
        """Asked for while the run's process started: there was no run to cancel yet."""
        self.panel = RunPanel()

    def compose(self) -> Iterable[Widget]:
        yield self.panel

    @property
    def goes_on(self) -> bool:
        return self._starting or self.panel.run_goes_on

    @property
    def runs(self) -> bool:
        return self.goes_on

    async def enter(self) -> None:
        plan = self._plan_step.plan
        if plan is None or plan is self._started:
            return
        self._started, self._problem = plan, ""
        self._starting = True
        self.wizard.answers_changed()
        try:
            run_id = await self.controller.runs.start(plan)
            self.panel.follow(self.controller, run_id)
            if self._to_cancel:
                self.kwtui.confirm_cancel(run_id)
        except BaseException:
            self._problem = spelled(
                "It did not start, so nothing runs. {app.back} goes back to the plan."
            )
            raise
        finally:
            self._starting = self._to_cancel = False
            self.wizard.answers_changed()

    @property
    def _is_to_start(self) -> bool:
        """It is being started, or will be at once: this page was opened for it."""
        return self._starting or self._plan_step.plan not in (None, self._started)

    def look_again(self) -> None:
        self.panel.look_again()

    def question_now(self) -> str:
        if self._is_to_start:
            return "Starting…"
        if self._problem or not self.panel.run_id:
            return self._problem or spelled("Nothing runs. {app.back} goes back to the plan.")
        if self.panel.state is None or self.goes_on:
            return self.question
        return "The run is over."

    def focus_first(self) -> None:
        self.panel.focus_page()

    def on_run_panel_changed(self, event: RunPanel.Changed) -> None:
        self.wizard.answers_changed()

    def on_run_panel_failed(self, event: RunPanel.Failed) -> None:
        self.kwtui.show_error(event.error)

    def reason_against(self, verb: str) -> str:
        if verb == "cancel":
            return self._reason_against_cancelling()
        if verb == "explain" and not self.panel.failure:
            return "Nothing failed."
        if verb == "continue":
            return self._reason_against_going_on()
        if verb in LEADS_ON:
            return "" if self.panel.led_to else NOTHING_TO_LEAD_TO
        if verb == "another":
            over = self.panel.state is not None and not self.goes_on
            made = over and self.panel.kind is PlanKind.BACKUP
            return "" if made else "Finish a backup first."
        return ""

    def do_inside(self) -> None:
        self.kwtui.open_set(self.panel.led_to, "open")

    def do_drill(self) -> None:
        self.kwtui.open_set(self.panel.led_to, "drill")

    def do_bring_back(self) -> None:
        self.kwtui.open_restore(self.panel.led_to)

    def do_another(self) -> None:
        self.wizard.begin_with_the_next()

    def _reason_against_cancelling(self) -> str:
        if self._is_to_start or self.goes_on:
            return ""
        if self._problem or not self.panel.run_id:
            return "Nothing runs."
        return "The run is over." if self.panel.state is not None else ""

    def _reason_against_going_on(self) -> str:
        state = self.panel.state
        if state is None or self._problem:
            return "There is no run yet."
        return reason_against_going_on(state.kind, state.status)

    def do_continue(self) -> None:
        run_id = self.panel.run_id
        over = self.wizard.open_over
        going = partial(ask_and_go_on, self.app, self.controller, run_id, over)
        self.wizard.run_task(going, "continue")

    def do_explain(self) -> None:
        self.kwtui.explain(self.panel.failure)

    def do_cancel(self) -> None:
        if self._is_to_start:
            self._to_cancel = True
            self.wizard.say("Starting… You are asked about cancelling it once it runs.")
            return
        self.kwtui.confirm_cancel(self.panel.run_id)

    def do_copy(self) -> None:
        known = "" if self._is_to_start else self.panel.command
        self.app.copy_to_clipboard(known or self._plan_step.command)
