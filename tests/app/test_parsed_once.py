"""Reading style sheets takes time before the first picture: each part is parsed once."""

from __future__ import annotations

from typing import Any

import pytest
from textual.css import stylesheet
from textual.css.parse import parse as textual_parse
from textual.css.stylesheet import Stylesheet, StylesheetParseError

from kwtui.app.parsed_once import KEPT_PARTS, ParsedOnce


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were parsed, each as often as it was."""
    texts: list[str] = []

    def parse(scope: str, css: str, *where: Any, **more: Any) -> Any:
        texts.append(css)
        return textual_parse(scope, css, *where, **more)

    monkeypatch.setattr(stylesheet, "parse", parse)
    return texts


def sheet(parts: int = 3) -> ParsedOnce:
    found = ParsedOnce({"here": "red"})
    for number in range(parts):
        found.add_source(f"W{number} {{ color: $here; }}", read_from=("", f"{number}"))
    return found


def test_a_part_is_parsed_once_and_a_new_one_alone(parsed: list[str]) -> None:
    one = sheet()
    one.reparse()
    one.set_variables({"here": "red"})
    one.reparse()
    assert len(parsed) == len(one.rules) == 3
    one.add_source("New { color: $here; }", read_from=("", "new"))
    one.reparse()
    assert parsed[3:] == ["New { color: $here; }"]
    assert len(one.rules) == 4


def test_more_parts_than_textual_keeps_are_kept(parsed: list[str]) -> None:
    one = sheet(parts=KEPT_PARTS // 4)
    one.reparse()
    one.reparse()
    assert len(parsed) == KEPT_PARTS // 4


def test_other_variables_are_seen_everywhere() -> None:
    one, usual = sheet(), Stylesheet(variables={"here": "blue"})
    one.reparse()
    before = one.css
    one.set_variables({"here": "blue"})
    one.reparse()
    for where, source in one.source.items():
        usual.add_source(source.content, read_from=where)
    usual.reparse()
    assert one.css == usual.css != before


def test_a_part_with_an_error_leaves_the_rules_as_they_were() -> None:
    one = sheet()
    one.reparse()
    one.add_source("W { colour: red; }", read_from=("", "wrong"))
    with pytest.raises(StylesheetParseError):
        one.reparse()
    assert len(one._rules) == 3
