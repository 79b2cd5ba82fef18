"""What a person says of devices is read as SQL has it, or refused in words."""

from __future__ import annotations

import pytest

from kwtui.errors import KwtuiError
from kwtui.model.schema import ColumnSpec
from kwtui.sql.tag_conditions import TagCondition, check_values, parse_conditions


def test_conditions_are_read_as_sql_has_them() -> None:
    text = """Site = 'o''brien' and "Mixed Case" IN (1, -2) AND area IS NULL AND ok = true"""
    assert parse_conditions(text) == (
        TagCondition("site", ("o'brien",)),
        TagCondition("Mixed Case", ("1", "-2")),
        TagCondition("area", (None,)),
        TagCondition("ok", ("true",)),
    )
    assert parse_conditions("  ") == ()


@pytest.mark.parametrize(
    "text",
    ["id", "id =", "id = = 1", "id = 1 OR id = 2", "id IN ()", "id IN (1", "id IS 1", "1 = id",
     "id > 1", "id = 1;", "id = 'open", "id = -'x'", "id = now()"],
)  # fmt: skip
def test_what_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(KwtuiError, match="The devices cannot be chosen"):
        parse_conditions(text)


def test_a_value_must_be_one_of_the_tags_type() -> None:
    check_values(ColumnSpec("id", "INT4"), ("1", "-2", None))
    check_values(ColumnSpec("name", "VARCHAR(20)"), ("anything",))
    for kind, value in (("INT8", "1.5"), ("BOOL", "1"), ("FLOAT8", "x"), ("BYTES", "x")):
        with pytest.raises(KwtuiError):
            check_values(ColumnSpec("t", kind), (value,))
