"""AS OF SYSTEM TIME reads what was there then, whatever has happened since."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.query.query import scan
from kwtui.sandbox.sql_engine import SqlEngine
from tests.sandbox.asking import ask, refusal
from tests.sandbox.stores import new_engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqlEngine]:
    made = new_engine(tmp_path)
    yield made
    made.close()


@pytest.fixture
def session(engine: SqlEngine) -> Session:
    made = engine.session("root", "defaultdb")
    ask(made, "CREATE TABLE t (id INT8 PRIMARY KEY, v STRING)")
    ask(made, "INSERT INTO t VALUES (1, 'first'), (2, 'second')")
    return made


def timestamp(session: Session) -> str:
    ((text,),) = ask(session, "SELECT cluster_logical_timestamp()").rows
    assert text is not None
    return text


def test_rows_are_read_as_they_were_at_a_timestamp(session: Session) -> None:
    then = timestamp(session)
    ask(session, "UPDATE t SET v = 'changed' WHERE id = 1")
    ask(session, "DELETE FROM t WHERE id = 2")
    ask(session, "INSERT INTO t VALUES (3, 'third')")
    now = ask(session, "SELECT id, v FROM t").rows
    past = ask(session, f"SELECT id, v FROM t AS OF SYSTEM TIME '{then}'").rows
    assert now == [("1", "changed"), ("3", "third")]
    assert past == [("1", "first"), ("2", "second")]


def test_a_dropped_and_an_altered_table_are_there_as_they_were(session: Session) -> None:
    then = timestamp(session)
    ask(session, "ALTER TABLE t ADD COLUMN more INT8 DEFAULT 7")
    assert ask(session, f"SELECT * FROM t AS OF SYSTEM TIME '{then}'").rows == [
        ("1", "first"),
        ("2", "second"),
    ]
    ask(session, "DROP TABLE t")
    assert ask(session, f"SELECT count(*) FROM t AS OF SYSTEM TIME '{then}'").rows == [("2",)]
    assert refusal(session, "SELECT count(*) FROM t").sqlstate == "42P01"


def test_a_table_younger_than_the_timestamp_does_not_exist(session: Session) -> None:
    """Recording 09: 42P01 for a table made after the time that is asked for."""
    then = timestamp(session)
    ask(session, "CREATE TABLE young (id INT8 PRIMARY KEY)")
    error = refusal(session, f"SELECT * FROM young AS OF SYSTEM TIME '{then}'")
    assert (error.sqlstate, error.message) == ("42P01", 'relation "young" does not exist')


def test_a_short_time_ago_is_before_the_last_write(engine: SqlEngine, session: Session) -> None:
    """A negative interval reaches back across a write that has just been made."""
    threading.Event().wait(0.4)
    ask(session, "DELETE FROM t")
    assert ask(session, "SELECT count(*) FROM t AS OF SYSTEM TIME '-200ms'").rows == [("2",)]
    assert ask(session, "SELECT count(*) FROM t").rows == [("0",)]


def test_every_table_is_read_at_one_instant_while_a_counter_runs(
    engine: SqlEngine, session: Session
) -> None:
    """Two tables that are always changed together agree at any one timestamp."""
    ask(session, "CREATE TABLE u (id INT8 PRIMARY KEY, n INT8)")
    ask(session, "CREATE TABLE w (id INT8 PRIMARY KEY, n INT8)")
    ask(session, "INSERT INTO u VALUES (1, 0)")
    ask(session, "INSERT INTO w VALUES (1, 0)")
    stop = threading.Event()

    def count() -> None:
        own = engine.session("root", "defaultdb")
        number = 0
        while not stop.is_set():
            number += 1
            ask(own, "BEGIN")
            ask(own, f"UPDATE u SET n = {number} WHERE id = 1")
            ask(own, f"UPDATE w SET n = {number} WHERE id = 1")
            ask(own, "COMMIT")
        own.close()

    counter = threading.Thread(target=count)
    counter.start()
    try:
        for _ in range(10):
            then = timestamp(session)
            first = ask(session, f"SELECT n FROM u AS OF SYSTEM TIME '{then}'").rows
            second = ask(session, f"SELECT n FROM w AS OF SYSTEM TIME '{then}'").rows
            assert first == second
    finally:
        stop.set()
        counter.join()


def test_several_statements_read_one_snapshot_at_the_same_time(session: Session) -> None:
    then = timestamp(session)
    ask(session, "DELETE FROM t")
    text = f"SELECT id FROM t AS OF SYSTEM TIME '{then}'"
    readers = [scan(session, text)[1] for _ in range(3)]
    assert [next(reader) for reader in readers] == [(1,)] * 3
    assert [list(reader) for reader in readers] == [[(2,)]] * 3


def test_a_time_that_is_long_gone_is_refused(session: Session) -> None:
    error = refusal(session, "SELECT * FROM t AS OF SYSTEM TIME '-2h'")
    assert error.sqlstate in ("42P01", "XXUUU")
    assert "does not exist" in error.message or "GC threshold" in error.message


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        (
            "follower_read_timestamp()",
            "AS OF SYSTEM TIME: only constant expressions or"
            " experimental_follower_read_timestamp are allowed",
        ),
        ("'soon'", "AS OF SYSTEM TIME: value is neither timestamp, decimal, nor interval"),
        ("'2999-01-01'", "AS OF SYSTEM TIME: cannot specify timestamp in the future"),
    ],
)
def test_a_time_that_cannot_be_read_is_refused(session: Session, moment: str, message: str) -> None:
    assert refusal(session, f"SELECT * FROM t AS OF SYSTEM TIME {moment}").message == message


def test_time_series_ignore_the_time(engine: SqlEngine, session: Session) -> None:
    """Recording 16, row 30 of the findings: rows written later are in the answer."""
    ask(session, "CREATE TS DATABASE plant")
    ask(session, "USE plant")
    ask(
        session,
        "CREATE TABLE s (ts TIMESTAMPTZ NOT NULL, v INT4) TAGS (id INT4 NOT NULL)"
        " PRIMARY TAGS (id)",
    )
    ask(session, "INSERT INTO s VALUES ('2026-11-22 08:00:00+00', 1, 1)")
    then = timestamp(session)
    ask(session, "INSERT INTO s VALUES ('2026-11-22 08:00:01+00', 2, 1)")
    assert ask(session, f"SELECT v FROM s AS OF SYSTEM TIME '{then}'").rows == [("1",), ("2",)]
