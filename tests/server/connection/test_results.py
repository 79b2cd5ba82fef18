"""Answers stay the server's text, and the few typed readings are strict."""

from __future__ import annotations

import pytest

from kwtui.server.connection.results import (
    Column,
    ResultSet,
    StatementResult,
    to_bool,
    to_int,
    to_list,
)
from tests.server.recorded import answer

NAMES = (Column("result", 25),)
EMPTY = ResultSet(NAMES)
FULL = ResultSet(NAMES, (("succeed",),))


def test_the_real_set_of_a_time_series_export_is_the_last_with_rows() -> None:
    assert StatementResult("EXPORT 1", (EMPTY, EMPTY, FULL)).result == FULL
    assert StatementResult("EXPORT 1", (FULL, EMPTY)).result == FULL
    assert StatementResult("EXPORT 0", (EMPTY, EMPTY)).result == EMPTY
    assert StatementResult("CREATE TABLE").result == ResultSet()


def test_first_value_and_rows_by_name() -> None:
    assert FULL.scalar() == "succeed"
    assert EMPTY.scalar() is None
    assert list(FULL.dicts()) == [{"result": "succeed"}]


def test_arrays_as_a_node_prints_them() -> None:
    rows = answer(
        "12",
        "SELECT * FROM sv.kwdb_internal.create_statements WHERE database_name = 'sv' "
        "ORDER BY descriptor_id",
    )
    zones = [to_list(row["zone_configuration_statements"]) for row in rows.dicts()]
    assert ["ALTER TABLE sv.public.p CONFIGURE ZONE USING\n\tgc.ttlseconds = 700"] in zones


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("{}", []),
        ("{a}", ["a"]),
        ("{a,b}", ["a", "b"]),
        ('{"a,b",c}', ["a,b", "c"]),
        (r'{"a\"b\\c"}', ['a"b\\c']),
        ('{""}', [""]),
        ('{"",x}', ["", "x"]),
        ('{"{x}"}', ["{x}"]),
        (None, []),
    ],
)
def test_arrays(text: str | None, items: list[str]) -> None:
    assert to_list(text) == items


def test_what_is_no_array_or_boolean_is_refused() -> None:
    with pytest.raises(ValueError, match="not an array"):
        to_list("a,b")
    with pytest.raises(ValueError, match="not a boolean"):
        to_bool("maybe")
    assert to_bool("t")
    assert not to_bool(None)
    assert to_int("7") == 7
    assert to_int(None) is None
