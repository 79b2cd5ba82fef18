"""What the wizards share: steps, Back and Next at the same place, answers kept on the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import ScreenResume
from textual.widget import Widget
from textual.widgets import Button, Input

from kwtui.controller import StorageChanged
from kwtui.keys.action import Action
from kwtui.keys.actions import BY_ID
from kwtui.screens.frame.base import KwtuiScreen
from kwtui.screens.frame.bindings import bindings
from kwtui.server.connection.status import ConnectionStatus
from kwtui.widgets.field import PromptLine, Words, push_button
from kwtui.widgets.stepper import Stepper
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.screens.frame.app_protocol import Host


class Step(Vertical):
    """One page of a wizard. It keeps its answers in its widgets for as long as the wizard lives."""

    title: ClassVar[str] = ""
    question: ClassVar[str] = ""
    """The line above the page: what is asked here."""
    verbs: ClassVar[tuple[str, ...]] = ()
    """The wizard's actions that mean something here, besides Next."""
    words: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Title and help of those of its verbs that do something else here than on other pages."""
    next_label: ClassVar[str] = "Next"

    def __init__(self) -> None:
        super().__init__(classes="step")

    @property
    def wizard(self) -> WizardScreen:
        return cast("WizardScreen", self.screen)

    @property
    def kwtui(self) -> Host:
        return cast("Host", self.app)

    @property
    def controller(self) -> Controller:
        return self.kwtui.controller

    async def enter(self) -> None:
        """Called each time the step is shown; asks the controller for what it shows."""

    def look_again(self) -> None:
        """What the step shows may have changed while it was away, or in the node's folder."""

    seldom_verbs: ClassVar[tuple[str, ...]] = ()
    """Those of its verbs that the footer leaves out while there is a reason against them."""

    @property
    def is_needed(self) -> bool:
        """Whether it asks anything at all after the answers of the pages before it."""
        return True

    def question_now(self) -> str:
        """The question, or what stands in its place in the step's present state."""
        return self.question

    def reason_against_next(self) -> str:
        """Why one cannot go on, in words; empty when one can."""
        return ""

    def asked_too_early(self) -> None:
        """Start was asked for while there is a reason against it."""

    def reason_against(self, verb: str) -> str:
        """Why one of the step's own actions cannot be done now."""
        return ""

    def focus_first(self) -> None:
        """Put the focus where the answer is given."""

    filter_text: str = ""
    """The words that the step's list is narrowed to; empty: it shows everything."""

    def filter_by(self, text: str) -> None:
        """Narrow the list to rows with these words; for steps that have the verb ``filter``."""

    def do_filter(self) -> None:
        self.wizard.prompt.ask("filter", "Filter:", self.filter_text)

    @property
    def runs(self) -> bool:
        """Whether a run that was started here goes on."""
        return False

    def has_answers(self) -> bool:
        """Whether leaving would lose something that the person chose."""
        return False


class WizardScreen(KwtuiScreen):
    """Shows one step at a time. A step that cannot be left says why in words."""

    CSS_PATH = style_path("wizard")
    BINDINGS: ClassVar[list[BindingType]] = bindings("wizard")

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self._index = 0
        self._missed = False
        """Something happened while another screen hid this one."""
        self._back = push_button("‹ Back", id="back")
        self._next = push_button("Next ›", id="next", primary=True)
        self._reason = Words(classes="wizard--reason")
        self._question = Words(classes="wizard--question")
        self._stepper: Stepper

    def make_steps(self) -> Sequence[Step]:
        raise NotImplementedError

    def body(self) -> Iterable[Widget]:
        self.steps = list(self.make_steps())
        self._stepper = Stepper([step.title for step in self.steps])
        for step in self.steps[1:]:
            step.display = False
        yield Horizontal(
            self._stepper,
            Vertical(
                self._question,
                *self.steps,
                Horizontal(self._reason, self._back, self._next, classes="wizard--buttons"),
                classes="wizard--page",
            ),
            classes="wizard",
        )

    def on_mount(self) -> None:
        self._display(0)

    @property
    def step(self) -> Step:
        return self.steps[self._index]

    def opened(self) -> None:
        """What is there to choose from may have changed while the screen was away."""
        if self._index == 0 and self.steps:
            self.run_task(lambda: self._enter(self.step), "enter")
        elif self.steps:
            self.step.look_again()

    def controller_event(self, event: object) -> None:
        if isinstance(event, ConnectionStatus | StorageChanged):
            self._missed = not self.is_current
            if self.is_current:
                self.opened()

    def on_screen_resume(self, event: ScreenResume) -> None:
        if self._missed:
            self._missed = False
            self.opened()

    # -- moving --------------------------------------------------------------------------------

    def _show(self, index: int) -> None:
        """Show a step, then let it ask for what it needs."""
        self._display(index)
        self.run_task(lambda: self._enter(self.step), "enter")

    def _display(self, index: int) -> None:
        """Show a step in one paint."""
        with self.app.batch_update():
            self.step.display = False
            self._index = index
            self.step.display = True
            self._stepper.show_step(index)
            self.answers_changed()
        self.step.focus_first()

    async def _enter(self, step: Step) -> None:
        await step.enter()
        if step is self.step:
            if self.focused is None or step not in self.focused.ancestors:
                step.focus_first()
            self.answers_changed()

    def go_to(self, index: int) -> None:
        self._show(max(0, min(index, len(self.steps) - 1)))

    def answers_changed(self) -> None:
        """An answer changed: say whether one can go on."""
        reason = self.step.reason_against_next()
        self._reason.say(reason)
        self._question.say(self.step.question_now())
        self._next.label = f"{self.step.next_label} ›"
        last = self._index == len(self.steps) - 1
        self._next.visible = not last
        self._back.disabled = not self.may_go_back()
        self.show_keys()

    def may_go_back(self) -> bool:
        return self._index > 0

    def on_prompt_line_changed(self, event: PromptLine.Changed) -> None:
        self.step.filter_by(event.text)

    def on_prompt_line_closed(self, event: PromptLine.Closed) -> None:
        if event.text is None:
            self.step.filter_by("")
        self.step.focus_first()

    def go_back(self) -> bool:
        if self.step.filter_text:
            self.step.filter_by("")
            return True
        if not self.may_go_back():
            return False
        self._show_needed(-1)
        return True

    def _show_needed(self, by: int) -> None:
        """The next page in that direction that asks anything; the first and the last always do."""
        index = self._index + by
        while not self.steps[index].is_needed:
            index += by
        self._show(index)

    def do_next(self) -> None:
        # The reason stands beside the button: a message over the buttons would tell it twice.
        if not self.step.reason_against_next() and self._index < len(self.steps) - 1:
            self._show_needed(1)

    def do_restart(self) -> None:
        from kwtui.screens.frame.dialogs import ConfirmDialog

        def answered(yes: object) -> None:
            if yes:
                self.run_task(self.restart, "enter")

        text = "The answers are forgotten and the first step is shown. A run is not stopped by it."
        self.app.push_screen(ConfirmDialog("Start over?", text, yes="Start over"), answered)

    def begin_with_the_next(self) -> None:
        """Begin anew once the run is over, with what follows on what was chosen."""
        self.run_task(self.restart, "enter")

    def forget_server(self) -> None:
        """The answers, the plan and the run were of the server before; the run itself goes on."""
        if not self.steps:
            return
        if self._index > 0 or self.unsaved():
            name = self.title_text.partition(" ")[2]
            runs = " Its run continues: 6 Runs." if self.step.runs else ""
            self.say(f"{name} starts over: its answers were for another server.{runs}")
        self.run_task(self.restart, "enter")

    async def restart(self) -> None:
        """Forget the answers and show the first step."""
        with self.app.batch_update():
            await self.query_one(".wizard").remove()
            self._index = 0
            self._back = push_button("‹ Back", id="back")
            self._next = push_button("Next ›", id="next", primary=True)
            self._reason = Words(classes="wizard--reason")
            self._question = Words(classes="wizard--question")
            await self.query_one(".body").mount(*self.body())
            self._display(0)
        if self.is_current:
            await self._enter(self.step)
        else:
            self._missed = True

    def unsaved(self) -> str:
        if any(step.has_answers() for step in self.steps):
            return f"The answers of {self.title_text.partition(' ')[2]} are lost."
        return ""

    # -- actions -----------------------------------------------------------------------------

    def actions(self) -> list[Action]:
        verbs = self.step.verbs if self.steps else ()
        found = [BY_ID[f"wizard.{verb.replace('_', '-')}"] for verb in verbs]
        last = self._index == len(self.steps) - 1
        if not last and "start" not in verbs:
            found.append(BY_ID["wizard.next"])
        found.append(BY_ID["wizard.restart"])
        return found

    def footer_actions(self) -> list[Action]:
        over = "cancel" in self.step.verbs and self.step.reason_against("cancel")
        hidden = {"wizard.cancel" if over else "wizard.restart"}
        seldom = [
            action
            for action in self.actions()
            if action.verb in self.step.seldom_verbs and self.step.reason_against(action.verb)
        ]
        hidden.update(action.id for action in seldom)
        return [*(each for each in self.actions() if each.id not in hidden), BY_ID["app.back"]]

    def as_told(self, action: Action) -> Action:
        words = self.step.words.get(action.verb) if self.steps else None
        if words is None or action.scope != "wizard":
            return action
        title, help_ = words
        return replace(action, title=title, help=help_)

    def reason_against(self, action: Action) -> str:
        if action.scope != "wizard":
            return ""
        if action.verb in ("next", "start"):
            return self.step.reason_against_next()
        return self.step.reason_against(action.verb)

    def perform(self, action: Action) -> None:
        reason = self.reason_against(action)
        own = getattr(self.step, f"do_{action.verb}", None)
        if reason and action.scope == "wizard" and action.verb in ("next", "start"):
            if action.verb == "start":
                self.step.asked_too_early()
            self.answers_changed()
            return
        if own is not None and not reason:
            own()
        else:
            super().perform(action)

    def do_start(self) -> None:
        self.do_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "next":
            starts = "start" in self.step.verbs
            self.perform(BY_ID["wizard.start" if starts else "wizard.next"])
        elif event.button.id == "back":
            self.go_back()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.do_next()

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        self.do_next()
