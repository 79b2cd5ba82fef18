"""What runs inside a database: no export holds it, so its text is kept, or its name is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kwtui.commands.shared.plan_text import coverage_lines
from kwtui.model.schema import DatabaseSchema, Engine, ProgramSpec, TableName
from kwtui.model.server import Becomes, Coverage, ServerFacts
from kwtui.server.catalogue.coverage import coverage
from kwtui.server.catalogue.programs import ProgramReader, stream
from kwtui.server.catalogue.unknown_statements import UnknownStatements
from kwtui.server.connection.server import connect
from tests.server.scripted import Reply, Rows, scripted

TABLES = [TableName("public", "orders"), TableName("old", "orders")]
TRIGGERS = (
    "trigger_name",
    "trigger_action_time",
    "trigger_event",
    "trigger_order",
    "on_table",
    "enabled",
)
BEFORE = "CREATE TRIGGER tr BEFORE INSERT ON orders FOR EACH ROW BEGIN DELETE FROM log; END"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it is kept what a version does not know."""
    folder = tmp_path / "state"
    monkeypatch.setenv("KWTUI_STATE_DIR", str(folder))
    return folder


async def read(
    script: dict[str, Reply], *, relational: bool = True
) -> tuple[tuple[ProgramSpec, ...], list[str], list[str]]:
    async with scripted(script) as node:
        server = await connect(node.target())
        reader = ProgramReader(server, "shop")
        found = await reader.read(TABLES, ["public", "old"], relational=relational)
        await server.close()
        return found, reader.missing, node.received


ALL_TRIGGERS = (
    "SELECT trigger_name, schema_name, table_name, create_statement FROM "
    "shop.kwdb_internal.kwdb_triggers WHERE database_name = 'shop'"
)
NO_LIST: dict[str, Reply] = {ALL_TRIGGERS: Reply(error=("42P01", "does not exist"))}


async def test_triggers_are_kept_in_the_order_in_which_they_fire() -> None:
    columns = ("trigger_name", "schema_name", "table_name", "create_statement")
    rows: Rows = [
        ("tr", "public", "orders", BEFORE),
        ("Odd", "public", "orders", BEFORE.replace("tr", '"Odd"')),
        ("tr", "public", "hidden", BEFORE),
    ]
    found, missing, sent = await read({ALL_TRIGGERS: Reply(sets=[(columns, rows)])})
    assert [str(program) for program in found] == [
        "trigger tr of public.orders",
        'trigger "Odd" of public.orders',
    ]
    assert found[0] == ProgramSpec("trigger", "tr", BEFORE, "public.orders")
    assert missing == []
    assert not any(sql.startswith("SHOW TRIGGERS") for sql in sent), "one statement for all"


async def test_a_trigger_is_kept_with_its_text_and_its_table() -> None:
    found, missing, _ = await read(
        NO_LIST
        | {
            "SHOW TRIGGERS FROM shop.public.orders": Reply(
                sets=[(TRIGGERS, [("tr", "BEFORE", "INSERT", "1", "orders", "t")])]
            ),
            "SHOW CREATE TRIGGER tr ON shop.public.orders": Reply(
                sets=[(("trigger_name", "create_statement"), [("tr", BEFORE)])]
            ),
        }
    )
    assert found == (ProgramSpec("trigger", "tr", BEFORE, "public.orders"),)
    assert str(found[0]) == "trigger tr of public.orders"
    assert missing == []


async def test_a_trigger_whose_text_is_refused_is_named() -> None:
    found, missing, _ = await read(
        NO_LIST
        | {
            "SHOW TRIGGERS FROM shop.old.orders": Reply(
                sets=[(TRIGGERS, [('"Odd"', "AFTER", "DELETE", "1", "orders", "t")])]
            ),
            'SHOW CREATE TRIGGER "Odd" ON shop.old.orders': Reply(error=("42601", "no such word")),
        }
    )
    assert found == ()
    assert missing == ['trigger "Odd" of old.orders (KWDB does not show its text)']


async def test_a_node_that_knows_no_triggers_is_asked_once() -> None:
    refusal = Reply(error=("42601", "at or near triggers"))
    _, missing, sent = await read(
        NO_LIST | {f"SHOW TRIGGERS FROM shop.{t}": refusal for t in TABLES}
    )
    assert missing == ["triggers of tables (the server said: at or near triggers [42601])"]
    assert sum(sql.startswith("SHOW TRIGGERS") for sql in sent) == 1


PROCEDURE: dict[str, Reply] = {
    "SHOW PROCEDURES FROM shop": Reply(sets=[(("procedure_name",), [("pr",)])]),
    "SHOW CREATE PROCEDURE shop.public.pr": Reply(
        sets=[(("a", "b"), [("pr", "CREATE PROCEDURE pr() BEGIN END")])]
    ),
}
COMMENTS = "SHOW PROCEDURES FROM shop WITH COMMENT"
RIGHTS = (
    "SELECT procedure_schema, procedure_name, grantee, privilege_type FROM "
    "shop.information_schema.procedure_privileges WHERE procedure_catalog = 'shop' "
    "AND grantee NOT IN ('admin', 'root')"
)


async def test_a_server_that_does_not_tell_what_hangs_on_procedures_is_said_to() -> None:
    """Its public source has both statements; no recording shows them."""
    refused = {sql: Reply(error=("42601", "no such word")) for sql in (COMMENTS, RIGHTS)}
    found, missing, _ = await read(PROCEDURE | refused)
    assert [str(program) for program in found] == ["procedure pr"]
    assert missing == [
        "comments on procedures of the schema public (the server said: no such word [42601])",
        "who may execute procedures (the server said: no such word [42601])",
    ]


async def test_nothing_is_asked_of_procedures_where_there_are_none() -> None:
    _, missing, sent = await read({})
    assert missing == []
    assert not {COMMENTS, RIGHTS} & set(sent)


async def test_functions_schedules_publications_and_pipes_of_the_cluster_are_named() -> None:
    names = ("name", "pub_objects")
    schedules: Rows = [("scheduled_table_vacuum", "node"), ("nightly", "root")]
    found, missing, _ = await read(
        {
            "SHOW FUNCTIONS": Reply(sets=[(("function_name",), [("growth",)])]),
            "SHOW SCHEDULES": Reply(sets=[(("name", "owner"), schedules)]),
            "SHOW PUBLICATIONS": Reply(sets=[(names, [("to_hq", "shop")])]),
            "SHOW PIPES": Reply(sets=[(("id", "name"), [("7", "from_mqtt")])]),
        }
    )
    assert found == ()
    assert missing == [
        "function growth (KWDB does not show its text)",
        "schedule nightly (KWDB does not show its text)",
        "publication to_hq (KWDB does not show its text)",
        "pipe from_mqtt (KWDB does not show its text)",
    ]


async def test_streams_into_other_databases_are_nobody_s_business() -> None:
    columns = ("name", "target_table_name", "options", "query")
    found, missing, sent = await read(
        {
            "SHOW STREAMS": Reply(
                sets=[
                    (
                        columns,
                        [
                            ("mine", "shop.public.sums", '{"enable":"on"}', "SELECT 1"),
                            ("theirs", "other.public.sums", "{}", "SELECT 2"),
                        ],
                    )
                ]
            )
        },
        relational=False,
    )
    (mine,) = found
    assert mine.create_statement == (
        '-- options: {"enable":"on"}\nCREATE STREAM mine INTO shop.public.sums AS SELECT 1'
    )
    assert missing == []
    assert not any("TRIGGERS" in sql or "PROCEDURES" in sql for sql in sent)


def test_a_stream_without_its_query_has_no_text() -> None:
    assert stream({"name": "s", "target_table_name": "d.public.t"}).create_statement == ""


SERVER = ServerFacts("KaiwuDB V3.2.1", "c", 1, "root", is_admin=True, tls=False)


def test_what_a_user_may_not_see_is_not_said_to_be_absent() -> None:
    schema = DatabaseSchema("shop", Engine.RELATIONAL, "CREATE DATABASE shop")
    (hidden,) = coverage(schema, replace(SERVER, user="teller", is_admin=False))
    assert hidden.becomes is Becomes.NOT_VISIBLE
    assert "teller" in hidden.why
    assert next(iter(coverage_lines([hidden]))).startswith("not visible: tables, views")


def test_the_coverage_tells_what_becomes_of_each_kind() -> None:
    schema = DatabaseSchema(
        "shop",
        Engine.RELATIONAL,
        "CREATE DATABASE shop",
        schemas=("public", "hollow"),
        programs=(
            ProgramSpec("procedure", "p", "CREATE PROCEDURE p"),
            ProgramSpec("stream", "s", "CREATE STREAM s"),
        ),
        not_captured=("function growth",),
    )
    becomes = {c.kind: c.becomes for c in coverage(schema, SERVER)}
    assert becomes == {
        "tables with their rows": Becomes.EXPORTED,
        "schemas": Becomes.CAPTURED,
        "procedures": Becomes.CAPTURED,
        "streams": Becomes.BY_HAND,
        "function growth": Becomes.NOT_POSSIBLE,
    }
    assert all(isinstance(c, Coverage) and c.count == 1 for c in coverage(schema, SERVER)[1:])


async def test_a_version_is_asked_once_for_what_it_does_not_know(state: Path) -> None:
    """Each refusal stands in the node's log as an error of kwtui's own making."""
    refused = {
        "SHOW PUBLICATIONS": Reply(error=("42601", 'at or near "publications": syntax error')),
        "SHOW PIPES": Reply(error=("42704", 'unrecognized configuration parameter "pipes"')),
    }
    _, missing, sent = await read(refused)
    assert missing == []
    assert [sql for sql in sent if sql in refused] == list(refused)
    _, _, sent = await read(refused)
    assert [sql for sql in sent if sql in refused] == []
    kept = state / "unknown-statements.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text()) == {"KaiwuDB V3.2.1": ["SHOW PIPES", "SHOW PUBLICATIONS"]}

    unknown = UnknownStatements()
    assert not unknown.has("KaiwuDB V3.3.0", "SHOW PIPES"), "another version may know them"
    kept.write_text("{damaged")
    _, _, sent = await read(refused)
    assert [sql for sql in sent if sql in refused] == list(refused)


async def test_a_right_that_is_missing_is_not_taken_for_a_missing_word() -> None:
    denied = Reply(error=("42501", "only users with the admin role are allowed to do this"))
    for _ in range(2):
        _, missing, sent = await read({"SHOW PIPES": denied})
        assert "SHOW PIPES" in sent
        assert any(line.startswith("pipes (the server said") for line in missing)
