"""Two kwtui at once: of one person, of two persons, and of one before the machine was rebooted."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kwtui.errors import ExitCode
from kwtui.runs.lock import LockHolder
from kwtui.runs.process_identity import ProcessIdentity, current_identity
from tests.command_line import CommandLine
from tests.conftest import SandboxNode
from tests.faults.bench import Bench
from tests.faults.nodes import make_big, wait_until

DATABASE = "contested"


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = Bench(sandbox, tmp_path_factory.mktemp("state"))
    bench.do(f"DROP DATABASE IF EXISTS {DATABASE} CASCADE")
    make_big(bench, DATABASE, rows=80_000)
    return bench


def is_exporting(bench: Bench) -> bool:
    queries = [row[0] or "" for row in bench.rows("SELECT query FROM [SHOW QUERIES]")]
    return any(q.upper().startswith("EXPORT") and "b_big" in q for q in queries)


def test_somebody_else_s_backup_of_the_same_database_is_named_and_both_are_whole(
    bench: Bench, tmp_path: Path
) -> None:
    """Two accounts share no locks; the server tells each of the other."""
    theirs = CommandLine(tmp_path, bench.node)
    run = theirs.run("backup", DATABASE, "--detach", "--json", *theirs.server).object["run"]

    wait_until(lambda: is_exporting(bench))
    plan = bench.plan_backup(DATABASE)
    made = bench.run(plan)

    assert "export_at_work" in {f.code for f in plan.findings}
    assert made["proof"] == 2
    assert theirs.run("runs", "follow", run).code == 0
    entries = theirs.run("list", "--json", *theirs.files).object["entries"]
    assert [e["proof"] for e in entries if e["database"] == DATABASE] == [2, 2]


def test_a_lock_that_nobody_holds_any_more_is_taken_over(bench: Bench, tmp_path: Path) -> None:
    """Whatever is written in it: the kernel knows who holds it, and nobody does."""
    bench.do("CREATE DATABASE left_alone", "CREATE TABLE left_alone.public.t (id INT8 PRIMARY KEY)")
    kwtui = CommandLine(tmp_path, bench.node)
    assert kwtui.run("backup", "left_alone", *kwtui.server).code == 0
    me = current_identity()
    rebooted = LockHolder("an-old-run", ProcessIdentity(me.pid, me.started_ticks, "another boot"))
    ended = LockHolder("an-old-run", ProcessIdentity(2**22 - 1, 1, me.boot_id))
    texts = {
        "another boot": msgspec.json.encode(rebooted),
        "a process that ended": msgspec.json.encode(ended),
        "nothing readable": b"{",
    }
    locks = list((tmp_path / "state/locks").glob("*.lock"))
    assert locks
    for left, text in texts.items():
        for lock in locks:
            lock.write_bytes(text)

        again = kwtui.run("backup", "left_alone", *kwtui.server)

        assert again.code == 0, (left, again.err)
        assert "an-old-run" not in again.err, left


def test_a_lock_that_is_held_names_who_holds_it(bench: Bench, tmp_path: Path) -> None:
    kwtui = CommandLine(tmp_path, bench.node)
    run = kwtui.run("backup", DATABASE, "--detach", "--json", *kwtui.server).object["run"]

    second = kwtui.run("backup", DATABASE, *kwtui.server)

    assert second.code == ExitCode.RUN_IN_PROGRESS
    assert f"database {DATABASE}" in second.err
    assert f"Run {run} (process " in second.err
    assert f"kwtui runs follow {run}" in second.err
    assert kwtui.run("runs", "follow", run).code == 0
