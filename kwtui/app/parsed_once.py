"""A style sheet of which each part is parsed once."""

from __future__ import annotations

from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet

KEPT_PARTS = 512
"""All screens together have some hundred. Where fewer are kept than there are, none is found."""


class ParsedOnce(Stylesheet):
    """Textual's (8.2.8) reads all of its parts anew with `reparse`, and then once more.

    It does so in a sheet of its own, whose parsed parts are lost: when the application starts, and
    whenever a screen with its own rules is opened for the first time.
    """

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(KEPT_PARTS)

    def reparse(self) -> None:
        """Parse the parts that are new; all of them after the variables were set to others.

        Raises:
            StylesheetParseError: if there is an error in a part; the rules stay as they were.
        """
        self.parse()

    def set_variables(self, variables: dict[str, str]) -> None:
        """Let parts be parsed with these from now on, unless they are those of before."""
        if variables != self._variables or self._invalid_css:
            super().set_variables(variables)
