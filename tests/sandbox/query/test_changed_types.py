"""A query that was asked before, of a table whose columns are of another type by now."""

from __future__ import annotations

from pathlib import Path

from tests.sandbox.asking import ask
from tests.sandbox.stores import new_engine

ASKED = "SELECT v FROM t ORDER BY k"


def test_the_same_query_tells_the_types_that_the_table_has_now(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    session = engine.session("root", "defaultdb")
    ask(session, "CREATE DATABASE d")
    ask(session, "USE d")
    ask(session, "CREATE TABLE t (k INT4 PRIMARY KEY, v INT4)")
    ask(session, "INSERT INTO t VALUES (1, 7)")
    before = ask(session, ASKED)
    ask(session, "ALTER TABLE t ALTER COLUMN v SET DATA TYPE INT8")

    after = ask(session, ASKED)

    assert (before.columns, after.columns) == ({"v": 23}, {"v": 20})
    ask(session, "DROP TABLE t")
    ask(session, "CREATE TABLE t (k INT4 PRIMARY KEY, v BYTES)")
    ask(session, "INSERT INTO t VALUES (1, b'\\x61')")
    assert ask(session, ASKED).rows == [("\\x61",)]
    engine.close()
