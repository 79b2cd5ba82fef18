"""Dividing a time series, and never taking from an earlier set what is not the same any more."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kwtui.backups.manifest import Segment, TableEntry
from kwtui.backups.segments import comparable, rows_per_stretch, stretches
from kwtui.model.checks import Aggregate, AggregateKind, Window, WindowReadings
from kwtui.model.schema import ColumnSpec, TableName, TableSpec

DAY0 = datetime(2026, 11, 1, tzinfo=UTC)
AGGREGATES = (Aggregate(AggregateKind.COUNT, "n"), Aggregate(AggregateKind.SUM, "n"))
Table = dict[int, list[int]]
"""Values by day."""


def since(day: int) -> str:
    return (DAY0 + timedelta(days=day)).isoformat(" ")


def read(table: Table, unsettled: tuple[int, ...] = ()) -> WindowReadings:
    windows = tuple(
        Window(since(day), since(day + 1), len(rows), (str(len(rows)), str(sum(rows))))
        for day, rows in sorted(table.items())
        if rows
    )
    return WindowReadings(
        "ts", "1d", AGGREGATES, windows=windows, unsettled=tuple(map(since, unsettled))
    )


class Archive:
    """Sets with the rows that their files hold, as a backup writes them."""

    def __init__(self) -> None:
        self.entry: TableEntry | None = None
        self.files: dict[str, list[tuple[int, int]]] = {}
        self.written = 0
        self._number = 0

    def back_up(self, table: Table, most_rows: int) -> list[tuple[int, int]]:
        """The rows of the new set."""
        now = read(table)
        planned = stretches(self.entry, now, most_rows)
        segments = []
        for stretch in planned:
            if stretch.taken is not None:
                segments.append(Segment(stretch.since, stretch.until, stretch.taken.files, "old"))
                continue
            self._number += 1
            name = f"f{self._number}"
            rows = [
                (day, value)
                for day, values in table.items()
                for value in values
                if since(day) >= stretch.since and (not stretch.until or since(day) < stretch.until)
            ]
            self.files[name] = rows
            self.written += len(rows)
            segments.append(Segment(stretch.since, stretch.until, (name,)))
        self.entry = TableEntry(
            TableName("public", "m"), "public/m", ("ts", "n"), windows=now, segments=tuple(segments)
        )
        return [row for segment in segments for name in segment.files for row in self.files[name]]


def rows_of(table: Table) -> list[tuple[int, int]]:
    return sorted((day, value) for day, values in table.items() for value in values)


_CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "overwrite", "drop day"]),
        st.integers(0, 12),
        st.integers(1, 1000),
    ),
    max_size=6,
)


def change(table: Table, changes: list[tuple[str, int, int]]) -> None:
    for what, day, value in changes:
        rows = table.setdefault(day, [])
        if what == "insert":
            rows.append(value)
        elif what == "delete" and rows:
            rows.pop(value % len(rows))
        elif what == "overwrite" and rows:
            rows[value % len(rows)] += value
        elif what == "drop day":
            table.pop(day, None)


@settings(max_examples=300)
@given(
    st.dictionaries(st.integers(0, 12), st.lists(st.integers(0, 99), max_size=5), max_size=10),
    st.lists(_CHANGES, min_size=1, max_size=6),
    st.integers(1, 12),
)
def test_every_set_holds_the_table_as_it_was_whatever_happened_between(
    table: Table, history: list[list[tuple[str, int, int]]], most_rows: int
) -> None:
    archive = Archive()
    assert sorted(archive.back_up(table, most_rows)) == rows_of(table)
    for changes in history:
        change(table, changes)
        assert sorted(archive.back_up(copy.deepcopy(table), most_rows)) == rows_of(table)


def test_after_a_new_day_only_what_is_open_is_written() -> None:
    table: Table = {day: [day] * 10 for day in range(30)}
    archive = Archive()
    archive.back_up(table, 30)
    assert archive.written == 300
    table[30] = [1] * 10
    archive.back_up(table, 30)
    assert archive.written == 310
    table[30].append(5)
    archive.back_up(table, 30)
    assert archive.written == 321, "the day that was open is written again, and nothing else"


def test_the_last_day_of_a_table_of_many_files_stays_apart() -> None:
    planned = stretches(None, read({day: [1] * 10 for day in range(5)}), 20)
    assert [s.rows for s in planned] == [20, 20, 10]
    assert [s.until for s in planned] == [planned[1].since, planned[2].since, ""]


def test_windows_that_changed_while_they_were_exported_are_never_taken() -> None:
    table: Table = {0: [1], 1: [2], 2: [3]}
    archive = Archive()
    archive.back_up(table, 1)
    entry = archive.entry
    assert entry is not None
    unsettled = TableEntry(
        entry.name, entry.folder, entry.columns, windows=read(table, (1,)), segments=entry.segments
    )
    planned = stretches(unsettled, read(table), 1)
    assert [s.taken is not None for s in planned] == [True, False, True]


def _with(entry: TableEntry, **more: Any) -> TableEntry:
    kept = {"name": entry.name, "folder": entry.folder, "columns": entry.columns}
    return TableEntry(**{**kept, "windows": entry.windows, "segments": entry.segments, **more})


def test_another_shape_of_the_table_or_of_the_readings_compares_nothing() -> None:
    table: Table = {0: [1], 1: [2]}
    archive = Archive()
    archive.back_up(table, 1)
    entry, now = archive.entry, read(table)
    assert entry is not None
    assert comparable(entry, ("ts", "n"), now)
    assert not comparable(entry, ("ts", "n", "extra"), now), "files would be rejected (row 32)"
    assert not comparable(_with(entry, segments=()), ("ts", "n"), now)
    assert not comparable(_with(entry, windows=None), ("ts", "n"), now)
    latest = (Aggregate(AggregateKind.MAX, "ts"),)
    shown = tuple(Window(w.since, w.until, w.rows, (w.since,)) for w in now.windows)
    times = WindowReadings("ts", "1d", latest, windows=shown)
    assert not comparable(_with(entry, windows=times), ("ts", "n"), times), "counts tell too little"


def test_wide_rows_make_fewer_rows_a_file() -> None:
    def table(*columns: ColumnSpec) -> TableSpec:
        return TableSpec(TableName("public", "m"), columns, "", "")

    narrow = table(ColumnSpec("ts", "TIMESTAMPTZ(3)"), ColumnSpec("n", "INT4"))
    wide = table(*narrow.columns, *(ColumnSpec(f"c{i}", "VARCHAR(254)") for i in range(50)))
    assert rows_per_stretch(wide, 100_000) < rows_per_stretch(narrow, 100_000) <= 500_000
    assert rows_per_stretch(narrow, 1) == 5
