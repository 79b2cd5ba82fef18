"""A controller in memory: every state of every screen, without a server and without files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kwtui.backups.csv.dialect import Certainty, DialectGuess
from kwtui.backups.csv.index import Reading
from kwtui.backups.csv.page import CsvPage
from kwtui.backups.layout.location import SetLocation
from kwtui.backups.listing.contents import ColumnInfo, RowsKnown, SetDetails, TableDetails
from kwtui.backups.listing.entries import BackupEntry, EntryKind, StorageListing
from kwtui.backups.listing.presence import Presence
from kwtui.backups.manifest import FileEntry
from kwtui.config.profiles import Environment, Profile, TlsMode
from kwtui.controller import Controller
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Finding, Severity
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod, BackupRequest, Dialect, RestoreRequest
from kwtui.model.schema import ColumnSpec, DatabaseSchema, Engine, TableName, TableSpec
from kwtui.model.server import DatabaseSummary, NodeFacts, ServerFacts, Survey
from kwtui.node.logs.format import LogFamily
from kwtui.node.logs.listing import LogFile
from kwtui.node.logs.stream import LogStream
from kwtui.node.place import FolderState, NodePlace
from kwtui.operations.plan import REMOVALS, Plan, PlanKind, Step, StepKind
from kwtui.operations.shared.command_line import command_for
from kwtui.runs.events import (
    AnyEvent,
    CancelRequested,
    NoticeReceived,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kwtui.runs.history import RunSummary
from kwtui.runs.node_log import RunLog, run_log
from kwtui.runs.state import RunState, reduce_all
from kwtui.server.connection.failures import PasswordNeeded
from kwtui.server.connection.status import ConnectionState, ConnectionStatus
from kwtui.server.connection.target import Target
from tests.screens.fake_log import FakeLog
from tests.screens.fake_server import FakeServerPages
from tests.screens.fake_storage import FakeStorageCare

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)

FACTS = ServerFacts(
    version="V3.2.1",
    cluster_id="5c1f2e9a-7d34-4c0b-9e11-0f6a5b3c2d1e",
    node_id=1,
    user="root",
    is_admin=True,
    tls=False,
    nodes=(NodeFacts(1, "127.0.0.1:26257", True, "V3.2.1"),),
)

TABLES = ("customers", "orders", "order_lines", "products")

SETS = (
    BackupEntry(
        path="kwtui/shop/20261122T110000Z",
        kind=EntryKind.SET,
        database="shop",
        engine=Engine.RELATIONAL,
        started=NOW - timedelta(hours=1),
        tables=4,
        rows=21_500,
        files=9,
        bytes=3_400_000,
        proof=ProofLevel.P2,
        proof_at=NOW - timedelta(hours=1),
        method=BackupMethod.SNAPSHOT,
    ),
    BackupEntry(
        path="smart-meter/tsdb",
        kind=EntryKind.TREE,
        database="tsdb",
        engine=Engine.TIME_SERIES,
        started=NOW - timedelta(days=40),
        tables=1,
        files=4,
        bytes=120_000,
        note="made by somebody else",
    ),
    BackupEntry(
        path="kwtui/仓库/20261121T080000Z",
        kind=EntryKind.SET,
        database="仓库",
        engine=Engine.RELATIONAL,
        started=NOW - timedelta(days=1, hours=4),
        tables=2,
        rows=310,
        files=4,
        bytes=24_000,
        proof=ProofLevel.P1,
        proof_at=NOW - timedelta(days=1),
        method=BackupMethod.SNAPSHOT,
    ),
    BackupEntry(
        path="kwtui/shop/20261120T020000Z",
        kind=EntryKind.INCOMPLETE,
        database="shop",
        engine=Engine.RELATIONAL,
        started=NOW - timedelta(days=2, hours=10),
        files=3,
        bytes=900_000,
        problem="There is no manifest: this backup did not finish. It is not a backup.",
    ),
)


def log_lines(count: int) -> list[str]:
    """Every tenth a warning, every fiftieth an error with two lines of stack."""
    lines = []
    for number in range(count):
        letter = "E" if number % 50 == 49 else "W" if number % 10 == 9 else "I"
        lines.append(
            f"{letter}261122 08:19:{number % 60:02d}.000000 1 server/node.go:{number}  [n1]"
            f" {number} node event happened"
        )
        if letter == "E":
            lines += ["goroutine 1 [running]:", "\tmain.main()"]
    return lines


def column(name: str, type_: str = "INT8") -> ColumnSpec:
    return ColumnSpec(name, type_)


def shop_schema() -> DatabaseSchema:
    tables = tuple(
        TableSpec(
            TableName("public", name),
            (column("id"), column("name", "STRING")),
            f"CREATE TABLE {name} (id INT8 NOT NULL, name STRING NULL)",
            f"CREATE TABLE {name} (id INT8 NOT NULL, name STRING NULL)",
            rows=rows,
            bytes=rows * 150,
        )
        for name, rows in zip(TABLES, (1_500, 6_000, 13_800, 200), strict=True)
    )
    return DatabaseSchema("shop", Engine.RELATIONAL, "CREATE DATABASE shop", tables=tables)


class FakeController(FakeServerPages, FakeStorageCare, Controller):
    """Answers from memory. Tests change its public attributes to stage a situation."""

    _in_background = True

    def __init__(self) -> None:
        self.stage_server()
        self.stage_storage()
        self.saved: list[Profile] = [
            Profile(
                "shop-test", host="db1.test", tls=TlsMode.DISABLE, environment=Environment.TEST
            ),
            Profile("shop", host="db1.example", environment=Environment.PROD),
        ]
        self.listeners: list[Callable[[object], None]] = []
        self.current = ConnectionStatus(ConnectionState.DISCONNECTED, NOW)
        self.facts = FACTS
        self.on_disk = Presence()
        self.polling = ""
        self.note = ""
        """Put into names, texts and records."""
        self.connect_error: KwtuiError | None = None
        self.password: str | None = None
        self.entries: tuple[BackupEntry, ...] = SETS
        self.database_list = [
            DatabaseSummary("shop", Engine.RELATIONAL, "what is sold", tables=4),
            DatabaseSummary("plant", Engine.TIME_SERIES, None, tables=2),
            DatabaseSummary("system", Engine.RELATIONAL, None, tables=30, system=True),
        ]
        self.guess = DialectGuess(
            (Dialect(), Dialect(null_text="")),
            Certainty.LIKELY,
            "NULL is written as \\N.",
        )
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
        self.events: dict[str, list[AnyEvent]] = {}
        self.plans: dict[str, Plan] = {}
        self.more = asyncio.Event()
        self.cancelled: list[str] = []
        self.swept: list[bool | None] = []
        self.awaits_export = False
        self.gone_sets: set[str] = set()
        self.log = FakeLog(log_lines(200))
        self.requests: list[object] = []
        self.place_found = NodePlace(
            FolderState(Path("/var/lib/kaiwudb"), "the server's start arguments", True, True, True),
            FolderState(
                Path("/var/lib/kaiwudb/extern"),
                "inside the store",
                True,
                True,
                True,
                free_bytes=40_000_000_000,
            ),
            FolderState(Path("/var/lib/kaiwudb/logs"), "inside the store", True, True, False),
        )

    # -- events and connection -------------------------------------------------------------------

    def subscribe(self, listener: Callable[[object], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def tell(self, event: object) -> None:
        for listener in list(self.listeners):
            listener(event)

    def profiles(self) -> list[Profile]:
        return list(self.saved)

    def save_profile(self, profile: Profile) -> None:
        self.saved = [p for p in self.saved if p.name != profile.name] + [profile]

    def delete_profile(self, name: str) -> None:
        self.saved = [p for p in self.saved if p.name != name]

    async def connect(self, target: Target, password: str | None = None) -> ConnectionStatus:
        if self.connect_error is not None:
            raise self.connect_error
        if self.password is not None and password != self.password:
            raise PasswordNeeded(
                "The server asks root for a password, and none was found.",
                exit_code=ExitCode.AUTHENTICATION_FAILED,
            )
        self.set_connected(target.redacted)
        return self.current

    def set_connected(self, target: str = "root@127.0.0.1:26257") -> None:
        self.current = ConnectionStatus(
            ConnectionState.CONNECTED,
            NOW,
            target,
            self.facts,
            engines=(Engine.RELATIONAL, Engine.TIME_SERIES),
        )
        self.tell(self.current)

    def lose(self, reason: str = "the server closed the connection.") -> None:
        self.current = replace(
            self.current,
            state=ConnectionState.LOST,
            title="The connection is lost.",
            cause=reason,
            attempt=2,
            retry_at=NOW + timedelta(seconds=8),
        )
        self.tell(self.current)

    def retry_now(self) -> None:
        self.requests.append("retry")

    async def start_sandbox(self) -> Target:
        return Target(port=26999, tls=TlsMode.DISABLE)

    @property
    def status(self) -> ConnectionStatus:
        return self.current

    @property
    def place(self) -> NodePlace | None:
        return self.place_found if self.current.facts else None

    async def close(self) -> None:
        return

    # -- server and storage ----------------------------------------------------------------------

    async def databases(self) -> list[DatabaseSummary]:
        self._need_connection()
        return list(self.database_list)

    async def survey(self, database: str) -> Survey:
        self._need_connection()
        return Survey(replace(shop_schema(), database=database), FACTS, NOW, self.findings)

    def _need_connection(self) -> None:
        if self.current.facts is None:
            raise KwtuiError(
                "There is no connection.",
                hint="Connect on the first screen.",
                exit_code=ExitCode.SERVER_UNREACHABLE,
            )

    async def storage(self) -> StorageListing:
        return StorageListing(
            Path("/var/lib/kaiwudb/extern"),
            self.entries,
            NOW,
            0.01,
            len(self.entries),
            awaits_export=self.awaits_export,
        )

    async def open_set(self, path: str) -> SetDetails:
        entry = next(e for e in self.entries if e.path == path)
        tables = tuple(
            TableDetails(
                TableName("public", name + self.note),
                f"data/public/{name}",
                (ColumnInfo("id", "INT8", False), ColumnInfo("name", "STRING")),
                (FileEntry(f"data/public/{name}/n1.0.csv", 1000, "ab" * 32, 100),),
                bytes=1000,
                rows=100,
                rows_known=RowsKnown.COUNTED,
                meta=f"data/public/{name}/meta.sql",
            )
            for name in TABLES
        )
        location = SetLocation(Path("/extern"), path, Path("/extern") / path)
        others = (FileEntry("manifest.json", 900, "", None),)
        if entry.kind is EntryKind.TREE:
            return SetDetails(entry, location, tables, others, dialect=self.guess)
        manifest = self.manifest_of(entry) if self.made_by else None
        return SetDetails(entry, location, tables, others, manifest=manifest, schema=shop_schema())

    async def read_text(self, path: str) -> str:
        if path.endswith("meta.sql"):
            return (
                self.note
                + "CREATE TABLE orders (\n\tid INT8 NOT NULL,\n\tname STRING NULL DEFAULT 'x'\n);"
            )
        return '{\n  "format": 1\n}\n'

    @property
    def polls_because(self) -> str:
        return self.polling

    async def presence(self, details: SetDetails) -> Presence:
        return self.on_disk

    async def find_record(
        self,
        entry: BackupEntry,
        file: str,
        text: str,
        start: int,
        *,
        forward: bool,
        reading: Reading,
    ) -> int | None:
        numbers = range(start + 1, 100) if forward else range(start - 1, -1, -1)
        return next((n for n in numbers if text in str(n)), None)

    async def csv_page(
        self,
        entry: BackupEntry,
        file: str,
        start: int,
        count: int,
        reading: Reading | None = None,
    ) -> CsvPage:
        start = max(0, 100 + start) if start < 0 else start
        records = tuple(
            (str(n), "it's" if n % 3 else None, "数据库 " + "long " * (n % 5) + self.note)
            for n in range(start, min(start + count, 100))
        )
        return CsvPage(
            file, start, ("id", "name" + self.note, "note"), records, 100, start + count >= 100
        )

    # -- plans and runs --------------------------------------------------------------------------

    async def plan_backup(self, request: BackupRequest) -> Plan:
        self._need_connection()
        self.requests.append(request)
        steps = tuple(
            Step(
                f"export-{name}",
                StepKind.EXPORT_TABLE,
                f"Export public.{name}",
                "All rows as of the snapshot's instant.",
                (
                    f"EXPORT INTO CSV 'nodelocal://1/kwtui/shop/data/public/{name}' FROM SELECT id,"
                    f" name FROM shop.public.{name} AS OF SYSTEM TIME '{{timestamp}}'"
                    " WITH nullas = '\\N'",
                ),
                f"public.{name}",
                {"rows": 1000, "bytes": 150_000},
            )
            for name in TABLES
        )
        return self.make_plan(
            PlanKind.BACKUP, f"Back up {request.database}", request.database, steps
        )

    async def plan_restore(self, request: RestoreRequest) -> Plan:
        self.requests.append(request)
        target = request.target or "shop"
        steps = (
            Step("create", StepKind.SQL, f"Create {target}", sql=(f"CREATE DATABASE {target}",)),
            Step(
                "import-orders",
                StepKind.IMPORT_TABLE,
                "Import public.orders",
                subject="public.orders",
                params={"rows": 1000, "bytes": 150_000},
            ),
            Step("compare", StepKind.COMPARE, "Compare with the manifest"),
        )
        return self.make_plan(
            PlanKind.RESTORE, f"Restore {request.source} as {target}", target, steps
        )

    async def plan_continuation(self, run_id: str) -> Plan:
        self.requests.append(f"continue {run_id}")
        plan = self.plans[run_id]
        return self.make_plan(
            PlanKind.RESTORE, f"{plan.title}, continued", plan.database, plan.steps[1:]
        )

    async def plan_verify(self, path: str, level: ProofLevel) -> Plan:
        steps = (Step("check", StepKind.CHECK_FILES, "Check every file"),)
        return self.make_plan(PlanKind.VERIFY, f"Verify {path}", "shop", steps, path)

    def make_plan(
        self,
        kind: PlanKind,
        title: str,
        database: str,
        steps: tuple[Step, ...],
        path: str = "kwtui/shop/20261122T120000Z",
    ) -> Plan:
        return Plan(
            id="20261122T120000Z-1",
            kind=kind,
            title=title,
            created_at=NOW,
            cluster_id=FACTS.cluster_id,
            node_id=1,
            database=database,
            path=path,
            steps=steps,
            findings=self.findings,
            not_included=("Passwords of users: KWDB does not give them out.",),
            estimated_rows=21_500,
            estimated_bytes=3_225_000,
            estimate_source="KWDB's own statistics of rows and sizes",
        )

    async def start_run(self, plan: Plan) -> str:
        self.plans[plan.id] = plan
        self.events.setdefault(plan.id, run_beginning(plan, self.note))
        return plan.id

    async def runs(self) -> list[RunSummary]:
        return [
            RunSummary(
                run,
                plan.kind,
                plan.title,
                plan.database,
                plan.path,
                self._run_status(run),
                plan.created_at,
            )
            for run, plan in self.plans.items()
        ]

    def _run_status(self, run: str) -> RunStatus:
        last = self.events[run][-1]
        return last.status if isinstance(last, RunFinished) else RunStatus.RUNNING

    def add_event(self, run: str, event: AnyEvent) -> None:
        self.events[run].append(event)
        self.more.set()

    async def follow_run(self, run_id: str) -> AsyncIterator[AnyEvent]:
        position = 0
        while True:
            events = self.events[run_id]
            while position < len(events):
                yield events[position]
                position += 1
            if events and isinstance(events[-1], RunFinished):
                return
            self.more.clear()
            await self.more.wait()

    async def is_gone(self, run_id: str, path: str) -> bool:
        return path in self.gone_sets

    async def run_state(self, run_id: str) -> RunState:
        return reduce_all(self.plans[run_id], self.events[run_id])

    async def run_journal(self, run_id: str) -> list[AnyEvent]:
        return list(self.events[run_id])

    async def run_plan(self, run_id: str) -> Plan:
        return self.plans[run_id]

    async def cancel_run(self, run_id: str, *, sweep: bool | None = None) -> None:
        self.cancelled.append(run_id)
        self.swept.append(sweep)
        self.add_event(run_id, CancelRequested(at=NOW + timedelta(seconds=5)))

    async def log_files(self) -> list[LogFile]:
        folder = Path("/var/lib/kaiwudb/logs")
        return [
            LogFile(
                folder / "kwbase.node1.kaiwudb.2026-11-22T08_19_53Z.020365.log",
                LogFamily.MAIN,
                self.log.bytes,
                NOW,
                current=True,
                link=folder / "kwbase.log",
                created=NOW - timedelta(hours=4),
            ),
            LogFile(folder / "TsEngine.2026-11-22T08_19_53.log", LogFamily.TS_ENGINE, 5_120, NOW),
        ]

    async def open_log(self, files: Sequence[LogFile]) -> LogStream:
        stream = self.log.open(files)
        await stream.open()
        return stream

    async def run_log(self, run_id: str) -> RunLog:
        return run_log(run_id, self.plans[run_id], self.events[run_id])

    def command_of_run(self, run_id: str, plan: Plan) -> str:
        return self.command_for(plan)

    def connection_options(self, extern: Path | None = None) -> list[str]:
        return ["--profile", "shop-test"]

    def command_for(self, plan: Plan) -> str:
        if plan.kind is PlanKind.BACKUP:
            return f"kwtui backup {plan.database} --profile shop-test"
        if plan.kind is PlanKind.RESTORE:
            return f"kwtui restore {plan.path} --as {plan.database} --profile shop-test"
        if plan.kind in REMOVALS:
            return command_for(plan, ["--profile", "shop-test"])
        return f"kwtui verify {plan.path} --profile shop-test"


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def run_beginning(plan: Plan, note: str = "") -> list[AnyEvent]:
    """A run in its middle: the first step done, the second moving."""
    first, *rest = plan.steps
    events: list[AnyEvent] = [
        RunStarted(at=at(0), run=plan.id, plan=plan.id, title=plan.title, pid=4711),
        StepStarted(at=at(0), step=first.id, title=first.title, sql=list(first.sql)),
        StepFinished(at=at(2), step=first.id, rows=1500, bytes=225_000, seconds=2.0),
    ]
    if rest:
        second = rest[0]
        events += [
            StepStarted(at=at(2), step=second.id, title=second.title, sql=list(second.sql)),
            StepProgress(
                at=at(4),
                step=second.id,
                rows=400,
                rows_total=1000,
                bytes=60_000,
                bytes_total=150_000,
                basis="sizes of the files written so far",
            ),
            NoticeReceived(at=at(4), step=second.id, severity="NOTICE", message="slow disk" + note),
        ]
    return events


def run_end(plan: Plan, status: RunStatus = RunStatus.SUCCEEDED, **more: Any) -> AnyEvent:
    return RunFinished(at=at(9), status=status, summary="4 tables, 21,500 rows.", **more)
