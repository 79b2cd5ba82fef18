"""The main screens in one line, on terminals that are wide enough; a click opens one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from kwtui.widgets.paint import ROLE_CLASSES, Painter, Part


class ScreenTabs(Widget):
    """``screens`` are (name, key, title); the present one is known by its key."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(ROLE_CLASSES)

    class Chosen(Message):
        """Somebody clicked on the screen of this name."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.screen_name = name

    def __init__(self, screens: Sequence[tuple[str, str, str]], present: str) -> None:
        super().__init__()
        self._screens = tuple(screens)
        self._present = present
        self._painter = Painter(self)

    def _titles(self) -> list[str]:
        return [
            f"[{key} {title}]" if key == self._present else f" {key} {title} "
            for _, key, title in self._screens
        ]

    def render_line(self, y: int) -> Strip:
        parts: list[Part] = [
            (title, "heading" if key == self._present else "muted")
            for title, (_, key, _) in zip(self._titles(), self._screens, strict=True)
        ]
        return self._painter.strip(parts, self.size.width)

    def on_click(self, event: Click) -> None:
        end = 0
        for title, (name, _, _) in zip(self._titles(), self._screens, strict=True):
            end += cell_len(title)
            if event.x < end:
                self.post_message(self.Chosen(name))
                return
