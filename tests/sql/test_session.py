"""Two sessions agree on the text of a value when they were told the same."""

from __future__ import annotations

import pytest

from kwtui.sql.session import (
    FORMER_TEXT_SETTINGS,
    TEXT_SETTINGS,
    other_texts,
    read_alike,
    script_settings,
    session_settings,
    set_texts,
)
from tests.server.recorded import lines


def test_every_variable_that_changes_a_text_is_set_to_what_a_node_has_but_for_floats() -> None:
    """Recording 01: SHOW ALL of a new session."""
    answer = next(line for line in lines("01") if line.get("sql") == "SHOW ALL")
    begins = dict(answer["rows"])

    assert {n: begins[n] for n in TEXT_SETTINGS} == FORMER_TEXT_SETTINGS
    assert other_texts(FORMER_TEXT_SETTINGS) == {"extra_float_digits": "0"}


def test_a_script_is_told_the_same_as_kwtuis_own_session() -> None:
    assert set(set_texts(TEXT_SETTINGS)) <= set(script_settings()) & set(session_settings())
    assert "SET extra_float_digits = 3" in script_settings()
    assert "SET TIME ZONE 'UTC'" in script_settings()


@pytest.mark.parametrize("kind", ["FLOAT8", "FLOAT4[]", "REAL", "GEOMETRY"])
def test_digits_matter_where_a_float_can_be(kind: str) -> None:
    assert not read_alike(FORMER_TEXT_SETTINGS, TEXT_SETTINGS, ["INT8", kind])
    assert read_alike(FORMER_TEXT_SETTINGS, TEXT_SETTINGS, ["INT8", "STRING", "DECIMAL(20,6)"])


def test_another_time_zone_matters_everywhere() -> None:
    assert not read_alike({**TEXT_SETTINGS, "timezone": "Asia/Shanghai"}, TEXT_SETTINGS, ["INT8"])
