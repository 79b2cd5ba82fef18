"""JSON says what it should to a program, and nothing to a terminal.

JSON itself escapes control characters below a blank alone: C1 codes (``\\x9b`` begins a sequence as
ESC [ does), direction marks and DEL go through as they are.
"""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from kwtui.files.json_text import decode, encode, encode_file

HOSTILE = "\x9b31m\x7f\u202etxet\u2066\x85\u2028\x1b[2J\r\n\ud7ff\U000e0041\u200b"


def shows_nothing_else(data: bytes) -> bool:
    return data.decode().replace("\n", "").isprintable()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_and_none_reaches_the_terminal(text: str) -> None:
    for data in (encode({text: [text]}), encode_file({text: [text]})):
        assert shows_nothing_else(data)
        assert json.loads(data) == {text: [text]}
        assert decode(data, dict[str, list[str]]) == {text: [text]}


def test_what_a_terminal_obeys_is_escaped() -> None:
    data = encode(HOSTILE)
    assert shows_nothing_else(data)
    assert b"\\u009b31m\\u007f\\u202e" in data
    assert b"\\udb40\\udc41" in data
    assert json.loads(data) == HOSTILE


def test_a_pile_of_marks_covers_no_other_line() -> None:
    pile = "e" + "\u0301" * 1000
    data = encode(pile)
    assert data.decode().count("\u0301") == 4
    assert json.loads(data) == pile


def test_names_that_are_no_text_are_shown_as_bytes() -> None:
    assert json.loads(encode(["a\udcff\x9b"])) == ["a‹ff›\x9b"]


def test_plain_text_stays_readable() -> None:
    assert encode("größe 数据库") == '"größe 数据库"'.encode()
