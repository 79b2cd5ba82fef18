"""A time series takes writes while it is exported: what came late or changed is counted."""

from __future__ import annotations

import pytest

from kwtui.model.proof import ContentChecksum
from kwtui.model.schema import TableName, TableSpec
from kwtui.operations.backup.execution.late_rows import judge
from kwtui.operations.backup.execution.state import TableExport

SPEC = TableSpec(TableName("public", "t"), (), "", "", time_column="ts")
BEFORE = ContentChecksum(100, "1", "2")


def export(before: ContentChecksum | None = BEFORE) -> TableExport:
    return TableExport(SPEC, "public/t", until="2026-01-01 00:00:00", checksum_before=before)


def test_a_table_that_nobody_touched_below_the_cut_is_known_exactly() -> None:
    assert judge(export(), BEFORE, 100).checksum == BEFORE


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (ContentChecksum(103, "5", "6"), "3 rows of public.t arrived late"),
        (ContentChecksum(99, "5", "6"), "1 row of public.t vanished"),
        (ContentChecksum(100, "5", "6"), "rows of public.t were changed"),
    ],
)
def test_what_happened_meanwhile_is_counted_and_named(after: ContentChecksum, words: str) -> None:
    found = judge(export(), after, 101)

    assert found.checksum is None
    assert words in found.doubt
    assert "the files hold 101 rows" in found.doubt
    assert "2026-01-01" in found.doubt


def test_the_numbers_of_late_rows_add_up() -> None:
    found = judge(export(), ContentChecksum(134, "5", "6"), 120)

    assert found.doubt == (
        "34 rows of public.t arrived late while it was exported: the table held 100 up to "
        "2026-01-01 00:00:00 before it and 134 after it; the files hold 120 rows: 20 of the late "
        "ones are in them, 14 are not"
    )


def test_one_statement_for_the_whole_database_knows_only_the_count() -> None:
    assert judge(export(None), BEFORE, 100).checksum == BEFORE
    assert "it takes writes" in judge(export(None), BEFORE, 99).doubt
