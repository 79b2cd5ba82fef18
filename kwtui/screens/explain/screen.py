"""Explaining errors: from a dialog, a log, a run, or pasted."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import TextArea

from kwtui.diagnosis import Diagnosis, KnownCheck
from kwtui.keys.action import Action
from kwtui.screens.explain.page import (
    ASKING,
    LETTERS,
    checks_of,
    diagnosis_lines,
    empty_lines,
    summary_words,
)
from kwtui.screens.frame.base import KwtuiScreen
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.choice_dialog import Choice, ChooseDialog
from kwtui.widgets.document import Document
from kwtui.widgets.field import Words
from kwtui.widgets.sql_editor import SqlEditor
from kwtui.widgets.styles import style_path

TYPING_SECONDS = 0.3
"""After the last key, before what was typed is looked up."""


class ExplainScreen(KwtuiScreen):
    scope: ClassVar[str] = "explain"
    title_text: ClassVar[str] = "Explain"
    about: ClassVar[str] = (
        "What an error means, its likely causes in order, what to check and what to do. The letter"
        " before a check asks it, read-only, on the connected server, in its log or"
        " on this machine. {explain.edit} goes to the text, where anything may be pasted. For"
        " an unknown error the"
        " most similar known ones are named."
    )
    CSS_PATH = style_path("explain")
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("explain"),
        *(Binding(key, f"ask({n})", show=False) for n, key in enumerate(LETTERS) if n),
    ]

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._given = text
        self._found: list[Diagnosis] = []
        self._at = 0
        self._answers: dict[str, tuple[str, ...]] = {}
        self._timer: Timer | None = None
        self._summary = Words(classes="summary")
        self._editor = SqlEditor(id="pasted", placeholder="Paste an error here.", is_sql=False)
        self._document = Document()
        self._explained: str | None = None
        """The text that is explained."""

    def body(self) -> Iterable[Widget]:
        yield self._editor
        yield self._summary
        yield self._document

    def on_mount(self) -> None:
        self._editor.load_text(self._given)
        self._explain()
        (self._document if self._given else self._editor).focus()

    # -- explaining ------------------------------------------------------------------------------

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        if self._timer is not None:
            self._timer.stop()
        if self._editor.text == self._explained:
            return  # Explained already: whoever turned to another error stays there.
        self._timer = self.set_timer(TYPING_SECONDS, self._explain)

    def _explain(self) -> None:
        self._explained = self._editor.text
        self._found = self.controller.doctor.explain(self._explained)
        # What kwtui said itself about the error stands before it and explains nothing.
        self._at = next((n for n, each in enumerate(self._found) if each.is_known), 0)
        self._answers = {}
        self._show(keep_scroll=False)

    def _show(self, *, keep_scroll: bool = True) -> None:
        text = self._editor.text
        self._summary.say(summary_words(self._found, self._at) if text.strip() else "")
        current = self._current
        lines = diagnosis_lines(current, self._answers) if current else empty_lines(text)
        self._document.set_lines(lines, keep_scroll=keep_scroll)
        self.show_keys()

    @property
    def _current(self) -> Diagnosis | None:
        return self._found[self._at] if self._found else None

    # -- checks ----------------------------------------------------------------------------------

    def do_check(self) -> None:
        self.action_ask(0)

    def action_ask(self, number: int) -> None:
        """Ask the check with this number, if there is one."""
        checks = checks_of(self._current)
        if number < len(checks):
            self._ask(checks[number])
        else:
            self.say(f"There is no check {LETTERS[number]} here.", warning=True)

    def do_all(self) -> None:
        for check in reversed(checks_of(self._current)):
            self._ask(check)

    def _ask(self, check: KnownCheck) -> None:
        self._answers[check.name] = ASKING
        self._show()
        self._document.reveal(self._line_of(check))
        self.run_task(partial(self._answer, check), f"check-{check.name}")

    def _line_of(self, check: KnownCheck) -> int:
        """Where on the page it stands."""
        lines = self._document.text.split("\n")
        return next((i for i, each in enumerate(lines) if each.endswith(check.title)), 0)

    async def _answer(self, check: KnownCheck) -> None:
        answer = tuple(await self.controller.doctor.answer(check.name)) or ("nothing",)
        if check.name in self._answers:
            self._answers[check.name] = answer
            self._show()

    # -- actions ---------------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        current = self._current
        if action.verb in ("check", "all") and not checks_of(current):
            return "There is nothing to check."
        if action.verb in ("next_part", "previous_part") and len(self._found) < 2:
            return "There is no other error in this text."
        if action.verb == "nearest" and not (current and current.nearest):
            return "No other error is near."
        return ""

    def do_next_part(self) -> None:
        self._turn(1)

    def do_previous_part(self) -> None:
        self._turn(-1)

    def _turn(self, step: int) -> None:
        self._at = (self._at + step) % len(self._found)
        self._show(keep_scroll=False)

    def do_nearest(self) -> None:
        current = self._current
        if current is None:
            return

        def answered(choice: object) -> None:
            if isinstance(choice, Choice):
                self.open_over(ExplainScreen(choice.title))

        choices = [Choice(near.code, near.title) for near in current.nearest]
        self.app.push_screen(ChooseDialog("Nearest known errors", choices), answered)

    def do_edit(self) -> None:
        self._editor.focus()

    def do_copy(self) -> None:
        self.app.copy_to_clipboard(self._document.text)

    def go_back(self) -> bool:
        if self._editor.has_focus and self._editor.text.strip():
            self._document.focus()
            return True
        return False
