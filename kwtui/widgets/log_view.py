"""A window on a log file of any size: it reads what it shows and nothing more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import MouseScrollDown, MouseScrollUp, Resize
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from kwtui.node.logformat import LogSeverity
from kwtui.node.logs import LogLine
from kwtui.text import clean, human_bytes
from kwtui.widgets.log_source import LineSource
from kwtui.widgets.paint import ROLE_CLASSES, Line, Painter, Part, fit, wrap

_ROLES = {
    LogSeverity.DEBUG: "muted",
    LogSeverity.INFO: "",
    LogSeverity.WARNING: "warning",
    LogSeverity.ERROR: "error",
    LogSeverity.FATAL: "error",
}

SIDEWAYS_CELLS = 16


class LogView(Widget, can_focus=True):
    """Stands at the end and follows, or holds where the person scrolled to."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(ROLE_CLASSES)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_lines(1)", show=False),
        Binding("k,up", "scroll_lines(-1)", show=False),
        Binding("space,pagedown", "scroll_pages(1)", show=False),
        Binding("b,pageup", "scroll_pages(-1)", show=False),
        Binding("g,home", "begin", show=False),
        Binding("G,end", "end", show=False),
        Binding("l,right", "sideways(1)", show=False),
        Binding("h,left", "sideways(-1)", show=False),
    ]

    class Moved(Message):
        """Another part is shown, or following began or ended."""

    def __init__(self) -> None:
        super().__init__()
        self._source: LineSource | None = None
        self._lines: list[LogLine] = []
        self._rows: list[tuple[tuple[Part, ...], int]] = []
        self._top = 0
        self._following = True
        self._wrap = True
        self._left = 0
        self._pattern: re.Pattern[str] | None = None
        self._hit = -1
        self._painter = Painter(self)

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def following(self) -> bool:
        return self._following

    @property
    def wrapping(self) -> bool:
        return self._wrap

    @property
    def lines(self) -> Sequence[LogLine]:
        """The lines in sight."""
        return self._lines

    @property
    def top(self) -> int:
        """Offset of the first line in sight."""
        return self._lines[0].offset if self._lines else 0

    def show(self, source: LineSource | None) -> None:
        """Show another source from its end."""
        self._source = source
        self._following = True
        self._hit = -1
        self.reload()

    def reload(self) -> None:
        """Read what is in sight again; paints only if that is something else."""
        height = max(1, self.size.height)
        if self._source is None:
            lines: list[LogLine] = []
        elif self._following:
            lines = self._source.tail(height)
        else:
            lines = self._source.after(self._top, height)
        if lines != self._lines:
            self._lines = lines
            self._arrange()

    def _arrange(self) -> None:
        height, width = max(1, self.size.height), max(1, self.size.width)
        rows: list[tuple[tuple[Part, ...], int]] = []
        for each in self._lines:
            rows += [(parts, each.offset) for parts in self._row_parts(each, width)]
        self._rows = rows[-height:] if self._following else rows[:height]
        self.refresh()

    def _row_parts(self, each: LogLine, width: int) -> list[tuple[Part, ...]]:
        text = clean(each.text)
        if each.cut:
            text += f" …{human_bytes(each.cut)} more"
        role = _ROLES[each.severity] if each.severity is not None else "muted"
        if self._wrap:
            return wrap(Line(self._marked(text, role), indent=2), width)
        return [self._marked(fit(text[self._left :], width), role)]

    def _marked(self, text: str, role: str) -> tuple[Part, ...]:
        """The text with what was searched for standing out."""
        if self._pattern is None:
            return ((text, role),)
        parts: list[Part] = []
        position = 0
        for match in self._pattern.finditer(text):
            if match.end() > match.start():
                parts += [(text[position : match.start()], role), (match.group(), "match")]
                position = match.end()
        parts.append((text[position:], role))
        return tuple(each for each in parts if each[0])

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y >= len(self._rows):
            return self._painter.strip((), width)
        parts, offset = self._rows[y]
        cursor = Style(underline=True) if offset == self._hit else None
        return self._painter.strip(parts, width, cursor=cursor)

    def on_resize(self, event: Resize) -> None:
        self._lines = []
        self.reload()

    # -- moving ----------------------------------------------------------------------------------

    def _hold_at(self, offset: int) -> None:
        """Stay with this line at the top, unless the end comes before the bottom."""
        if self._source is None:
            return
        height = max(1, self.size.height)
        if len(self._source.after(offset, height)) < height:
            last = self._source.tail(height)
            offset = last[0].offset if last else 0
        self._following = False
        self._top = offset
        self.reload()
        self._arrange()
        self.post_message(self.Moved())

    def action_scroll_lines(self, count: int) -> None:
        if self._source is None or not self._rows or not self._lines:
            return
        top = self._rows[0][1]
        if count < 0:
            before = self._source.before(top, -count)
            self._hold_at(before[0].offset if before else top)
        elif not self._following:
            after = self._source.after(top, count + 1)
            self._hold_at(after[-1].offset if after else top)

    def action_scroll_pages(self, pages: int) -> None:
        self.action_scroll_lines(pages * max(1, self.size.height - 1))

    def action_begin(self) -> None:
        self._hold_at(0)

    def action_end(self) -> None:
        self.follow()

    def follow(self) -> None:
        """Go to the end and stay there."""
        self._following = True
        self.reload()
        self._arrange()
        self.post_message(self.Moved())

    def hold(self) -> None:
        """Stay where one is while the file grows."""
        if self._following and self._rows:
            self._hold_at(self._rows[0][1])

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.action_scroll_lines(3)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.action_scroll_lines(-3)

    def action_sideways(self, direction: int) -> None:
        if not self._wrap:
            self._left = max(0, self._left + direction * SIDEWAYS_CELLS)
            self._arrange()

    def toggle_wrap(self) -> None:
        self._wrap = not self._wrap
        self._left = 0
        self._arrange()

    # -- searching -------------------------------------------------------------------------------

    def mark(self, pattern: re.Pattern[str] | None) -> None:
        """Let what matches stand out."""
        self._pattern = pattern
        self._hit = -1
        self._arrange()

    @property
    def hit(self) -> int:
        """Offset of the hit that one is at; -1 before the first."""
        return self._hit

    def go_to_hit(self, offset: int) -> None:
        """Show the line at ``offset`` with some lines before it."""
        if self._source is None:
            return
        before = self._source.before(offset, max(1, self.size.height // 3))
        self._hit = offset
        self._hold_at(before[0].offset if before else offset)
