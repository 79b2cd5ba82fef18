"""What was committed is there again, however the process ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from kwtui.sandbox.sql_engine import SqlEngine
from tests.sandbox.asking import ask

_WRITER = """
import sys
from pathlib import Path
from kwtui.sandbox.sql_engine import SqlEngine

engine = SqlEngine(Path(sys.argv[1]))
session = engine.session("root", "defaultdb")
def run(sql):
    for answer in session.execute(sql):
        list(answer.rows)
run("CREATE DATABASE shop")
run("USE shop")
run("CREATE SEQUENCE no START 100")
run("CREATE TABLE t (id INT8 PRIMARY KEY DEFAULT nextval('no'), v STRING)")
run("INSERT INTO t (v) VALUES ('kept'), ('kept too')")
run("COMMENT ON TABLE t IS 'goods'")
run("SELECT cluster_logical_timestamp()")
run("BEGIN")
run("INSERT INTO t (v) VALUES ('lost')")
print("ready", flush=True)
sys.stdin.readline()
"""


def test_a_killed_process_leaves_what_was_committed(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    engine = SqlEngine(tmp_path)
    session = engine.session("root", "shop")
    assert ask(session, "SELECT * FROM t").rows == [("100", "kept"), ("101", "kept too")]
    ((_, text),) = ask(session, "SHOW CREATE TABLE t").rows
    assert text is not None
    assert text.endswith("COMMENT ON TABLE t IS 'goods'")
    ((number,),) = ask(session, "SELECT nextval('no')").rows
    assert number is not None
    assert int(number) >= 102
    engine.close()


def test_everything_is_there_after_a_clean_end(tmp_path: Path) -> None:
    first = SqlEngine(tmp_path)
    session = first.session("root", "defaultdb")
    ask(session, "CREATE TABLE t (id INT8 PRIMARY KEY, d DECIMAL(10,2), a STRING[])")
    ask(session, "INSERT INTO t VALUES (1, 1.50, ARRAY['x', NULL])")
    ask(session, "CREATE VIEW v AS SELECT d FROM t")
    cluster = first.catalog.cluster_id
    first.close()
    second = SqlEngine(tmp_path)
    session = second.session("root", "defaultdb")
    assert second.catalog.cluster_id == cluster
    assert ask(session, "SELECT * FROM t").rows == [("1", "1.50", "{x,NULL}")]
    assert ask(session, "SELECT * FROM v").rows == [("1.50",)]
    second.close()


def test_the_data_are_private(tmp_path: Path) -> None:
    engine = SqlEngine(tmp_path)
    folder = tmp_path / "sql"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "data.duckdb").stat().st_mode & 0o777 == 0o600
    engine.close()
