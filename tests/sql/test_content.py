"""What is asked of a table's content: by window, as recording 17 shows it."""

from __future__ import annotations

import pytest

from kwtui.model.schema import ColumnSpec, TableName, TableSpec
from kwtui.sql import content, ddl
from kwtui.sql.statements import Part

M = TableSpec(
    TableName("public", "m"),
    (
        ColumnSpec("ts", "TIMESTAMPTZ(3)", nullable=False),
        ColumnSpec("a", "FLOAT8"),
        ColumnSpec("n", "INT8"),
        ColumnSpec("k", "INT4", nullable=False),
        ColumnSpec("s", "VARCHAR(30)"),
        ColumnSpec("b", "BOOL"),
        ColumnSpec("g", "GEOMETRY"),
        ColumnSpec("id", "INT4", nullable=False, tag=True, primary_tag=True),
    ),
    "",
    "",
    time_column="ts",
)


def test_numbers_are_summed_texts_measured_and_the_rest_counted() -> None:
    sql = content.window_aggregates(
        "win",
        M.name,
        content.aggregates_of(M),
        time_column="ts",
        width=content.DAY,
        until="2026-11-03 00:00:00+00:00",
    )
    assert sql == (
        "SELECT time_bucket(ts, '1d') AS w, count(*), count(a), sum(a), count(n), sum(n), sum(k), "
        "count(s), sum(length(s)), count(b), count(g), min(ts), max(ts) FROM win.public.m "
        "WHERE ts <= '2026-11-03 00:00:00+00:00' GROUP BY w ORDER BY w"
    )


def test_before_an_export_no_text_is_read() -> None:
    asked = [(a.kind.value, a.column) for a in content.sums_of(M)]
    assert asked == [("float_sum", "a"), ("sum", "n"), ("sum", "k"), ("min", "ts"), ("max", "ts")]


def test_only_sums_that_may_be_rounded_need_their_extremes() -> None:
    assert content.rounded_columns(M, content.aggregates_of(M)) == ("a", "n")


def test_a_table_without_windows_is_read_whole() -> None:
    sql = content.window_aggregates("d", M.name, content.times_of(M), time_column="ts")
    assert sql == "SELECT count(*), min(ts), max(ts) FROM d.public.m"


def test_a_part_is_bounded_by_its_key() -> None:
    assert Part("Id", "INT8", "5", "17").where == ' WHERE "Id" >= 5 AND "Id" < 17'
    assert Part("s", "STRING", "it's").where == " WHERE s >= 'it''s'"


KEYS = {
    'CREATE TABLE t (\n\tid INT8 NOT NULL,\n\tCONSTRAINT "primary" PRIMARY KEY (id ASC),\n'
    "\tFAMILY f (id)\n)": "id",
    'CREATE TABLE t (\n\t"My Id" INT8 NOT NULL,\n\tb INT8,\n'
    '\tCONSTRAINT pk PRIMARY KEY ("My Id" ASC, b ASC)\n)': "My Id",
    'CREATE TABLE t (\n\tid INT8 NOT NULL,\n\tCONSTRAINT "primary" PRIMARY KEY (id ASC) '
    "USING HASH WITH BUCKET_COUNT = 4\n)": "",
    "CREATE TABLE t (\n\ta STRING NULL,\n\tFAMILY f (a, rowid)\n)": "",
}


@pytest.mark.parametrize("statement", KEYS)
def test_the_leading_key_is_read_as_a_node_prints_it(statement: str) -> None:
    assert ddl.leading_key(statement) == KEYS[statement]
