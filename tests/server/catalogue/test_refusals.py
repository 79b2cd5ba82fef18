"""A survey of a node that refuses a question names what it could not learn, and goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kwtui.model.findings import Severity
from kwtui.model.schema import TableName
from kwtui.model.server import ServerFacts, Survey
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.identity import identify
from kwtui.server.connection.server import Server, connect
from kwtui.server.connection.target import resolve_target
from tests.conftest import SandboxNode
from tests.server.refusing import refuse

NAME, PLANT = "refused", "refused_plant"
ORDERS = TableName("public", "orders")


@pytest.fixture
async def server(sandbox: SandboxNode) -> AsyncIterator[Server]:
    server = await connect(resolve_target(dsn=sandbox.dsn, environ={}))
    for sql in (
        f"DROP DATABASE IF EXISTS {NAME} CASCADE",
        f"DROP DATABASE IF EXISTS {PLANT} CASCADE",
        f"CREATE DATABASE {NAME}",
        f"USE {NAME}",
        "CREATE SCHEMA old",
        "CREATE TABLE orders (id INT8 PRIMARY KEY, note STRING)",
        "CREATE TABLE old.orders (id INT8 PRIMARY KEY)",
        "CREATE TABLE lines (id INT8 PRIMARY KEY, o INT8 REFERENCES orders (id))",
        "COMMENT ON COLUMN orders.note IS 'free text'",
        "INSERT INTO orders VALUES (1, 'a')",
        f"CREATE TS DATABASE {PLANT} RETENTIONS 3650d",
        f"USE {PLANT}",
        "CREATE TABLE s (ts TIMESTAMPTZ NOT NULL, v FLOAT8) TAGS (id INT4 NOT NULL, a INT4) "
        "PRIMARY TAGS (id)",
        "CREATE INDEX by_a ON s (a)",
        "USE defaultdb",
    ):
        await server.execute(sql)
    yield server
    await server.close()


@pytest.fixture
async def facts(server: Server) -> ServerFacts:
    return (await identify(server)).facts


def missing(survey: Survey) -> str:
    return "\n".join(survey.schema.not_captured)


AT_ONCE = "information_schema.(columns|statistics)"
"""What a version tells table by table that does not tell it of all."""


@pytest.mark.parametrize("kind", ["TABLES", "COLUMNS"])
async def test_without_comments_everything_else_is_still_read(
    server: Server, facts: ServerFacts, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    refuse(monkeypatch, AT_ONCE)
    refused = refuse(monkeypatch, f"^SHOW {kind} .* WITH COMMENT$")
    survey = await catalogue.survey(server, facts, NAME)

    table = survey.schema.table(ORDERS)
    assert table is not None
    assert (table.visible_columns, table.rows) == (("id", "note"), 1)
    assert f"comments on {kind.lower()} (the server said: at or near: syntax error" in missing(
        survey
    )
    assert len(refused) == 1


async def test_a_time_series_table_keeps_its_tag_indexes_where_comments_are_not_told(
    server: Server, facts: ServerFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, AT_ONCE)
    refuse(monkeypatch, "^SHOW (COLUMNS|INDEXES) .* WITH COMMENT$")
    survey = await catalogue.survey(server, facts, PLANT)

    (table,) = survey.schema.tables
    assert table.index_statements == ("CREATE INDEX by_a ON public.s (a)",)
    assert "comments on indexes" in missing(survey)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("kwdb_triggers|^SHOW TRIGGERS", "triggers of"),
        ("^SHOW PROCEDURES FROM refused.old", "procedures of the schema old"),
        ("^SHOW CREATE DATABASE", "settings of the database"),
        ("^SHOW GRANTS", "grants on the database"),
        ("information_schema.table_privileges", "grants on tables"),
        ("^SHOW ZONE CONFIGURATIONS", "zone configuration"),
    ],
)
async def test_a_refused_question_is_one_line_of_what_is_not_captured(
    server: Server, facts: ServerFacts, monkeypatch: pytest.MonkeyPatch, pattern: str, words: str
) -> None:
    refused = refuse(monkeypatch, pattern)
    survey = await catalogue.survey(server, facts, NAME)

    assert refused
    lines = [line for line in survey.schema.not_captured if words in line]
    assert len(lines) == 1
    assert "the server said: at or near: syntax error" in lines[0]
    assert len(survey.schema.tables) == 3


async def test_a_foreign_key_whose_target_is_one_of_two_is_named_where_nothing_tells_which(
    server: Server, facts: ServerFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "pg_constraint", sqlstate="42P01", message="relation does not exist")
    survey = await catalogue.survey(server, facts, NAME)

    words = missing(survey)
    assert "targets of foreign keys (the server said: relation does not exist" in words
    assert "foreign key fk_o_ref_orders of public.lines: several tables" in words


async def test_streams_are_asked_for_as_the_recorded_node_was(
    server: Server, facts: ServerFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, r"\[SHOW STREAMS\]")
    survey = await catalogue.survey(server, facts, PLANT)
    assert missing(survey) == ""


async def test_a_table_that_may_be_seen_and_not_read_has_no_count(
    server: Server, facts: ServerFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "user teller does not have SELECT privilege on relation orders"
    refuse(monkeypatch, r"count\(\*\) FROM refused.public.orders", sqlstate="42501", message=words)
    survey = await catalogue.survey(server, facts, NAME)

    table = survey.schema.table(ORDERS)
    assert table is not None
    assert table.rows is None


@pytest.mark.parametrize(
    ("sqlstate", "words"),
    [
        ("42501", "user teller has no privileges on relation orders"),
        # It may be there again in a second; a backup must not leave it out unasked.
        ("42P01", 'relation "orders" does not exist'),
        ("42601", 'at or near "s": syntax error'),
    ],
)
async def test_a_table_that_cannot_be_read_is_named_and_the_others_are_read(
    server: Server,
    facts: ServerFacts,
    monkeypatch: pytest.MonkeyPatch,
    sqlstate: str,
    words: str,
) -> None:
    refuse(monkeypatch, AT_ONCE)
    refuse(
        monkeypatch, "^SHOW COLUMNS FROM refused.public.orders", sqlstate=sqlstate, message=words
    )
    survey = await catalogue.survey(server, facts, NAME)

    assert survey.schema.table(ORDERS) is None
    assert survey.schema.tables
    (unread,) = survey.schema.unread
    assert unread.name == ORDERS
    assert words in unread.why
    (refused,) = [f for f in survey.findings if f.code == "table_unread"]
    assert refused.severity is Severity.REFUSAL
    assert "--without public.orders" in refused.remedy


async def test_a_table_whose_rows_cannot_be_counted_is_named(
    server: Server, facts: ServerFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, r"count\(\*\) FROM refused.public.orders", message="corrupted block")
    survey = await catalogue.survey(server, facts, NAME)

    assert [(t.name, "corrupted block" in t.why) for t in survey.schema.unread] == [(ORDERS, True)]
    assert survey.schema.table(ORDERS) is None
    assert {t.rows for t in survey.schema.tables} == {0}


async def test_a_table_whose_size_is_not_told_has_none(
    server: Server, facts: ServerFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "convert_to")
    survey = await catalogue.survey(server, facts, NAME)
    table = survey.schema.table(ORDERS)
    assert table is not None
    assert (table.rows, table.bytes) == (1, None)
