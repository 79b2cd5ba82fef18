"""A restored sequence goes on where the captured one would have."""

from __future__ import annotations

import pytest

from kwtui.model.schema import SequenceSpec, TableName
from kwtui.sql.sequences import position, set_sequence

NO = TableName("public", "no")
PRINTED = "CREATE SEQUENCE no MINVALUE 1 MAXVALUE 9223372036854775807 INCREMENT 1 START 100"
SHORT = "CREATE SEQUENCE q1 MINVALUE 10 MAXVALUE 1000 INCREMENT 5 START 20"
FALLING = "CREATE SEQUENCE down MINVALUE -9223372036854775808 MAXVALUE -1 INCREMENT -1 START -1"


def sequence(create: str, value: int | None, *, called: bool = True) -> SequenceSpec:
    return SequenceSpec(NO, create, value, called)


@pytest.mark.parametrize(
    ("create", "value", "expected"),
    [
        (PRINTED, 102, "SELECT setval('dst.public.no', 102)"),
        (SHORT, 25, "SELECT setval('dst.public.no', 25)"),
        (FALLING, -7, "SELECT setval('dst.public.no', -7)"),
        ("CREATE SEQUENCE no", 3, "SELECT setval('dst.public.no', 3)"),
    ],
)
def test_one_that_was_used_is_put_where_it_was(create: str, value: int, expected: str) -> None:
    assert set_sequence("dst", sequence(create, value)) == expected


@pytest.mark.parametrize(
    ("create", "value"),
    [(PRINTED, 99), (SHORT, 15), (FALLING, 0), ("CREATE SEQUENCE no", 0)],
)
def test_one_that_nobody_used_is_left_as_it_was_made(create: str, value: int) -> None:
    assert set_sequence("dst", sequence(create, value)) is None


def test_one_whose_first_value_was_chosen_is_fresh_in_postgresql_s_words_too() -> None:
    assert set_sequence("dst", sequence(PRINTED, 100, called=False)) is None
    assert position(sequence(PRINTED, 100, called=False)) == position(sequence(PRINTED, 99))


@pytest.mark.parametrize(("create", "value", "last"), [(SHORT, 1005, 1000), (FALLING, -9, -9)])
def test_one_that_ran_out_gets_its_last_value(create: str, value: int, last: int) -> None:
    """A node has counted one step too far when it says that the end was reached."""
    assert set_sequence("dst", sequence(create, value)) == f"SELECT setval('dst.public.no', {last})"


def test_one_that_was_sent_back_to_its_smallest_value_begins_there() -> None:
    assert set_sequence("dst", sequence(SHORT, 5)) == "SELECT setval('dst.public.no', 10, false)"


def test_one_without_a_value_of_its_own_and_one_that_was_not_read_are_left() -> None:
    assert set_sequence("dst", sequence(f"{PRINTED} VIRTUAL", 0)) is None
    assert set_sequence("dst", sequence(PRINTED, None)) is None


def test_a_name_that_looks_like_options_is_a_name() -> None:
    spec = SequenceSpec(TableName("public", "START 7"), 'CREATE SEQUENCE "START 7"', 0)
    assert set_sequence("dst", spec) is None
