"""Content checksums are read while the next tables are exported, and never a moment too early."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.checks import CheckLevel
from kwtui.model.proof import ContentChecksum
from kwtui.model.requests import BackupMethod, BackupRequest
from kwtui.model.schema import DatabaseSchema, TableName, TableSpec
from kwtui.model.server import ServerFacts
from kwtui.operations.backup.execution.content_reads import ContentReader
from kwtui.operations.backup.execution.state import BackupState, TableExport
from kwtui.operations.context import RunContext
from kwtui.operations.runner import Halt
from kwtui.server.connection.failures import ServerMessage, StatementRefused
from kwtui.server.connection.results import ResultSet, StatementResult
from kwtui.server.connection.server import Server
from tests.operations.conftest import CHILD, INV, PLANT, SHOP


@dataclass
class Node:
    """Answers every checksum, or waits with it until told."""

    sent: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    running: int = 0
    most: int = 0
    connections: int = 0
    error: KwtuiError | None = None
    refuses_groups: bool = False

    async def connect(self) -> Server:
        self.connections += 1
        return cast(Server, self)

    async def close(self) -> None:
        self.connections -= 1

    async def cancel_query(self) -> None:
        self.error = KwtuiError("query execution canceled")
        self.gate.set()

    async def execute(self, sql: str, on_notice: Any = None) -> StatementResult:
        self.sent.append(sql)
        self.asked.set()
        self.running += 1
        self.most = max(self.most, self.running)
        await self.gate.wait()
        self.running -= 1
        if self.error:
            raise self.error
        if " AS n," in sql:
            return StatementResult("SELECT", (ResultSet((), self._numbered(sql)),))
        return StatementResult("SELECT 1", (ResultSet((), (self._answer(sql),)),))

    def _numbered(self, sql: str) -> tuple[tuple[str, ...], ...]:
        if self.refuses_groups:
            raise StatementRefused("Refused.", hint="", said=ServerMessage("syntax error"))
        numbers = re.findall(r"SELECT (\d+) AS n,", sql)
        return tuple((number, "3", number, "9") for number in reversed(numbers))

    def _answer(self, sql: str) -> tuple[str, ...]:
        if "xor_agg" in sql:
            return ("3", "7", "9")
        values = ["1"] * len(re.findall(r"\b(?:count|sum|min|max)\((?!\*)", sql))
        if "time_bucket" in sql:
            return ("2026-11-01 00:00:00+00:00", "3", *values)
        return tuple(values) or ("1",)


Make = Callable[..., ContentReader]


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def make(node: Node, server: ServerFacts, tmp_path: Path) -> Make:
    def made(schema: DatabaseSchema, method: BackupMethod, **options: Any) -> ContentReader:
        plan = type("Plan", (), {"database": schema.database, "path": "k/a/1"})()
        context = RunContext(
            plan=cast(Any, plan),
            run_id="r",
            connect=node.connect,
            extern=tmp_path,
            state=tmp_path,
            reporter=cast(Any, None),
            halt=Halt(),
        )
        state = BackupState(server)
        state.before, state.timestamp, state.timestamp_after = schema, "1.0", "2.0"
        options.setdefault("check", CheckLevel.FULL)
        request = BackupRequest(schema.database, method=method, **options)
        return ContentReader(context, request, state)

    return made


def exported(spec: TableSpec, until: str | None = None) -> TableExport:
    return replace(TableExport(spec, "public/t"), until=until)


async def test_a_table_is_read_as_soon_as_it_is_exported(node: Node, make: Make) -> None:
    reader = make(SHOP, BackupMethod.SNAPSHOT)

    reader.exported(exported(INV))
    await node.asked.wait()
    assert "AS OF SYSTEM TIME '1.0'" in node.sent[0]

    node.gate.set()
    found = await reader.contents(exported(INV))
    assert (found.level, found.checksum) == (CheckLevel.FULL, ContentChecksum(3, "7", "9"))
    assert len(node.sent) == 1, "it is not read twice"
    await reader.close()
    assert node.connections == 0


async def test_a_time_series_is_read_up_to_its_cut_and_last_as_rows_may_come_late(
    node: Node, make: Make
) -> None:
    reader = make(PLANT, BackupMethod.SNAPSHOT)
    export = exported(PLANT.tables[0], until="2026-11-01 12:00:00+00:00")
    node.gate.set()

    reader.exported(export)
    await asyncio.sleep(0)
    assert node.sent == []
    reader.all_exported([export])
    await reader.contents(export)

    assert "WHERE ts <= '2026-11-01 12:00:00+00:00'" in node.sent[0]
    assert "AS OF" not in node.sent[0]
    await reader.close()


async def test_tables_without_a_common_instant_wait_for_the_second_one(
    node: Node, make: Make
) -> None:
    reader = make(SHOP, BackupMethod.TABLES)
    node.gate.set()

    reader.exported(exported(INV))
    await asyncio.sleep(0)
    assert node.sent == []

    await reader.contents(exported(INV))
    assert [sql.partition("AS OF SYSTEM TIME ")[2] for sql in node.sent] == ["'1.0'", "'2.0'"]
    await reader.close()


async def test_one_table_at_a_time_so_that_the_exports_are_not_starved(
    node: Node, make: Make
) -> None:
    reader = make(SHOP, BackupMethod.SNAPSHOT)
    for table in (INV, CHILD):
        reader.exported(exported(table))
    await node.asked.wait()
    node.gate.set()

    await reader.contents(exported(INV))
    await reader.contents(exported(CHILD))

    assert (node.most, len(node.sent)) == (1, 2)
    await reader.close()


async def test_when_all_are_exported_as_many_are_read_at_a_time_as_were_exported(
    node: Node, make: Make
) -> None:
    reader = make(SHOP, BackupMethod.SNAPSHOT, parallel=2)
    third = replace(INV, name=TableName("public", "third"))
    reader.exported(exported(INV))
    await node.asked.wait()
    node.asked.clear()

    reader.all_exported([exported(table) for table in (INV, CHILD, third)])
    await node.asked.wait()
    assert (node.running, node.connections) == (2, 2)
    node.gate.set()
    for table in (INV, CHILD, third):
        await reader.contents(exported(table))

    assert (node.most, len(node.sent), node.connections) == (2, 3, 2)
    await reader.close()
    assert node.connections == 0


async def test_of_a_relational_table_nothing_is_read_where_counts_are_enough(
    node: Node, make: Make
) -> None:
    """EXPORT counts its rows itself, at the very instant."""
    reader = make(SHOP, BackupMethod.SNAPSHOT, check=CheckLevel.COUNTS)
    reader.exported(exported(INV))
    reader.all_exported([exported(INV), exported(CHILD)])
    await asyncio.sleep(0)
    await reader.close()
    assert (node.sent, node.connections) == ([], 0)


async def test_an_error_is_told_to_who_waits(node: Node, make: Make) -> None:
    reader = make(SHOP, BackupMethod.SNAPSHOT)
    node.error = KwtuiError("gone", exit_code=ExitCode.CONNECTION_LOST)
    node.gate.set()
    reader.exported(exported(INV))

    with pytest.raises(KwtuiError) as error:
        await reader.contents(exported(INV))

    assert error.value.exit_code is ExitCode.CONNECTION_LOST
    await reader.close()
    assert node.connections == 0


async def test_a_halt_ends_the_statement_on_the_server_and_begins_no_other(
    node: Node, make: Make
) -> None:
    reader = make(SHOP, BackupMethod.SNAPSHOT)
    for table in (INV, CHILD):
        reader.exported(exported(table))
    await node.asked.wait()

    reader.context.halt.cancel()
    await reader.close()

    assert (len(node.sent), node.connections, node.running) == (1, 0, 0)
    assert node.error is not None, "it was cancelled on the server"


async def test_a_failure_elsewhere_does_not_wait_for_a_long_scan(node: Node, make: Make) -> None:
    reader = make(SHOP, BackupMethod.SNAPSHOT)
    reader.exported(exported(INV))
    await node.asked.wait()

    await asyncio.wait_for(reader.close(), timeout=5)

    assert node.connections == 0


async def test_a_time_series_is_summed_by_window_and_not_hashed(node: Node, make: Make) -> None:
    reader = make(PLANT, BackupMethod.SNAPSHOT, check=None)
    node.gate.set()

    found = await reader.contents(exported(PLANT.tables[0], until="2026-11-01 12:00:00+00:00"))

    assert found.level is CheckLevel.AGGREGATES
    assert found.windows is not None
    assert found.windows.rows == 3
    assert not any("fnv64" in sql for sql in node.sent)
    await reader.close()


async def test_a_small_table_is_hashed_whole_where_a_sample_is_asked_for(
    node: Node, make: Make
) -> None:
    reader = make(SHOP, BackupMethod.SNAPSHOT, check=None)
    node.gate.set()
    found = await reader.contents(replace(exported(INV), rows_reported=2_000))
    assert (found.level, found.checksum) == (CheckLevel.FULL, ContentChecksum(3, "7", "9"))
    await reader.close()


async def test_of_a_large_table_a_range_of_keys_is_hashed(node: Node, make: Make) -> None:
    reader = make(SHOP, BackupMethod.SNAPSHOT, check=CheckLevel.SAMPLE)
    node.gate.set()
    found = await reader.contents(replace(exported(INV), rows_reported=100_000, seconds=1.0))
    assert found.level is CheckLevel.SAMPLE
    (sample,) = found.samples
    assert sample.checksum == ContentChecksum(3, "7", "9")
    (hashed,) = [sql for sql in node.sent if "fnv64" in sql]
    assert "AS OF SYSTEM TIME '1.0' WHERE" in hashed
    assert any("LIMIT 1 OFFSET 4000" in sql for sql in node.sent), "a tenth of the export's time"
    await reader.close()


async def test_a_large_table_without_a_usable_key_is_only_counted_and_says_why(
    node: Node, make: Make
) -> None:
    reader = make(SHOP, BackupMethod.SNAPSHOT, check=None)
    node.gate.set()
    create = "CREATE TABLE t (\n\ta STRING NULL\n)"
    bare = replace(INV, create_statement=create)
    found = await reader.contents(replace(exported(bare), rows_reported=100_000))
    assert found.level is CheckLevel.COUNTS
    assert "primary key" in found.reason
    await reader.close()


def many(reader: ContentReader, rows: int = 3) -> list[TableExport]:
    """Twenty tables that are exported."""
    specs = [replace(INV, name=TableName("public", f"t{n}")) for n in range(20)]
    exports = [replace(exported(spec), rows_reported=rows) for spec in specs]
    reader.state.tables = {each.spec.name: each for each in exports}
    return exports


@pytest.mark.parametrize("level", [CheckLevel.SAMPLE, CheckLevel.FULL])
async def test_many_small_tables_are_read_by_one_statement(
    node: Node, make: Make, level: CheckLevel
) -> None:
    reader = make(SHOP, BackupMethod.SNAPSHOT, check=level)
    node.gate.set()
    exports = many(reader)

    for export in exports:
        reader.exported(export)
    reader.all_exported(exports)
    found = [await reader.contents(export) for export in exports]

    assert [each.checksum.xor for each in found if each.checksum] == [str(n) for n in range(20)]
    assert {each.level for each in found} == {CheckLevel.FULL}
    (sql,) = node.sent
    assert sql.startswith("SELECT n, c, x, s FROM (SELECT 0 AS n, count(*) AS c, ")
    assert sql.endswith(") AS OF SYSTEM TIME '1.0'")
    await reader.close()


async def test_where_they_cannot_be_read_together_each_is_read_by_itself(
    node: Node, make: Make
) -> None:
    reader = make(SHOP, BackupMethod.SNAPSHOT)
    node.refuses_groups = True
    node.gate.set()
    exports = many(reader)

    for export in exports:
        reader.exported(export)
    found = [await reader.contents(export) for export in exports]

    assert {each.checksum for each in found} == {ContentChecksum(3, "7", "9")}
    assert len(node.sent) == 1 + 20
    await reader.close()


async def test_large_tables_are_read_by_themselves(node: Node, make: Make) -> None:
    reader = make(SHOP, BackupMethod.SNAPSHOT)
    node.gate.set()
    exports = many(reader, rows=2_001)

    reader.exported(exports[0])
    await reader.contents(exports[0])

    assert " AS n," not in node.sent[0]
    await reader.close()
