"""Others at work while a backup runs: writers, changes of definitions, a second kwtui."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import BackupMethod
from kwtui.operations.plan import Step
from tests.command_line import CommandLine
from tests.conftest import SandboxNode
from tests.faults.bench import Bench
from tests.faults.nodes import make_big, wait_until

COINS = 1000


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(sandbox, tmp_path_factory.mktemp("state"))


@contextmanager
def coins_moving(bench: Bench, database: str) -> Iterator[list[int]]:
    """Somebody moves coins from one table to the other, one a transaction, without a pause.

    What is given tells how often it was done.
    """
    stop, moved = threading.Event(), [0]

    def move() -> None:
        with psycopg.connect(
            bench.node.dsn, dbname=database, autocommit=True, prepare_threshold=None
        ) as db:
            number = 0
            while not stop.is_set():
                number += 1
                with db.transaction():
                    db.execute(f"UPDATE a_from SET coins = coins - 1 WHERE id = {number % 50}")
                    db.execute(f"UPDATE z_to SET coins = coins + 1 WHERE id = {number % 50}")
                    db.execute(f"INSERT INTO z_log VALUES ({number}, 'moved')")
                moved[0] = number

    thread = threading.Thread(target=move, daemon=True)
    thread.start()
    try:
        wait_until(lambda: moved[0] > 2)
        yield moved
    finally:
        stop.set()
        thread.join(30)


@pytest.fixture(scope="module")
def bank(bench: Bench) -> str:
    bench.do("CREATE DATABASE bank")
    bench.do(
        "CREATE TABLE a_from (id INT8 PRIMARY KEY, coins INT8)",
        "CREATE TABLE m_between (id INT8 PRIMARY KEY, v STRING)",
        "CREATE TABLE z_to (id INT8 PRIMARY KEY, coins INT8)",
        "CREATE TABLE z_log (id INT8 PRIMARY KEY, v STRING)",
        f"INSERT INTO a_from SELECT i, {COINS} FROM generate_series(0, 49) AS g(i)",
        "INSERT INTO m_between SELECT i, repeat('x', 80) FROM generate_series(1, 60000) AS g(i)",
        "INSERT INTO z_to SELECT i, 0 FROM generate_series(0, 49) AS g(i)",
        database="bank",
    )
    return "bank"


def test_a_snapshot_holds_every_coin_while_they_move(bench: Bench, bank: str) -> None:
    bench.do("TRUNCATE TABLE z_log", database=bank)
    with coins_moving(bench, bank) as moved:
        before = moved[0]
        made = bench.backup(bank)
        after = moved[0]
    assert after > before, "they did move meanwhile"
    assert (made["proof"], made["doubts"]) == (2, [])

    done = bench.restore(made.path, target="bank_again")

    assert all(line["checksum"] == "the same" for line in done["comparison"])
    coins = "SELECT (SELECT sum(coins) FROM a_from) + (SELECT sum(coins) FROM z_to)"
    assert bench.one(coins, "bank_again") == str(50 * COINS), "none lost, none twice"
    arrived = int(bench.one("SELECT sum(coins) FROM z_to", "bank_again") or 0)
    assert bench.one("SELECT count(*) FROM z_log", "bank_again") == str(arrived)


def test_tables_at_their_own_moments_are_doubted_when_they_change(bench: Bench, bank: str) -> None:
    bench.do("TRUNCATE TABLE z_log", database=bank)
    with coins_moving(bench, bank):
        made = bench.backup(bank, method=BackupMethod.TABLES)

    doubted = " ".join(made["doubts"])
    assert "public.a_from" in doubted
    assert "public.z_to" in doubted
    assert "public.m_between" not in doubted
    assert "tables_at_own_moment" in {f.code for f in made.plan.findings}


DDL = {
    "add a column": ("ALTER TABLE t ADD COLUMN more INT8", "public.t"),
    "drop a table": ("DROP TABLE t", "public.t"),
    "make a table": ("CREATE TABLE brand_new (id INT8 PRIMARY KEY)", "public.brand_new"),
    "rename a column": ("ALTER TABLE t RENAME COLUMN v TO w", "public.t"),
    "rename a table": ("ALTER TABLE t RENAME TO u", "public.t"),
}


@pytest.mark.parametrize("moment", ["snapshot", "export:public.t", "reconcile"])
@pytest.mark.parametrize("change", DDL)
def test_a_changed_definition_is_found_and_the_table_named(
    bench: Bench, change: str, moment: str
) -> None:
    name = f"ddl {change} {moment}"
    statement, table = DDL[change]
    bench.do(f'CREATE DATABASE "{name}"')
    bench.do(
        "CREATE TABLE a (id INT8 PRIMARY KEY)",
        "CREATE TABLE t (id INT8 PRIMARY KEY, v STRING)",
        "INSERT INTO t VALUES (1, 'one')",
        database=name,
    )

    def somebody(step: Step) -> None:
        bench.do(statement, database=name)

    with pytest.raises(KwtuiError) as found:
        bench.backup(name, hooks={moment: somebody})

    words = " ".join(found.value.lines())
    if moment == "snapshot":
        assert found.value.exit_code is ExitCode.REFUSED_BY_PLAN, words
        assert "changed since the plan was made" in words
    else:
        assert table in words, words
    assert not list(bench.extern.glob(f"kwtui/{name.replace(' ', '=20')}*/**/manifest.json"))


def test_the_same_database_is_backed_up_once_at_a_time(bench: Bench, tmp_path: Path) -> None:
    make_big(bench, "busy", rows=60_000)
    bench.do("CREATE DATABASE idle", "CREATE TABLE idle.public.t (id INT8 PRIMARY KEY)")
    kwtui = CommandLine(tmp_path, bench.node)
    first = kwtui.run("backup", "busy", "--detach", "--json", *kwtui.server).object

    second = kwtui.run("backup", "busy", *kwtui.server)
    other = kwtui.run("backup", "idle", *kwtui.server)
    followed = kwtui.run("runs", "follow", first["run"])

    assert second.code == ExitCode.RUN_IN_PROGRESS, second.err
    assert first["run"] in second.err
    assert other.code == ExitCode.OK, "another database is nobody's business"
    assert followed.code == ExitCode.OK
    assert kwtui.run("backup", "busy", *kwtui.server).code == ExitCode.OK


def truncated(bench: Bench, name: str) -> str:
    bench.do(f"DROP DATABASE IF EXISTS {name} CASCADE", f"CREATE DATABASE {name}")
    bench.do(
        "CREATE TABLE t (id INT8 PRIMARY KEY, v STRING)",
        "INSERT INTO t VALUES (1, 'one'), (2, 'two')",
        database=name,
    )
    return name


@pytest.mark.parametrize("moment", ["export:public.t", "reconcile", "seal"])
def test_a_table_that_is_truncated_during_a_snapshot_is_in_it_whole(
    bench: Bench, moment: str
) -> None:
    name = truncated(bench, "truncated_snapshot")

    def somebody(step: Step) -> None:
        bench.do("TRUNCATE TABLE t", database=name)

    made = bench.backup(name, hooks={moment: somebody})

    assert (made["proof"], made["rows"], made["doubts"]) == (2, 2, [])
    done = bench.restore(made.path, target="truncated_again")
    assert all(line["checksum"] == "the same" for line in done["comparison"])
    assert bench.one("SELECT count(*) FROM t", "truncated_again") == "2"
    bench.do("DROP DATABASE truncated_again CASCADE")


@pytest.mark.parametrize("method", [BackupMethod.TABLES, BackupMethod.DATABASE])
def test_a_table_that_is_truncated_where_there_is_no_instant_is_named(
    bench: Bench, method: BackupMethod
) -> None:
    name = truncated(bench, "truncated_tables")

    def somebody(step: Step) -> None:
        bench.do("TRUNCATE TABLE t", database=name)

    made = bench.backup(name, method=method, hooks={"reconcile": somebody})

    (doubt,) = made["doubts"]
    assert "public.t was changed while it was exported" in doubt
    assert made["rows"] == 2, "what the files hold"
