"""A log's entries over time as one line of bars, with its figures in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from textual.events import Resize
from textual.strip import Strip
from textual.widget import Widget

from kwtui.node.logs.density import Bar, Density, total
from kwtui.text import cell_width, human_count, plural
from kwtui.widgets.paint import Painter, Part

_HEIGHTS = "▁▂▃▄▅▆▇█"
FEWEST_BARS = 8


class DensityLine(Widget):
    """One line high; takes no keys."""

    def __init__(self) -> None:
        super().__init__()
        self._bars: Sequence[Bar] = ()
        self._step = 1
        self._here: datetime | None = None
        self._parts: tuple[Part, ...] = ()
        self._painter = Painter(self)

    def say(self, density: Density, here: datetime | None) -> None:
        """Show a density; ``here`` is the time that one reads, None at the end."""
        self._bars, self._step, self._here = density.bars(), density.step, here
        self._arrange()

    def on_resize(self, event: Resize) -> None:
        self._arrange()

    def _arrange(self) -> None:
        parts = tuple(density_parts(self._bars, self._step, self._here, self.size.width - 1))
        if parts != self._parts:
            self._parts = parts
            self.refresh()

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self._parts)

    def render_line(self, y: int) -> Strip:
        parts = ((" ", ""), *self._parts) if y == 0 else ()
        return self._painter.strip(parts, self.size.width)


def density_parts(bars: Sequence[Bar], step: int, here: datetime | None, width: int) -> list[Part]:
    """Begin, bars, end and figures in at most ``width`` cells.

    The figures are those of the bar at ``here``, or of all.
    """
    if not bars:
        return [("Counting entries…", "muted")]
    days = (bars[-1].start - bars[0].start) >= timedelta(days=1)
    form = "%m-%d %H:%M" if days else "%H:%M:%S" if step < 60 else "%H:%M"
    first, last = f"{bars[0].start:{form}} ", f" {bars[-1].start + timedelta(seconds=step):{form}}"
    for words in _figures(bars, step, here, form):
        room = width - cell_width(first) - cell_width(last) - sum(cell_width(t) for t, _ in words)
        if room >= FEWEST_BARS:
            break
    joined = _joined(bars, max(FEWEST_BARS, room))
    return [(first, "muted"), *_drawn(joined, here), (last, "muted"), *words]


def _figures(bars: Sequence[Bar], step: int, here: datetime | None, form: str) -> list[list[Part]]:
    """What is said beside the bars, from most to least."""
    span = timedelta(seconds=step)
    chosen = [b for b in bars if here is not None and b.start <= here < b.start + span] or bars
    entries, warnings, errors = total(chosen)
    title = f"  {chosen[0].start:{form}} " if len(chosen) == 1 and here is not None else "  "
    counts: list[Part] = [(f"{title}{plural(entries, 'entry', 'entries')}", "")]
    bad: list[Part] = []
    if errors:
        bad.append((f" {plural(errors, 'error')}", "error"))
    if warnings:
        bad.append((f" {plural(warnings, 'warning')}", "warning"))
    short: list[Part] = []
    if errors:
        short.append((f" {human_count(errors)} E", "error"))
    if warnings:
        short.append((f" {human_count(warnings)} W", "warning"))
    return [[*counts, *bad], [*counts, *short], [(" ", ""), *short]]


def _joined(bars: Sequence[Bar], most: int) -> list[Bar]:
    """Neighbours added up until there are no more than ``most``."""
    each = -(-len(bars) // most)
    joined = []
    for start in range(0, len(bars), each):
        group = bars[start : start + each]
        joined.append(Bar(group[0].start, *total(group)))
    return joined


def _drawn(bars: Sequence[Bar], here: datetime | None) -> list[Part]:
    most = max(bar.entries for bar in bars) or 1
    drawn: list[Part] = []
    for index, bar in enumerate(bars):
        if not bar.entries:
            sign, role = " ", "muted"
        else:
            sign = _HEIGHTS[min(7, bar.entries * 8 // (most + 1))]
            role = "error" if bar.errors else "warning" if bar.warnings else "accent"
        following = bars[index + 1].start if index + 1 < len(bars) else None
        if here is not None and bar.start <= here and (following is None or here < following):
            role = "match"
        drawn.append((sign, role))
    return drawn
