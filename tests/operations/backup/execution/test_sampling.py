"""Which rows a sample holds: others in each backup, never more than a tenth of the export takes."""

from __future__ import annotations

import random
from dataclasses import replace

from kwtui.model.checks import Window
from kwtui.model.schema import ColumnSpec, TableName, TableSpec
from kwtui.operations.backup.execution.sampling import (
    Pace,
    chance,
    parts_by_time,
    sampling_key,
)
from kwtui.operations.shared.checksums import SMALL

SERIES = TableSpec(
    TableName("public", "m"),
    (ColumnSpec("ts", "TIMESTAMPTZ(3)", nullable=False),),
    "",
    "",
    time_column="ts",
)
NEWEST = "2026-11-09 12:00:00+00:00"


def days(*rows: int) -> list[Window]:
    return [
        Window(f"2026-11-{i:02} 00:00:00+00:00", f"2026-11-{i + 1:02} 00:00:00+00:00", count)
        for i, count in enumerate(rows, 1)
    ]


def luck(seed: int) -> random.Random:
    return chance(f"k/a/{seed}", SERIES)


def test_a_sample_is_measured_by_the_exports_time() -> None:
    pace = Pace()
    assert pace.rows(0.01) == SMALL
    assert pace.rows(10) == 40_000
    pace.learn(20_000, 0.2)
    assert pace.rows(10) == 100_000


def test_the_same_backup_takes_the_same_rows_and_the_next_one_others() -> None:
    one, again, two = (chance(path, SERIES).random() for path in ("k/a/1", "k/a/1", "k/a/2"))
    assert one == again != two


def test_whole_windows_as_far_as_the_rows_go() -> None:
    parts = parts_by_time(SERIES, days(900, 900, 900), NEWEST, 2_000, luck(1))
    assert len(parts) == 2
    assert all(part.until[8:10] == f"{int(part.since[8:10]) + 1:02}" for part in parts)


def test_over_many_backups_every_window_is_taken() -> None:
    taken = {
        part.since
        for seed in range(200)
        for part in parts_by_time(SERIES, days(*[900] * 8), NEWEST, 1_000, luck(seed))
    }
    assert len(taken) == 8


def test_of_a_window_that_is_too_large_a_stretch_is_taken() -> None:
    (part,) = parts_by_time(SERIES, days(86_400), NEWEST, 3_600, luck(3))
    assert "2026-11-01 00:00:00" <= part.since < part.until <= "2026-11-02 00:00:00+00:00"
    hours = int(part.until[11:13]) - int(part.since[11:13])
    assert hours <= 1, "about the time of 3,600 of its rows"


def test_the_newest_rows_are_left_out_since_others_may_come_in_beside_them() -> None:
    window = Window("2026-11-09 00:00:00+00:00", "2026-11-10 00:00:00+00:00", 100)
    (part,) = parts_by_time(SERIES, [window], NEWEST, 1_000, luck(1))
    assert part.until == NEWEST
    assert parts_by_time(SERIES, [window], window.since, 1_000, luck(1)) == ()


def test_a_key_of_which_ranges_can_be_read() -> None:
    create = 'CREATE TABLE t (\n\tid INT8 NOT NULL,\n\tCONSTRAINT "primary" PRIMARY KEY (id ASC)\n)'
    table = TableSpec(TableName("public", "t"), (ColumnSpec("id", "INT8"),), create, create)
    assert sampling_key(table) == ColumnSpec("id", "INT8")
    for column in (ColumnSpec("id", "BYTES"), ColumnSpec("id", "INT8", hidden=True)):
        assert sampling_key(replace(table, columns=(column,))) is None
