"""A person asks in which ranges a table lies and when they were last written (recording 18)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.sql_engine import SqlEngine
from tests.sandbox.asking import ask, refusal
from tests.sandbox.stores import new_engine

STATS = (
    "SELECT r.range_id, kwdb_internal.range_stats(r.start_key) FROM [SHOW RANGES FROM TABLE {t}] AS"
    " s JOIN kwdb_internal.ranges_no_leases AS r ON r.range_id = s.range_id ORDER BY 1"
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqlEngine]:
    engine = new_engine(tmp_path)
    yield engine
    engine.close()


@pytest.fixture
def root(engine: SqlEngine) -> Session:
    session = engine.session("root", "defaultdb")
    for table in ("a", "b"):
        ask(session, f"CREATE TABLE {table} (id INT8 PRIMARY KEY, s STRING)")
        ask(session, f"INSERT INTO {table} SELECT g, 'row' FROM generate_series(1, 10) AS g")
    return session


def written(session: Session, table: str = "a") -> list[int]:
    rows = ask(session, STATS.format(t=table)).rows
    return [json.loads(text or "")["last_update_nanos"] for _, text in rows]


def counts(session: Session, table: str = "a") -> list[int]:
    return [
        json.loads(text or "")["live_count"] for _, text in ask(session, STATS.format(t=table)).rows
    ]


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO a VALUES (99, 'x')",
        "UPDATE a SET s = 'x' WHERE id = 1",
        "UPSERT INTO a VALUES (1, 'x')",
        "DELETE FROM a WHERE id = 1",
        "TRUNCATE a",
        "ALTER TABLE a ADD COLUMN n INT8 DEFAULT 7",
    ],
)
def test_the_last_write_moves_with_each_change(root: Session, change: str) -> None:
    (before,) = written(root)
    ask(root, change)
    (after,) = written(root)
    assert after > before


@pytest.mark.parametrize(
    "no_change",
    ["SELECT * FROM a", "UPDATE a SET s = 'x' WHERE id = 77", "DELETE FROM a WHERE id = 77"],
)
def test_it_does_not_move_with_what_changes_no_row(root: Session, no_change: str) -> None:
    before = written(root)
    ask(root, no_change)
    assert written(root) == before


def test_what_was_rolled_back_was_not_written(root: Session) -> None:
    before = written(root)
    for sql in ("BEGIN", "UPDATE a SET s = 'x' WHERE id = 1", "ROLLBACK"):
        ask(root, sql)
    assert written(root) == before


def test_small_tables_share_a_range_and_its_time(root: Session) -> None:
    assert ask(root, STATS.format(t="a")).rows == ask(root, STATS.format(t="b")).rows
    before = written(root, "b")
    ask(root, "UPDATE a SET s = 'x' WHERE id = 1")
    assert written(root, "b") > before
    assert counts(root) == [20]


def test_a_time_series_lies_between_the_ranges_of_tables(root: Session) -> None:
    ask(root, "CREATE TS DATABASE plant")
    series = "(ts TIMESTAMPTZ NOT NULL, v INT4) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)"
    ask(root, f"CREATE TABLE plant.public.m {series}")
    ask(root, "CREATE TABLE c (id INT8 PRIMARY KEY)")
    ((a,), (c,)) = (
        ask(root, f"SELECT range_id FROM [SHOW RANGES FROM TABLE {t}]").rows for t in "ac"
    )
    assert a != c
    assert refusal(root, "SHOW RANGES FROM TABLE plant.public.m").sqlstate == "0A000"
    shown = "SELECT range_type, database_name FROM kwdb_internal.ranges_no_leases WHERE table_name"
    assert ask(root, f"{shown} = 'm'").rows == [("TS_RANGE", "plant")]


def test_each_part_of_a_split_table_has_a_time_of_its_own(engine: SqlEngine, root: Session) -> None:
    reply = ask(root, "ALTER TABLE a SPLIT AT VALUES (4), (8)")
    assert (reply.tag, [row[1][-2:] for row in reply.rows if row[1]]) == ("SPLIT 2", ["/4", "/8"])
    ends = ask(root, "SELECT start_key, end_key FROM [SHOW RANGES FROM TABLE a]").rows
    assert ends == [(None, "/4"), ("/4", "/8"), ("/8", None)]
    assert counts(root) == [3, 4, 3]
    before = written(root)
    ask(root, "UPDATE a SET s = 'x' WHERE id = 5")
    after = written(root)
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1] > before[1]
    assert counts(root, "b") == [10], "cut off where it begins"

    ask(root, "DROP TABLE a")
    assert engine.catalog.splits == [s for s in engine.catalog.splits if s.value is None]


def test_text_is_split_in_its_order_and_other_keys_are_refused(root: Session) -> None:
    ask(root, "CREATE TABLE t (k STRING PRIMARY KEY)")
    ask(root, "INSERT INTO t VALUES ('a'), ('m'), ('z')")
    ask(root, "ALTER TABLE t SPLIT AT VALUES ('m')")
    ends = ask(root, "SELECT start_key, end_key FROM [SHOW RANGES FROM TABLE t]").rows
    assert ends == [(None, '/"m"'), ('/"m"', None)]
    assert counts(root, "t")[1] == 2
    ask(root, "CREATE TABLE d (k DATE PRIMARY KEY)")
    assert (
        "splits tables at" in refusal(root, "ALTER TABLE d SPLIT AT VALUES ('2026-01-01')").message
    )


def test_where_a_dropped_time_series_ended_a_range_still_begins(
    engine: SqlEngine, root: Session
) -> None:
    ask(root, "CREATE TS DATABASE plant")
    series = "(ts TIMESTAMPTZ NOT NULL, v INT4) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)"
    for name in ("m", "n"):
        ask(root, f"CREATE TABLE plant.public.{name} {series}")
    ask(root, "DROP DATABASE plant CASCADE")
    assert len(engine.catalog.left_behind) == 1
    ask(root, "CREATE TABLE c (id INT8 PRIMARY KEY)")
    ask(root, "INSERT INTO c VALUES (1), (2), (3)")
    assert counts(root, "c") == [3]
    ask(root, "ALTER TABLE c SPLIT AT VALUES (2)")
    assert counts(root, "c") == [0, 2], "as a node counts what a time series has left behind"


def test_the_size_follows_rows_that_are_written_in_a_transaction(
    engine: SqlEngine, root: Session
) -> None:
    """What was counted once is counted again, even where the later write is committed first."""

    def size() -> object:
        return ask(root, "SELECT range_size_mb FROM [SHOW RANGES FROM TABLE a]").rows

    first, other = size(), engine.session("root", "defaultdb")
    ask(other, "BEGIN")
    ask(other, "INSERT INTO a SELECT g, 'row' FROM generate_series(100, 199) AS g")
    assert size() == first
    ask(root, "INSERT INTO b SELECT g, 'row' FROM generate_series(100, 199) AS g")
    between = size()
    ask(other, "COMMIT")

    assert first != between != size()
