"""Many small tables go by one EXPORT, and the set is the one that an EXPORT of each gives."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from kwtui.backups.listing.contents import open_set
from kwtui.backups.manifest import Manifest
from kwtui.model.checks import CheckLevel
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupRequest, Dialect, Incremental
from kwtui.model.schema import ColumnSpec, TableName
from kwtui.model.server import Survey
from kwtui.operations.backup.destination import Destination
from kwtui.operations.backup.execution import joint_export
from kwtui.operations.backup.plan import plan_backup
from kwtui.operations.plan import StepKind
from kwtui.server.connection.results import StatementResult
from kwtui.server.connection.server import Server
from tests.conftest import SandboxNode
from tests.faults.bench import Bench, Made
from tests.operations.conftest import NOW
from tests.server.refusing import refuse

TABLES = 17


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = Bench(sandbox, tmp_path_factory.mktemp("state"))
    bench.do(
        "DROP DATABASE IF EXISTS many CASCADE",
        "CREATE DATABASE many",
        "USE many",
        "CREATE TABLE no_key (a INT8, b STRING)",
        "INSERT INTO no_key VALUES (1, 'a'), (1, 'a'), (NULL, NULL)",
        "CREATE TABLE twice (id INT8 PRIMARY KEY, d INT8 AS (id * 2) STORED)",
        "INSERT INTO twice VALUES (1), (2)",
        "CREATE TABLE hollow (a INT8 PRIMARY KEY)",
        *(f"CREATE TABLE t{n} (id INT8 PRIMARY KEY, s STRING)" for n in range(TABLES - 3)),
        *(f"INSERT INTO t{n} VALUES (1, 'x{n}'), (2, NULL)" for n in range(TABLES - 3)),
    )
    return bench


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The EXPORTs that are sent; tables were written to long ago."""
    monkeypatch.setattr(joint_export, "_QUIET", 0)
    seen: list[str] = []
    usual = Server._run

    async def run(self: Server, sql: str) -> StatementResult:
        if sql.startswith("EXPORT"):
            seen.append(sql)
        return await usual(self, sql)

    monkeypatch.setattr(Server, "_run", run)
    return seen


def backup(bench: Bench, **options: Any) -> Made:
    return bench.backup("many", **{"incremental": Incremental.FULL, **options})


def manifest(bench: Bench, made: Made) -> Manifest:
    found = open_set(bench.extern, made.path, bench.state).manifest
    assert found is not None
    return found


def files(bench: Bench, made: Made) -> dict[str, bytes]:
    data = bench.extern / made.path / "data"
    return {str(f.relative_to(data)): f.read_bytes() for f in data.rglob("*") if f.is_file()}


def test_one_statement_gives_what_one_for_each_gives(
    bench: Bench, exports: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backup(bench)
    assert len(exports) == 1
    assert " FROM DATABASE many WITH nullas = '\\N', data_only" in exports[0]
    with monkeypatch.context() as patch:
        refuse(patch, "ranges_no_leases")
        alone = backup(bench)
    assert len(exports) == 1 + TABLES
    assert files(bench, made) == files(bench, alone)
    one, other = (manifest(bench, each) for each in (made, alone))
    assert one.proof is other.proof is ProofLevel.P2
    assert [t.checksum for t in one.tables] == [t.checksum for t in other.tables]
    assert [t.rows_reported for t in one.tables] == [t.rows_reported for t in other.tables]
    bench.restore(made.path, target="many_back")
    bench.do("DROP DATABASE many_back CASCADE")


@pytest.mark.parametrize("check", [CheckLevel.COUNTS, None])
def test_what_is_written_meanwhile_is_in_the_backup_as_it_was_at_its_instant(
    bench: Bench,
    exports: list[str],
    monkeypatch: pytest.MonkeyPatch,
    check: CheckLevel | None,
) -> None:
    def write() -> None:
        bench.do("UPSERT INTO many.public.t3 VALUES (1, 'another'), (3, 'new')")

    bench.do("UPSERT INTO many.public.t3 VALUES (1, 'x3')", "DELETE FROM many.public.t3 WHERE id=3")
    usual = joint_export.JointExport._why_alone

    async def why_alone(self: joint_export.JointExport, server: Server) -> str:
        why = await usual(self, server)
        await asyncio.to_thread(write)
        return why

    monkeypatch.setattr(joint_export.JointExport, "_why_alone", why_alone)
    made = backup(bench, check=check)
    assert "t3 was written to" in " ".join(made.story.notices)
    held = {path: text for path, text in files(bench, made).items() if "/t3" in path}
    assert sorted(b"".join(held.values()).splitlines()) == [b"1,x3", b"2,\\N"]
    assert manifest(bench, made).proof is ProofLevel.P2


def test_a_table_that_was_just_written_to_leaves_each_to_its_own_export(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joint_export, "_QUIET", 3600 * 10**9)
    bench.do("UPSERT INTO many.public.t4 VALUES (1, 'x4')")
    made = backup(bench)
    assert made.story.done["export"].summary.endswith("each table is exported by itself")


@pytest.mark.parametrize("how", ["refused", "a notice", "another table"])
def test_whatever_the_server_says_else_leaves_each_to_its_own_export(
    bench: Bench, exports: list[str], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "refused":
        refuse(monkeypatch, "FROM DATABASE", message="no such option")
    usual = joint_export.JointExport._problem
    said = {"a notice": ("no space left on device",), "another table": ()}

    def problem(self: Any, answer: Any, notices: Any) -> str:
        if how == "another table":
            answer.rows["TABLE many.public.other"] = 1
        return usual(self, answer, said.get(how, notices))

    monkeypatch.setattr(joint_export.JointExport, "_problem", problem)
    made = backup(bench)
    assert sum("FROM SELECT" in sql for sql in exports) == TABLES
    assert "could not be exported together" in made.story.notices[0]
    assert manifest(bench, made).proof is ProofLevel.P2
    assert len(files(bench, made)) == TABLES - 1


def test_of_many_tables_those_that_did_not_change_are_linked(
    bench: Bench, exports: list[str]
) -> None:
    first = backup(bench)
    del exports[:]
    made = bench.backup("many")
    assert not exports
    assert "did not change and may be linked" in made.story.done["export"].summary
    for path in files(bench, made):
        one, other = (bench.extern / each.path / "data" / path for each in (first, made))
        assert one.samefile(other)
    said = {finding.code: finding.message for finding in manifest(bench, made).findings}
    assert said["content_check"].endswith("It would miss: nothing.")
    assert f"since {first.path} are linked to its files" in said["linked"]


# -- which tables ---------------------------------------------------------------------------------


def kinds(survey: Survey, destination: Destination, **options: Any) -> list[StepKind]:
    plan = plan_backup(survey, BackupRequest("shop", **options), destination, NOW, "p1")
    return [step.kind for step in plan.steps]


@pytest.fixture
def many(shop: Survey) -> Survey:
    return _of(shop, [])


def _of(shop: Survey, hidden: list[ColumnSpec], *, size: int = 2000, last: str = "t15") -> Survey:
    first = shop.schema.tables[0]
    names = [*(f"t{n}" for n in range(15)), last]
    tables = tuple(
        replace(first, name=TableName("public", n), bytes=size, columns=(*first.columns, *hidden))
        for n in names
    )
    return replace(shop, schema=replace(shop.schema, tables=tables))


def test_few_large_or_odd_tables_are_exported_by_themselves(
    shop: Survey, destination: Destination, many: Survey
) -> None:
    together = StepKind.EXPORT_TOGETHER
    rowid = ColumnSpec("rowid", "INT8", hidden=True)
    shard = ColumnSpec("kwdb_internal_id_shard_8", "INT4", hidden=True)
    assert together in kinds(many, destination)
    assert together in kinds(_of(shop, [rowid]), destination)
    assert together not in kinds(shop, destination)
    assert together not in kinds(_of(shop, [shard]), destination)
    assert together not in kinds(_of(shop, [], size=8 << 20), destination)
    assert together not in kinds(_of(shop, [], last="sel/ect"), destination)
    assert together not in kinds(many, destination, dialect=Dialect(header=True))
    assert together not in kinds(many, destination, without=(TableName("public", "t1"),))
    assert together not in kinds(many, destination, unseen=True)
