"""How the roles look: five themes, the last of them without any colour at all."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

DEFAULT_THEME = "dark"
MONOCHROME = "monochrome"


def _steady(muted: str, keyword: str) -> dict[str, str]:
    """Variables that all themes set: a quiet colour, that of SQL's words, and a cursor that is seen
    without colour."""
    return {
        "kwtui-muted": muted,
        "kwtui-keyword": keyword,
        "input-cursor-text-style": "reverse",
    }


THEMES = (
    Theme(
        name="dark",
        primary="#4ea1d3",
        secondary="#35506b",
        accent="#e8b04b",
        warning="#e8b04b",
        error="#e5697a",
        success="#6cc091",
        foreground="#d8dee6",
        background="#14181d",
        surface="#1b2027",
        panel="#232a33",
        variables=_steady("#8b95a1", "#c3a1e8"),
    ),
    Theme(
        name="light",
        primary="#0a558c",
        secondary="#5b7d9a",
        accent="#8a5a00",
        warning="#8a5a00",
        error="#a1122b",
        success="#1b6b3a",
        foreground="#1c2329",
        background="#f6f7f8",
        surface="#eceef0",
        panel="#dfe3e7",
        dark=False,
        variables=_steady("#5c6670", "#6a3d9a"),
    ),
    Theme(
        name="high-contrast",
        primary="#5fd7ff",
        secondary="#ffffff",
        accent="#ffff00",
        warning="#ffd700",
        error="#ff5f5f",
        success="#5fff5f",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#000000",
        luminosity_spread=0,
        text_alpha=1.0,
        variables=_steady("#c0c0c0", "#ff87ff"),
    ),
    Theme(
        name="ansi",
        ansi=True,
        primary="ansi_blue",
        secondary="ansi_cyan",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_green",
        accent="ansi_cyan",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "kwtui-muted": "ansi_bright_black",
            "kwtui-keyword": "ansi_magenta",
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "border": "ansi_blue",
            "border-blurred": "ansi_bright_black",
            "input-cursor-background": "ansi_white",
            "input-cursor-foreground": "ansi_black",
            "input-selection-background": "ansi_bright_blue",
            "input-selection-foreground": "ansi_black",
            "screen-selection-background": "ansi_bright_blue",
            "screen-selection-foreground": "ansi_black",
        },
    ),
    Theme(
        name=MONOCHROME,
        primary="#ffffff",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#000000",
        luminosity_spread=0,
        text_alpha=1.0,
        variables=_steady("#ffffff", "#ffffff"),
    ),
)

THEME_WORDS = {
    "dark": "Dark",
    "light": "Light",
    "high-contrast": "High contrast",
    "ansi": "The terminal's own 16 colours",
    MONOCHROME: "No colour at all",
}


class NoColour(LineFilter):
    """Takes every colour out and leaves bold, underline and reverse.

    Textual's own filter for NO_COLOR turns colours into greys, which are colours still.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(text, None if style is None else _without_colour(style), control)
            for text, style, control in segments
        ]


@lru_cache(1024)
def _without_colour(style: Style) -> Style:
    return Style(
        bold=style.bold,
        dim=style.dim,
        italic=style.italic,
        underline=style.underline,
        reverse=style.reverse,
        strike=style.strike,
        meta=style.meta,
    )
