"""A cluster of three nodes, staged in one process, and held against recording 15.

What cannot be staged: SCATTER, which the sandbox refuses for its ranges do not move; which of the
nodes writes how many rows, so rows are summed over the nodes that wrote, as a reader of
the answers has to do; the 18 s that a node takes to give a dead one up; block counts.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kwtui.sandbox.answers.answer import Row, SqlError
from kwtui.sandbox.engine.cluster import RANGE_ROWS, Cluster, set_down
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.sql_engine import SqlEngine
from kwtui.sandbox.transfer.nodelocal import DataFile
from tests.sandbox.asking import Reply, ask, refusal
from tests.sandbox.contract.recordings import load

ROWS = 120_000
REFUSED = {9: "ALTER TABLE t SCATTER"}
"""A line that prepares ranges."""
UNCHECKED = {
    2: "expirations and times of heartbeats",
    3: "the size of disks",
    4: "addresses and folders of the recorded machine",
    10: "leaseholders of ranges that were not scattered",
}
"""Lines whose answers are this machine's own, with the reason."""
LINES = load("15")


class Stage:
    """Three nodes, and the connection that the recording is at."""

    def __init__(self, root: Path) -> None:
        self.stores = {n: root / f"node{n}" for n in (1, 2, 3)}
        for store in self.stores.values():
            store.mkdir()
        self.engine = SqlEngine(self.stores[1], others=[self.stores[2], self.stores[3]])
        self._sessions: dict[int, Session] = {}

    def at(self, node_id: int) -> Session:
        """The connection to a node."""
        if node_id not in self._sessions:
            made = self.engine.session("root", "defaultdb", node_id=node_id)
            self._sessions[node_id] = made
        return self._sessions[node_id]

    def files(self, folder: str) -> dict[str, Any]:
        """What lies in a folder under ``extern`` of each node, as the recording shows it."""
        return {
            f"node {n}": _listed(self.engine.extern_of(n) / folder) for n in sorted(self.stores)
        }


def _listed(folder: Path) -> dict[str, int] | str:
    if not folder.is_dir():
        return "no such folder"
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.stat().st_size for path in found}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.engine.close()


def _connected(index: int) -> int:
    """The node that the recording is connected to at a line."""
    return 3 if 15 <= index <= 17 else 1


def _prepare(stage: Stage, index: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done between the recorded lines."""
    session = stage.at(1)
    if index == 11:
        source = f"SELECT i, repeat('x', 60) FROM generate_series(1, {ROWS}) AS g(i)"
        ask(session, f"INSERT INTO cl.public.t {source}")
    elif index == 25:
        for number in range(30):
            moment = f"2026-11-22 08:00:{number:02}+00"
            ask(session, f"INSERT INTO cts.public.s VALUES ('{moment}', {number}, {number % 3})")
    elif index == 31:
        set_down(stage.stores[2], True)
    elif index == 36:
        set_down(stage.stores[2], False)
        # A writer on the node itself is told that its disk is full; the recorded one was not.
        monkeypatch.setattr(Cluster, "leaseholders", lambda *_: [3])


@pytest.fixture
def small_disk(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk under node 2's extern takes 3 MB of data in the folders that it fills up in."""
    full = (stage.engine.extern_of(2) / "full", stage.engine.extern_of(2) / "fulldb")
    used: Counter[Path] = Counter()
    write = DataFile.write

    def bounded(self: DataFile, content: bytes) -> None:
        disk = next((folder for folder in full if folder in self.path.parents), None)
        if disk is not None:
            used[disk] += len(content)
            if used[disk] > 3_000_000:
                error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                raise self._error("write", error)
        write(self, content)

    monkeypatch.setattr(DataFile, "write", bounded)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("small_disk")
def test_the_recorded_cluster(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line by line; what is not compared is listed above with its reason."""
    for step in LINES:
        line, index = step.line, step.index
        _prepare(stage, index, monkeypatch)
        if "tree" in line:
            _compare_files(line, stage, index)
            continue
        session = stage.at(_connected(index))
        if index in REFUSED:
            assert refusal(session, line["sql"]).sqlstate in ("0A000", "42601"), index
            continue
        try:
            reply: Reply | SqlError = ask(session, line["sql"])
        except SqlError as error:
            reply = error
        if index not in UNCHECKED:
            _compare(line, reply, stage, index)


def _compare(line: dict[str, Any], reply: Reply | SqlError, stage: Stage, index: int) -> None:
    if isinstance(reply, SqlError):
        assert "error" in line, f"{index}: refused here: {reply.message}"
        recorded = line["error"]
        message = recorded["message"].replace("/node", f"{stage.stores[1].parent}/node")
        assert (reply.sqlstate, reply.message) == (recorded["sqlstate"], message), index
        return
    assert "error" not in line, f"{index}: the node refused this: {line['error']}"
    columns = line.get("columns", [])
    names = [column if isinstance(column, str) else column["name"] for column in columns]
    assert list(reply.columns) == names, index
    if names[:1] == ["filename"]:
        assert _summed(reply.rows) == _summed(line["rows"]), index
        assert reply.tag == f"EXPORT {len(reply.rows)}", index
        return
    assert reply.tag == line["tag"], index
    if index == 0:
        found = [(row[0], row[4], row[5], row[6]) for row in reply.rows]
        assert found == [(str(n), f"region=NODE{n}", "start", "t") for n in (1, 2, 3)]
        return
    known = {"job_id", "started", "key", "pretty"}
    for old, new in zip(_sorted(line.get("rows", [])), _sorted(reply.rows), strict=True):
        for name, before, after in zip(names, old, new, strict=True):
            assert name in known or _plain(before) == _plain(after), f"{index} {name}"


def _summed(rows: list[Row]) -> dict[tuple[str | None, str], int]:
    """Rows of each table over all nodes that wrote, and the meta.sql with its node."""
    sums: Counter[tuple[str | None, str]] = Counter()
    for name, count, node_id, _ in rows:
        sums[name, str(node_id) if name == "meta.sql" else ""] += int(count or 0)
    return dict(sums)


def _sorted(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=str)


def _plain(value: object) -> str:
    spelled = {"True": "t", "False": "f", "1.0": "1"}
    return spelled.get(str(value), str(value))


def _compare_files(line: dict[str, Any], stage: Stage, index: int) -> None:
    folder = line["directive"].split()[2]
    recorded, found = line["tree"], stage.files(folder)
    assert [found[node] == "no such folder" for node in recorded] == [
        files == "no such folder" for files in recorded.values()
    ], index
    (there,) = [node for node, files in recorded.items() if files != "no such folder"]
    sizes = _by_kind({path: size for path, size in _pairs(recorded[there])})
    mine = _by_kind(found[there])
    assert sizes.keys() == mine.keys(), index
    if folder in ("full", "fulldb"):
        complete = 8_048_895
        assert 0 < sum(mine.values()) < complete / 2, "most of it is lost, and nobody was told"
    elif not folder.startswith("ts"):
        assert mine == sizes, index


def _pairs(files: Any) -> list[tuple[str, int]]:
    return [(f[0], f[1]) if isinstance(f, list) else (f["path"], f["bytes"]) for f in files]


def _by_kind(files: dict[str, int]) -> dict[str, int]:
    """Bytes by folder: which nodes wrote a table is their own affair."""
    sums: Counter[str] = Counter()
    for path, size in files.items():
        data = path.endswith(".csv")
        sums[path.rpartition("/")[0] + "/*.csv" if data else path] += size
    return dict(sums)


def test_a_table_is_written_by_two_nodes_each_under_its_own_name(stage: Stage) -> None:
    session = stage.at(1)
    ask(session, "CREATE DATABASE d")
    ask(session, "CREATE TABLE d.public.t (id INT8 PRIMARY KEY)")
    numbers = f"SELECT i FROM generate_series(1, {RANGE_ROWS + 50}) AS g(i)"
    ask(session, f"INSERT INTO d.public.t {numbers}")
    reply = ask(session, "EXPORT INTO CSV 'nodelocal://2/out' FROM TABLE d.public.t")
    rows = {row[2]: int(row[1] or 0) for row in reply.rows if row[0] != "meta.sql"}
    assert sorted(rows.values()) == [50, RANGE_ROWS]
    found = stage.files("out")
    assert set(found["node 2"]) == {"meta.sql", *(f"n{node}.0.csv" for node in rows)}
    assert found["node 1"] == found["node 3"] == "no such folder"


def test_an_import_names_the_node_that_has_the_files(stage: Stage) -> None:
    session = stage.at(1)
    ask(session, "CREATE DATABASE d")
    ask(session, "CREATE TABLE d.public.t (id INT8 PRIMARY KEY, v STRING)")
    ask(session, "CREATE TABLE d.public.u (id INT8 PRIMARY KEY, v STRING)")
    ask(session, "INSERT INTO d.public.t VALUES (1, 'a')")
    ask(session, "EXPORT INTO CSV 'nodelocal://3/out' FROM SELECT id, v FROM d.public.t")
    (name,) = _by_name(stage.engine.extern_of(3) / "out")
    into = "IMPORT INTO d.public.u CSV DATA ('nodelocal://{}/out/" + name + "')"
    assert "no such file or directory" in refusal(session, into.format(1)).message
    ask(session, into.format(3))
    assert ask(session, "SELECT id, v FROM d.public.u").rows == [("1", "a")]


def _by_name(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
