"""A page of Markdown that scrolls by keyboard, fits 80 columns and can be searched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Markdown
from textual.widgets._markdown import MarkdownTable
from textual.widgets.markdown import MarkdownBlock, MarkdownFence

from kwtui.manual.plain import table_lines

HIT = "-hit"
"""The class of what a search found."""


class TableText(Widget):
    """A table as aligned lines, in one widget: Textual's own has one for each cell (8.2.8)."""

    def __init__(self, rows: Sequence[Sequence[str]]) -> None:
        super().__init__()
        self._rows = rows
        self._hit = -1

    @property
    def lines(self) -> list[str]:
        return table_lines(self._rows, self.size.width)

    def mark_line(self, index: int) -> None:
        """Let one line stand out; -1 for none."""
        self._hit = index
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(table_lines(self._rows, width))

    def render(self) -> Content:
        styles = {0: "bold"} | {self._hit: "reverse"}
        return Content("\n").join(
            Content.styled(line, styles.get(number, ""))
            for number, line in enumerate(table_lines(self._rows, self.size.width))
        )


class _Table(MarkdownTable):
    def compose(self) -> ComposeResult:
        headers, rows = self._get_headers_and_rows()
        yield TableText([[cell.plain for cell in row] for row in (headers, *rows)])


class _Fence(MarkdownFence):
    """Long commands are folded, so that no one needs to scroll sideways."""

    @classmethod
    def highlight(cls, code: str, language: str, ansi: bool = False, dark: bool = False) -> Content:
        return Content(code)


class _Text(Markdown):
    def __init__(self) -> None:
        super().__init__(open_links=False)

    def get_block_class(self, block_name: str) -> type[MarkdownBlock]:
        own: dict[str, type[MarkdownBlock]] = {"table_open": _Table, "fence": _Fence}
        return own.get(block_name) or super().get_block_class(block_name)


class MarkdownPage(VerticalScroll):
    """One page. `Markdown.LinkClicked` bubbles from it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
        Binding("space", "page_down", show=False),
        Binding("b", "page_up", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = _Text()
        self._at = -1
        """The place of `_places` that was found last."""

    def compose(self) -> ComposeResult:
        yield self._text

    async def show(self, markdown: str) -> None:
        """Another page, from its beginning."""
        self._at = -1
        with self.app.batch_update():
            await self._text.update(markdown)
        self.scroll_home(animate=False)

    def find(self, text: str, *, forward: bool = True) -> bool:
        """Go to the next place that holds ``text`` in any case; False if there is none."""
        places = list(self._places())
        wanted = text.casefold()
        self._mark(places, -1)
        start = self._at if forward or self._at >= 0 else 0
        for step in range(1, len(places) + 1):
            index = (start + step if forward else start - step) % len(places)
            if wanted in places[index][2].casefold():
                self._mark(places, index)
                return True
        self._at = -1
        return False

    def _mark(self, places: Sequence[tuple[Widget, int, str]], index: int) -> None:
        """Let that place stand out and no other, and bring it into sight."""
        if index < 0:
            for widget, _, _ in places:
                widget.remove_class(HIT)
                if isinstance(widget, TableText):
                    widget.mark_line(-1)
            return
        self._at = index
        widget, row, _ = places[index]
        if isinstance(widget, TableText):
            widget.mark_line(row)
        else:
            widget.add_class(HIT)
        top = widget.virtual_region_with_margin.y
        for parent in widget.ancestors:
            if parent is self or not isinstance(parent, Widget):
                break
            top += parent.virtual_region.y
        self.scroll_to(y=max(0, top + row - self.size.height // 3), animate=False)

    def _places(self) -> Iterator[tuple[Widget, int, str]]:
        """What can be found, from top to bottom: widget, row in it, text."""
        for widget in self._text.walk_children(Widget):
            if isinstance(widget, TableText):
                for row, line in enumerate(widget.lines):
                    yield widget, row, line
            elif isinstance(widget, MarkdownFence):
                yield widget, 0, widget.code
            elif isinstance(widget, MarkdownBlock) and not widget.children:
                yield widget, 0, str(widget.content)
