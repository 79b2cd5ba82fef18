"""SQL text comes apart as on a node, and what cannot be read is pointed at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.language.lexer import (
    Kind,
    quote_identifier,
    quote_string,
    split_statements,
    tokenize,
)
from kwtui.sandbox.language.stream import TokenStream


@pytest.mark.parametrize(
    ("sql", "kind", "value"),
    [
        ("SELECT", Kind.WORD, "select"),
        ('"Mixed ""Case"""', Kind.QUOTED, 'Mixed "Case"'),
        ("'it''s'", Kind.STRING, "it's"),
        (r"'back\slash'", Kind.STRING, r"back\slash"),
        (r"e'line\none\t\'\x41温'", Kind.STRING, "line\none\t'A温"),
        (r"b'\x00\xff'", Kind.BYTES, "00ff"),
        ("x'00FF'", Kind.BYTES, "00ff"),
        ("B'1010'", Kind.BITS, "1010"),
        ("1e-20", Kind.NUMBER, "1e-20"),
        (":::", Kind.OPERATOR, ":::"),
        ("$12", Kind.PARAMETER, "12"),
        ("列", Kind.WORD, "列"),
    ],
)
def test_one_piece_of_text_is_one_token(sql: str, kind: Kind, value: str) -> None:
    token, end = tokenize(sql)
    assert (token.kind, token.value) == (kind, value)
    assert end.kind is Kind.END


def test_comments_are_no_tokens() -> None:
    sql = "SELECT -- one line\n 1 /* two /* nested */ lines */ + 2"
    assert [token.value for token in tokenize(sql)] == ["select", "1", "+", "2", ""]


def test_a_semicolon_splits_statements_but_not_strings_and_procedure_bodies() -> None:
    sql = "SELECT 'a;b'; CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END; SELECT 3;"
    assert [statement.text for statement in split_statements(sql)] == [
        "SELECT 'a;b'",
        "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END",
        "SELECT 3",
    ]


def test_a_syntax_error_shows_the_source_up_to_its_line_and_a_caret() -> None:
    """Recording 14: the DEFAULT that SHOW CREATE printed and nothing can read."""
    sql = "CREATE TABLE a (\n\tg STRING DEFAULT 'p\\'q',\n\tn STRING DEFAULT 'x') -- '"
    stream = TokenStream(sql)
    while stream.peek().value != "q":
        stream.next()
    error = stream.error()
    assert (error.sqlstate, error.message) == ("42601", 'at or near "q": syntax error')
    shown = "source SQL:\nCREATE TABLE a (\n\tg STRING DEFAULT 'p\\'q',\n"
    assert error.detail == shown + " " * 22 + "^"


def test_a_string_without_end_is_refused() -> None:
    with pytest.raises(SqlError, match="unterminated string"):
        tokenize("SELECT 'open")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_a_printed_string_reads_back_as_itself(text: str) -> None:
    token, _ = tokenize(quote_string(text))
    assert (token.kind, token.value) == (Kind.STRING, text)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_a_printed_name_reads_back_as_itself(name: str) -> None:
    token, _ = tokenize(quote_identifier(name))
    assert token.kind in (Kind.WORD, Kind.QUOTED)
    assert token.value == name
