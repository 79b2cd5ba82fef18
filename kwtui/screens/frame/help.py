"""The help page of a screen: what it is for, and its keys as they are now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Button

from kwtui.keys.actions import actions_of
from kwtui.keys.spelling import spelled
from kwtui.screens.frame.base import KwtuiScreen
from kwtui.screens.frame.dialogs import MessageDialog
from kwtui.widgets.field import push_button
from kwtui.widgets.paint import BLANK, Line, fit, heading, line, paragraph

_MOVING = (
    ("j k ↓ ↑", "move or scroll"),
    ("g G", "first and last"),
    ("PgUp PgDn", "a page"),
    ("Tab", "next field, list or button; takes a grey completion"),
    ("← →", "another choice in a form; further columns of a wide table"),
    ("Esc", "one step back; nothing is lost"),
)


_COMMANDS = {
    "connection": ("server",),
    "storage": ("list",),
    "retention": ("prune", "--dry-run"),
    "leftovers": ("cleanup",),
    "logs": ("logs",),
    "runs": ("runs",),
    "jobs": ("jobs",),
    "server": ("server",),
    "sql": ("sql", "SELECT 1"),
    "policies": ("policy",),
    "doctor": ("doctor",),
}
"""What shows the same as a screen; the pages of wizards, plans and sets show their own command."""


def help_lines(screen: KwtuiScreen) -> list[Line]:
    keys = screen.kwtui.keys
    lines = [*paragraph(spelled(screen.about)), BLANK, heading("Keys here")]
    for action in screen.actions():
        if not action.keys:
            continue
        reason = screen.reason_against(action)
        told = screen.as_told(action).help
        told = f"{told} (not now: {reason})" if reason else told
        lines.append(_key(keys.text_of(action), told))
    words = _COMMANDS.get(screen.scope)
    if words is not None:
        lines += [BLANK, heading("The same from the command line")]
        lines.append(
            line(("$ ", "muted"), (screen.controller.commands.line(*words), "accent"), indent=2)
        )
    lines += [BLANK, heading("Moving")]
    lines += [_key(key, words) for key, words in _MOVING]
    lines += [BLANK, heading("Everywhere")]
    lines += [
        _key(keys.text_of(action), action.help)
        for action in actions_of("app")
        if action.keys and action.id != "app.back"
    ]
    return lines


def _key(key: str, words: str) -> Line:
    return line(("  " + fit(key, 11), "accent"), words, indent=13)


class HelpDialog(MessageDialog):
    """The help of one screen; leads to the manual."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("m", "manual", show=False)]

    def buttons(self) -> Iterable[Button]:
        yield from super().buttons()
        yield push_button("Manual (m)", id="manual")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "manual":
            event.prevent_default()
            self.action_manual()

    def action_manual(self) -> None:
        self.dismiss(None)
        self.app.call_later(self.app.run_action, "perform('app.open-manual')")


def help_dialog(screen: KwtuiScreen) -> HelpDialog:
    return HelpDialog(f"Help: {screen.title_text}", help_lines(screen))
