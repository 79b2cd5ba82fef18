"""The list of every action, found by typing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from kwtui.keys.actions import ACTIONS, SCREENS
from kwtui.keys.directions import elsewhere
from kwtui.keys.keymap import Keymap
from kwtui.screens.frame.base import KwtuiScreen
from kwtui.screens.frame.dialogs import Dialog
from kwtui.widgets.field import QuietInput, Words
from kwtui.widgets.themes import THEME_WORDS
from kwtui.widgets.virtual_list import Column, VirtualList


@dataclass(frozen=True)
class Command:
    """``call`` names what the application is to do: an action's id, ``theme:dark``, or
    ``at:storage:storage.drill`` for an action of another screen."""

    call: str
    title: str
    help: str
    key: str = ""
    reason: str = ""
    """Why it cannot be done now; empty when it can."""
    place: str = ""
    """The screen that it is on; empty where it can be done from here."""


def matching(commands: Sequence[Command], text: str) -> list[Command]:
    """Commands that hold every typed word: first the title that was typed, then those that begin
    with it, then those that hold it."""
    words = text.casefold().split()
    if not words:
        return list(commands)

    def holds(command: Command) -> bool:
        where = f"{command.title} {command.place} {command.help}".casefold()
        return all(word in where for word in words)

    whole = " ".join(words)

    def rank(command: Command) -> int:
        title = command.title.casefold()
        if title == whole:
            return 0
        return 1 if title.startswith(words[0]) else 2 if words[0] in title else 3

    return sorted((c for c in commands if holds(c)), key=rank)


def all_commands(screen: KwtuiScreen | None, keys: Keymap) -> list[Command]:
    """What the palette offers: this screen's actions, what works everywhere, all other actions."""
    commands = []
    own = screen.actions() if screen is not None else []
    if screen is not None:
        for action in own:
            reason = screen.reason_against(action)
            told = screen.as_told(action)
            commands.append(Command(action.id, told.title, told.help, keys.text_of(action), reason))
    titles = {name: f"Go to {title}" for name, _, title in SCREENS}
    for action in ACTIONS:
        if action.scope == "app" and action.id not in ("app.palette", "app.back"):
            name = action.verb.removeprefix("open_")
            commands.append(
                Command(
                    action.id,
                    titles.get(name, action.title),
                    action.help,
                    keys.text_of(action),
                )
            )
    for action, place in elsewhere(frozenset(action.id for action in own)):
        call = f"at:{place.screen}:{action.id}"
        commands.append(Command(call, action.title, action.help, place=place.title))
    for theme, words in THEME_WORDS.items():
        commands.append(Command(f"theme:{theme}", f"Theme: {theme}", words))
    return commands


class PaletteDialog(Dialog):
    """Answers the chosen command's ``call``, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
    ]

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__()
        self._commands = list(commands)
        self._list: VirtualList[Command] = VirtualList(
            (Column("", 20), Column("", 12), Column("", 10, grow=True, drop=1)),
            _cells,
            key=lambda command: command.call,
            header=False,
            empty="No action has these words.",
            id="palette-list",
        )

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -palette"):
            yield Words("All actions", classes="dialog--title")
            yield QuietInput(placeholder="type to find an action", id="palette-input")
            yield self._list

    def on_mount(self) -> None:
        self._list.can_focus = False
        self._list.keeps_cursor = True
        self._list.set_rows(self._commands)
        self.query_one(QuietInput).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._list.set_rows(matching(self._commands, event.value))
        self._list.move_to(0)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        chosen = self._list.current
        self.dismiss(chosen.call if chosen else None)

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        self.dismiss(event.row.call)

    def action_move(self, rows: int) -> None:
        self._list.move_to(max(0, self._list.cursor + rows))


def _cells(command: Command) -> list[tuple[str, str]]:
    here = not command.reason and not command.place
    return [
        (command.title, "strong" if here else "muted" if command.reason else ""),
        (command.place, "muted") if command.place else (command.key, "accent"),
        (command.reason or command.help, "muted"),
    ]
