"""A page of text that scrolls: facts, plans, statements, results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Blur, DescendantBlur, DescendantFocus, Focus, Resize
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kwtui.widgets.paint import Line, Painter, Part, wrap


def changed_cells(before: Sequence[Part], after: Sequence[Part]) -> tuple[int, int]:
    """The cells from and to which two rows differ: a slow line carries no more than those."""
    old = [(sign, role) for text, role in before for sign in text]
    new = [(sign, role) for text, role in after for sign in text]
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    start = _cells(new[:head])
    end = max(_cells(old), _cells(new))
    if _cells(old) == _cells(new):
        rest = range(1, shorter - head + 1)
        tail = next((i - 1 for i in rest if old[-i] != new[-i]), shorter - head)
        end -= _cells(new[len(new) - tail :])
    return start, max(end, start + 1)


def _cells(signs: Sequence[Part]) -> int:
    return cell_len("".join(sign for sign, _ in signs))


class Document(ScrollView, can_focus=True):
    """Wrapped lines. Setting new lines repaints only those that changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", show=False),
        Binding("k,up", "scroll_up", show=False),
        Binding("g,home", "top", show=False),
        Binding("G,end", "bottom", show=False),
        Binding("space,pagedown", "page_down", show=False),
        Binding("b,pageup", "page_up", show=False),
    ]

    def __init__(
        self,
        lines: Sequence[Line] = (),
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = list(lines)
        self._wrapped: list[tuple[Part, ...]] = []
        self._width = 0
        self._painter = Painter(self)
        self._match_row = -1

    @property
    def text(self) -> str:
        """All lines as plain text, unwrapped."""
        return "\n".join(each.text for each in self._lines)

    @property
    def line_width(self) -> int:
        """The cells of a line before it is wrapped."""
        return self.scrollable_content_region.width

    def set_lines(self, lines: Sequence[Line], *, keep_scroll: bool = True) -> None:
        """Show ``lines``; the place that one reads stays unless ``keep_scroll`` is off."""
        if self._lines == list(lines) and (keep_scroll or self.scroll_offset.y == 0):
            return
        old = self._wrapped
        self._lines = list(lines)
        self._match_row = -1
        self._rewrap()
        if not keep_scroll:
            self.scroll_to(0, 0, animate=False)
            self.refresh()
            return
        top, height = self.scroll_offset.y, self.size.height
        for row in range(top, top + height):
            before = old[row] if row < len(old) else ()
            after = self._wrapped[row] if row < len(self._wrapped) else ()
            if before != after:
                start, end = changed_cells(before, after)
                self.refresh(Region(start, row - top, end - start, 1))

    def find(self, text: str, *, forward: bool = True) -> bool:
        """Go to the next row that holds ``text`` in any case; False if there is none."""
        rows = len(self._wrapped)
        if not text or not rows:
            return False
        wanted = text.casefold()
        start = self._match_row if self._match_row >= 0 else self.scroll_offset.y - 1
        for step in range(1, rows + 1):
            row = (start + step if forward else start - step) % rows
            if wanted in "".join(t for t, _ in self._wrapped[row]).casefold():
                self._match_row = row
                self.scroll_to(y=max(0, row - self.size.height // 2), animate=False)
                self.refresh()
                return True
        return False

    def reveal(self, index: int) -> None:
        """Scroll so that the logical line with this index stands near the top."""
        row = sum(len(wrap(each, self._width)) for each in self._lines[:index])
        self.scroll_to(y=max(0, row - 1), animate=False)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return sum(len(wrap(each, width)) for each in self._lines)

    def _on_focus(self, event: Focus) -> None:
        # Unlike any widget, it looks the same with the focus: to paint it again is up to 7 KB.
        event.prevent_default()
        self.has_focus = True
        if self.parent is not None:
            self.parent.post_message(DescendantFocus(self))

    def _on_blur(self, event: Blur) -> None:
        event.prevent_default()
        self.has_focus = False
        if self.parent is not None:
            self.parent.post_message(DescendantBlur(self))

    def on_resize(self, event: Resize) -> None:
        width = self.scrollable_content_region.width
        if width != self._width:
            self._rewrap()
            self.refresh()

    def _rewrap(self) -> None:
        self._width = self.scrollable_content_region.width
        self._wrapped = []
        for each in self._lines:
            self._wrapped.extend(wrap(each, self._width))
        size = Size(self._width, len(self._wrapped))
        if size != self.virtual_size:
            self.virtual_size = size

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        parts = self._wrapped[row] if 0 <= row < len(self._wrapped) else ()
        cursor = Style(reverse=True) if row == self._match_row else None
        return self._painter.strip(parts, self.size.width, cursor=cursor)

    def action_top(self) -> None:
        self.scroll_home(animate=False)

    def action_bottom(self) -> None:
        self.scroll_end(animate=False)

    def action_scroll_down(self) -> None:
        self.scroll_to(y=self.scroll_offset.y + 1, animate=False)

    def action_scroll_up(self) -> None:
        self.scroll_to(y=self.scroll_offset.y - 1, animate=False)

    def action_page_down(self) -> None:
        self.scroll_to(y=self.scroll_offset.y + max(1, self.size.height - 1), animate=False)

    def action_page_up(self) -> None:
        self.scroll_to(y=self.scroll_offset.y - max(1, self.size.height - 1), animate=False)
