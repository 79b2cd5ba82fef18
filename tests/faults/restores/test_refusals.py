"""A restore on a node that refuses a statement that the sandbox takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import BackupMethod, Dialect
from tests.conftest import SandboxNode
from tests.faults.bench import Bench, Made
from tests.server.refusing import refuse


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(sandbox, tmp_path_factory.mktemp("state"))
    bench.do(
        "CREATE DATABASE attached",
        "CREATE USER IF NOT EXISTS reader",
        "USE attached",
        "CREATE SEQUENCE no START 7",
        "SELECT nextval('no')",
        "CREATE TABLE goods (id INT8 PRIMARY KEY, name STRING)",
        "CREATE TABLE empty_one (id INT8 PRIMARY KEY)",
        "INSERT INTO goods VALUES (1, 'cup'), (2, NULL)",
        "CREATE VIEW names AS SELECT name FROM goods",
        "CREATE MATERIALIZED VIEW many AS SELECT count(*) AS n FROM goods",
        "ALTER TABLE goods CONFIGURE ZONE USING gc.ttlseconds = 700",
        "COMMENT ON TABLE goods IS 'what is sold'",
        "GRANT SELECT ON TABLE goods TO reader",
        "GRANT CREATE ON DATABASE attached TO reader",
    )
    yield bench
    bench.do("DROP DATABASE attached CASCADE")


@pytest.fixture(scope="module")
def made(bench: Bench) -> Made:
    return bench.backup("attached")


@pytest.mark.parametrize(
    ("name", "pattern", "lost"),
    [
        ("view", "^CREATE VIEW", "the view public.names is missing"),
        ("materialized", "^CREATE MATERIALIZED", "the view public.many is missing"),
        ("zone", "CONFIGURE ZONE", "CONFIGURE ZONE"),
        ("comment", "^COMMENT ON TABLE", "the comment on TABLE public.goods is missing"),
        ("grant", "^GRANT SELECT", "SELECT on TABLE public.goods is not granted to reader"),
        ("last_grant", "^GRANT CREATE ON DATABASE", "CREATE on DATABASE is not granted to reader"),
        ("mark", "^COMMENT ON DATABASE .* IS NULL", "IS NULL"),
        ("setval", "SELECT setval", "the sequence public.no has another value"),
    ],
)
def test_what_a_database_can_be_without_costs_no_restore_and_is_named(
    bench: Bench,
    made: Made,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    pattern: str,
    lost: str,
) -> None:
    refused = refuse(monkeypatch, pattern)
    done = bench.restore(made.path, target=f"without_{name}")

    assert len(refused) == 1
    doubts = "\n".join(done["doubts"])
    assert f"refused by the server: {refused[0]} (at or near: syntax error [42601])" in doubts
    assert lost in doubts
    assert set(done["doubts"]) <= set(done.story.notices)
    assert bench.rows(f"SELECT count(*) FROM without_{name}.public.goods") == [("2",)]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("table", "^CREATE TABLE"), ("sequence", "^CREATE SEQUENCE"), ("rename", "RENAME TO")],
)
def test_what_rows_depend_on_ends_the_restore_and_nothing_stands_under_the_name(
    bench: Bench, made: Made, monkeypatch: pytest.MonkeyPatch, name: str, pattern: str
) -> None:
    refuse(monkeypatch, pattern)
    with pytest.raises(KwtuiError) as failed:
        bench.restore(made.path, target=f"no_{name}")

    assert "syntax error" in "\n".join(failed.value.lines())
    assert f"no_{name}" not in bench.databases()
    assert f"no_{name}_kwtui_restoring" in failed.value.hint


def test_a_cancelled_statement_is_no_refusal(
    bench: Bench, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "^CREATE VIEW", sqlstate="57014", message="query execution canceled")
    with pytest.raises(KwtuiError) as failed:
        bench.restore(made.path, target="halted")
    assert failed.value.exit_code is not ExitCode.RESTORE_DIFFERS
    assert "halted" not in bench.databases()


@pytest.mark.parametrize("method", list(BackupMethod))
def test_an_empty_table_with_a_line_of_column_names_is_whole(
    bench: Bench, tmp_path: Path, method: BackupMethod
) -> None:
    """A node writes a file for it and says nothing of that file (recording 03, `db_names`)."""
    made = bench.backup("attached", method=method, dialect=Dialect(header=True))
    assert made["doubts"] == []

    done = bench.restore(made.path, target=f"named_{method.value}")
    assert [line["rows_found"] for line in done["comparison"] if "empty" in line["name"]] == [0]
    assert done["doubts"] == []


def test_a_database_that_another_one_uses_is_not_replaced(bench: Bench, made: Made) -> None:
    """DROP DATABASE … CASCADE takes views and keys of other databases along, and says nothing."""
    bench.do(
        "CREATE DATABASE user_of_it",
        "CREATE VIEW user_of_it.public.v AS SELECT name FROM attached.public.goods",
    )
    try:
        plan = bench.plan_restore(made.path, target="attached", replace="attached")
    finally:
        bench.do("DROP DATABASE user_of_it CASCADE")

    (found,) = [f for f in plan.findings if f.code == "used_elsewhere"]
    assert "the view user_of_it.public.v" in found.message
    free = bench.plan_restore(made.path, target="attached", replace="attached")
    assert "used_elsewhere" not in {f.code for f in free.findings}
