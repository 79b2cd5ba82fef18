"""Situations of recording 10, staged again: cancelled, killed, and out of disk.

A single node can show all of them; what recordings 11 and 15 add needs TLS or three nodes.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.sandbox.contract.node import RunningNode, running_node
from tests.sandbox.contract.replay import read_tree

ROWS = 200_000
EXPORT_T = "EXPORT INTO CSV 'nodelocal://1/{name}' FROM TABLE b_big"
EXPORT_DB = "EXPORT INTO CSV 'nodelocal://1/{name}' FROM DATABASE big"
NOT_EMPTY = "is not empty"

Rows = list[tuple[Any, ...]]


def _connect(node: RunningNode, database: str = "big") -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(
        f"host=127.0.0.1 port={node.port} user=root dbname={database} connect_timeout=10",
        autocommit=True,
    )


def _rows(node: RunningNode, sql: str) -> Rows:
    with _connect(node) as db:
        return db.execute(sql).fetchall()


def _make_big(node: RunningNode) -> None:
    with _connect(node, "defaultdb") as db:
        db.execute("CREATE DATABASE big")
        db.execute("USE big")
        db.execute("CREATE TABLE a_small (id INT8 PRIMARY KEY)")
        db.execute("INSERT INTO a_small VALUES (1),(2)")
        db.execute("CREATE TABLE b_big (id INT8 PRIMARY KEY, v STRING)")
        db.execute("CREATE TABLE c_small (id INT8 PRIMARY KEY)")
        db.execute("INSERT INTO c_small VALUES (1)")
        db.execute(
            f"INSERT INTO b_big SELECT i, repeat('x', 80) FROM generate_series(1, {ROWS}) AS g(i)"
        )


@pytest.fixture
def node(tmp_path: Path) -> Iterator[RunningNode]:
    with running_node(tmp_path / "node") as started:
        _make_big(started)
        yield started


@dataclass
class Background:
    """A statement that runs in a thread, on a connection of its own."""

    node: RunningNode
    sql: str
    error: Exception | None = None
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            _rows(self.node, self.sql)
        except (psycopg.Error, psycopg.Warning) as error:
            self.error = error

    def wait(self) -> Exception | None:
        """How it ended."""
        self._thread.join(60)
        assert not self._thread.is_alive(), "the statement never ended"
        return self.error

    def query_id(self) -> str:
        """Its id in SHOW QUERIES, as soon as it writes."""
        return _seen(
            lambda: [
                row[0]
                for row in _rows(self.node, "SELECT query_id, query, phase FROM [SHOW QUERIES]")
                if row[1] == self.sql and row[2] == "executing"
            ]
        )


def _seen(look: Callable[[], list[str]], seconds: float = 30) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found[0]
    raise AssertionError("it was never seen")


def _paths(node: RunningNode, name: str) -> list[str]:
    return [file["path"] for file in read_tree(node.extern / name)]


@pytest.mark.parametrize(
    ("statement", "left"),
    [(EXPORT_T, "meta.sql"), (EXPORT_DB, "public/b_big/meta.sql")],
    ids=["table", "database"],
)
def test_a_cancelled_export_hangs_up_and_blocks_its_folder(
    node: RunningNode, statement: str, left: str
) -> None:
    sql = statement.format(name="cancel")
    export = Background(node, sql)
    query_id = export.query_id()
    with _connect(node) as db:
        assert db.execute(f"CANCEL QUERY '{query_id}'").statusmessage == "CANCEL QUERIES 1"
    assert "server closed the connection unexpectedly" in str(export.wait())
    assert left in _paths(node, "cancel")
    jobs = "SELECT status FROM [SHOW JOBS] WHERE job_type = 'EXPORT'"
    assert _rows(node, jobs) == [("running",)], "nobody tells the job"
    with pytest.raises(psycopg.Error, match=NOT_EMPTY):
        _rows(node, sql)


def test_a_server_killed_in_an_export_leaves_a_job_that_runs_for_ever(tmp_path: Path) -> None:
    home = tmp_path / "node"
    sql = EXPORT_DB.format(name="killed")
    with running_node(home) as node:
        _make_big(node)
        export = Background(node, sql)
        export.query_id()
        os.kill(node.pid, signal.SIGKILL)
        assert "server closed the connection unexpectedly" in str(export.wait())
        assert "public/b_big/meta.sql" in _paths(node, "killed")
        (home / "run.json").unlink()
    with running_node(home) as node:
        assert _rows(node, "SELECT count(*) FROM big.public.b_big") == [(ROWS,)]
        jobs = "SELECT status, statement FROM [SHOW JOBS] WHERE job_type = 'EXPORT'"
        assert _rows(node, jobs) == [("running", sql)]
        with pytest.raises(psycopg.Error, match=NOT_EMPTY):
            _rows(node, sql)


@contextmanager
def _small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A file system of its own under ``folder``."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0750", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no disk could be mounted: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_fails_a_table_export_and_is_swallowed_by_a_database_export(
    node: RunningNode,
) -> None:
    notices: list[str] = []
    with _small_disk(node.extern, 6):
        extern = node.extern
        with pytest.raises(psycopg.Error) as caught:
            _rows(node, EXPORT_T.format(name="full_t"))
        assert caught.value.diag.message_primary == (
            f"write file n1.0.csv: write {extern}/full_t/n1.0.csv: no space left on device"
        )
        assert _paths(node, "full_t")[:2] == ["meta.sql", "n1.0.csv"]
        shutil.rmtree(extern / "full_t")
        with _connect(node) as db:
            db.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
            done = db.execute(EXPORT_DB.format(name="full_db"))
            assert done.statusmessage == "EXPORT 2", "success, it says"
            assert done.fetchall() == [("TABLE big.public.a_small", 2, 1, 1), ("meta.sql", 1, 1, 1)]
        assert len(notices) == 2
        assert all("no space left on device" in notice for notice in notices)
        assert "public/b_big/n1.0.csv" in _paths(node, "full_db")
        assert "public/c_small/meta.sql" not in _paths(node, "full_db")
    jobs = "SELECT status FROM [SHOW JOBS] WHERE job_type = 'EXPORT' ORDER BY created"
    assert _rows(node, jobs) == [("failed",), ("succeeded",)]


def test_a_cancelled_import_takes_the_table_away(node: RunningNode) -> None:
    _rows(node, EXPORT_T.format(name="whole"))
    files = ", ".join(f"'nodelocal://1/whole/{p}'" for p in _paths(node, "whole") if p[0] == "n")
    with _connect(node) as db:
        db.execute("CREATE TABLE into_t (id INT8 PRIMARY KEY, v STRING)")
    import_ = Background(node, f"IMPORT INTO into_t CSV DATA ({files})")
    look = "SELECT job_id::STRING FROM [SHOW JOBS] WHERE job_type = 'IMPORT' AND status = 'running'"
    job = _seen(lambda: [row[0] for row in _rows(node, look)])
    with _connect(node) as db:
        assert db.execute(f"CANCEL JOB {job}").statusmessage == "CANCEL JOBS 1"
    error = import_.wait()
    assert f"cannot update progress on cancel-requested job (id {job})" in str(error)
    with pytest.raises(psycopg.errors.UndefinedTable, match='relation "into_t" does not exist'):
        _rows(node, "SELECT count(*) FROM into_t")
    jobs = "SELECT status FROM [SHOW JOBS] WHERE job_type = 'IMPORT'"
    assert _rows(node, jobs)[0][0] in ("cancel-requested", "reverting")


def test_a_failed_import_blocks_its_name_for_a_while(node: RunningNode) -> None:
    _rows(node, "EXPORT INTO CSV 'nodelocal://1/blk' FROM TABLE big.public.a_small")
    with _connect(node, "defaultdb") as db:
        db.execute("CREATE DATABASE blk")
        db.execute("USE blk")
        failing = (
            "IMPORT TABLE CREATE USING 'nodelocal://1/blk/meta.sql' CSV DATA ('nodelocal://1/blk')"
        )
        with pytest.raises(psycopg.Error, match='expected a file but "blk" is a directory'):
            db.execute(failing)
        with pytest.raises(psycopg.Error, match="already exists"):
            db.execute("CREATE TABLE a_small (id INT8 PRIMARY KEY)")
        with pytest.raises(psycopg.Error, match="does not exist"):
            db.execute("SELECT * FROM a_small")
