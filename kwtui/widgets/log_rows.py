"""From lines of a log to rows of a screen. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kwtui.node.logs.file.effort import reach
from kwtui.node.logs.file.lines import LogLine
from kwtui.node.logs.format import HEADER_TIME_BYTES, LogSeverity, line_time
from kwtui.text import clean, human_bytes, human_duration
from kwtui.widgets.paint import Line, Part, fit, wrap

GUTTER = 2
"""Cells before each row: cursor or selection, and mark."""
FAMILY_CELLS = 8
_UNBROKEN = "\u00a0"
"""A blank that no row ends at."""

_ROLES = {
    LogSeverity.DEBUG: "muted",
    LogSeverity.INFO: "",
    LogSeverity.WARNING: "warning",
    LogSeverity.ERROR: "error",
    LogSeverity.FATAL: "error",
}
HIGHLIGHTS = ("match", "match-2", "match-3", "match-4")
"""Roles of what stands out: the search first, then the highlights in turn."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the screen."""

    parts: tuple[Part, ...]
    place: int
    """The line that it belongs to."""
    first: bool = True
    """The line's first row."""
    gap: bool = False
    """Not of the line, but of the time before it."""


def rows_of(
    lines: Sequence[LogLine],
    width: int,
    *,
    wrap_width: int | None,
    left: int = 0,
    patterns: Sequence[re.Pattern[str]] = (),
    gap_seconds: float = 60,
) -> list[Row]:
    """The rows of neighbouring lines: wrapped, or cut at ``width`` from column ``left`` on."""
    rows: list[Row] = []
    last: datetime | None = None
    for line in lines:
        when = _time_of(line)
        if when is not None and last is not None:
            gap = (when - last).total_seconds()
            if gap >= gap_seconds:
                rows.append(_gap_row(gap, line.offset, width))
        last = when or last
        rows += _line_rows(line, width, wrap_width, left, patterns)
    return rows


def _time_of(line: LogLine) -> datetime | None:
    if line.severity is None:
        return None
    return line_time(line.text[:HEADER_TIME_BYTES].encode("ascii", "replace"))


def _gap_row(seconds: float, place: int, width: int) -> Row:
    words = f" {human_duration(seconds)} without an entry "
    return Row(((fit(f"──{words}" + "─" * 12, width), "muted"),), place, first=False, gap=True)


def _line_rows(
    line: LogLine,
    width: int,
    wrap_width: int | None,
    left: int,
    patterns: Sequence[re.Pattern[str]],
) -> list[Row]:
    role = _ROLES[line.severity] if line.severity is not None else "muted"
    prefix: list[Part] = []
    if line.family is not None:
        prefix.append((fit(line.family.word, FAMILY_CELLS) + " ", "muted"))
    suffix: list[Part] = []
    if line.cut:
        suffix.append((f" …{human_bytes(line.cut)} more", "accent"))
    if line.folded:
        lines = f"line{'s' if line.folded > 1 else ''}"
        suffix.append((f" [+{line.folded}{_UNBROKEN}{lines}]", "accent"))
    text = clean(line.text)
    if wrap_width is not None:
        whole = Line((*prefix, *marked(text, role, patterns), *suffix), indent=2)
        pieces = wrap(whole, wrap_width)
        return [Row(parts, line.offset, index == 0) for index, parts in enumerate(pieces)]
    room = width - sum(len(part) for part, _ in (*prefix, *suffix))
    shown = fit(text[left:], max(1, room))
    return [Row((*prefix, *marked(shown, role, patterns), *suffix), line.offset)]


def marked(text: str, role: str, patterns: Sequence[re.Pattern[str]]) -> tuple[Part, ...]:
    """The text with what matches standing out; where two match, the first pattern counts."""
    if not patterns:
        return ((text, role),)
    roles = [-1] * len(text)
    for number, pattern in reversed(list(enumerate(patterns))):
        for match in pattern.finditer(text[: reach(pattern)]):
            roles[match.start() : match.end()] = [number] * (match.end() - match.start())
    parts: list[Part] = []
    start = 0
    for position in range(1, len(text) + 1):
        if position == len(text) or roles[position] != roles[start]:
            number = roles[start]
            found = HIGHLIGHTS[number % len(HIGHLIGHTS)] if number >= 0 else role
            parts.append((text[start:position], found))
            start = position
    return tuple(parts)
