"""Input lines, buttons and the one-line prompt, quiet enough for a slow terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Button, Input, Static

from kwtui.text import clean

Complete = Callable[[str], str | None]
"""What a half typed text could become; may look at files, and is called in a thread."""


class _Completion(Suggester):
    """Asks ``complete``, anew each time: files and databases come and go."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(self._complete, value)


class QuietInput(Input):
    """An input of one line whose cursor does not blink and that keeps control characters out.

    Tab and Right take a completion that is shown; without one Tab goes to the next field.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("tab", "complete", show=False),
    ]

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        password: bool = False,
        complete: Complete | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(
            value if password else clean(value),
            placeholder=placeholder,
            password=password,
            suggester=_Completion(complete) if complete is not None else None,
            compact=True,
            select_on_focus=False,
            id=id,
            classes=classes,
        )
        self.cursor_blink = False
        self._typed_here = False

    def set_completion(self, complete: Complete | None) -> None:
        self.suggester = _Completion(complete) if complete is not None else None

    def on_focus(self) -> None:
        # What stood there before is an answer: Tab leaves it as it is.
        self._typed_here = False
        self._suggestion = ""

    def action_complete(self) -> None:
        if self._typed_here and self._suggestion and self.cursor_at_end:
            self.value = self._suggestion
            self.cursor_position = len(self.value)
        else:
            self.screen.focus_next()

    def insert_text_at_cursor(self, text: str) -> None:
        self._typed_here = True
        super().insert_text_at_cursor(text if self.password else clean(text))


class Words(Static):
    """A label of plain text: never markup, whatever it holds."""

    def __init__(
        self, text: str = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(_content(text), id=id, classes=classes)
        self._words = text

    @property
    def words(self) -> str:
        return self._words

    def say(self, text: str) -> None:
        if text != self._words:
            self._words = text
            self.update(_content(text))


def _content(text: str) -> Content:
    """The text with its own line breaks and no other control character."""
    return Content("\n".join(clean(each) for each in text.split("\n")))


class Field(Vertical):
    """A label, an input beside it, and under it a message when something is wrong."""

    def __init__(
        self,
        label: str,
        value: str = "",
        *,
        name: str,
        placeholder: str = "",
        password: bool = False,
        complete: Complete | None = None,
    ) -> None:
        super().__init__(id=f"field-{name}", classes="field")
        self.label = label
        self.input = QuietInput(
            value,
            placeholder=placeholder,
            password=password,
            complete=complete,
            id=f"input-{name}",
        )
        self._message = Words(classes="field--message")
        self._message.display = False

    def compose(self) -> ComposeResult:
        with Horizontal(classes="field--row"):
            yield Words(self.label, classes="field--label")
            yield self.input
        yield self._message

    @property
    def value(self) -> str:
        return self.input.value

    @value.setter
    def value(self, text: str) -> None:
        self.input.value = text if self.input.password else clean(text)

    def complain(self, message: str) -> None:
        """Say what is wrong with the value; the empty text takes it back."""
        self._message.say(message)
        self._message.display = bool(message)
        self.set_class(bool(message), "-wrong")


class _PushButton(Button):
    """A button from which the arrows lead away, as they lead to it from the fields above."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,right", "app.focus_next", show=False),
        Binding("up,left", "app.focus_previous", show=False),
    ]


def push_button(label: str, *, id: str, primary: bool = False, classes: str = "") -> Button:
    """A button of one line."""
    button = _PushButton(
        Content(label), id=id, compact=True, variant="primary" if primary else "default"
    )
    button.active_effect_duration = 0
    if classes:
        button.add_class(*classes.split())
    return button


class PromptLine(Horizontal):
    """One line above the footer that asks for a word: a filter, a search."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", show=False)]

    class Changed(Message):
        def __init__(self, purpose: str, text: str) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text

    class Closed(Message):
        """``text`` is None when the person gave up."""

        def __init__(self, purpose: str, text: str | None) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self._purpose = ""
        self._label = Words(classes="prompt--label")
        self._input = QuietInput(id="prompt-input")

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._input

    def ask(
        self, purpose: str, label: str, value: str = "", *, complete: Complete | None = None
    ) -> None:
        self._purpose = purpose
        self._input.set_completion(complete)
        self._label.say(f" {label} ")
        with self._input.prevent(Input.Changed):
            self._input.value = clean(value)
        self._input.cursor_position = len(self._input.value)
        self.display = True
        # At once: `focus` would wait, and keys typed meanwhile would go to what had it before.
        self.screen.set_focus(self._input)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(self._purpose, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._close(event.value)

    def action_give_up(self) -> None:
        self._close(None)

    def _close(self, text: str | None) -> None:
        self.display = False
        self.post_message(self.Closed(self._purpose, text))
