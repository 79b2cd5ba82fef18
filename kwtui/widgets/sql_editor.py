"""A text area for statements: plain text, several lines, no blinking, no control characters."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult

from kwtui.text import clean
from kwtui.widgets.paint import ROLE_CLASSES
from kwtui.widgets.sql_lines import spans

_HELP = "i: write a statement, e.g. SELECT count(*) FROM shop.public.orders\nF5: run it"


class SqlEditor(TextArea):
    """Tab leaves it, Enter begins a line; whoever shows it decides what runs the statement."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "app.perform('app.quit')", show=False),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = set(ROLE_CLASSES)

    def __init__(
        self, *, id: str | None = None, placeholder: str = _HELP, is_sql: bool = True
    ) -> None:
        """``is_sql``: the text is SQL, and coloured as that."""
        super().__init__(
            id=id,
            compact=True,
            highlight_cursor_line=False,
            placeholder=placeholder,
        )
        self.cursor_blink = False
        self._is_sql = is_sql
        self._spans_of = ""
        self._spans: list[tuple[int, int, str]] = []

    def get_line(self, line_index: int) -> Text:
        """A line of the text, its SQL coloured; constants and comments may begin above it."""
        shown = super().get_line(line_index)
        begin = sum(len(each) + 1 for each in self.text.split("\n")[:line_index])
        for start, end, role in self._coloured():
            if start < begin + len(shown) and end > begin:
                style = self.get_component_rich_style(f"role--{role}", partial=True)
                shown.stylize(style, max(0, start - begin), end - begin)
        return shown

    def _coloured(self) -> list[tuple[int, int, str]]:
        text = self.text
        if self._spans_of != text:
            self._spans_of, self._spans = text, spans(text) if self._is_sql else []
        return self._spans

    def edit(self, edit: Edit) -> EditResult:
        edit.text = cleaned(edit.text)
        return super().edit(edit)

    @property
    def offset_of_cursor(self) -> int:
        """Where the cursor stands in the whole text."""
        row, column = self.cursor_location
        lines = self.text.split("\n")
        return sum(len(each) + 1 for each in lines[:row]) + column

    def move_to_offset(self, offset: int) -> None:
        """Put the cursor on a character of the whole text."""
        self.move_cursor(self.location_of(offset))

    def location_of(self, offset: int) -> tuple[int, int]:
        """Row and column of a character of the whole text."""
        before = self.text[:offset]
        return before.count("\n"), len(before) - (before.rfind("\n") + 1)


def cleaned(text: str) -> str:
    """The text with its own line ends and everything else made visible."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(clean(each) for each in lines)
