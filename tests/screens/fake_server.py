"""The server's pages in memory: what a node was recorded to say, and what tests stage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kwtui.controller.server import ServerPages
from kwtui.controller.sql import SqlConsole
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.csv_file import CsvFile
from kwtui.model.findings import Finding, Severity
from kwtui.model.schema import ColumnSpec, Engine, TableName
from kwtui.model.server import DatabaseSummary, Survey
from kwtui.node.wal.files import AreaKind, Role, WalArea, WalFile, WalFiles
from kwtui.node.wal.log import WalLog
from kwtui.operations.probe import Probed
from kwtui.operations.wal.report import WalReport
from kwtui.protection.facts import Measure
from kwtui.server.connection.results import Column, ResultSet
from kwtui.server.console.history import HistoryEntry, SqlHistory
from kwtui.server.console.session import Answer
from kwtui.server.console.verdict import Kind, classify
from kwtui.server.jobs.listing import EXPORT, IMPORT, Job, JobListing
from kwtui.server.jobs.meaning import JobVerb
from kwtui.server.state.activity import Query, Session, parse_queries, parse_sessions
from kwtui.server.state.overview import Overview, Part, parse_nodes
from kwtui.server.state.rights import parse_accounts
from kwtui.server.state.settings import ALL_SETTINGS, parse_settings
from kwtui.server.state.wal_settings import wal_settings
from tests.screens.fake_connection import FakeConnection
from tests.screens.staged import FACTS, NOW, shop_schema
from tests.server.recorded import answer

EXPORTED = "EXPORT INTO CSV 'nodelocal://1/kwtui/shop/x/data/public/orders' FROM TABLE orders"


def job(number: int, kind: str, status: str, **more: Any) -> Job:
    return Job(
        number, kind, more.pop("description", ""), more.pop("statement", ""), "root", status,
        created=NOW - timedelta(hours=number), **more,
    )  # fmt: skip


JOBS = (
    job(5, IMPORT, "running", description="IMPORT INTO shop.public.orders CSV DATA ('x')"),
    job(4, EXPORT, "running", statement=EXPORTED),
    job(3, EXPORT, "succeeded", statement=EXPORTED, finished=NOW),
    job(2, EXPORT, "failed", statement=EXPORTED, error="no space left on device", finished=NOW),
    job(1, "SCHEMA CHANGE GC", "running", running_status="waiting for GC TTL"),
)


class FakeConsole:
    """Judges statements as the real one does and answers with rows that are made up."""

    def __init__(self) -> None:
        self.unlocked = False
        self.database = "defaultdb"
        self.timeout_seconds = 60
        self.ran: list[str] = []
        self.waiting = asyncio.Event()
        self.hold = False
        """Statements do not end until they are cancelled."""
        self.problem: KwtuiError | None = None
        self.rows = 1200
        self.text = ""
        """Put into every value."""

    async def run(self, sql: str, *, limit: int = 1000) -> Answer:
        verdict = classify(sql, [sql])
        if verdict.kind is not Kind.READ and not self.unlocked:
            raise KwtuiError("This statement may do more than read, and writing is locked.",
                             cause=verdict.reason)  # fmt: skip
        self.ran.append(sql)
        if self.problem is not None:
            raise self.problem
        if self.hold:
            await self.waiting.wait()
            raise KwtuiError("The statement was cancelled.", exit_code=ExitCode.CANCELLED)
        count = min(limit, self.rows)
        rows = tuple((str(n), f"name {n}{self.text}", None) for n in range(count))
        columns = (Column("id", 20), Column("name" + self.text, 25), Column("note", 25))
        return Answer(sql, ResultSet(columns, rows), f"SELECT {count}", (), 0.012, verdict,
                      limited=count < self.rows, limit=limit, database=self.database)  # fmt: skip

    async def stream(self, sql: str, sink: CsvFile) -> int:
        answer = await self.run(sql, limit=self.rows)
        sink.columns(answer.result.names)
        sink.rows(answer.result.rows)
        return len(answer.result.rows)

    async def cancel(self) -> bool:
        self.waiting.set()
        return True

    async def unlock(self) -> None:
        self.unlocked = True

    async def lock(self) -> None:
        self.unlocked = False

    async def close(self) -> None:
        self.unlocked = False


class FakeServerPages(ServerPages):
    _connection: FakeConnection

    def __init__(self, connection: FakeConnection) -> None:
        self._connection = connection
        self.database_list = [
            DatabaseSummary("shop", Engine.RELATIONAL, "what is sold", tables=4),
            DatabaseSummary("plant", Engine.TIME_SERIES, None, tables=2),
            DatabaseSummary("system", Engine.RELATIONAL, None, tables=30, system=True),
        ]
        self.findings: tuple[Finding, ...] = (
            Finding(
                Severity.WARNING,
                "default_needs_sequence",
                "shop.public.orders",
                "The default of orders.id takes its value from a sequence, and KWDB's export leaves"
                " sequences out.",
                "The sequence is captured beside the export and put back by an exact restore.",
            ),
        )
        self.job_list: tuple[Job, ...] = JOBS
        self.query_list: tuple[Query, ...] = ()
        self.measures: dict[str, Measure] = {}
        self.refused = ""
        """What the server says to a user without the admin role."""
        self.visible_stores: dict[int, str] | None = None
        self.level = 2
        self.requests: list[object] = []
        self.note = ""
        """Put into jobs and sessions."""

    async def databases(self) -> list[DatabaseSummary]:
        self._connection.need()
        return list(self.database_list)

    async def databases_with_tables(self) -> list[DatabaseSummary]:
        return await self.databases()

    async def measure(self, database: str, at: datetime) -> Measure:
        if database not in self.measures:
            raise KwtuiError(f"{database} was not counted in time.")
        return self.measures[database]

    async def rows_by_hour(self, database: str, at: datetime) -> tuple[int, ...] | None:
        return (100,) * 6 + (1000,) * 18 if database == "plant" else None

    async def probe(self, engine: Engine, told: Callable[[str], None]) -> Probed:
        self.requests.append(("probe", engine))
        told("Probing: EXPORT")
        return Probed(engine, 40_000, 9 * 2**20, 3.0, 1.5)

    async def survey(self, database: str) -> Survey:
        self._connection.need()
        return Survey(replace(shop_schema(), database=database), FACTS, NOW, self.findings)

    def _part(self, items: tuple[Any, ...]) -> Part[Any]:
        return Part(refused=self.refused) if self.refused else Part(items)

    async def overview(self) -> Overview:
        columns = answer("01", ALL_SETTINGS)
        changed = {"ts.wal.wal_level": str(self.level)}
        rows = tuple((r[0], changed.get(r[0] or "", r[1]), r[2], r[3]) for r in columns.rows)
        sessions = tuple(self._session(s) for s in parse_sessions(answer("01", "SHOW SESSIONS")))
        return Overview(
            facts=self._connection.server_facts,
            at=NOW,
            nodes=self._part(parse_nodes(answer("01", "SELECT * FROM kwdb_internal.gossip_nodes"))),
            settings=self._part(parse_settings(ResultSet(columns.columns, rows))),
            accounts=self._part(parse_accounts(answer("01", "SHOW USERS"))),
            sessions=Part(sessions),
            queries=Part(parse_queries(answer("01", "SHOW QUERIES"))),
            visible_stores=self.visible_stores,
        )

    def _session(self, session: Session) -> Session:
        return replace(session, application=session.application + self.note,
                       active=session.active + self.note)  # fmt: skip

    async def activity(self, before: Overview) -> Overview:
        return await self.overview()

    async def cancel_query(self, query_id: str) -> None:
        self.requests.append(("cancel query", query_id))

    async def jobs(self) -> JobListing:
        jobs = tuple(replace(each, error=each.error + self.note) for each in self.job_list)
        return JobListing(jobs, self.query_list, NOW)

    async def control_job(self, job_id: int, verb: JobVerb) -> str:
        self.requests.append((verb.value, job_id))
        return f"Job {job_id} was asked to stop."

    async def wal(self) -> WalReport:
        settings = wal_settings(
            {"ts.wal.wal_level": str(self.level), "ts.wal.checkpoint_interval": "1m0s"}, self.level
        )
        current = WalFile("kwdb_wal.cur", Role.CURRENT, 20480, NOW - timedelta(seconds=3))
        area = WalArea("vg_001", AreaKind.VGROUP, Path("/var/lib/kaiwudb/tsdb"), (current,))
        log = WalLog(last_complete=NOW - timedelta(seconds=40), completed=3, level=self.level)
        return WalReport(NOW, settings, WalFiles(Path("/x"), (area,)), log, node_id=1)


class FakeSqlConsole(SqlConsole):
    def __init__(self) -> None:
        self.console = FakeConsole()
        self.typed: list[HistoryEntry] = []
        self.names: dict[str, dict[TableName, tuple[ColumnSpec, ...]]] = {
            "defaultdb": {},
            "shop": {table.name: table.columns for table in shop_schema().tables},
        }
        self.names_read: list[str] = []
        self.names_problem: KwtuiError | None = None

    async def tables(self, database: str) -> dict[TableName, tuple[ColumnSpec, ...]]:
        self.names_read.append(database)
        if self.names_problem is not None:
            raise self.names_problem
        return self.names.get(database, {})

    def open(self, *, database: str | None = None) -> Any:
        return self.console

    def history(self) -> SqlHistory:
        memory = self

        class Memory(SqlHistory):
            def entries(self) -> list[HistoryEntry]:
                return list(reversed(memory.typed))

        return Memory(Path("/nowhere"))

    def remember(self, text: str, *, answer: Any = None, error: Any = None) -> None:
        self.typed.append(HistoryEntry(at=NOW, sql=text, ok=error is None))
