"""A time series takes writes while it is exported: what came late or changed is counted."""

from __future__ import annotations

import pytest

from kwtui.model.checks import Aggregate, AggregateKind, Window, WindowReadings
from kwtui.model.schema import TableName, TableSpec
from kwtui.operations.backup.execution.late_rows import doubt
from kwtui.operations.backup.execution.state import TableExport

SPEC = TableSpec(TableName("public", "t"), (), "", "", time_column="ts")
SUM = Aggregate(AggregateKind.SUM, "n")


def read(*days: tuple[int, str]) -> WindowReadings:
    windows = tuple(
        Window(f"2026-01-{i:02} 00:00:00+00:00", "", rows, (total,))
        for i, (rows, total) in enumerate(days, 1)
        if rows
    )
    return WindowReadings("ts", "1d", (SUM,), windows=windows)


BEFORE = read((60, "1"), (40, "2"))


def export(before: WindowReadings | None = BEFORE) -> TableExport:
    return TableExport(SPEC, "public/t", until="2026-01-02 12:00:00", windows_before=before)


def test_a_table_that_nobody_touched_below_the_cut_is_known_exactly() -> None:
    assert doubt(export(), BEFORE, 100) == ""


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (
            read((60, "1"), (43, "2")),
            "3 rows of public.t arrived late while it was exported (2026-01-02 +3)",
        ),
        (
            read((59, "1"), (40, "2")),
            "1 row of public.t vanished while it was exported (2026-01-01 -1)",
        ),
        (
            read((0, ""), (40, "2")),
            "60 rows of public.t vanished while it was exported (2026-01-01 -60)",
        ),
        (
            read((61, "1"), (39, "2")),
            "1 row of public.t arrived late and 1 row vanished while it was exported "
            "(2026-01-01 +1, 2026-01-02 -1)",
        ),
        (
            read((60, "1"), (40, "7")),
            "rows of public.t were changed while it was exported (2026-01-02)",
        ),
    ],
)
def test_what_happened_meanwhile_is_counted_and_named_by_window(
    after: WindowReadings, words: str
) -> None:
    found = doubt(export(), after, 101)

    assert words in found
    assert "the files hold 101 rows" in found
    assert "2026-01-02 12:00:00" in found


def test_the_numbers_of_late_rows_add_up() -> None:
    assert doubt(export(), read((60, "1"), (74, "9")), 120) == (
        "34 rows of public.t arrived late while it was exported (2026-01-02 +34): the table held "
        "100 up to 2026-01-02 12:00:00 before it and 134 after it; the files hold 120 rows: 20 of "
        "the late ones are in them, 14 are not"
    )


def test_of_many_windows_the_first_are_named() -> None:
    found = doubt(export(read(*[(1, "1")] * 20)), read(*[(2, "1")] * 20), None)
    assert "2026-01-05 +1 and 15 more)" in found


def test_one_statement_for_the_whole_database_knows_only_the_count() -> None:
    assert doubt(export(None), BEFORE, 100) == ""
    assert "it takes writes" in doubt(export(None), BEFORE, 99)
