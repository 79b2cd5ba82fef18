"""Keys and checks that rows break come back as they were, with the rows (live-findings, row 18)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.model.requests import RestoreStrategy
from tests.faults.bench import Bench, Made
from tests.faults.nodes import own_node
from tests.faults.restores.journaled import Journaled, power_cut_at

CONSTRAINTS = "SELECT constraint_name, validated FROM [SHOW CONSTRAINTS FROM {}] ORDER BY 1"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with own_node(tmp_path_factory.mktemp("orphans")) as bench:
        yield bench


@pytest.fixture(scope="module")
def made(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A person imported rows without parents, as KWDB lets one."""
    bench.do("CREATE DATABASE orphans")
    bench.do(
        "CREATE TABLE a_child (id INT8 PRIMARY KEY, p INT8 NOT NULL, "
        "CONSTRAINT positive CHECK (id > 0), CONSTRAINT small_enough CHECK (id < 1000))",
        "CREATE TABLE b_grandchild (id INT8 PRIMARY KEY, c INT8 REFERENCES a_child (id))",
        "CREATE TABLE parent (id INT8 PRIMARY KEY)",
        "CREATE TABLE sound (id INT8 PRIMARY KEY, p INT8 REFERENCES parent (id))",
        "ALTER TABLE a_child ADD CONSTRAINT fk_p FOREIGN KEY (p) REFERENCES parent (id)",
        "INSERT INTO parent VALUES (1)",
        "INSERT INTO sound VALUES (1, 1)",
        database="orphans",
    )
    _import(bench, "a_child", "1,1\n2,77\n-3,1\n")
    _import(bench, "b_grandchild", "1,1\n2,555\n")
    bench.do("ALTER TABLE a_child VALIDATE CONSTRAINT small_enough", database="orphans")
    return bench.backup("orphans")


def _import(bench: Bench, table: str, rows: str) -> None:
    folder = bench.extern / "by_hand" / table
    folder.mkdir(parents=True)
    Path(folder, "rows.csv").write_text(rows)
    sql = f"IMPORT INTO {table} CSV DATA ('nodelocal://1/by_hand/{table}/rows.csv')"
    assert bench.import_words(sql, "orphans")[0] == "succeeded"


def validity(bench: Bench, database: str) -> list[tuple[str | None, ...]]:
    tables = ("a_child", "b_grandchild", "parent", "sound")
    return [row for t in tables for row in bench.rows(CONSTRAINTS.format(t), database)]


def test_an_exact_restore_brings_back_keys_that_rows_break(bench: Bench, made: Made) -> None:
    before = validity(bench, "orphans")
    assert ("fk_p", "f") in before
    assert ("positive", "f") in before
    assert ("small_enough", "t") in before

    assert "not_validated" in bench.findings("orphans")
    plan = bench.plan_restore(made.path, target="again")
    told = {(f.subject, f.message.split()[0]) for f in plan.findings if f.code == "not_validated"}
    assert ("public.a_child", "fk_p") in told
    assert ("public.a_child", "positive") in told
    done = bench.run(plan)

    assert done["doubts"] == []
    assert validity(bench, "again") == before
    assert bench.one("SELECT count(*) FROM a_child", "again") == "3"
    for table in ("a_child", "b_grandchild", "sound"):
        shown = bench.rows(f"SHOW CREATE TABLE {table}", "again")
        assert shown == bench.rows(f"SHOW CREATE TABLE {table}", "orphans")


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_such_a_restore_goes_on_after_it_was_stopped(
    bench: Bench, made: Made, number: int, after: bool
) -> None:
    runs, target = Journaled(bench), f"on_{number}_{after}".lower()
    plan = bench.plan_restore(made.path, target=target)
    with power_cut_at(number, after=after, wanted=lambda sql: sql.startswith("IMPORT")):
        run, _ = runs.stopped(plan)

    runs.go_on(run)

    assert validity(bench, target) == validity(bench, "orphans")
    assert bench.one("SELECT count(*) FROM a_child", target) == "3"


def test_rows_added_to_such_tables_leave_them_as_they_are(bench: Bench, made: Made) -> None:
    bench.restore(made.path, target="filled")
    bench.do("DELETE FROM b_grandchild WHERE id > 0", database="filled")
    before = validity(bench, "filled")

    bench.restore(
        made.path,
        target="filled",
        strategy=RestoreStrategy.DATA_ONLY,
        tables=tuple(t.name for t in bench.schema("filled").tables if t.name.name[0] == "b"),
    )

    assert validity(bench, "filled") == before
    assert bench.one("SELECT count(*) FROM b_grandchild", "filled") == "2"
