"""The few lines under a list that tell about its current row."""

from __future__ import annotations

from collections.abc import Sequence

from kwtui.widgets.document import Document
from kwtui.widgets.paint import Line


class Note(Document, can_focus=False):
    """Read from its first line on, whatever row was told of before; keys stay with the list."""

    def __init__(self, *, tall: bool = False) -> None:
        super().__init__(classes="note -tall" if tall else "note")

    def tell(self, lines: Sequence[Line]) -> None:
        self.set_lines(lines, keep_scroll=False)
