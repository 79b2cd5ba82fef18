"""Where one is in a wizard: a line of steps, or a column of them where there is room."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip
from textual.widget import Widget

from kwtui.widgets.paint import Painter, Part, fit


class Stepper(Widget):
    """Done steps carry a tick, the present one is bold and pointed at: colour is only an extra."""

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__()
        self._titles = tuple(titles)
        self._current = 0
        self._painter = Painter(self)

    def show_step(self, index: int) -> None:
        if index != self._current:
            self._current = index
            self.refresh()

    def _part(self, index: int, width: int = 0) -> Part:
        if index < self._current:
            mark, role = "✓", "good"
        elif index == self._current:
            mark, role = "▸", "heading"
        else:
            mark, role = " ", "muted"
        text = f"{mark}{index + 1} {self._titles[index]}"
        return (fit(text, width) if width else text, role)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self.size.height > 1:
            if y == 0 or y > len(self._titles):
                return self._painter.strip((), width)
            return self._painter.strip([(" ", ""), self._part(y - 1, width - 2)], width)
        parts: list[Part] = []
        for index in range(len(self._titles)):
            parts += [(" ", ""), self._part(index)]
        return self._painter.strip(parts, width)
