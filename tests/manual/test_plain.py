"""Markdown as plain text: nothing is lost, nothing is wider than the terminal."""

from __future__ import annotations

import re

import pytest

from kwtui.manual.pages import TOPICS, read_page
from kwtui.manual.plain import column_widths, inline, plain_lines

PAGE = """\
# Title

Some **bold** words, `code **as it is**` and a [link](exit-codes.md) that go on
in the next line.

<!-- generated: nothing -->
1. First, with words that are too long for one line of this narrow page.

   ```
   kwtui list --json | jq
   ```

2. Second.

- One
  more line.
- Two

| Key | Meaning |
|---|---|
| `a\\|b` | one |
| c | a meaning that needs more than one line |
"""


def test_a_page_becomes_what_one_reads_in_a_terminal() -> None:
    assert plain_lines(PAGE, 40) == [
        "Title",
        "=====",
        "",
        "Some bold words, code **as it is** and a",
        "link (kwtui manual exit-codes) that go",
        "on in the next line.",
        "",
        "1. First, with words that are too long",
        "   for one line of this narrow page.",
        "",
        "    kwtui list --json | jq",
        "",
        "2. Second.",
        "",
        "- One more line.",
        "- Two",
        "",
        "Key  Meaning",
        "---  -----------------------------------",
        "a|b  one",
        "c    a meaning that needs more than one",
        "     line",
    ]


def test_a_table_without_headings_has_no_rule() -> None:
    assert plain_lines("| | |\n|---|---|\n| a | b |\n", 40) == ["a  b"]


def test_columns_give_way_until_the_row_fits() -> None:
    widths = column_widths([["name", "x" * 50, "y" * 90]], 60)
    assert widths[0] == 4
    assert sum(widths) == 60 - 2 * 2


def test_marks_in_code_are_kept() -> None:
    assert inline("`**a**` and **b** [here](here)") == "**a** and b here"


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("width", [80, 100])
def test_every_page_fits_and_keeps_its_words(topic: str, width: int) -> None:
    """Commands that one copies may be longer: to break them would break them."""
    text = read_page(topic).text
    lines = plain_lines(text, width)
    copied = {f"    {line.strip()}" for block in _fenced(text) for line in block}
    too_wide = [line for line in lines if len(line) > width and line not in copied]
    assert not too_wide
    assert "**" not in "\n".join(lines).replace("**as", "")
    assert _words(" ".join(lines)) >= _words(re.sub(r"<!--.*?-->|\]\([^)]*\)", " ", text))


def _fenced(text: str) -> list[list[str]]:
    return [found.splitlines() for found in re.findall(r"```\n(.*?)```", text, re.DOTALL)]


def _words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]{3,}", text))
