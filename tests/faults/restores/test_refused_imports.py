"""Tables that KWDB's IMPORT refuses for what they are come back all the same (row 35)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kwtui.errors import KwtuiError
from kwtui.model.requests import RestoreStrategy
from kwtui.operations.plan import Step
from tests.conftest import SandboxNode
from tests.faults.bench import Bench, Made
from tests.faults.restores.journaled import Journaled

DATABASE = "sharded"
TABLES = ("h", "secondary", "plain")


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(sandbox, tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def made(bench: Bench) -> Iterator[Made]:
    bench.do(
        f"CREATE DATABASE {DATABASE}",
        f"USE {DATABASE}",
        "SET experimental_enable_hash_sharded_indexes = true",
        "CREATE TABLE h (id INT8, v STRING DEFAULT 'x', twice INT8 AS (id * 2) STORED,"
        " PRIMARY KEY (id) USING HASH WITH BUCKET_COUNT = 3)",
        "CREATE TABLE secondary (id INT8 PRIMARY KEY, v STRING,"
        " INDEX by_v (v) USING HASH WITH BUCKET_COUNT = 4)",
        "CREATE TABLE plain (id INT8 PRIMARY KEY, v STRING)",
        *(f"INSERT INTO {name} (id, v) VALUES (1, 'a'), (2, NULL), (3, 'c')" for name in TABLES),
    )
    yield bench.backup(DATABASE)
    for name in bench.databases():
        if name and name.startswith(DATABASE):
            bench.do(f'DROP DATABASE "{name}" CASCADE')


def shown(bench: Bench, database: str) -> list[str | None]:
    return [
        row[1]
        for name in TABLES
        for row in bench.rows(f"SHOW CREATE TABLE {database}.public.{name}", database)
    ]


def test_the_backup_names_them(made: Made) -> None:
    named = {f.subject for f in made.plan.findings if f.code == "import_refused"}
    assert named == {f"{DATABASE}.public.h", f"{DATABASE}.public.secondary"}


def test_they_come_back_with_their_definitions(bench: Bench, made: Made) -> None:
    done = bench.restore(made.path, target="sharded_again")

    assert done["rows"] == 9
    assert {line["checksum"] for line in done["comparison"]} == {"the same"}
    assert shown(bench, "sharded_again") == shown(bench, DATABASE)
    assert bench.tables("sharded_again") == set(TABLES)


def test_rows_can_be_added_to_such_a_table(bench: Bench, made: Made) -> None:
    bench.restore(made.path, target="sharded_empty", strategy=RestoreStrategy.SCHEMA_ONLY)
    bench.restore(made.path, target="sharded_empty", strategy=RestoreStrategy.DATA_ONLY)

    assert bench.one("SELECT count(*) FROM sharded_empty.public.h") == "3"
    assert bench.tables("sharded_empty") == set(TABLES)


def test_nothing_stays_in_an_existing_database_when_the_copy_is_refused(
    bench: Bench, made: Made
) -> None:
    bench.restore(made.path, target="sharded_full", strategy=RestoreStrategy.SCHEMA_ONLY)
    bench.do("INSERT INTO sharded_full.public.h (id) VALUES (2)")
    with pytest.raises(KwtuiError) as caught:
        bench.restore(made.path, target="sharded_full", strategy=RestoreStrategy.DATA_ONLY)

    assert "duplicate key" in caught.value.cause
    assert bench.tables("sharded_full") == set(TABLES)
    assert bench.one("SELECT count(*) FROM sharded_full.public.h") == "1"


def test_a_restore_that_stopped_before_the_copy_goes_on(bench: Bench, made: Made) -> None:
    runs = Journaled(bench)
    plan = bench.plan_restore(made.path, target="sharded_later")
    scratch = plan.request["scratch"]

    def in_the_way(step: Step) -> None:
        bench.do(f"INSERT INTO {scratch}.public.h (id) VALUES (2)")

    run, error = runs.stopped(plan, {"import:public.h": in_the_way})
    assert isinstance(error, KwtuiError)
    assert f"kwtui restore --continue {run}" in error.hint

    runs.go_on(run)
    assert bench.one("SELECT count(*) FROM sharded_later.public.h") == "3"
    assert bench.tables("sharded_later") == set(TABLES)
