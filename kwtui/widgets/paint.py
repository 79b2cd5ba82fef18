"""Text with meaning instead of colour: lines of parts, each part with a role.

Everything a screen shows goes through `part`, which cleans it: what comes from a server or a file
can neither be read as markup (there is none here) nor reach the terminal as a control sequence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from kwtui.text import clean

if TYPE_CHECKING:
    from textual.widget import Widget

ROLES = (
    "muted",
    "strong",
    "good",
    "warning",
    "error",
    "accent",
    "heading",
    "column",
    "keyword",
    "literal",
    "match",
    "match-2",
    "match-3",
    "match-4",
    "env-dev",
    "env-test",
    "env-prod",
)
"""What a part of a line can mean; the theme decides how it looks."""

ROLE_CLASSES = frozenset(f"role--{role}" for role in ROLES)
"""Component classes of a screen on which lines are painted.

They belong to the screen: Textual works out a widget's own anew, each against the whole
stylesheet, whenever the widget is mounted or focused.
"""

Part = tuple[str, str]
"""Clean text and its role; the empty role is plain text."""


@dataclass(frozen=True, slots=True)
class Line:
    """One logical line; a document wraps it, continuation lines start at ``indent`` cells."""

    parts: tuple[Part, ...] = ()
    indent: int = 0

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.parts)


def part(text: str, role: str = "") -> Part:
    """A piece of a line; newlines and tabs become one space."""
    return (clean(text.replace("\n", " ").replace("\t", " ")), role)


def line(*parts: str | Part, indent: int = 0) -> Line:
    """A line of plain texts and of (text, role) pairs."""
    return Line(tuple(part(p) if isinstance(p, str) else part(*p) for p in parts), indent)


BLANK = Line()


def heading(text: str) -> Line:
    return line((text, "heading"))


def fact(label: str, value: str, role: str = "", width: int = 14) -> Line:
    """A line of a two-column list; long values go on under their own start."""
    return line((f"{fit(label, width)} ", "muted"), (value, role), indent=width + 1)


def paragraph(text: str, role: str = "", indent: int = 0) -> list[Line]:
    """Text with its own line breaks kept."""
    pad = " " * indent
    return [line((pad + each, role), indent=indent) for each in text.split("\n")]


def fit(text: str, width: int, align: str = "left", ellipsis: str = "…") -> str:
    """``text`` in exactly ``width`` cells: padded, or cut with an ellipsis. Wide characters count
    as the two cells that they take."""
    if width <= 0:
        return ""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + ellipsis if width > 1 else ellipsis
    pad = " " * (width - length)
    return pad + text if align == "right" else text + pad


def wrap(source: Line, width: int) -> list[tuple[Part, ...]]:
    """``source`` cut into lines of at most ``width`` cells, at spaces where there are some."""
    if width <= 0 or cell_len(source.text) <= width:
        return [source.parts]
    indent = min(source.indent, width // 2)
    lines: list[tuple[Part, ...]] = []
    current: list[Part] = []
    used = 0
    for text, role in _words(source.parts):
        length = cell_len(text.rstrip(" "))
        # A word longer than any line is cut where it stands instead of leaving a gap.
        fits_alone = length <= width - indent
        if used + length > width and used > (indent if lines else 0) and fits_alone:
            lines.append(tuple(current))
            current = [(" " * indent, "")] if indent else []
            used = indent
        for piece in _pieces(text, width - used, width - indent):
            if piece is None:
                lines.append(tuple(current))
                current = [(" " * indent, "")] if indent else []
                used = indent
            else:
                if current and current[-1][1] == role:
                    # One piece of one style: each costs a slow line its own control sequence.
                    current[-1] = (current[-1][0] + piece, role)
                else:
                    current.append((piece, role))
                length = cell_len(piece)
                used += length
    lines.append(tuple(current))
    return lines


def _words(parts: Iterable[Part]) -> Iterable[Part]:
    """The parts cut after each run of spaces."""
    for text, role in parts:
        start = 0
        while start < len(text):
            end = text.find(" ", start)
            if end < 0:
                yield text[start:], role
                break
            while end < len(text) and text[end] == " ":
                end += 1
            yield text[start:end], role
            start = end


def _pieces(word: str, first: int, rest: int) -> Iterable[str | None]:
    """A word that may be longer than a line, in pieces; None means a new line."""
    room = first
    while cell_len(word.rstrip(" ")) > room:
        # Half of a wide character does not fit: what is cut off may be a cell shorter, or nothing.
        head = set_cell_size(word, room).rstrip(" ") if room > 0 else ""
        if not head and room >= rest:
            head = word[:1]
        if head:
            yield head
            word = word[len(head) :]
        yield None
        room = rest
    if word:
        yield word


class Painter:
    """Turns parts into strips with the styles that the theme gives the screen's roles."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget

    def strip(self, parts: Iterable[Part], width: int, *, cursor: Style | None = None) -> Strip:
        """The parts in exactly ``width`` cells.

        ``cursor`` is laid over all of them and takes their colours, which reversed would be blocks.
        """
        # Textual works it out from all ancestors each time it is asked for.
        plain = self._widget.rich_style
        if cursor is not None:
            fill = plain + cursor
            styled = [
                Segment(text, fill + Style(bold=(plain + self._of(role)).bold))
                for text, role in parts
            ]
        else:
            fill = plain
            styled = [Segment(text, plain + self._of(role)) for text, role in parts]
        return Strip(styled).adjust_cell_length(width, fill)

    def _of(self, role: str) -> Style:
        """What a role adds to plain text."""
        if not role:
            return Style.null()
        return self._widget.screen.get_component_rich_style(f"role--{role}", partial=True)
