"""A small list over a screen, of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical

from kwtui.screens.frame.dialogs import Dialog
from kwtui.widgets.field import Words
from kwtui.widgets.virtual_list import Column, VirtualList


@dataclass(frozen=True)
class Choice:
    """``text`` is what choosing it gives."""

    title: str
    text: str


class ChooseDialog(Dialog):
    """Answers the chosen Choice, or None."""

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = title
        self._list: VirtualList[Choice] = VirtualList(
            (Column("", 20), Column("", 30, grow=True)),
            lambda choice: [(choice.title, "strong"), (choice.text, "muted")],
            key=lambda choice: choice.title,
            header=False,
        )
        self._list.styles.height = max(1, min(len(choices), 14))
        self._choices = list(choices)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Words(self._title, classes="dialog--title")
            yield self._list
            yield Words("Enter takes it, Esc leaves.", classes="dialog--end")

    def on_mount(self) -> None:
        self._list.set_rows(self._choices)
        self._list.focus()

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        self.dismiss(event.row)
