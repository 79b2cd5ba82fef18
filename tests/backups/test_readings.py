"""Two readings of a table's windows: what is the same, and what sums of floats may differ by."""

from __future__ import annotations

import random
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.backups.readings import differences, tolerance
from kwtui.model.checks import (
    Aggregate,
    AggregateKind,
    CheckLevel,
    Extremes,
    Window,
    WindowReadings,
)

A = Aggregate(AggregateKind.FLOAT_SUM, "a")
N = Aggregate(AggregateKind.SUM, "n")
S = Aggregate(AggregateKind.LENGTH, "s")


def day(number: int, rows: int, *values: str | None) -> Window:
    since, until = (f"2026-11-{n:02} 00:00:00+00:00" for n in (number, number + 1))
    return Window(since, until, rows, values)


def readings(*windows: Window, most: str = "10") -> WindowReadings:
    extremes = (Extremes("a", f"-{most}", most), Extremes("n", f"-{most}", most))
    return WindowReadings("ts", "1d", (A, N, S), extremes, windows)


def words(before: WindowReadings, after: WindowReadings) -> list[str]:
    return [each.words for each in differences(before, after)]


def test_the_same_is_the_same() -> None:
    one = readings(day(1, 2, "0.5", "7", "9"), day(2, 1, None, None, None))
    assert words(one, one) == []


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ((day(1, 5, "1", "2", "3"),), "2026-11-01: 5 rows instead of 2"),
        ((), "2026-11-01: 0 rows instead of 2"),
        ((day(1, 2, "1", "3", "3"),), "2026-11-01: other values in n"),
        ((day(1, 2, "1", "2", "4"),), "2026-11-01: other values in s"),
        ((day(1, 2, "1.001", "2", "4"),), "2026-11-01: other values in a, s"),
        ((day(1, 2, "1", "2", "3"), day(2, 1, "1", "1", "1")), "2026-11-02: 1 row instead of 0"),
    ],
)
def test_a_window_that_differs_is_named(after: tuple[Window, ...], told: str) -> None:
    assert words(readings(day(1, 2, "1", "2", "3")), readings(*after)) == [told]


def test_what_changed_during_the_export_is_not_compared() -> None:
    before = replace(readings(day(1, 2, "1", "2", "3")), unsettled=("2026-11-01 00:00:00+00:00",))
    assert words(before, readings(day(1, 9, "1", "2", "3"))) == []


def test_a_reading_without_texts_is_compared_by_what_it_has() -> None:
    lean = replace(readings(), aggregates=(A,), extremes=(), windows=(day(1, 2, "1"),))
    assert words(lean, readings(day(1, 2, "1", "2", "3"))) == []
    assert words(lean, readings(day(1, 2, "1.1", "2", "3"))) == ["2026-11-01: other values in a"]


def test_other_widths_are_compared_by_all_rows() -> None:
    whole = WindowReadings("ts", "", (), windows=(Window("", "", 3),))
    assert words(readings(day(1, 2, "1", "2", "3"), day(2, 1, "1", "2", "3")), whole) == []
    assert words(readings(day(1, 2, "1", "2", "3")), whole) == ["3 rows instead of 2"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.randoms(use_true_random=False))
def test_no_order_of_addition_is_a_difference(values: list[float], luck: random.Random) -> None:
    shuffled = values[:]
    luck.shuffle(shuffled)
    half = len(shuffled) // 2
    parallel = sum(shuffled[:half]) + sum(shuffled[half:])
    most = max(map(abs, values))
    allowed = tolerance(len(values), most)
    assert abs(sum(values) - parallel) <= allowed
    assert allowed <= 1e-9 * max(most, 1e-300) * len(values), "and it is small"


def test_one_changed_value_among_many_is_seen() -> None:
    """72,000 readings a day: a change of 2 millionths of the greatest value shows."""
    before = readings(day(1, 72_000, "360000.25", "7", "9"), most="10")
    after = readings(day(1, 72_000, "360000.25002", "7", "9"), most="10")
    assert words(before, after) == ["2026-11-01: other values in a"]


def test_one_row_is_compared_exactly() -> None:
    assert tolerance(1, 1e300) == 0


def test_integers_are_exact_until_their_sum_passes_64_bits() -> None:
    near = (day(1, 9, "0", "9007199254740993", "1"), day(1, 9, "0", "9007199254740992", "1"))
    assert words(readings(near[0]), readings(near[1])) == ["2026-11-01: other values in n"]
    huge = (
        day(1, 9, "0", "27670116110564327421", "1"),
        day(1, 9, "0", "27670116110564327424", "1"),
    )
    most = "9223372036854775807"
    assert words(readings(huge[0], most=most), readings(huge[1], most=most)) == []


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("NaN", "NaN", True),
        ("Infinity", "Infinity", True),
        ("Infinity", "1", False),
        ("NaN", "0", False),
        ("-0", "0", True),
    ],
)
def test_what_is_no_number_is_compared_too(one: str, two: str, same: bool) -> None:
    found = words(readings(day(1, 2, one, "1", "1")), readings(day(1, 2, two, "1", "1")))
    assert (found == []) is same


def test_ten_thousand_windows_take_little_room() -> None:
    many = readings(*(day(1 + i % 28, 72_000, "360000.25", "7", "9") for i in range(10_000)))
    encoded = msgspec.json.encode(many)
    assert len(encoded) < 1_200_000
    assert msgspec.json.decode(encoded, type=WindowReadings) == many


def test_a_manifest_cannot_make_us_read_without_end() -> None:
    too_many = b'{"windows": [' + b",".join([b'["a","b",1,[]]'] * 100_001) + b"]}"
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(too_many, type=WindowReadings)


def test_what_readings_compare() -> None:
    times = (Aggregate(AggregateKind.MIN, "ts"), Aggregate(AggregateKind.MAX, "ts"))
    assert WindowReadings("ts", "1d", times).level is CheckLevel.COUNTS
    assert readings().level is CheckLevel.AGGREGATES
