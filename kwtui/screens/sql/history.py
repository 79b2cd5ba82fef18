"""The statements that were typed before, found by typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from kwtui.screens.frame.dialogs import Dialog
from kwtui.server.console.history import HistoryEntry
from kwtui.widgets.field import QuietInput, Words
from kwtui.widgets.paint import Part
from kwtui.widgets.virtual_list import Column, VirtualList


class HistoryDialog(Dialog):
    """Answers the chosen statement, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
    ]

    def __init__(self, entries: Sequence[HistoryEntry]) -> None:
        super().__init__()
        self._entries = list(entries)
        self._list: VirtualList[HistoryEntry] = VirtualList(
            (Column("", 11), Column("", 2), Column("", 20, grow=True)),
            _cells,
            key=lambda entry: entry.at.isoformat(),
            header=False,
            empty="No statement has these words.",
        )

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -palette"):
            yield Words("Statements of before", classes="dialog--title")
            yield QuietInput(placeholder="type to find one")
            yield self._list

    def on_mount(self) -> None:
        self._list.can_focus = False
        self._list.set_rows(self._entries)
        self.query_one(QuietInput).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        words = event.value.casefold().split()
        self._list.set_rows(
            [e for e in self._entries if all(word in e.sql.casefold() for word in words)]
        )
        self._list.move_to(0)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        chosen = self._list.current
        self.dismiss(chosen.sql if chosen else None)

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        self.dismiss(event.row.sql)

    def action_move(self, rows: int) -> None:
        self._list.move_to(max(0, self._list.cursor + rows))


def _cells(entry: HistoryEntry) -> list[str | Part]:
    mark: str | Part = "" if entry.ok else ("✗", "error")
    return [(f"{entry.at:%m-%d %H:%M}", "muted"), mark, " ".join(entry.sql.split())]
