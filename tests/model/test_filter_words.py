"""The words of a filter."""

from __future__ import annotations

import pytest

from kwtui.model.filter_words import lets_through, rows_with

ROW = {"database": "shop", "proof": "◕ P3", "what": "EXPORT INTO CSV 'nodelocal://1/x'"}


@pytest.mark.parametrize(
    ("text", "through"),
    [
        ("", True),
        ("SHOP p3", True),
        ("shop p2", False),
        ("proof:p3", True),
        ("proof:shop", False),
        ("data:shop", True),
        ("shop proof:p2", False),
        ("nodelocal://1", True),
        (":", True),
        (":shop", False),
    ],
)
def test_every_word_must_be_there_and_may_ask_one_column(text: str, through: bool) -> None:
    assert lets_through(text, ROW) is through


def test_the_row_of_that_name_stands_first_and_the_others_keep_their_order() -> None:
    names = ["myshop", "shop2", "shop", "plant", "shopping"]
    found = rows_with(names, "SHOP", lambda name: {"database": name, "what": "of a shop"})
    assert found == ["shop", "myshop", "shop2", "plant", "shopping"]
    assert rows_with(names, "", lambda name: {"database": name}) == names
    assert rows_with(names, "data:shop2", lambda name: {"database": name}) == ["shop2"]
