"""The words of a filter."""

from __future__ import annotations

import pytest

from kwtui.model.filter_words import lets_through

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
