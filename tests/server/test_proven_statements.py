"""Nothing is sent to a node without evidence that a node takes it: see ``proven_forms.toml``.

Whole flows are run and every statement on the wire is held against the forms; every function that
makes a statement is called; every SQL text in the code is looked at. Whoever adds a statement adds
its form, with a recording, a place in the documentation, or what happens when it is refused.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

import kwtui
from kwtui.controller import Controller
from kwtui.errors import KwtuiError
from kwtui.model.requests import BackupMethod, Dialect, RestoreStrategy
from kwtui.model.schema import (
    CommentSpec,
    Engine,
    ForeignKeySpec,
    GrantSpec,
    SequenceSpec,
    TableName,
)
from kwtui.operations.probe import run_probe
from kwtui.operations.restore import cluster_parts
from kwtui.server.connection.limited import LimitedServer
from kwtui.server.connection.results import StatementResult
from kwtui.server.connection.server import Server
from kwtui.server.console.session import Console
from kwtui.server.jobs.listing import read_jobs
from kwtui.server.state import overview, wal_settings
from kwtui.sql import content, inspection, probe, sequences, session, statements, transfer
from kwtui.sql.programs import with_body_as_text
from kwtui.sql.transfer import ExportOptions, ImportOptions
from tests.conftest import SandboxNode
from tests.faults.bench import Bench
from tests.once import once
from tests.operations.conftest import PLANT, SHOP
from tests.server.forms import Form, form_of, forms
from tests.server.recorded import lines

RELATIONAL, SERIES = "proven_shop", "proven_plant"
P = TableName("public", "p")

_MAKE = f"""
CREATE DATABASE {RELATIONAL}
CREATE USER IF NOT EXISTS proven_user
CREATE ROLE IF NOT EXISTS proven_role
USE {RELATIONAL}
COMMENT ON DATABASE {RELATIONAL} IS 'a shop; it''s'
CREATE SCHEMA s2
CREATE SCHEMA "S-3"
CREATE SEQUENCE q1 INCREMENT 5 MINVALUE 10 MAXVALUE 1000 START 20
CREATE SEQUENCE fresh
CREATE SEQUENCE s2.deep
SELECT nextval('q1')
SELECT nextval('s2.deep')
CREATE TABLE p (id INT8 PRIMARY KEY, code STRING(10) UNIQUE, e STRING DEFAULT 'p''q')
CREATE TABLE s2.p (id INT8 PRIMARY KEY)
CREATE TABLE c (id INT8 PRIMARY KEY DEFAULT nextval('q1'),
 p_id INT8 NOT NULL DEFAULT 1 REFERENCES p (id) ON DELETE CASCADE, n INT8,
 twice INT8 AS (n * 2) STORED, t TIMESTAMP DEFAULT now(), CHECK (n > 0), INDEX by_n (n))
CREATE TABLE s2.other (id INT8 PRIMARY KEY, ref INT8 REFERENCES {RELATIONAL}.public.p (id),
 k INT8 DEFAULT nextval('s2.deep'))
CREATE TABLE "Mixed Case" ("Key" INT8 PRIMARY KEY, "select" STRING)
CREATE TABLE "S-3"."T-1" (id INT8 PRIMARY KEY, "表" STRING)
CREATE TABLE hollow (a INT8 PRIMARY KEY)
CREATE VIEW v1 AS SELECT id, code FROM p
CREATE VIEW v2 AS SELECT v1.id FROM v1 JOIN c ON c.p_id = v1.id
CREATE MATERIALIZED VIEW mv AS SELECT count(*) AS n FROM p
CREATE PROCEDURE pr(a INT8) BEGIN SELECT a; END
CREATE TRIGGER tg AFTER DELETE ON p FOR EACH ROW BEGIN DELETE FROM hollow WHERE a = OLD.id; END
ALTER TABLE p CONFIGURE ZONE USING gc.ttlseconds = 700
ALTER DATABASE {RELATIONAL} CONFIGURE ZONE USING gc.ttlseconds = 800
COMMENT ON TABLE p IS 'table'
COMMENT ON COLUMN p.code IS 'column'
COMMENT ON INDEX c@by_n IS 'index'
COMMENT ON PROCEDURE pr IS 'procedure'
GRANT EXECUTE ON PROCEDURE pr TO proven_user
GRANT SELECT, UPDATE ON TABLE p TO proven_user
GRANT SELECT ON TABLE v1 TO proven_user
GRANT SELECT ON TABLE q1 TO proven_user
GRANT ALL ON DATABASE {RELATIONAL} TO proven_role
GRANT CREATE ON SCHEMA s2 TO proven_user
INSERT INTO p (id, code) VALUES (1, 'a'), (2, 'b')
INSERT INTO s2.p VALUES (1)
INSERT INTO c (p_id, n) VALUES (1, 1), (2, 2)
INSERT INTO s2.other (id, ref) VALUES (1, 1)
INSERT INTO "Mixed Case" VALUES (1, 'x')
INSERT INTO "S-3"."T-1" VALUES (1, '值')
CREATE TS DATABASE {SERIES} RETENTIONS 36500d PARTITION INTERVAL 5d
USE {SERIES}
CREATE TABLE s3 (ts TIMESTAMPTZ NOT NULL, temp FLOAT8, note VARCHAR(60))
 TAGS (site INT4 NOT NULL, area INT4) PRIMARY TAGS (site)
CREATE TABLE s6 (ts TIMESTAMPTZ(6) NOT NULL, v INT4) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)
CREATE TABLE nothing (ts TIMESTAMPTZ NOT NULL, v INT4) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)
CREATE INDEX by_area ON s3 (area)
COMMENT ON TABLE s3 IS 'plant'
GRANT SELECT ON TABLE s3 TO proven_user
INSERT INTO s3 VALUES ('2026-05-01 00:00:00+00', 20.5, 'x', 1, 2)
INSERT INTO s6 VALUES ('2026-05-01 00:00:00.123456+00', 1, 1)
"""
MAKE = _MAKE.strip().replace("\n ", " ").splitlines()
FANCY = Dialect(delimiter="|", null_text="NULL", charset="GBK", header=True)


@pytest.fixture(scope="module")
def sent(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[str, str]:
    """Every statement that the flows below sent, with the flow that sent it first."""

    def prepare(folder: Path) -> None:
        # Only whoever runs the flows needs a node.
        node: SandboxNode = request.getfixturevalue("sandbox")
        seen = _run_flows(Bench(node, folder / "state"))
        (folder / "sent.json").write_text(json.dumps(seen), encoding="utf-8")

    told = once(tmp_path_factory, "proven-flows", prepare) / "sent.json"
    seen: dict[str, str] = json.loads(told.read_text(encoding="utf-8"))
    return seen


def _run_flows(bench: Bench) -> dict[str, str]:
    seen: dict[str, str] = {}
    flow = ["start"]
    with pytest.MonkeyPatch.context() as patch:
        for kind in (Server, LimitedServer):
            patch.setattr(kind, "_run", _recorder(kind._run, seen, flow))
        bench.do(*MAKE)
        for name in _flows(bench):
            flow[0] = name
        flow[0] = "pages"
        asyncio.run(_pages(bench))
    for database in (
        RELATIONAL,
        SERIES,
        "p_snap",
        "p_db",
        "p_some",
        "p_native",
        "p_users",
        "p_series",
    ):
        bench.do(f"DROP DATABASE IF EXISTS {database} CASCADE")
    return seen


def _recorder(usual: object, seen: dict[str, str], flow: list[str]) -> object:
    async def run(self: Server, sql: str) -> StatementResult:
        seen.setdefault(sql, flow[0])
        result: StatementResult = await usual(self, sql)  # type: ignore[operator]
        return result

    return run


def _flows(bench: Bench) -> Iterator[str]:
    """One flow after the other; each is named before it runs."""
    yield "backup, snapshot"
    snap = bench.backup(RELATIONAL)
    yield "backup, database"
    whole = bench.backup(RELATIONAL, method=BackupMethod.DATABASE, dialect=FANCY, chunk_rows=10)
    yield "backup and restore with users and settings"
    extra = bench.backup(RELATIONAL, with_users=True, with_settings=True)
    bench.restore(extra.path, target="p_users", with_users=True, with_settings=True)
    yield "backup, tables"
    bench.backup(RELATIONAL, method=BackupMethod.TABLES)
    yield "backup, time series"
    series = bench.backup(SERIES)
    bench.backup(SERIES, method=BackupMethod.DATABASE)
    bench.do("REVOKE ALL ON TABLE p, v1, q1 FROM proven_user", database=RELATIONAL)
    yield "restore, exact"
    bench.restore(snap.path, target="p_snap", create_missing_users=True)
    bench.restore(whole.path, target="p_db")
    bench.restore(series.path, target="p_series")
    yield "restore, some tables"
    bench.restore(snap.path, target="p_some", tables=(P, TableName("public", "c")))
    yield "restore, definitions over an existing database"
    bench.restore(
        snap.path, target="p_some", strategy=RestoreStrategy.SCHEMA_ONLY, replace="p_some"
    )
    yield "restore, rows into what is there"
    rows = RestoreStrategy.DATA_ONLY
    bench.restore(snap.path, target="p_some", strategy=rows, tables=(P, TableName("s2", "p")))
    yield "restore that fails after the name was given"
    with pytest.raises(KwtuiError):
        bench.restore(snap.path, target="p_failed", hooks={"compare-others": _break})
    yield "speed probe"
    for engine in Engine:
        asyncio.run(_probe(bench, engine))
    yield "restore, KWDB's own statement"
    bench.do(
        "CREATE DATABASE p_plain",
        "CREATE TABLE p_plain.public.t (id INT8 PRIMARY KEY)",
        "INSERT INTO p_plain.public.t VALUES (1)",
    )
    plain = bench.backup("p_plain", method=BackupMethod.DATABASE)
    bench.restore(plain.path, target="p_native", strategy=RestoreStrategy.NATIVE)
    bench.do("DROP DATABASE p_plain CASCADE")


async def _probe(bench: Bench, engine: Engine) -> None:
    async def connect() -> Server:
        return await Server.open(bench.target)

    await run_probe(connect, 1, bench.extern, engine, rows=10)


def _break(_: object) -> None:
    raise KwtuiError("Somebody pulled the plug.")


async def _pages(bench: Bench) -> None:
    controller = Controller(state=bench.state)
    try:
        await controller.connection.connect(bench.target)
        await controller.server.databases()
        await controller.server.rows_by_hour(SERIES, datetime.now(UTC))
    finally:
        await controller.close()
    async with _connected(bench) as server:
        from kwtui.server.connection.identity import identify

        shown = await overview.read_overview(server, (await identify(server)).facts)
        await overview.read_activity(server, shown)
        await read_jobs(server)
        await wal_settings.read_wal_settings(server)
        await server.ping(5)
        await server.cancel_query()
    console = Console(bench.target)
    try:
        await console.run("SELECT 1")
    finally:
        await console.close()


class _connected:
    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def __aenter__(self) -> Server:
        self._server = await Server.open(self._bench.target)
        return self._server

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()


# -- the flows ----------------------------------------------------------------------------------


def test_every_statement_of_every_flow_has_evidence(sent: dict[str, str]) -> None:
    strange = {sql: flow for sql, flow in sent.items() if form_of(sql) is None}
    assert strange == {}


def test_the_flows_send_what_they_are_meant_to(sent: dict[str, str]) -> None:
    """A flow that stops early would prove nothing."""
    used = {form.pattern.split(" <")[0] for sql in sent if (form := form_of(sql)) is not None}
    assert {
        "EXPORT INTO CSV",
        "IMPORT INTO",
        ["IMPORT DATABASE CSV DATA (<text>)<options>"][0],
        "INSERT INTO",
        "ALTER DATABASE",
        "CREATE MATERIALIZED VIEW",
        "DROP (MATERIALIZED )?VIEW IF EXISTS",
        "CREATE INDEX",
        "SELECT setval(<text>,",
    } <= used


# -- what makes statements ----------------------------------------------------------------------

KEY = ForeignKeySpec("fk", ("a", "B"), P, ("x", "y"), "ON DELETE CASCADE ON UPDATE SET NULL")
COLUMNS = ("id", "Key", "select")
EXPORT = ExportOptions(FANCY, 10, comment=True, privileges=True, thread_concurrency=2)
EXPORT_PARTS = ExportOptions(foreign_key=True, meta_only=True, limit_memory="64MB")
IMPORT = ImportOptions(FANCY, comment=True, privileges=True, thread_concurrency=2)
URI = transfer.nodelocal(1, "kwtui/my db/表=20x/it's")

PART = statements.Part("Id", "INT8", "5", "17")
BEHIND = statements.Part("Id", "INT8", "5")
SERIES_TABLE = PLANT.tables[0]

SAMPLES: dict[str, list[str]] = {
    "session.session_settings": [*session.session_settings()],
    "session.script_settings": [*session.script_settings()],
    "session.set_texts": [*session.set_texts(session.FORMER_TEXT_SETTINGS)],
    "statements.show": [statements.show("node_id"), statements.show("session_id")],
    "statements.allow_sharded_indexes": [statements.allow_sharded_indexes()],
    "statements.use_database": [statements.use_database("My db")],
    "statements.databases": [statements.databases()],
    "statements.queries": [statements.queries()],
    "statements.server_time": [statements.server_time()],
    "statements.cancel_query": [statements.cancel_query("18ea")],
    "statements.cancel_job": [statements.cancel_job(7)],
    "statements.running_jobs": [statements.running_jobs("IMPORT")],
    "statements.jobs_being_undone": [statements.jobs_being_undone("IMPORT")],
    "statements.logical_timestamp": [statements.logical_timestamp()],
    "statements.count_rows": [
        statements.count_rows("D", P),
        statements.count_rows("D", P, "1732.0000000000"),
    ],
    "statements.content_checksum": [
        statements.content_checksum("D", P, COLUMNS),
        statements.content_checksum("D", P, COLUMNS, timestamp="1732.0000000000"),
        statements.content_checksum("D", P, COLUMNS, time_column="ts", until="2026-01-01"),
        statements.content_checksum("D", P, COLUMNS, part=PART),
        statements.content_checksum("D", P, COLUMNS, part=statements.Part("s", "STRING", "it's")),
    ],
    "statements.numbered_count": [statements.numbered_count(0, "D", P)],
    "statements.numbered_length": [statements.numbered_length(1, "D", P, COLUMNS, 200)],
    "statements.numbered_devices": [statements.numbered_devices(2, "D", P)],
    "statements.numbered_heard": [statements.numbered_heard(3, "D", P, ("id", "Site"))],
    "statements.together": [
        statements.together([statements.numbered_count(number, "D", P) for number in range(3)])
    ],
    "content.counts_together": [
        content.counts_together(
            [content.numbered_rows(number, "D", P) for number in range(n)], "1732.0000000000"
        )
        for n in (1, 3)
    ],
    "content.checksums_together": [
        content.checksums_together(
            [content.numbered_checksum(number, "D", P, COLUMNS) for number in range(3)], at
        )
        for at in (None, "1732.0000000000")
    ],
    "content.window_aggregates": [
        content.window_aggregates("D", SERIES_TABLE.name, aggregates, **at)
        for aggregates in (
            content.times_of(PLANT.tables[0]),
            content.aggregates_of(PLANT.tables[0]),
        )
        for at in (
            {},
            {"time_column": "ts", "width": content.DAY, "until": "2026-01-01"},
            {"time_column": "ts", "width": content.DAY, "since": "2026", "before": "2027"},
        )
    ]
    + [
        content.window_aggregates(
            "D", P, (), time_column="ts", width="1h", since="2026", before="2027"
        )
    ],
    "probe.create_table": [probe.create_table(engine, probe.SOURCE) for engine in Engine],
    "probe.inserts": [*probe.inserts("D", 3, datetime(2026, 11, 30, tzinfo=UTC))],
    "content.extremes": [
        content.extremes("D", P, ("a", "B"), time_column="ts", until="2026-01-01"),
        content.extremes("D", P, ("id",), timestamp="1732.0000000000"),
    ],
    "content.key_at": [
        content.key_at("D", P, "Id", timestamp="1732.0000000000", since=since, offset=7)
        for since in ("", BEHIND.where)
    ],
    "content.count_part": [content.count_part("D", P, PART.where, "1732.0000000000")],
    "statements.create_database": [
        statements.create_database(SHOP),
        statements.create_database(PLANT, "other"),
    ],
    "statements.drop_database": [statements.drop_database("d")],
    "statements.rename_database": [statements.rename_database("d", "E")],
    "statements.create_schema": [statements.create_schema("S 2")],
    "statements.set_default": [statements.set_default("d", P, "c", "e'p\\'q'")],
    "statements.drop_default": [statements.drop_default("d", P, "c")],
    "statements.truncate_table": [statements.truncate_table("d", P)],
    "statements.drop_table": [
        statements.drop_table("d", P),
        statements.drop_table("d", P, if_exists=True),
    ],
    "statements.copy_rows": [statements.copy_rows("d", P, TableName("public", "Q"), COLUMNS)],
    "statements.drop_view": [
        statements.drop_view("d", P),
        statements.drop_view("d", P, materialized=True),
    ],
    "statements.add_foreign_key": [statements.add_foreign_key("d", P, KEY)],
    "statements.validate_constraint": [statements.validate_constraint("d", P, "Check")],
    "statements.comment_on": [
        statements.comment_on("d", CommentSpec(target, "it's"))
        for target in (
            "DATABASE x",
            'TABLE public."T"',
            "COLUMN s.t.c",
            'INDEX s.t@"By n"',
            "PROCEDURE s.p",
        )
    ],
    "statements.comment_on_database": [
        statements.comment_on_database("d", "it's"),
        statements.comment_on_database("d", None),
    ],
    "statements.grant": [
        statements.grant("d", GrantSpec(target, "Some One", ("SELECT", "ALL")))
        for target in ("DATABASE", 'SCHEMA "S"', 'TABLE public."T"', 'PROCEDURE s."P"')
    ],
    "statements.create_user": [statements.create_user("Some One")],
    "statements.create_role": [statements.create_role("r")],
    "statements.insert_rows": [
        statements.insert_rows("d", P, (("a", "INT4"), ("B", "STRING")), [("1", None)])
    ],
    "sequences.set_sequence": [
        sequences.set_sequence("d", SequenceSpec(P, "CREATE SEQUENCE p MINVALUE 5", value)) or ""
        for value in (9, 3)
    ],
    "inspection.version": [inspection.version()],
    "inspection.cluster_id": [inspection.cluster_id()],
    "inspection.current_user": [inspection.current_user()],
    "inspection.is_admin": [inspection.is_admin()],
    "inspection.nodes": [inspection.nodes()],
    "inspection.node_arguments": [inspection.node_arguments()],
    "inspection.databases": [inspection.databases()],
    "inspection.tables_by_database": [inspection.tables_by_database()],
    "inspection.create_statement_of_database": [inspection.create_statement_of_database("D")],
    "inspection.schemas": [inspection.schemas("D")],
    "inspection.tables": [
        inspection.tables("D", "S"),
        inspection.tables("D", "S", comments=False),
    ],
    "inspection.create_statements": [inspection.create_statements("it's")],
    "inspection.create_statement_of": [inspection.create_statement_of("D", P)],
    "inspection.create_statement_as_named": [
        inspection.create_statement_as_named(parts)
        for parts in (("p",), ("s", "p"), ("d", "s", "p"))
    ],
    "inspection.columns": [inspection.columns("D", P), inspection.columns("D", P, comments=False)],
    "inspection.tag_values": [inspection.tag_values("D", P)],
    "inspection.count_devices": [inspection.count_devices("D", P)],
    "inspection.all_triggers": [inspection.all_triggers("D")],
    "inspection.rows_by_device": [inspection.rows_by_device("D", P, ("id", "Site"))],
    "inspection.retention": [inspection.retention("D", P)],
    "inspection.partitions": [inspection.partitions("D", P)],
    "inspection.constraints": [inspection.constraints("D", P)],
    "inspection.tags": [inspection.tags("D", P)],
    "inspection.indexes": [inspection.indexes("D", P), inspection.indexes("D", P, comments=False)],
    "inspection.sequence_value": [inspection.sequence_value("D", P)],
    "inspection.foreign_key_targets": [inspection.foreign_key_targets("D")],
    "inspection.grants_on_database": [inspection.grants_on_database("D")],
    "inspection.table_privileges": [inspection.table_privileges("D")],
    "inspection.users": [inspection.users()],
    "inspection.syntax_of": [inspection.syntax_of("SELECT 1;\nDROP TABLE p")],
    "inspection.database_id": [inspection.database_id("D")],
    "inspection.procedures": [inspection.procedures("D"), inspection.procedures("D", "S")],
    "inspection.procedures_with_comment": [
        inspection.procedures_with_comment("D", "public"),
        inspection.procedures_with_comment("D", "S"),
    ],
    "inspection.procedure_privileges": [inspection.procedure_privileges("D")],
    "inspection.create_statement_of_procedure": [inspection.create_statement_of_procedure("D", P)],
    "inspection.triggers": [inspection.triggers("D", P)],
    "inspection.create_statement_of_trigger": [
        inspection.create_statement_of_trigger("D", P, "Tr")
    ],
    "inspection.functions": [inspection.functions()],
    "inspection.schedules": [inspection.schedules()],
    "inspection.publications": [inspection.publications()],
    "inspection.pipes": [inspection.pipes()],
    "inspection.all_columns": [inspection.all_columns("D", ("public", "S-2"))],
    "inspection.all_indexes": [inspection.all_indexes("D", ("public",))],
    "inspection.all_retentions": [inspection.all_retentions("D")],
    "inspection.all_partitions": [inspection.all_partitions("D")],
    "inspection.broken_constraints": [inspection.broken_constraints("D")],
    "inspection.descriptors": [inspection.descriptors("D")],
    "inspection.descriptions": [inspection.descriptions("D")],
    "inspection.last_updates": [inspection.last_updates("D", P)],
    "inspection.ranges": [inspection.ranges()],
    "inspection.last_updates_of": [
        inspection.last_updates_of([58]),
        inspection.last_updates_of([58, 1802]),
    ],
    "inspection.streams": [inspection.streams()],
    "inspection.zones": [inspection.zones()],
    "transfer.export_select": [
        transfer.export_select(URI, "d", P, COLUMNS, timestamp="1.0", options=EXPORT),
        transfer.export_select(URI, "d", P, COLUMNS),
        transfer.export_select(URI, "d", P, COLUMNS, time_column="ts", until="2026-01-01"),
    ],
    "transfer.export_table": [transfer.export_table(URI, "d", P, EXPORT)],
    "transfer.export_database": [
        transfer.export_database(URI, "d", EXPORT),
        transfer.export_database(URI, "d", EXPORT_PARTS),
    ],
    "transfer.export_users": [transfer.export_users(URI)],
    "transfer.export_settings": [transfer.export_settings(URI)],
    "transfer.import_into": [
        transfer.import_into("d", P, [URI, URI], options=ImportOptions()),
        transfer.import_into("d", P, [URI], columns=COLUMNS),
    ],
    "transfer.import_database": [transfer.import_database(URI, IMPORT)],
    "cluster_parts.user_statements": [
        *cluster_parts.user_statements(
            "CREATE USER My-User;CREATE ROLE r WITH LOGIN;GRANT r TO u;"
            "GRANT r TO My-User WITH ADMIN OPTION;",
            frozenset(),
        )
    ],
    "cluster_parts.setting_statements": [
        *cluster_parts.setting_statements("SET CLUSTER SETTING ts.dedup.rule = 'override';")
    ],
    "wal_settings.set_level": [wal_settings.set_level(1)],
    "wal_settings.set_interval": [wal_settings.set_interval("1m30s")],
}
NO_STATEMENTS = {
    "statements.typed_literal",
    "statements.table_name",
    "statements.column_list",
    "statements.as_of",
    "statements.duration",
    "statements.within",
    "statements.row_hash",
    "content.numbered_checksum",
    "content.numbered_rows",
    "content.rounded_columns",
    "transfer.nodelocal",
    "wal_settings.level_words",
}


def _makers(module: ModuleType) -> Iterator[str]:
    """Public functions of a module that give text."""
    for name, function in inspect.getmembers(module, inspect.isfunction):
        gives = str(inspect.signature(function).return_annotation)
        own = function.__module__ == module.__name__ and name[0] != "_"
        if own and re.fullmatch(r"str( \| None)?|(tuple|Iterator)\[str(, \.\.\.)?\]", gives):
            yield f"{module.__name__.rpartition('.')[2]}.{name}"


def test_every_function_that_makes_a_statement_has_evidence() -> None:
    modules = (
        session,
        statements,
        content,
        sequences,
        inspection,
        transfer,
        probe,
        wal_settings,
        cluster_parts,
    )
    makers = {name for module in modules for name in _makers(module)}
    assert makers - NO_STATEMENTS - SAMPLES.keys() == set(), "give SAMPLES of what it makes"
    assert SAMPLES.keys() - makers == set(), "there is no such function any more"
    strange = [sql for made in SAMPLES.values() for sql in made if form_of(sql) is None]
    assert strange == []


_SQL = re.compile(r"(SELECT|SHOW|SET|USE|CANCEL|PAUSE|RESUME|CREATE|ALTER|DROP|EXPORT|IMPORT) ")
_SENDS = {"query", "execute", "ask", "_part", "_try", "_start"}


def _texts_that_are_sent(path: Path) -> Iterator[str]:
    """SQL written right into a call that sends it, with ``7`` for what is put in."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        for argument in node.args if called in _SENDS else ():
            text = ""
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                text = argument.value
            elif isinstance(argument, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else "7" for p in argument.values)
                text = "".join(str(part) for part in parts)
            if _SQL.match(text):
                yield text


def test_every_text_in_the_code_that_is_sent_has_evidence() -> None:
    root = Path(kwtui.__file__).parent
    sources = [p for p in root.rglob("*.py") if "sandbox" not in p.relative_to(root).parts]
    found = {text for path in sources for text in _texts_that_are_sent(path)}
    assert "SHOW JOBS" in found
    unquoted = {
        "SET default_transaction_read_only = 7": "SET default_transaction_read_only = on",
        "SHOW SYNTAX 7": "SHOW SYNTAX 'SELECT 1'",
        "7 JOB 7": "PAUSE JOB 7",
    }
    assert [t for t in sorted(found) if form_of(unquoted.get(t, t)) is None] == []
    assert all(form_of(sql) for sql in ("PAUSE JOB 7", "RESUME JOB 7"))


# -- the evidence -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.pattern[:60])
def test_the_evidence_of_a_form_is_where_it_says(form: Form) -> None:
    assert form.status in ("proven", "documented", "unproven")
    if form.status == "proven":
        assert form.recordings
    else:
        assert form.evidence
        assert form.refused, "what a person sees when a node does not take it"
    for place in form.recordings:
        name, _, index = place.partition(":")
        line = lines(name)[int(index)]
        assert "sql" in line, place
        if form.status == "proven":
            assert not line.get("error"), place


def test_no_form_is_a_leftover(sent: dict[str, str]) -> None:
    made = [sql for samples in SAMPLES.values() for sql in samples]
    script = with_body_as_text("CREATE PROCEDURE p() BEGIN SELECT 1; END")
    texts = ["PAUSE JOB 1", "SET statement_timeout = 60000", script]
    known = {form_of(sql) for sql in (*sent, *made, *texts)}
    assert [form.pattern for form in forms() if form not in known] == []
