r"""KWDB prints one thing in several ways; what a text means is compared, not the text."""

from __future__ import annotations

import pytest

from kwtui.sql.meaning import meaning, same, typed_back

INT4_MADE = "ARRAY[1:::INT8, 2:::INT8]:::INT4[]:::INT4[]"
INT4_TYPED_BACK = "ARRAY[1:::INT8, 2:::INT8]:::INT8[]:::INT4[]"
"""Recording 20, `arr`: made by CREATE TABLE, and by SET DEFAULT ARRAY[1:::INT8, 2:::INT8]:::INT4[]
(live-findings, row 39)."""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (INT4_MADE, INT4_TYPED_BACK),
        (INT4_MADE, "ARRAY[1:::INT8, 2:::INT8]:::INT4[]"),
        ("ARRAY['x':::STRING]:::STRING[]", "ARRAY['x':::STRING]:::STRING[]:::STRING[]"),
        (INT4_MADE, "ARRAY[1:::INT8, 2:::INT8]"),
        ("ARRAY[]:::VARCHAR(20)[]", "ARRAY[]:::STRING[]:::VARCHAR(20)[]"),
        ("e'p\\'q'", "'p''q'"),
        ("NOW():::TIMESTAMPTZ", "now():::TIMESTAMPTZ"),
        ("a INT8 NULL DEFAULT 1:::INT8", "a  int8 NULL\n\tDEFAULT 1:::INT8"),
        ('"plain"', "plain"),
        ("b'\\''", "b'\\x27'"),
    ],
)
def test_two_ways_to_print_the_same(one: str, other: str) -> None:
    assert same(one, other)
    assert meaning(one) == meaning(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ARRAY[1:::INT8]:::INT4[]", "ARRAY[2:::INT8]:::INT4[]"),
        ("1:::INT8", "1:::FLOAT8"),
        ("'x'", "'X'"),
        ("'27'", "b'27'"),
        ("B'0101'", "b'0101'"),
        ('"Plain"', "plain"),
        ("'a b'", "'a  b'"),
        ("now():::TIMESTAMPTZ", "now():::TIMESTAMP"),
        ("x", None),
        ("", None),
    ],
)
def test_what_is_not_the_same(one: str, other: str | None) -> None:
    assert not same(one, other)


@pytest.mark.parametrize(
    ("printed", "typed"),
    [
        # What CREATE TABLE was given in recording 20, and what comes out as it was captured.
        ("ARRAY['x':::STRING]:::STRING[]", "ARRAY['x':::STRING]"),
        (INT4_MADE, "ARRAY[1:::INT8, 2:::INT8]:::INT4[]"),
        (INT4_TYPED_BACK, "ARRAY[1:::INT8, 2:::INT8]:::INT4[]"),
        # Nothing else says which type it has.
        ("ARRAY[]:::STRING[]", "ARRAY[]:::STRING[]"),
        ("ARRAY[]:::STRING[]:::STRING[]", "ARRAY[]:::STRING[]"),
        ("'{1,2}'", "'{1,2}'"),
        ("'ARRAY[1:::INT8]:::INT8[]'", "'ARRAY[1:::INT8]:::INT8[]'"),
        ("f(ARRAY[1:::INT8]:::INT8[])", "f(ARRAY[1:::INT8])"),
        ("a[1]:::INT8", "a[1]:::INT8"),
    ],
)
def test_an_array_is_typed_back_without_the_cast_that_kwdb_adds(printed: str, typed: str) -> None:
    assert typed_back(printed) == typed
    assert same(printed, typed)
