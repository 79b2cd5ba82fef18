"""A node of another version than 3.2.1: it misses a column, a word or a whole statement.

Nothing of that ends a survey in a traceback: what is not told is named, and what cannot be done
without it is refused in words.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kwtui.errors import KwtuiError
from kwtui.model.schema import DatabaseSchema, TableName
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.results import ResultSet, StatementResult
from kwtui.server.connection.server import Server, connect
from kwtui.server.connection.target import resolve_target
from tests.conftest import SandboxNode
from tests.faults.bench import Bench
from tests.server.refusing import refuse

SHOP, PLANT = "versions", "versions_plant"
AT_ONCE = "information_schema.(columns|statistics)"


@pytest.fixture(scope="module")
def databases(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> SandboxNode:
    """The node with a shop and a plant, which are only read here."""
    Bench(sandbox, tmp_path_factory.mktemp("state")).do(
        f"DROP DATABASE IF EXISTS {SHOP} CASCADE",
        f"DROP DATABASE IF EXISTS {PLANT} CASCADE",
        f"CREATE DATABASE {SHOP}",
        f"USE {SHOP}",
        "CREATE SEQUENCE q",
        "CREATE TABLE t (id INT8 PRIMARY KEY DEFAULT nextval('q'), n INT8 AS (id * 2) STORED)",
        "CREATE TABLE bare (v STRING DEFAULT 'p''q')",
        "CREATE TABLE child (id INT8 PRIMARY KEY, t INT8 REFERENCES t (id), CHECK (id > 0))",
        "CREATE INDEX by_t ON child (t)",
        "ALTER TABLE child ADD CONSTRAINT even CHECK (id % 2 = 0) NOT VALID",
        "CREATE PROCEDURE pr(a INT8) BEGIN SELECT a; END",
        "COMMENT ON TABLE t IS 'a table; it''s one'",
        "COMMENT ON COLUMN t.id IS 'key'",
        "COMMENT ON COLUMN bare.v IS 'COMMENT ON COLUMN bare.rowid IS ''x'';\nand \\n'",
        "COMMENT ON INDEX child@by_t IS 'by t'",
        f"GRANT CREATE ON DATABASE {SHOP} TO admin",
        f"CREATE TS DATABASE {PLANT} RETENTIONS 3650d",
        f"USE {PLANT}",
        "CREATE TABLE s (ts TIMESTAMPTZ NOT NULL, v FLOAT8) TAGS (id INT4 NOT NULL, a INT4) "
        "PRIMARY TAGS (id)",
        "CREATE INDEX by_a ON s (a)",
        "CREATE TABLE own (ts TIMESTAMPTZ NOT NULL, v INT4) TAGS (id INT4 NOT NULL, b INT4 NOT "
        "NULL) PRIMARY TAGS (b, id) RETENTIONS 3650d",
        "INSERT INTO s (id, a) VALUES (1, 10), (2, 20)",
        "INSERT INTO s VALUES (now(), 1.5, 2, 20)",
        "INSERT INTO own VALUES (now(), 1, 2, 20)",
        "COMMENT ON TABLE s IS 'series'",
        "COMMENT ON COLUMN s.v IS 'value'",
        "COMMENT ON COLUMN own.b IS 'tag'",
    )
    return sandbox


@pytest.fixture
async def server(databases: SandboxNode) -> AsyncIterator[Server]:
    server = await connect(resolve_target(dsn=databases.dsn, environ={}))
    yield server
    await server.close()


def without(answer: ResultSet, *names: str) -> ResultSet:
    kept = [i for i, column in enumerate(answer.columns) if column.name not in names]
    return ResultSet(
        tuple(answer.columns[i] for i in kept),
        tuple(tuple(row[i] for i in kept) for row in answer.rows),
    )


def older(monkeypatch: pytest.MonkeyPatch, pattern: str, *missing: str) -> None:
    """From now on answers to these statements have not these columns."""
    change(monkeypatch, pattern, lambda answer: without(answer, *missing))


def change(
    monkeypatch: pytest.MonkeyPatch, pattern: str, how: Callable[[ResultSet], ResultSet]
) -> None:
    usual = Server._run

    async def run(self: Server, sql: str) -> StatementResult:
        answer = await usual(self, sql)
        if re.search(pattern, sql):
            return replace(answer, sets=tuple(how(one) for one in answer.sets))
        return answer

    monkeypatch.setattr(Server, "_run", run)


COLUMNS = {
    "^SHOW DATABASES": ["comment", "engine_type"],
    "^SHOW CREATE DATABASE": ["create_statement"],
    "^SHOW TABLES": ["table_type", "comment"],
    "create_statements": [
        "create_nofks",
        "alter_statements",
        "validate_statements",
        "zone_configuration_statements",
        "state",
        "database_id",
    ],
    "information_schema.columns": ["is_hidden", "kwdb_sql_type", "generation_expression", "is_tag"],
    "information_schema.statistics": ["index_name", "storing"],
    "^SHOW COLUMNS": [
        "is_nullable",
        "column_default",
        "generation_expression",
        "indices",
        "is_hidden",
        "is_tag",
        "comment",
    ],
    "^SHOW TAGS": ["is_primary", "nullable"],
    "^SHOW INDEXES": ["index_name", "implicit", "storing", "comment"],
    "^SHOW GRANTS": ["schema_name", "grantee"],
    "system.users": ["isRole"],
    "^SHOW ZONE": ["target", "raw_config_sql"],
    "last_value": ["last_value", "is_called"],
    "^SHOW STREAMS": ["target_table_name", "query", "name"],
    "^SHOW PROCEDURES": [],
}


@pytest.mark.parametrize("database", [SHOP, PLANT])
@pytest.mark.parametrize(
    ("pattern", "column"), [(p, c) for p, columns in COLUMNS.items() for c in columns]
)
async def test_a_column_that_a_version_does_not_have_ends_no_survey(
    server: Server, monkeypatch: pytest.MonkeyPatch, pattern: str, column: str, database: str
) -> None:
    if re.match(r"\^SHOW (COLUMNS|TAGS|INDEXES)", pattern):
        refuse(monkeypatch, AT_ONCE)
    older(monkeypatch, pattern, column)
    schema = await catalogue.read_schema(server, database)
    assert schema.tables


@pytest.mark.parametrize(
    ("pattern", "column", "words"),
    [
        ("create_statements", "alter_statements", "alter_statements"),
        ("^SHOW CREATE DATABASE", "create_statement", "settings of the database"),
        ("^SHOW GRANTS", "grantee", "grants on the database"),
        ("^SHOW ZONE", "raw_config_sql", "zone configuration of the database"),
        ("last_value", "last_value", "values of sequences"),
        ("^SHOW TABLES", "table_type", "tables of public"),
    ],
)
async def test_what_a_version_does_not_tell_is_named(
    server: Server, monkeypatch: pytest.MonkeyPatch, pattern: str, column: str, words: str
) -> None:
    older(monkeypatch, pattern, column)
    schema = await catalogue.read_schema(server, SHOP)

    (named,) = [line for line in schema.not_captured if words in line]
    assert "this version of KWDB does not report" in named
    assert column in named


@pytest.mark.parametrize("column", ["create_statement", "descriptor_name", "descriptor_type"])
async def test_without_definitions_there_is_a_refusal_in_words(
    server: Server, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    older(monkeypatch, "create_statements", column)
    with pytest.raises(KwtuiError) as refused:
        await catalogue.read_schema(server, SHOP)
    assert column in refused.value.cause
    assert refused.value.hint


@pytest.mark.parametrize("column", ["column_name", "data_type"])
async def test_without_names_and_types_of_columns_there_is_a_refusal_in_words(
    server: Server, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    refuse(monkeypatch, AT_ONCE)
    older(monkeypatch, "^SHOW COLUMNS", column)
    with pytest.raises(KwtuiError) as refused:
        await catalogue.read_schema(server, PLANT)
    assert column in refused.value.cause


async def test_a_version_that_lists_databases_without_comments(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "^SHOW DATABASES WITH COMMENT")
    assert SHOP in {d.name for d in await catalogue.databases(server)}


async def test_tags_are_known_where_show_columns_does_not_mark_them(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await catalogue.read_schema(server, PLANT)
    refuse(monkeypatch, AT_ONCE)
    older(monkeypatch, "^SHOW COLUMNS", "is_tag")
    assert (await catalogue.read_schema(server, PLANT)).tables == before.tables


async def test_columns_asked_for_at_once_are_those_of_each_table(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = await catalogue.read_schema(server, SHOP)
    refuse(monkeypatch, f"{AT_ONCE}|pg_constraint", sqlstate="42P01")
    one_by_one = await catalogue.read_schema(server, SHOP)
    assert at_once == one_by_one
    child = at_once.table(TableName("public", "child"))
    assert child is not None
    assert child.not_validated == ("even",)
    assert [(c.target, c.text) for c in at_once.comments] == [
        ("TABLE public.t", "a table; it's one"),
        ("COLUMN public.t.id", "key"),
        ("COLUMN public.bare.v", "COMMENT ON COLUMN bare.rowid IS 'x';\nand \\n"),
        ("INDEX public.child@by_t", "by t"),
    ]
    assert columns(at_once, "bare") == [("v", r"e'p\'q'", False), ("rowid", "unique_rowid()", True)]


@pytest.mark.parametrize(
    "unknown", [AT_ONCE, "kwdb_retention", "kwdb_internal.partitions", "UNION ALL", r"\[SHOW TAG"]
)
async def test_series_asked_for_at_once_are_those_of_each_table(
    server: Server, monkeypatch: pytest.MonkeyPatch, unknown: str
) -> None:
    at_once = await catalogue.read_schema(server, PLANT)
    refuse(monkeypatch, unknown)
    assert await catalogue.read_schema(server, PLANT) == at_once

    s, own = (at_once.table(TableName("public", name)) for name in ("s", "own"))
    assert s is not None
    assert own is not None
    assert (s.inherits_retention, own.inherits_retention) == (True, False)
    assert (s.devices, s.silent_devices, own.devices) == (2, (("1", "10"),), 1)
    assert s.index_statements == ("CREATE INDEX by_a ON public.s (a)",)
    assert [c.name for c in own.columns if c.primary_tag] == ["id", "b"]
    assert {c.comment for c in (*s.columns, *own.columns)} == {None, "value", "tag"}


def columns(schema: DatabaseSchema, table: str) -> list[tuple[str, str | None, bool]]:
    spec = schema.table(TableName("public", table))
    assert spec is not None
    return [(c.name, c.default, c.hidden) for c in spec.columns]


async def test_a_word_that_a_version_does_not_know_is_nothing_that_is_missing(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KWDB 3.2.1 has no publications and no pipes: SHOW of them is a syntax error there."""
    refuse(monkeypatch, "^SHOW (PUBLICATIONS|PIPES)")
    assert (await catalogue.read_schema(server, SHOP)).not_captured == ()


async def test_publications_that_may_not_be_seen_are_named(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # What another test has learnt of this version is not known here.
    monkeypatch.setenv("KWTUI_STATE_DIR", str(tmp_path))
    refuse(monkeypatch, "^SHOW PUBLICATIONS", sqlstate="42501", message="admins only")
    schema = await catalogue.read_schema(server, SHOP)
    assert "publications (the server said: admins only [42501])" in schema.not_captured


async def test_an_object_of_an_unknown_kind_is_named(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def renamed(answer: ResultSet) -> ResultSet:
        rows = [tuple("topic" if v == "sequence" else v for v in row) for row in answer.rows]
        return ResultSet(answer.columns, tuple(rows))

    change(monkeypatch, "create_statements", renamed)
    schema = await catalogue.read_schema(server, SHOP)
    assert "topic public.q, a kind unknown to kwtui" in schema.not_captured
