"""Pictures of a terminal, shown one after another by an SVG that needs no script.

CSS alone moves it, so that it plays where a page shows it as an image. Each row that is drawn
stands in it once, however many frames show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias
from xml.sax.saxutils import escape, quoteattr

CELL = (8.4, 18.0)
"""Width and height of a character, in pixels."""
MARGIN = 14.0
HEAD = 40.0
"""Height of the bar with the words of the frame."""
_SPACE = "\N{NO-BREAK SPACE}"
"""Not every program keeps several of the others."""
_STYLE = (
    "text{font:14px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    "text.b{font-weight:700}text.h{font:600 16px system-ui,sans-serif}"
)


@dataclass(frozen=True)
class Look:
    """Colours as ``#rrggbb``."""

    colour: str
    ground: str
    bold: bool = False


@dataclass(frozen=True)
class Cell:
    text: str
    look: Look


Row: TypeAlias = tuple[Cell, ...]


@dataclass(frozen=True)
class Frame:
    """What a terminal shows, all rows equally long, for some seconds below some words."""

    words: str
    seconds: float
    rows: tuple[Row, ...]


def moving_picture(frames: Sequence[Frame], ground: str) -> str:
    """The frames as an SVG on a ground of this colour, from the first to the last and again.

    Who wants no movement, or looks with a program that knows none, sees the first frame.
    """
    columns, rows = len(frames[0].rows[0]), len(frames[0].rows)
    width, height = columns * CELL[0] + 2 * MARGIN, rows * CELL[1] + HEAD + MARGIN
    drawn: dict[Row, str] = {}
    shown = [_frame(number, frame, drawn, ground) for number, frame in enumerate(frames)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}">',
            f"<style>{_STYLE}{_movement(frames)}</style>",
            f'<rect width="100%" height="100%" rx="8" fill="{ground}"/>',
            "<defs>",
            *(f'<g id="r{n}">{drawing}</g>' for n, drawing in enumerate(drawn.values())),
            "</defs>",
            *shown,
            "</svg>\n",
        ]
    )


def _movement(frames: Sequence[Frame]) -> str:
    """When each frame is seen, as shares of the whole."""
    whole = sum(frame.seconds for frame in frames)
    rules = [".f{visibility:hidden}#f0{visibility:visible}"]
    moved = []
    begin = 0.0
    for number, frame in enumerate(frames):
        end = begin + frame.seconds
        marks = {0.0: "hidden", 100 * begin / whole: "visible"}
        if number < len(frames) - 1:
            marks[100 * end / whole] = "hidden"
        steps = "".join(f"{share:.3f}%{{visibility:{state}}}" for share, state in marks.items())
        rules.append(f"@keyframes k{number}{{{steps}}}")
        moved.append(f"#f{number}{{animation:k{number} {whole:g}s step-end infinite}}")
        begin = end
    wanted = f"@media (prefers-reduced-motion:no-preference){{{''.join(moved)}}}"
    return "".join([*rules, wanted])


def _frame(number: int, frame: Frame, drawn: dict[Row, str], ground: str) -> str:
    words = f'<text class="h" x="{MARGIN:g}" y="26" fill="#ffffff">{escape(frame.words)}</text>'
    lines = []
    for place, row in enumerate(frame.rows):
        if row not in drawn:
            drawn[row] = _row(row, ground)
        if drawn[row]:
            index = list(drawn).index(row)
            lines.append(f'<use href="#r{index}" x="{MARGIN:g}" y="{HEAD + place * CELL[1]:g}"/>')
    return f'<g id="f{number}" class="f">{words}{"".join(lines)}</g>'


def _row(row: Row, ground: str) -> str:
    """Grounds first: they must not cover the characters beside them."""
    grounds, texts = [], []
    column = 0
    for look, cells in groupby(row, key=lambda cell: cell.look):
        text = "".join(cell.text for cell in cells)
        if look.ground != ground:
            grounds.append(
                f'<rect x="{column * CELL[0]:g}" width="{len(text) * CELL[0]:g}"'
                f' height="{CELL[1]:g}" fill="{look.ground}" shape-rendering="crispEdges"/>'
            )
        if text.strip():
            texts.append(_text(text, column, look))
        column += len(text)
    return "".join([*grounds, *texts])


def _text(text: str, column: int, look: Look) -> str:
    """As wide as its columns, whatever font there is."""
    column += len(text) - len(text.lstrip(" "))
    text = text.strip(" ").replace(" ", _SPACE)
    bold = ' class="b"' if look.bold else ""
    return (
        f'<text{bold} x="{column * CELL[0]:g}" y="13.5" textLength="{len(text) * CELL[0]:g}"'
        f" fill={quoteattr(look.colour)}>{escape(text)}</text>"
    )
