"""The footer: the keys that matter now, in one line that always fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.strip import Strip
from textual.widget import Widget

from kwtui.widgets.paint import Painter, Part

WIDE_COLUMNS = 100
"""From which on the footer also names what is seldom needed."""

MARGIN = 2
"""Cells that stay free: some terminals wrap when the last cell is written."""


@dataclass(frozen=True, slots=True)
class KeyHint:
    """A key and what it does; ``off`` where it would only say why it cannot now."""

    key: str
    title: str
    off: bool = False

    @property
    def width(self) -> int:
        return cell_len(self.key) + 1 + cell_len(self.title)


def fitting(hints: Sequence[KeyHint], always: Sequence[KeyHint], width: int) -> list[KeyHint]:
    """As many of ``hints`` as fit before ``always``, two cells between two of them."""
    room = width - MARGIN - sum(hint.width + 2 for hint in always)
    shown = []
    for hint in hints:
        room -= hint.width + 2
        if room < -2:
            break
        shown.append(hint)
    return [*shown, *always]


class KeyBar(Widget):
    """One line of keys."""

    def __init__(self) -> None:
        super().__init__()
        self._always: tuple[KeyHint, ...] = ()
        self._hints: tuple[KeyHint, ...] = ()
        self._more: tuple[KeyHint, ...] = ()
        self._painter = Painter(self)

    def show_keys(
        self, hints: Sequence[KeyHint], always: Sequence[KeyHint], more: Sequence[KeyHint] = ()
    ) -> None:
        """``always`` stand last and are never left out for want of room; ``more`` follow the hints
        on a wide terminal."""
        shown = (tuple(hints), tuple(always), tuple(more))
        if shown != (self._hints, self._always, self._more):
            self._hints, self._always, self._more = shown
            self.refresh()

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self._parts()).rstrip()

    def _parts(self) -> list[Part]:
        parts: list[Part] = [(" ", "")]
        more = self._more if self.size.width >= WIDE_COLUMNS else ()
        for hint in fitting([*self._hints, *more], self._always, self.size.width - 1):
            parts.append((hint.key, "muted" if hint.off else "strong"))
            parts.append((f" {hint.title}  ", "muted"))
        return parts

    def render_line(self, y: int) -> Strip:
        return self._painter.strip(self._parts(), self.size.width)
