"""The devices of a time series, as recording 20 has them (live-findings, row 33)."""

from __future__ import annotations

from kwtui.server.catalogue.devices import devices, in_order
from kwtui.server.connection.results import Column, ResultSet
from tests.server.recorded import answer

KNOWN = answer("20", "SHOW TAG VALUES FROM lookts.public.d")


def heard(*rows: tuple[str, ...]) -> ResultSet:
    return ResultSet((Column("id", 23), Column("count", 20)), rows)


def test_those_without_readings_are_told_apart() -> None:
    found = devices(KNOWN, heard(("3", "1")), ["id", "name"], ["id"])
    assert found.count == 3
    assert found.silent == (("1", "dev1"), ("2", "dev2"))


def test_a_table_of_which_every_device_has_readings_has_no_silent_one() -> None:
    found = devices(KNOWN, heard(("1", "7"), ("2", "1"), ("3", "1")), ["id", "name"], ["id"])
    assert (found.count, found.silent) == (3, ())


def test_several_primary_tags_tell_a_device_together() -> None:
    columns = (Column("a", 23), Column("note", 25), Column("b", 23))
    known = ResultSet(columns, (("1", "x", "1"), ("1", None, "2"), ("2", "y", "1")))
    rows = ResultSet((Column("b", 23), Column("a", 23), Column("n", 20)), (("2", "1", "5"),))
    found = devices(known, rows, ["a", "note", "b"], ["b", "a"])
    assert found.silent == (("1", "x", "1"), ("2", "y", "1"))


def test_columns_are_found_by_their_names() -> None:
    assert in_order(KNOWN, ["name", "id"])[0] == ("dev1", "1")
