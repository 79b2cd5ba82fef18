"""The whole layer against a living server that answers as the recorded node did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import CommentSpec, DatabaseSchema, Engine, GrantSpec, TableName
from kwtui.model.server import ServerFacts
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.identity import identify
from kwtui.server.connection.keepalive import Keeper, Rhythm
from kwtui.server.connection.server import Server, connect
from kwtui.server.connection.target import resolve_target
from kwtui.sql import ddl, statements, transfer
from kwtui.sql.sequences import set_sequence
from tests.conftest import SandboxNode
from tests.server.recorded import lines

P = TableName("public", "p")
C = TableName("public", "c")
OTHER = TableName("s2", "other")


@pytest.fixture
async def server(sandbox: SandboxNode) -> AsyncIterator[Server]:
    server = await connect(resolve_target(dsn=sandbox.dsn, environ={}))
    yield server
    await server.close()


@pytest.fixture
async def facts(server: Server) -> ServerFacts:
    return (await identify(server)).facts


async def replay(server: Server, recording: str, first: int, last: int, database: str) -> None:
    """Make in ``database`` what the lines of a recording made, as far as the node did it."""
    name = str(lines(recording)[first]["sql"]).rsplit(" ", 1)[-1]
    for line in lines(recording)[first : last + 1]:
        directive = str(line.get("directive", ""))
        if directive.startswith("db "):
            await server.use(database)
        elif "sql" in line and "error" not in line:
            sql = str(line["sql"]).replace(f"{name}.public.", f"{database}.public.")
            sql = sql.replace(f"DATABASE {name}", f"DATABASE {database}")
            await server.execute(sql)


@pytest.fixture
async def surveyed(server: Server) -> AsyncIterator[str]:
    """The database of recording 12, up to where the recording starts to read it."""
    name = "survey_me"
    await server.execute(f"DROP DATABASE IF EXISTS {name} CASCADE")
    await replay(server, "12", 1, 31, name)
    await server.use("defaultdb")
    yield name
    await server.execute(statements.drop_database(name))


async def test_who_is_connected_to(sandbox: SandboxNode, facts: ServerFacts) -> None:
    assert facts.version.startswith("KaiwuDB V3")
    assert facts.is_admin
    assert facts.user == "root"
    assert facts.store_paths == (str(sandbox.store),)
    assert [node.node_id for node in facts.nodes] == [facts.node_id]


async def test_tables_that_share_a_range_have_sizes_of_their_own(
    server: Server, facts: ServerFacts
) -> None:
    name = "sizes"
    for sql in (
        f"DROP DATABASE IF EXISTS {name} CASCADE",
        f"CREATE DATABASE {name}",
        f"CREATE TABLE {name}.big (id INT8 PRIMARY KEY, s STRING, n INT8)",
        f"CREATE TABLE {name}.small (id INT8 PRIMARY KEY, s STRING)",
        f"CREATE TABLE {name}.hollow (id INT8 PRIMARY KEY)",
        f"INSERT INTO {name}.big SELECT i, repeat('表', 1000), NULL FROM generate_series(1, 300) "
        "AS g (i)",
        f"INSERT INTO {name}.small VALUES (1, 'a'), (2, 'b')",
    ):
        await server.execute(sql)

    schema = (await catalogue.survey(server, facts, name)).schema
    sizes = {str(table.name): table.bytes for table in schema.tables}

    assert sizes["public.small"] == len("1,a\n2,b\n")
    assert sizes["public.hollow"] == 0
    written = sum(len(f"{i},{'表' * 1000},\\N\n".encode()) for i in range(1, 301))
    assert sizes["public.big"] == pytest.approx(written, rel=0.01)
    await server.execute(statements.drop_database(name))


async def test_the_database_of_the_recording_is_read_whole(
    server: Server, facts: ServerFacts, surveyed: str
) -> None:
    survey = await catalogue.survey(server, facts, surveyed)
    schema = survey.schema
    assert schema.engine is Engine.RELATIONAL
    assert schema.schemas == ("public", "hollow", "s2")
    assert {str(t.name) for t in schema.tables} == {"public.p", "public.c", "s2.other"}
    table = schema.table(C)
    assert table is not None
    assert table.rows == 2
    assert next(c for c in table.columns if c.name == "e").default == "e'a\\'b;c'"
    assert table.check_constraints == ("pos",)
    assert table.foreign_keys[0].target == P
    other = schema.table(OTHER)
    assert other is not None
    assert other.foreign_keys[0].target == P
    assert [v.name.name for v in schema.views] == ["v1", "v2", "mv"]
    assert [(s.last_value, s.called) for s in schema.sequences] == [(25, True)]
    assert set(schema.comments) == {
        CommentSpec("DATABASE", "db; it's"),
        CommentSpec("TABLE public.p", "table"),
        CommentSpec("COLUMN public.p.code", "column"),
        CommentSpec("INDEX public.c@by_n", "index"),
    }
    assert set(schema.grants) == {
        GrantSpec("DATABASE", "svr", ("ALL",)),
        GrantSpec("SCHEMA s2", "svu", ("CREATE",)),
        GrantSpec("TABLE public.p", "svu", ("SELECT", "UPDATE")),
    }
    assert (schema.users, schema.roles) == (("svu",), ("svr",))
    assert schema.not_captured == ()
    (procedure,) = schema.programs
    assert str(procedure) == "procedure pr"
    assert procedure.create_statement == "CREATE PROCEDURE pr(a INT8)\nBEGIN\n\tSELECT a;\nEND"
    codes = {finding.code for finding in survey.findings}
    assert {"computed_column", "default_misprinted", "foreign_key_other_schema"} <= codes


async def rebuild(server: Server, schema: DatabaseSchema, name: str) -> None:
    """The schema under another name, in the order of the exact restore."""
    await server.execute(statements.create_database(schema, name))
    await server.use(name)
    for extra in schema.schemas[1:]:
        await server.execute(statements.create_schema(extra))
    for sequence in schema.sequences:
        await server.execute(ddl.with_name(sequence.create_statement, name, sequence.name))
        if (statement := set_sequence(name, sequence)) is not None:
            await server.query(statement)
    for table in schema.tables:
        text = ddl.without_defaults(table.create_without_foreign_keys, table.columns)
        await server.execute(ddl.with_name(text, name, table.name))
    for table in schema.tables:
        for column in table.columns:
            if column.default is not None and not column.hidden:
                sql = statements.set_default(name, table.name, column.name, column.default)
                await server.execute(sql)
        for key in table.foreign_keys:
            await server.execute(statements.add_foreign_key(name, table.name, key))
    for view in schema.views:
        text = ddl.with_database(view.create_statement, schema.database, name, schema.schemas)
        await server.execute(ddl.with_name(text, name, view.name))
    for comment in schema.comments:
        await server.execute(statements.comment_on(name, comment))
    for spec in schema.grants:
        await server.execute(statements.grant(name, spec))
    await server.use("defaultdb")


async def test_a_schema_that_was_read_can_be_made_again_and_reads_the_same(
    server: Server, surveyed: str
) -> None:
    copy = "survey_copy"
    await server.execute(f"DROP DATABASE IF EXISTS {copy} CASCADE")
    before = await catalogue.read_schema(server, surveyed)
    await rebuild(server, before, copy)
    after = await catalogue.read_schema(server, copy)

    def tables(schema: DatabaseSchema) -> dict[TableName, object]:
        return {t.name: replace(t, zone_statements=()) for t in schema.tables}

    assert tables(after) == tables(before)
    assert after.sequences == before.sequences
    assert after.comments == before.comments
    assert after.grants == before.grants
    assert [v.name for v in after.views] == [v.name for v in before.views]
    await server.execute(statements.drop_database(copy))


async def test_a_snapshot_goes_out_and_comes_back_with_the_same_checksum(
    server: Server, facts: ServerFacts, sandbox: SandboxNode
) -> None:
    name = "snap_me"
    table = TableName("public", "hazards")
    columns = ("id", "s")
    await server.execute(f"DROP DATABASE IF EXISTS {name} CASCADE")
    await server.execute(f"CREATE DATABASE {name}")
    await server.execute(f"CREATE TABLE {name}.public.hazards (id INT8 PRIMARY KEY, s STRING)")
    await server.execute(
        f"INSERT INTO {name}.public.hazards VALUES (1, e'\\\\N'), (2, NULL), (3, ''), "
        "(4, 'it''s \"x\", 表'), (5, e'a\\nb')"
    )
    moment = (await server.query(statements.logical_timestamp())).scalar()
    await server.execute(f"INSERT INTO {name}.public.hazards VALUES (6, 'late')")
    uri = transfer.nodelocal(facts.node_id, f"{name}/public/hazards")
    result = await server.execute(
        transfer.export_select(uri, name, table, columns, timestamp=moment)
    )
    assert next(result.result.dicts())["rows"] == "5"
    checksum = statements.content_checksum(name, table, columns, timestamp=moment)
    expected = (await server.query(checksum)).rows
    await server.execute(f"CREATE TABLE {name}.public.back (id INT8 PRIMARY KEY, s STRING)")
    back = TableName("public", "back")
    folder = sandbox.extern / name / "public" / "hazards"
    files = sorted(file.name for file in folder.glob("*.csv"))
    imported = await server.execute(
        transfer.import_into(name, back, [f"{uri}/{file}" for file in files])
    )
    assert next(imported.result.dicts())["status"] == "succeeded"
    restored = (await server.query(statements.content_checksum(name, back, columns))).rows
    assert restored == expected
    await server.execute(statements.drop_database(name))


async def test_a_time_series_database_is_read_with_its_settings(
    server: Server, facts: ServerFacts
) -> None:
    name = "series_me"
    await server.execute(f"DROP DATABASE IF EXISTS {name} CASCADE")
    await server.execute(f"CREATE TS DATABASE {name} RETENTIONS 3650d PARTITION INTERVAL 5d")
    await server.execute(
        f"CREATE TABLE {name}.public.p6 (ts TIMESTAMPTZ(6) NOT NULL, v INT4) "
        "TAGS (id INT4 NOT NULL, area VARCHAR(20)) PRIMARY TAGS (id)"
    )
    p6 = TableName("public", "p6")
    columns = [("ts", "TIMESTAMPTZ(6)"), ("v", "INT4"), ("id", "INT4"), ("area", "VARCHAR(20)")]
    rows = [["2026-11-01 12:00:00.123456+00:00", "1", "1", "n"]]
    await server.execute(statements.insert_rows(name, p6, columns, rows))
    survey = await catalogue.survey(server, facts, name)
    table = survey.schema.table(p6)
    assert table is not None
    assert (table.time_column, table.time_precision) == ("ts", 6)
    assert table.rows == 1
    assert [(c.name, c.tag, c.primary_tag) for c in table.columns][2:] == [
        ("id", True, True),
        ("area", True, False),
    ]
    assert statements.create_database(survey.schema).endswith(
        "RETENTIONS 315360000s PARTITION INTERVAL 5d"
    )
    assert {"no_snapshot", "time_precision", "retention"} <= {f.code for f in survey.findings}
    result = await server.execute(
        transfer.export_database(transfer.nodelocal(facts.node_id, name), name)
    )
    assert result.result.scalar() == "succeed"
    assert len(result.sets) > 1
    await server.execute(statements.drop_database(name))


async def test_every_database_of_the_demo_can_be_surveyed(demo_sandbox: SandboxNode) -> None:
    server = await connect(resolve_target(dsn=demo_sandbox.dsn, environ={}))
    facts = (await identify(server)).facts
    found = {
        summary.name: await catalogue.survey(server, facts, summary.name)
        for summary in await catalogue.databases(server)
    }
    await server.close()
    assert {"shop", "plant", "defaultdb", "postgres", "system"} <= set(found)
    for name in ("shop", "plant"):
        assert found[name].schema.tables
        assert found[name].schema.not_captured == ()
        assert all(table.rows for table in found[name].schema.tables)
    codes = {finding.code for finding in found["system"].findings}
    assert "system_database" in codes


async def test_a_user_without_the_admin_role_is_told_what_that_means(
    sandbox: SandboxNode, server: Server
) -> None:
    await server.execute("CREATE USER IF NOT EXISTS plain_user")
    target = replace(resolve_target(dsn=sandbox.dsn, environ={}), user="plain_user")
    plain = await connect(target)
    identity = await identify(plain)
    assert identity.facts.user == "plain_user"
    assert not identity.facts.is_admin
    assert identity.facts.store_paths == ()
    assert any("only to admins" in note for note in identity.notes)
    survey = await catalogue.survey(plain, identity.facts, "defaultdb")
    assert survey.findings[0].code == "admin_required"
    uri = transfer.nodelocal(identity.facts.node_id, "plain")
    with pytest.raises(KwtuiError) as caught:
        await plain.execute(transfer.export_database(uri, "defaultdb"))
    assert caught.value.exit_code is ExitCode.ADMIN_ROLE_REQUIRED
    await plain.close()


async def test_a_database_that_is_not_there(server: Server) -> None:
    with pytest.raises(KwtuiError) as caught:
        await catalogue.read_schema(server, "nowhere")
    assert caught.value.exit_code is ExitCode.NOT_FOUND


async def test_refusals_arrive_with_the_servers_words(server: Server, facts: ServerFacts) -> None:
    uri = transfer.nodelocal(facts.node_id, "refused")
    with pytest.raises(KwtuiError) as caught:
        await server.execute(transfer.export_database(uri, "nowhere"))
    assert caught.value.exit_code is ExitCode.NOT_FOUND
    assert 'database "nowhere" does not exist' in caught.value.cause


async def test_a_keeper_on_a_living_node(sandbox: SandboxNode) -> None:
    target = resolve_target(dsn=sandbox.dsn, environ={})
    keeper = Keeper(target, lambda status: None, rhythm=Rhythm(heartbeat=0.05))
    status = await keeper.start()
    assert status.facts is not None
    assert status.engines
    await asyncio.sleep(0.2)
    assert keeper.status.is_connected
    await keeper.stop()


async def test_a_lost_database_in_the_dsn_hides_nothing_of_the_node(sandbox: SandboxNode) -> None:
    """Whoever restores it has its name in the profile."""
    dsn = sandbox.dsn.replace("/defaultdb", "/lost")
    server = await connect(resolve_target(dsn=dsn, environ={}))
    try:
        identity = await identify(server)
    finally:
        await server.close()

    assert identity.facts.store_paths == (str(sandbox.store),)
    assert len(identity.facts.nodes) == 1
    assert identity.notes == ("There is no database lost on this server.",)
