"""Finding the styles of a widget is the dearest of what an application does when a page opens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from textual.css import match, stylesheet
from textual.css.model import RuleSet, Selector
from textual.dom import DOMNode


@contextmanager
def styles_found_fast() -> Iterator[None]:
    """Meanwhile the same rules are found with less to do."""
    all_selectors = match._check_selectors

    def check_selectors(selectors: list[Selector], path: list[DOMNode]) -> bool:
        # The last one is about the node itself: where it is wrong, its parents do not matter.
        return selectors[-1].check(path[-1]) and all_selectors(selectors, path)

    with pytest.MonkeyPatch.context() as patch:
        # Textual's is Python, and asked some hundred times for each widget.
        patch.setattr(RuleSet, "__hash__", object.__hash__)
        patch.setattr(stylesheet, "_check_selectors", check_selectors)
        yield
