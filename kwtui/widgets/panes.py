"""A list and what its row is about: below it, or beside it in titled panels on a wide terminal."""

from __future__ import annotations

from textual.widget import Widget

WIDE = 120
"""Columns from which on the two stand side by side."""


class Panes(Widget):
    """Lays out two widgets by the class ``-panels`` of the screen (`styles/base.tcss`)."""

    def __init__(self, main: Widget, about: Widget, titles: tuple[str, str]) -> None:
        super().__init__(main, about, classes="panes")
        main.border_title, about.border_title = titles
        main.add_class("panes--main")
        about.add_class("panes--about")
