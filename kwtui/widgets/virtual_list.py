"""A list that renders only the rows that are seen, so that 100,000 of them cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from rich.style import Style
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.events import Blur, Click, Focus, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kwtui.widgets.paint import Painter, Part, fit, line, part, wrap

Row = TypeVar("Row")
_Painted = tuple[tuple[Part, ...], Style | None]


@dataclass(frozen=True, slots=True)
class Column:
    """``width`` in cells; a growing column shares what is left, at least ``width``.

    Columns with the highest ``drop`` leave first where the list is too narrow; 0 stays always.
    """

    title: str
    width: int
    align: str = "left"
    grow: bool = False
    drop: int = 0


def layout(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    """(index, width) of the columns that fit into ``width`` cells, one cell between two."""
    shown = list(range(len(columns)))

    def needed() -> int:
        return sum(columns[i].width for i in shown) + max(0, len(shown) - 1)

    while needed() > width and any(columns[i].drop for i in shown):
        shown.remove(max(shown, key=lambda i: (columns[i].drop, i)))
    spare = max(0, width - needed())
    growing = [i for i in shown if columns[i].grow]
    widths = []
    for index in shown:
        extra = 0
        if index in growing:
            extra = spare // len(growing)
            if index == growing[-1]:
                extra = spare - extra * (len(growing) - 1)
        widths.append((index, columns[index].width + extra))
    return widths


class VirtualList(ScrollView, Generic[Row], can_focus=True):
    """Rows under an optional header, with one cursor; ``cells`` gives a row's parts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "cursor_by(1)", show=False),
        Binding("k,up", "cursor_by(-1)", show=False),
        Binding("g,home", "cursor_to(0)", show=False),
        Binding("G,end", "cursor_to(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("enter", "select", show=False),
    ]

    class OfRow(Message):
        """Something about one row of this list."""

        def __init__(self, list_view: VirtualList[Any], row: Any) -> None:
            super().__init__()
            self.list_view = list_view
            self.row = row

        @property
        def control(self) -> VirtualList[Any]:
            return self.list_view

    class Highlighted(OfRow):
        """The cursor stands on another row, or the rows changed."""

    class Selected(OfRow):
        """Enter, or a second click on the row."""

    def __init__(
        self,
        columns: Sequence[Column],
        cells: Callable[[Row], Sequence[str | Part]],
        *,
        key: Callable[[Row], str],
        header: bool = True,
        empty: str = "Nothing here.",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = tuple(columns)
        self.empty = empty
        self.keeps_cursor = False
        """Show the cursor in full without the focus, where another widget moves it."""
        self._cells = cells
        self._key = key
        self._header = 1 if header else 0
        self._rows: Sequence[Row] = ()
        self._cursor = 0
        self._layout: list[tuple[int, int]] = []
        self._width = 0
        self._painter = Painter(self)
        self._painted: dict[int, _Painted] = {}
        """What stands in each line of the terminal that this widget has."""

    # -- rows and cursor -------------------------------------------------------------------------

    @property
    def rows(self) -> Sequence[Row]:
        return self._rows

    @property
    def cursor(self) -> int:
        """Index of the row under the cursor; 0 in an empty list."""
        return self._cursor

    @property
    def current(self) -> Row | None:
        return self._rows[self._cursor] if self._rows else None

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show ``rows``; the cursor stays on the row with the same key, if it is still there."""
        key = self._key(self._rows[self._cursor]) if self._rows else None
        place = self._cursor
        self._rows = rows
        self._cursor = max(0, min(place, len(rows) - 1))
        if key is not None and rows and self._key(rows[self._cursor]) != key:
            self._cursor = next(
                (i for i, row in enumerate(rows) if self._key(row) == key), self._cursor
            )
        self._resized()
        self._show_cursor()
        self._repaint_changed()
        self.post_message(self.Highlighted(self, self.current))

    def _repaint_changed(self) -> None:
        """A list that follows a folder must not send itself over a slow line again and again."""
        for y in range(self.size.height):
            if self._painted.get(y) != self._line(y):
                self.refresh(Region(0, y, self.size.width, 1))

    def move_to(self, index: int) -> None:
        """Put the cursor on a row; negative counts from the end."""
        if not self._rows:
            return
        index = len(self._rows) + index if index < 0 else index
        index = max(0, min(index, len(self._rows) - 1))
        if index == self._cursor:
            return
        old, self._cursor = self._cursor, index
        self.redraw_row(old)
        self.redraw_row(index)
        self._show_cursor()
        self.post_message(self.Highlighted(self, self.current))

    def redraw_row(self, index: int) -> None:
        """Paint one row anew, e.g. after its mark changed."""
        y = index - self.scroll_offset.y + self._header
        if self._header <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _show_cursor(self) -> None:
        visible = self.size.height - self._header
        if visible <= 0:
            return
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + visible:
            self.scroll_to(y=self._cursor - visible + 1, animate=False)

    # -- painting --------------------------------------------------------------------------------

    def on_resize(self, event: Resize) -> None:
        self._resized()
        self._show_cursor()

    def _resized(self) -> None:
        self._lay_out()
        width = self.scrollable_content_region.width
        size = Size(width, len(self._rows) + self._header)
        if size != self.virtual_size:
            self.virtual_size = size

    def _lay_out(self) -> None:
        self._width = self.scrollable_content_region.width
        self._layout = layout(self.columns, max(0, self._width - 1))

    def render_line(self, y: int) -> Strip:
        if self._width != self.scrollable_content_region.width:
            # The scrollbar came or went, of which no event tells.
            self._lay_out()
        self._painted[y] = parts, cursor = self._line(y)
        return self._painter.strip(parts, self.size.width, cursor=cursor)

    def _line(self, y: int) -> _Painted:
        if y < self._header:
            titles = [part(column.title, "column") for column in self.columns]
            return tuple(self._fitted(titles)), None
        index = y - self._header + self.scroll_offset.y
        if index >= len(self._rows):
            return self._empty_line(index) if not self._rows else (), None
        cells = [
            part(c) if isinstance(c, str) else part(*c) for c in self._cells(self._rows[index])
        ]
        cursor = None
        if index == self._cursor:
            active = self.has_focus or self.keeps_cursor
            cursor = Style(reverse=True) if active else Style(underline=True)
        return tuple(self._fitted(cells)), cursor

    def _empty_line(self, index: int) -> tuple[Part, ...]:
        """What an empty list says may take several lines."""
        words = wrap(line((f" {self.empty}", "muted"), indent=1), max(1, self._width - 1))
        return words[index] if index < len(words) else ()

    def _fitted(self, cells: Sequence[Part]) -> list[Part]:
        fitted: list[Part] = [(" ", "")]
        for position, (index, width) in enumerate(self._layout):
            if position:
                fitted.append((" ", ""))
            text, role = cells[index]
            fitted.append((fit(text, width, self.columns[index].align), role))
        return fitted

    def on_focus(self, event: Focus) -> None:
        self.redraw_row(self._cursor)

    def on_blur(self, event: Blur) -> None:
        self.redraw_row(self._cursor)

    # -- keys and mouse --------------------------------------------------------------------------

    def action_cursor_by(self, rows: int) -> None:
        self.move_to(max(0, self._cursor + rows))

    def action_cursor_to(self, index: int) -> None:
        self.move_to(index)

    def action_page(self, direction: int) -> None:
        self.move_to(max(0, self._cursor + direction * max(1, self.size.height - self._header - 1)))

    def action_select(self) -> None:
        if not self._rows:
            raise SkipAction
        self.post_message(self.Selected(self, self._rows[self._cursor]))

    def on_click(self, event: Click) -> None:
        index = event.y - self._header + self.scroll_offset.y
        if event.y < self._header or not 0 <= index < len(self._rows):
            return
        if index == self._cursor and event.chain > 1:
            self.action_select()
        else:
            self.move_to(index)
