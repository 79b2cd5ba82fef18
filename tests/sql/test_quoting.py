"""Names and values stay what they are, whatever they hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.errors import KwtuiError
from kwtui.sql.lexer import Kind, tokens
from kwtui.sql.names import split_name
from kwtui.sql.quoting import identifier, literal, qualified

texts = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]))


@given(texts)
def test_a_literal_is_one_string_token_with_the_text(text: str) -> None:
    found = list(tokens(literal(text)))
    assert [(t.kind, t.value) for t in found] == [(Kind.STRING, text)]


@given(texts.filter(bool))
def test_an_identifier_is_one_name_token_with_the_name(name: str) -> None:
    found = list(tokens(identifier(name)))
    assert [(t.kind, t.value) for t in found] == [(Kind.NAME, name)]


@given(st.lists(texts.filter(bool), min_size=1, max_size=4))
def test_a_qualified_name_splits_into_its_parts(parts: list[str]) -> None:
    assert split_name(qualified(*parts)) == tuple(parts)


@pytest.mark.parametrize("name", ["id", "ts", "a_1", "_x", "at", "public"])
def test_plain_names_stay_plain(name: str) -> None:
    assert identifier(name) == name


@pytest.mark.parametrize(
    "name", ["select", "order", "Key", "my-db", "we ird", "1x", "表", 'a"b', "sel/ect", "é"]
)
def test_every_other_name_is_quoted(name: str) -> None:
    assert identifier(name) == '"' + name.replace('"', '""') + '"'


def test_backslashes_and_quotes_in_values() -> None:
    assert literal(r"\N") == r"'\N'"
    assert literal("it's") == "'it''s'"


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_impossible_names_are_refused(name: str) -> None:
    with pytest.raises(KwtuiError):
        identifier(name)


def test_a_nul_in_a_value_is_refused() -> None:
    with pytest.raises(KwtuiError):
        literal("a\0b")
