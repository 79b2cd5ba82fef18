r"""SQL text comes apart as KWDB's own scanner takes it apart, whatever is in it.

What decides whether a statement is sent, or where one ends, stands on this: a text that is one
constant to the server and two to kwtui (``b'\''``) hides a statement.
"""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.sql.lexer import Kind, code, tokens
from kwtui.sql.quoting import literal
from tests.growth import assert_linear

anything = st.text(st.characters(blacklist_categories=["Cs"]))
sql_like = st.lists(
    st.sampled_from(
        ["b'", "B'", "x'", "e'", "'", "''", '"', '""', "\\", "\\'", "$", "$$", "$a$", "/*", "*/",
         "/*+", "--", "\n", " ", "a", "1", "01", ".", "e", ";", "(", ")", "é"]
    )
).map("".join)  # fmt: skip


def read(text: str) -> list[tuple[str, str]]:
    return [(token.kind.value, token.text) for token in code(text)]


@given(anything | sql_like)
def test_nothing_is_lost_and_places_are_right(text: str) -> None:
    found = list(tokens(text))
    assert "".join(token.text for token in found) == text
    assert all(text[token.start : token.end] == token.text for token in found)
    assert all(token.kind is not Kind.BROKEN for token in found[:-1])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"b'\''", "'"),
        (r"b'\\'", "\\"),
        (r"b'a\x41\102'", "aAB"),
        (r"e'it\'s'", "it's"),
        (r"E'\n\q'", "\nq"),
        ("e'it''s'", "it's"),
        ("'it''s'", "it's"),
        (r"'a\'", "a\\"),
        ("B'01'", "01"),
        ("x'4a'", "4a"),
        ("$$it's; -- no$$", "it's; -- no"),
        ("$tag$a$b$$tag$", "a$b$"),
        ("'one'\n  'two'", "onetwo"),
        ("b'one'\n'\\''", "one'"),
        ("''", ""),
    ],
)
def test_a_constant_is_one_token_with_its_text(text: str, value: str) -> None:
    token, end = tokens(f"{text};")
    assert (token.kind, token.value, end.text) == (Kind.STRING, value, ";")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        # Without a line end between them these are two constants.
        ("'a' 'b'", ["'a'", "'b'"]),
        # A capital B has no escapes and no quotes in it.
        ("B'01'''", ["B'01'", "''"]),
        ("x'4a'''", ["x'4a'", "''"]),
        ("a$b$c", ["a$b$c"]),
        ("$1 + $2", ["$", "1", "+", "$", "2"]),
        ("1..2", ["1", "..", "2"]),
        ("1.5e-3 .5 0x1F", ["1.5e-3", ".5", "0x1F"]),
        ("a::INT :::b", ["a", "::", "INT", ":::", "b"]),
        ("a -- b 'c\nd", ["a", "d"]),
        ("a /* b /* ' */ c */ d", ["a", "d"]),
        ("SELECT /*+ DROP */ 1", ["SELECT", "/", "*", "+", "DROP", "*", "/", "1"]),
        ('"a ""b"".c"."d"', ['"a ""b"".c"', ".", '"d"']),
        ("größe\xa0x", ["größe\xa0x"]),
    ],
)
def test_where_tokens_end(text: str, parts: list[str]) -> None:
    assert [token.text for token in code(text)] == parts


@pytest.mark.parametrize(
    "text",
    ["'a", '"a', "e'a\\'", "b'a\\'", "$$a", "$a$b$$", "/* a", "/* /* */", "B'012'", "x'zz'"],
)
def test_what_the_server_refuses_is_broken_to_the_end(text: str) -> None:
    *_, last = tokens(f"SELECT {text} ; DROP TABLE t")
    assert last.kind is Kind.BROKEN
    assert last.text.endswith("; DROP TABLE t")


@given(anything.filter(lambda text: "\0" not in text))
def test_a_literal_hides_whatever_it_holds(text: str) -> None:
    assert read(f"SELECT {literal(text)};") == [
        ("name", "SELECT"),
        ("string", literal(text)),
        ("symbol", ";"),
    ]


@pytest.mark.parametrize(
    "piece", ["/*a", "/*x*/", "'", "b'\\", '"', "$a", "$a$", "$$", "--", "/*", "*/", "a'b\n"]
)
def test_no_text_takes_more_than_its_length(piece: str) -> None:
    assert_linear(lambda size: deque(tokens(piece * (size // len(piece))), 0), 1 << 12)


def test_many_comments_before_a_long_text_do_not_search_it_again_and_again() -> None:
    assert_linear(lambda size: deque(tokens("/*x*/" * size + "a " * 5 * size), 0), 1 << 9)
