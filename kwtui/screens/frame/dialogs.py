"""Small windows over a screen: a problem, a question, a word to type, a page of help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.geometry import Size
from textual.reactive import Reactive
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input

from kwtui.errors import KwtuiError
from kwtui.keys.actions import BY_ID
from kwtui.keys.interface_words import in_interface
from kwtui.screens.frame.styled_once import StyledOnce
from kwtui.widgets.document import Document
from kwtui.widgets.field import Field, Words, push_button
from kwtui.widgets.paint import BLANK, ROLE_CLASSES, Line, heading, paragraph
from kwtui.widgets.styles import style_path

WIDTH = 72
"""Cells of a dialog, as in its style sheet."""

FRAME_ROWS = 7
"""Rows that a message's border, title and buttons take."""

_SUSPEND = BY_ID["app.suspend"]

BUTTON_KEYS: list[BindingType] = [
    Binding("left,h", "app.focus_previous", show=False),
    Binding("right,l", "app.focus_next", show=False),
]


def problem_lines(error: KwtuiError) -> list[Line]:
    """The message in full: what is wrong, why, what to do next."""
    lines = paragraph(in_interface(error.title), "error")
    if error.cause:
        lines += [BLANK, heading("Why"), *paragraph(in_interface(error.cause))]
    if error.hint:
        lines += [BLANK, heading("What to do"), *paragraph(in_interface(error.hint))]
    return lines


class Dialog(StyledOnce[object], ModalScreen[object]):
    """A box in the middle with a text and buttons; Esc answers nothing."""

    CSS_PATH = style_path("dialogs")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        # The application's keys end at a dialog; the way to the shell does not.
        Binding(_SUSPEND.keys, f"app.perform({_SUSPEND.id!r})", show=False, id=_SUSPEND.id),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = set(ROLE_CLASSES)
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    _answered = False

    def action_close(self) -> None:
        self.dismiss(None)

    def dismiss(self, result: object = None) -> AwaitComplete:
        """Answer, once: a second Enter of one burst is not an answer to the screen below."""
        if self._answered:
            return AwaitComplete()
        self._answered = True
        return super().dismiss(result)


class MessageDialog(Dialog):
    """A text to read, with Close and Copy. Answers the text that is to be explained, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *BUTTON_KEYS,
        Binding("y", "copy", show=False),
        Binding("e", "explain", show=False),
        Binding("q", "close", show=False),
        # Where a button has the focus, Enter presses that.
        Binding("enter", "close", show=False),
    ]

    def __init__(
        self, title: str, lines: Sequence[Line], *, error: bool = False, explained: str = ""
    ) -> None:
        """``explained`` is the error in it that can be explained; empty when there is none."""
        super().__init__(classes="-error" if error else "")
        self._title = title
        self._explained = explained
        self._document = Document(lines, classes="dialog--text")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Words(self._title, classes="dialog--title")
            yield self._document
            with Horizontal(classes="dialog--buttons"):
                yield from self.buttons()

    def buttons(self) -> Iterable[Button]:
        yield push_button("Close (Esc)", id="close", primary=True)
        yield push_button("Copy (y)", id="copy")
        if self._explained:
            yield push_button("Explain (e)", id="explain")

    def on_mount(self) -> None:
        # Before it is painted for the first time, and not once more after that.
        self._fit(self.app.size)
        self._document.focus()

    def on_resize(self, event: Resize) -> None:
        self._fit(event.size)

    def _fit(self, size: Size) -> None:
        """As tall as the text, but never taller than the screen."""
        width = min(WIDTH, size.width * 96 // 100) - 5
        rows = self._document.get_content_height(size, size, width)
        self._document.styles.height = max(1, min(rows, size.height - FRAME_ROWS))

    @property
    def text(self) -> str:
        return f"{self._title}\n{self._document.text}"

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "copy":
            self.action_copy()
        elif event.button.id == "explain":
            self.action_explain()
        else:
            self.action_close()

    def action_explain(self) -> None:
        if self._explained:
            self.dismiss(self._explained)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._document.text)


def problem_dialog(error: KwtuiError) -> MessageDialog:
    text = "\n".join(error.lines())
    return MessageDialog("Problem", problem_lines(error), error=True, explained=text)


class ConfirmDialog(Dialog):
    """A question; the harmless answer has the focus. Answers True or False."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *BUTTON_KEYS,
        Binding("y", "answer(True)", show=False),
        Binding("n", "answer(False)", show=False),
    ]

    def __init__(self, title: str, text: str, *, yes: str, no: str = "Cancel") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._yes = yes
        self._no = no

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Words(self._title, classes="dialog--title")
            yield Words(self._text, classes="dialog--words")
            with Horizontal(classes="dialog--buttons"):
                yield push_button(f"{self._no} (n)", id="no", primary=True)
                yield push_button(f"{self._yes} (y)", id="yes")

    def on_mount(self) -> None:
        self.query_one("#no", Button).focus()

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")


class AskDialog(Dialog):
    """One word to type, masked for a password. Answers the text, or None."""

    def __init__(self, title: str, text: str, *, label: str, password: bool = False) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._field = Field(label, name="answer", password=password)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Words(self._title, classes="dialog--title")
            yield Words(self._text, classes="dialog--words")
            yield self._field
            with Horizontal(classes="dialog--buttons"):
                yield push_button("OK (Enter)", id="ok", primary=True)
                yield push_button("Cancel (Esc)", id="cancel")

    def on_mount(self) -> None:
        self._field.input.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(self._field.value if event.button.id == "ok" else None)
