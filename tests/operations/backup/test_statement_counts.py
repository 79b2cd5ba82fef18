"""How many statements it takes to know a database does not grow with its tables.

Counted on the wire: a survey, a plan and a whole backup but for its EXPORTs and what reads rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from kwtui.errors import KwtuiError
from kwtui.model.checks import CheckLevel
from kwtui.model.requests import BackupMethod
from kwtui.model.schema import TableName
from kwtui.server.connection.results import StatementResult
from kwtui.server.connection.server import Server
from tests.conftest import SandboxNode
from tests.faults.bench import Bench
from tests.server.refusing import refuse

FEW, MANY = 16, 50
"""From the first on tables may be exported together, which asks more of all of them at once."""


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = Bench(sandbox, tmp_path_factory.mktemp("state"))
    for count in (FEW, MANY):
        shop, plant = f"shop{count}", f"plant{count}"
        bench.do(
            f"DROP DATABASE IF EXISTS {shop} CASCADE",
            f"CREATE DATABASE {shop}",
            f"USE {shop}",
            *_relational(count),
            f"DROP DATABASE IF EXISTS {plant} CASCADE",
            f"CREATE TS DATABASE {plant} RETENTIONS 36500d",
            f"USE {plant}",
            *_series(count),
        )
    # A version is asked once, by whoever asks first, for what it has no word for.
    bench.survey(f"shop{FEW}")
    return bench


def _relational(count: int) -> Iterator[str]:
    yield "CREATE TABLE t0 (id INT8 PRIMARY KEY)"
    for number in range(1, count):
        yield (
            f"CREATE TABLE t{number} (id INT8 PRIMARY KEY DEFAULT unique_rowid(), "
            f"of INT8 REFERENCES t{number - 1} (id), s STRING, CHECK (id > 0))"
        )
        yield f"CREATE INDEX by_s ON t{number} (s)"
        yield f"COMMENT ON TABLE t{number} IS 'table {number}'"
        yield f"COMMENT ON COLUMN t{number}.s IS 'it''s; {number}'"
        yield f"COMMENT ON INDEX t{number}@by_s IS 'index {number}'"
        yield f"INSERT INTO t{number} (id, s) VALUES (1, 'a'), (2, 'b')"


def _series(count: int) -> Iterator[str]:
    for number in range(count):
        yield (
            f"CREATE TABLE s{number} (ts TIMESTAMPTZ NOT NULL, v FLOAT8) "
            "TAGS (id INT4 NOT NULL, area INT4) PRIMARY TAGS (id)"
        )
        yield f"CREATE INDEX by_area ON s{number} (area)"
        yield f"COMMENT ON COLUMN s{number}.v IS 'value {number}'"
        yield f"INSERT INTO s{number} VALUES ('2026-05-01 00:00:00+00', 1.5, 1, {number})"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement from now on."""
    seen: list[str] = []
    usual = Server._run

    async def run(self: Server, sql: str) -> StatementResult:
        seen.append(sql)
        return await usual(self, sql)

    monkeypatch.setattr(Server, "_run", run)
    return seen


def kinds(sent: list[str]) -> Counter[str]:
    """The statements without their numbers; EXPORTs and signs of life, which time brings, aside."""
    found: Counter[str] = Counter()
    for sql in sent:
        if not sql.startswith("EXPORT ") and sql != "SELECT 1":
            found[re.sub(r"\d+", "", sql.partition(" UNION ALL ")[0])] += 1
    return found


@pytest.mark.parametrize("kind", ["shop", "plant"])
def test_a_survey_takes_as_many_statements_for_many_tables(
    bench: Bench, sent: list[str], kind: str
) -> None:
    counts = []
    for count in (FEW, MANY):
        del sent[:]
        schema = bench.survey(f"{kind}{count}").schema
        assert len(schema.tables) == count
        assert not schema.not_captured
        counts.append(kinds(sent))
    assert counts[0] == counts[1]


def test_a_plan_takes_as_many_statements_for_many_tables(bench: Bench, sent: list[str]) -> None:
    counts = []
    for count in (FEW, MANY):
        del sent[:]
        assert bench.plan_backup(f"plant{count}").estimated_rows == count
        counts.append(kinds(sent))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("method", BackupMethod)
def test_a_backup_takes_as_many_statements_for_many_tables(
    bench: Bench, sent: list[str], method: BackupMethod
) -> None:
    counts = []
    for count in (FEW, MANY):
        plan = bench.plan_backup(f"shop{count}", check=CheckLevel.COUNTS, method=method)
        del sent[:]
        made = bench.run(plan)
        assert made["rows"] == 2 * (count - 1)
        counts.append(kinds(sent))
    assert counts[0] == counts[1]
    (printed,) = [sql for sql in counts[1] if "create_statements" in sql]
    assert counts[1][printed] == 1, "the definitions are read once"


def test_a_run_that_begins_at_once_reads_no_definitions_again(
    bench: Bench, sent: list[str]
) -> None:
    plan, known = bench.plan_and_know("shop16", check=CheckLevel.COUNTS)
    del sent[:]
    bench.run(plan, known=known)
    assert not [sql for sql in sent if "create_statements" in sql or "columns" in sql]

    plan, known = bench.plan_and_know("shop16", check=CheckLevel.COUNTS)
    bench.do("COMMENT ON COLUMN shop16.public.t4.s IS 'since it was planned'")
    del sent[:]
    made = bench.run(plan, known=known)
    assert sum("create_statements" in sql for sql in sent) == 1
    schema = bench.extern / made.path / "schema.json"
    assert "since it was planned" in schema.read_text()


def test_a_definition_that_changes_while_a_backup_runs_is_read_again(
    bench: Bench, sent: list[str]
) -> None:
    def comment(_: Any) -> None:
        bench.do("COMMENT ON COLUMN shop16.public.t4.s IS 'another'")

    plan = bench.plan_backup("shop16", check=CheckLevel.COUNTS)
    del sent[:]
    with pytest.raises(KwtuiError, match=r"public\.t4 was changed while the backup ran"):
        bench.run(plan, {"reconcile": comment})
    assert sum("create_statements" in sql for sql in sent) == 2


def test_one_table_that_cannot_be_read_costs_few_statements_and_stops_nothing(
    bench: Bench, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = refuse(monkeypatch, r"count\(\*\) FROM shop50.public.t33", message="corrupted block")
    schema = bench.survey("shop50").schema
    assert [table.name for table in schema.unread] == [TableName("public", "t33")]
    assert "corrupted block" in schema.unread[0].why
    assert len(schema.tables) == MANY - 1
    assert {t.rows for t in schema.tables if t.name.name != "t0"} == {2}
    assert len(refused) <= 7
