"""Which ranges hold a table, from keys as KWDB prints them (recordings 15 and 18)."""

from __future__ import annotations

import pytest

from kwtui.operations.backup.execution.last_writes import ranges_of

Rows = list[tuple[str | None, ...]]

SYSTEM: Rows = [
    ("1", "/Min", "/System/NodeLiveness"),
    ("2", "/System/NodeLiveness", "/Table/SystemConfigSpan/Start"),
    ("3", "/Table/SystemConfigSpan/Start", "/Table/50"),
]
RANGES: Rows = [
    *SYSTEM,
    ("58", "/Table/50", "/Table/78"),
    ("59", "/Table/78", "/Table/78/1/40000"),
    ("61", "/Table/78/1/80000", "/Table/79"),
    ("60", "/Table/78/1/40000", "/Table/78/1/80000"),
    ("62", "/Table/79", "/Max"),
]


def numbers(rows: Rows, *tables: int) -> dict[int, list[int]]:
    found = ranges_of(tables, rows)
    return {table: [each.number for each in ranges] for table, ranges in found.items()}


def test_small_tables_share_a_range_and_a_large_one_has_several() -> None:
    assert numbers(RANGES, 55, 56, 78, 79, 1591) == {
        55: [58],
        56: [58],
        78: [59, 61, 60],
        79: [62],
        1591: [62],
    }


def test_a_table_that_is_cut_lies_also_in_the_range_that_begins_before_it() -> None:
    rows = [
        *SYSTEM,
        ("1802", "/Table/50", "/Table/1591/1/500"),
        ("1803", "/Table/1591/1/500", "/Max"),
    ]
    assert numbers(rows, 1590, 1591, 1592) == {1590: [1802], 1591: [1802, 1803], 1592: [1803]}


@pytest.mark.parametrize(
    "rows",
    [
        [row for row in RANGES if row[0] != "60"],
        [row if row[0] != "60" else ("60", "/Table/78/1/50000", row[2]) for row in RANGES],
        [row if row[0] != "59" else ("59", "/Strange/78", row[2]) for row in RANGES],
        [row if row[0] != "61" else ("61", row[1], "/Strange/79") for row in RANGES],
        [row if row[0] != "61" else ("61", row[1], None) for row in RANGES],
        [*RANGES, ("63", "/Table/78", "/Table/79")],
    ],
    ids=["missing", "a gap", "a strange start", "a strange end", "no end", "twice"],
)
def test_of_a_table_whose_ranges_are_not_clear_nothing_is_said(rows: Rows) -> None:
    assert 78 not in ranges_of([78], rows)
    assert numbers(rows, 55) == {55: [58]}
