"""An application parses some hundred style texts when it opens, and each test opens one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


@contextmanager
def each_stylesheet_parsed_once() -> Iterator[None]:
    """Meanwhile a text that was parsed by one application is not parsed by the next."""
    parsed: dict[tuple[object, ...], list[RuleSet]] = {}
    usual = Stylesheet._parse_rules

    def parse(self: Stylesheet, css: str, *where: Any, **more: Any) -> list[RuleSet]:
        variables = frozenset(self._variables.items())
        asked = (css, where, tuple(sorted(more.items())), variables)
        if asked not in parsed:
            parsed[asked] = usual(self, css, *where, **more)
        return parsed[asked]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse)
        yield
