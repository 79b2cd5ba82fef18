"""A window on a log of any size: it reads what it shows and nothing more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from kwtui.node.logs.file.lines import LogLine
from kwtui.node.logs.source import LineSource
from kwtui.widgets.log_rows import GUTTER, Row, rows_of
from kwtui.widgets.paint import Painter

SIDEWAYS_CELLS = 16
SHORTEST_GAP = 60
"""Seconds without an entry that are shown as a gap."""


class LogView(Widget, can_focus=True):
    """Stands at the end and follows, or holds where the person scrolled to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", show=False),
        Binding("k,up", "move(-1)", show=False),
        Binding("space,pagedown", "page(1)", show=False),
        Binding("b,pageup", "page(-1)", show=False),
        Binding("g,home", "begin", show=False),
        Binding("G,end", "end", show=False),
        Binding("l,right", "sideways(1)", show=False),
        Binding("h,left", "sideways(-1)", show=False),
    ]

    class Moved(Message):
        """The cursor stands on another line, or following began or ended."""

    def __init__(self) -> None:
        super().__init__()
        self._source: LineSource | None = None
        self._lines: list[LogLine] = []
        self._rows: list[Row] = []
        self._edge: int | None = None
        """The line that holds the picture; None at the end, where it follows."""
        self._at_bottom = False
        """Whether that line is the last in sight and not the first."""
        self._cursor = -1
        self._anchor = -1
        self._wrap = True
        self._left = 0
        self.patterns: tuple[re.Pattern[str], ...] = ()
        """What stands out; `redraw` after a change."""
        self.marks: set[int] = set()
        self.begin = 0
        """The place of the first line, for the key that goes there."""
        self._painter = Painter(self)

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def following(self) -> bool:
        return self._edge is None

    @property
    def lines(self) -> Sequence[LogLine]:
        """The lines in sight."""
        return self._lines

    @property
    def place(self) -> int | None:
        """The line that actions are about: the cursor's, or the last one while following."""
        if self._cursor >= 0:
            return self._cursor
        return self._lines[-1].offset if self._lines else None

    @property
    def selection(self) -> tuple[int, int] | None:
        """First and last line that were chosen, in no order; None without a selection."""
        if self._anchor < 0 or self._cursor < 0:
            return None
        return self._anchor, self._cursor

    def show(self, source: LineSource | None, *, place: int | None = None) -> None:
        """Show another source: from its end, or around a line."""
        self._source = source
        self._edge, self._cursor, self._anchor, self._lines = None, -1, -1, []
        if place is not None:
            self.go_to(place)
        else:
            self.reload()
            self.post_message(self.Moved())

    def reload(self) -> None:
        """Read what is in sight again; paints only if that is something else."""
        lines = self._read()
        if lines != self._lines:
            self._lines = lines
            self.redraw()

    def _read(self) -> list[LogLine]:
        source, height = self._source, max(1, self.size.height)
        if source is None:
            return []
        if self._edge is None:
            return source.tail(height)
        if self._at_bottom:
            return [*source.before(self._edge, height - 1), *source.after(self._edge, 1)]
        return source.after(self._edge, height)

    def redraw(self) -> None:
        """Arrange and paint the lines anew."""
        height, width = max(1, self.size.height), max(1, self.size.width)
        wrap_width = width - GUTTER if self._wrap else None
        rows = rows_of(
            self._lines,
            width - GUTTER,
            wrap_width=wrap_width,
            left=self._left,
            patterns=self.patterns,
            gap_seconds=SHORTEST_GAP,
        )
        self._rows = rows[-height:] if self._edge is None or self._at_bottom else rows[:height]
        shown = {row.place for row in self._rows}
        self._lines = [line for line in self._lines if line.offset in shown]
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y >= len(self._rows):
            return self._painter.strip((), width)
        row = self._rows[y]
        here = row.place == self._cursor and row.first
        gutter = "›" if here else "▌" if row.place in self._selected() else " "
        mark = "■" if row.first and row.place in self.marks else " "
        parts = [(gutter, "accent"), (mark, "warning"), *row.parts]
        style = Style(underline=True) if row.place == self._cursor and not row.gap else None
        return self._painter.strip(parts, width, cursor=style)

    def _selected(self) -> set[int]:
        if self._anchor < 0:
            return set()
        places = [line.offset for line in self._lines]
        ends = [places.index(p) for p in (self._anchor, self._cursor) if p in places]
        if len(ends) == 2:
            return set(places[min(ends) : max(ends) + 1])
        if not ends:
            return set()
        # The anchor is out of sight: the side towards it is chosen.
        index = ends[0]
        return set(places[: index + 1] if self._anchor_above else places[index:])

    def on_resize(self, event: Resize) -> None:
        self._lines = []
        self.reload()

    # -- moving ----------------------------------------------------------------------------------

    def _hold(self, edge: int, cursor: int, *, at_bottom: bool = False) -> None:
        self._edge, self._at_bottom = edge, at_bottom
        self._cursor = cursor
        self._lines = self._read()
        self.redraw()
        places = [line.offset for line in self._lines]
        if cursor not in places and not at_bottom and self._source is not None:
            # Wrapped lines took more rows than there are.
            self._edge, self._at_bottom = cursor, True
            self._lines = self._read()
            self.redraw()
        self.post_message(self.Moved())

    def action_move(self, count: int) -> None:
        if self._source is None or not self._lines:
            return
        places = [line.offset for line in self._lines]
        if self.following:
            if count < 0:
                self._hold(places[-1], places[max(0, len(places) - 1 + count)], at_bottom=True)
            return
        index = places.index(self._cursor) if self._cursor in places else 0
        target = index + count
        if 0 <= target < len(places):
            self._step(places[target])
        elif target < 0:
            before = self._source.before(places[0], -target)
            cursor = before[0].offset if before else places[0]
            self._hold(cursor, cursor)
        else:
            after = self._source.after(places[-1], target - len(places) + 2)
            cursor = after[-1].offset if after else places[-1]
            if cursor != self._cursor:
                self._hold(cursor, cursor, at_bottom=True)

    def _step(self, place: int) -> None:
        """Move the cursor within what is in sight; paints only what changes."""
        old, self._cursor = self._cursor, place
        if self._anchor >= 0:
            self.refresh()
        else:
            for y, row in enumerate(self._rows):
                if row.place in (old, place):
                    self.refresh(Region(0, y, self.size.width, 1))
        self.post_message(self.Moved())

    def action_page(self, pages: int) -> None:
        if self._source is None or not self._lines:
            return
        if pages < 0:
            first = self._lines[0].offset
            before = self._source.before(first, max(1, self.size.height - 1))
            self._hold(first, first, at_bottom=True)
            if self._lines and before:
                self._cursor = self._lines[0].offset
                self.redraw()
        elif not self.following:
            last = self._lines[-1].offset
            if len(self._source.after(last, 2)) < 2:
                self._step(last)
            else:
                self._hold(last, last)

    def action_begin(self) -> None:
        self._hold(self.begin, self.begin)

    def action_end(self) -> None:
        self.follow()

    def follow(self) -> None:
        """Go to the end and stay there."""
        self._edge, self._cursor, self._anchor = None, -1, -1
        self.reload()
        self.redraw()
        self.post_message(self.Moved())

    def hold(self) -> None:
        """Stay where one is while the log grows."""
        if self.following and self._lines:
            last = self._lines[-1].offset
            self._hold(last, last, at_bottom=True)

    def go_to(self, place: int) -> None:
        """Put the cursor on a line and show it with some lines before it."""
        if self._source is None:
            return
        if any(line.offset == place for line in self._lines) and not self.following:
            self._step(place)
            return
        before = self._source.before(place, max(1, self.size.height // 3))
        after = self._source.after(place, 1)
        cursor = after[0].offset if after else place
        self._hold(before[0].offset if before else cursor, cursor)

    def refill(self, place: int) -> None:
        """Read what is in sight anew, with the cursor on a line and room for what follows it."""
        if self._source is None:
            return
        above = self._source.before(place, max(1, self.size.height // 3))
        edge = above[0].offset if above else place
        shown = [line.offset for line in self._lines]
        if place in shown[: len(shown) // 3]:
            edge = shown[0]
        self._hold(edge, place)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.action_move(3)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.action_move(-3)

    def on_click(self, event: Click) -> None:
        if 0 <= event.y < len(self._rows):
            place = self._rows[event.y].place
            self.hold()
            if any(line.offset == place for line in self._lines):
                self._step(place)

    def action_sideways(self, direction: int) -> None:
        if not self._wrap:
            self._left = max(0, self._left + direction * SIDEWAYS_CELLS)
            self.redraw()

    def toggle_wrap(self) -> None:
        self._wrap = not self._wrap
        self._left = 0
        self._lines = []
        self.reload()

    # -- selecting -------------------------------------------------------------------------------

    _anchor_above = True

    def select(self) -> None:
        """Begin a selection at the cursor, or give it up."""
        if self._anchor >= 0:
            self._anchor = -1
        else:
            self.hold()
            self._anchor = self._cursor
        self.refresh()
        self.post_message(self.Moved())

    def tell_order(self, anchor_above: bool) -> None:
        """Whether the selection began above the cursor; only matters out of sight."""
        self._anchor_above = anchor_above

    @property
    def time_in_sight(self) -> datetime | None:
        """The time of the line that actions are about."""
        place = self.place
        return (
            self._source.time_of(place) if self._source is not None and place is not None else None
        )
