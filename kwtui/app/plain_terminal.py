"""For terminals that show no Unicode: the signs that kwtui draws, in ASCII, cell for cell."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS = {
    "│": "|", "─": "-", "╭": "+", "╮": "+", "╰": "+", "╯": "+", "┌": "+", "┐": "+", "└": "+",
    "┘": "+", "█": "#", "░": ".", "▁": "_", "▂": "_", "▃": "_", "▄": "_", "▅": "#", "▆": "#",
    "▇": "#", "▔": "-", "▎": "|", "▊": "|", "✓": "v", "✗": "x", "▸": ">", "·": ".", "■": "#",
    "−": "-", "→": ">", "←": "<", "↑": "^", "↓": "v", "↵": "/", "…": "~", "‹": "<", "›": ">",
    "•": "*", "“": '"', "”": '"', "␛": "^", "▌": "|", "▐": "|", "\u00a0": " ", "µ": "u",
    "○": "o", "◔": "o", "◑": "o", "◕": "O", "●": "@", "◆": "#", "◇": "o", "━": "=", "┄": ".",
}  # fmt: skip


class PlainSigns(LineFilter):
    """Replaces every sign that ASCII does not have; what has no likeness becomes ``?``."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(plain(text), style, control) for text, style, control in segments]


def plain(text: str) -> str:
    """``text`` in ASCII, in as many cells."""
    if text.isascii():
        return text
    return "".join(
        sign if sign.isascii() else _SIGNS.get(sign) or "?" * cell_len(sign) for sign in text
    )


def shows_unicode(environment: Mapping[str, str]) -> bool:
    """Whether the locale's variables promise a UTF-8 terminal; where none is set, it is assumed.

    The variables count, not Python's own encoding, which is UTF-8 even in the C locale.
    ``KWTUI_ASCII`` decides for itself: 0 means Unicode, anything else ASCII.
    """
    if chosen := environment.get("KWTUI_ASCII"):
        return chosen == "0"
    for variable in ("LC_ALL", "LC_CTYPE", "LANG"):
        if value := environment.get(variable):
            return "utf" in value.casefold()
    return True
