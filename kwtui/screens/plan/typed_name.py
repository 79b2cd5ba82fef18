"""A name to be typed before something dangerous is started."""

from __future__ import annotations

from collections.abc import Callable

from kwtui.screens.frame.base import KwtuiScreen
from kwtui.screens.frame.dialogs import AskDialog

PRODUCTION = "This is a PRODUCTION server"


def ask_name(
    screen: KwtuiScreen,
    title: str,
    text: str,
    word: str,
    allowed: Callable[[], object],
    *,
    otherwise: str = "Not started: that is another name.",
) -> None:
    """Call ``allowed`` once ``word`` was typed; another one is told, and starts nothing."""

    def answered(answer: object) -> None:
        if not isinstance(answer, str):
            return
        if answer.strip() == word:
            allowed()
        else:
            screen.say(otherwise, warning=True)

    screen.app.push_screen(AskDialog(title, text, label="Name"), answered)
