"""One line of titles, of which one is shown below; the present one stands in brackets."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip
from textual.widget import Widget

from kwtui.widgets.paint import Painter, Part


class TabLine(Widget):
    """``marks`` put an exclamation mark behind a title that wants to be looked at."""

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__()
        self._titles = tuple(titles)
        self._current = 0
        self._marked: frozenset[int] = frozenset()
        self._painter = Painter(self)

    @property
    def current(self) -> int:
        return self._current

    def show_tab(self, index: int) -> None:
        if index != self._current:
            self._current = index
            self.refresh()

    def mark(self, indexes: Sequence[int]) -> None:
        marked = frozenset(indexes)
        if marked != self._marked:
            self._marked = marked
            self.refresh()

    def render_line(self, y: int) -> Strip:
        parts: list[Part] = [(" ", "")]
        for index, title in enumerate(self._titles):
            here = index == self._current
            left, right = ("[", "]") if here else (" ", " ")
            parts.append((f"{left}{title}", "heading" if here else "muted"))
            if index in self._marked:
                parts.append(("!", "warning"))
            parts.append((f"{right} ", "heading" if here else "muted"))
        return self._painter.strip(parts, self.size.width)
