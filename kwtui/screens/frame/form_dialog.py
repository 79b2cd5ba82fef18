"""A form in a dialog, with two buttons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input

from kwtui.errors import KwtuiError
from kwtui.keys.interface_words import in_interface
from kwtui.screens.frame.dialogs import Dialog
from kwtui.text import sentences
from kwtui.widgets.field import Field, Words, push_button
from kwtui.widgets.form import Cycle, Form


class FormDialog(Dialog):
    """A form with two buttons; Enter takes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "take", show=False)]

    def __init__(self, title: str, yes: str, rows: Sequence[Cycle | Field]) -> None:
        super().__init__()
        self._title = title
        self._yes = yes
        self._form = Form(rows)
        self._problem = Words(classes="field--message")
        self._problem.display = False

    def compose(self) -> Iterable[Vertical]:
        yield Vertical(
            Words(self._title, classes="dialog--title"),
            self._form,
            self._problem,
            Horizontal(
                push_button(f"{self._yes} (Enter)", id="take", primary=True),
                push_button("Cancel (Esc)", id="cancel"),
                classes="dialog--buttons",
            ),
            classes="dialog -drill",
        )

    def on_mount(self) -> None:
        self._form.focus_first()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "take":
            self.action_take()
        else:
            self.dismiss(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.action_take()

    def action_take(self) -> None:
        raise NotImplementedError

    def _tell(self, error: KwtuiError) -> None:
        self.say_problem(in_interface(sentences(*error.lines())))

    def say_problem(self, words: str) -> None:
        """Why it cannot be taken, under the form."""
        self._problem.say(words)
        self._problem.display = True
