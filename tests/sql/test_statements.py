"""The statements that kwtui sends are, letter by letter, those that a node was seen to take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.errors import KwtuiError
from kwtui.model.schema import (
    CommentSpec,
    DatabaseSchema,
    Engine,
    ForeignKeySpec,
    GrantSpec,
    TableName,
)
from kwtui.sql import inspection, session, statements
from kwtui.sql.lexer import Kind, tokens
from tests.server.recorded import lines

CHILD = TableName("public", "child")
PARENT = TableName("public", "parent")
WEIRD = TableName("My schema", 'we"ird')


def recorded_sql(*files: str) -> set[str]:
    return {line["sql"] for file in files for line in lines(file) if "sql" in line}


@pytest.mark.parametrize(
    ("sql", "file"),
    [
        (statements.show("node_id"), "12"),
        (statements.show("session_id"), "12"),
        (statements.logical_timestamp(), "12"),
        (session.session_settings()[0], "12"),
        (session.session_settings()[2], "12"),
        (statements.drop_database("dst"), "13"),
        (inspection.version(), "01"),
        (inspection.cluster_id(), "01"),
        (inspection.current_user(), "01"),
        (inspection.is_admin(), "01"),
        (inspection.databases(), "01"),
        (inspection.nodes(), "12"),
        (inspection.node_arguments(), "12"),
        (inspection.users(), "12"),
        (inspection.schemas("sv"), "12"),
        (inspection.create_statements("sv"), "12"),
        (inspection.grants_on_database("sv"), "12"),
        (inspection.procedures("sv"), "12"),
        (inspection.zones(), "12"),
        (inspection.create_statement_of_database("plant"), "07"),
    ],
)
def test_statements_that_were_answered_by_a_node(sql: str, file: str) -> None:
    assert sql in recorded_sql(file)


def test_the_content_checksum_hashes_each_column_as_recorded() -> None:
    sql = statements.content_checksum("src", CHILD, ["id", "p", "n", "dbl"])
    recorded = next(s for s in recorded_sql("13") if "xor_agg" in s and s.endswith("FROM child"))
    hashed = recorded.removeprefix("SELECT count(*), xor_agg(").removesuffix(") FROM child")
    expected = f"SELECT count(*), xor_agg({hashed}), sum({hashed}::DECIMAL) FROM src.public.child"
    assert sql.replace(" ", "") == expected.replace(" ", "")


def test_the_content_checksum_at_a_timestamp_and_up_to_a_moment() -> None:
    at = statements.content_checksum("d", CHILD, ["id"], timestamp="1795336830644264293.0000000000")
    assert at.endswith(" FROM d.public.child AS OF SYSTEM TIME '1795336830644264293.0000000000'")
    until = statements.content_checksum(
        "d", CHILD, ["ts"], time_column="ts", until="2026-11-01 00:00:00+00:00"
    )
    assert until.endswith(" FROM d.public.child WHERE ts <= '2026-11-01 00:00:00+00:00'")
    with pytest.raises(KwtuiError):
        statements.content_checksum("d", CHILD, [])


@pytest.mark.parametrize("text", ["'; DROP", "now()", "", "1795 OR 1"])
def test_only_a_timestamp_is_a_timestamp(text: str) -> None:
    with pytest.raises(KwtuiError):
        statements.as_of(text)


def test_a_plan_may_leave_the_timestamp_open() -> None:
    assert statements.as_of("{timestamp}") == " AS OF SYSTEM TIME '{timestamp}'"
    assert statements.as_of("-10ms") == " AS OF SYSTEM TIME '-10ms'"
    assert statements.as_of(None) == ""


def test_databases_come_back_with_their_settings() -> None:
    relational = DatabaseSchema("my-db", Engine.RELATIONAL, "")
    assert statements.create_database(relational) == 'CREATE DATABASE "my-db"'
    assert statements.create_database(relational, "second") == "CREATE DATABASE second"
    series = DatabaseSchema(
        "tsx", Engine.TIME_SERIES, "", retention="3650d", partition_interval="5d"
    )
    assert statements.create_database(series) in recorded_sql("13")
    assert statements.create_database(DatabaseSchema("t", Engine.TIME_SERIES, "")) == (
        "CREATE TS DATABASE t"
    )
    with pytest.raises(KwtuiError):
        statements.create_database(
            DatabaseSchema("t", Engine.TIME_SERIES, "", retention="1d; DROP")
        )


def test_defaults_keys_and_constraints_go_back_under_full_names() -> None:
    key = ForeignKeySpec("fk_p_ref_parent", ("p",), PARENT, ("id",), "ON DELETE CASCADE")
    assert statements.add_foreign_key("dst", CHILD, key) == (
        "ALTER TABLE dst.public.child ADD CONSTRAINT fk_p_ref_parent FOREIGN KEY (p) "
        "REFERENCES dst.public.parent (id) ON DELETE CASCADE"
    )
    assert statements.set_default("dst", CHILD, "Key", "e'p\\'q'") == (
        "ALTER TABLE dst.public.child ALTER COLUMN \"Key\" SET DEFAULT e'p\\'q'"
    )
    assert statements.validate_constraint("dst", WEIRD, "check_p") == (
        'ALTER TABLE dst."My schema"."we""ird" VALIDATE CONSTRAINT check_p'
    )


def test_comments_and_grants_find_their_object_in_another_database() -> None:
    assert statements.comment_on("dst", CommentSpec("DATABASE", "it's")) == (
        "COMMENT ON DATABASE dst IS 'it''s'"
    )
    assert statements.comment_on("dst", CommentSpec("COLUMN public.p.code", "c")) == (
        "COMMENT ON COLUMN dst.public.p.code IS 'c'"
    )
    assert statements.comment_on("dst", CommentSpec("INDEX public.c@by_n", "i")) == (
        "COMMENT ON INDEX dst.public.c@by_n IS 'i'"
    )
    assert statements.grant("dst", GrantSpec("TABLE public.p", "svu", ("SELECT", "UPDATE"))) == (
        "GRANT SELECT, UPDATE ON TABLE dst.public.p TO svu"
    )
    assert statements.grant("dst", GrantSpec("DATABASE", "svr", ("ALL",))) == (
        "GRANT ALL ON DATABASE dst TO svr"
    )
    assert statements.grant("dst", GrantSpec("SCHEMA s2", "svu", ("CREATE",))) in recorded_sql("12")
    with pytest.raises(KwtuiError):
        statements.grant("dst", GrantSpec("DATABASE", "svr", ("ALL TO x; --",)))


def test_rows_with_fine_time_go_back_as_insert() -> None:
    columns = [("ts", "TIMESTAMPTZ(6)"), ("v", "INT4"), ("id", "INT4"), ("area", "VARCHAR(20)")]
    rows: list[list[str | None]] = [
        ["2026-11-01 12:00:00.123456+00:00", "1", "1", "n"],
        ["2026-11-01 12:00:00.123457+00:00", None, "1", "n"],
    ]
    sql = statements.insert_rows("x", TableName("public", "p6"), columns, rows)
    recorded = next(s for s in recorded_sql("13") if s.startswith("INSERT INTO p6"))
    assert sql == recorded.replace("p6", "x.public.p6")


@pytest.mark.parametrize(
    ("value", "kind", "sql"),
    [
        (None, "INT8", "NULL"),
        ("-7", "INT8", "-7"),
        ("1e+10", "FLOAT8", "1e+10"),
        ("NaN", "FLOAT8", "'NaN'"),
        ("+Inf", "FLOAT8", "'+Inf'"),
        ("7 OR 1", "INT8", "'7 OR 1'"),
        ("{1,2}", "INT8[]", "'{1,2}'"),
        ("true", "BOOL", "true"),
        ("f", "BOOL", "false"),
        ("maybe", "BOOL", "'maybe'"),
        ("it's", "VARCHAR(9)", "'it''s'"),
        ("12", "VARCHAR(9)", "'12'"),
        ("1 day", "INTERVAL", "'1 day'"),
        ("", "CHAR(3)", "''"),
        ("\\x00ff", "VARBYTES(2)", "b'\\x00\\xff'"),
        ("\\x", "BYTES", "'\\x'"),
        ("\\x00ff", "STRING", "'\\x00ff'"),
    ],
)
def test_values_by_type(value: str | None, kind: str, sql: str) -> None:
    assert statements.typed_literal(value, kind) == sql


@given(
    value=st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])),
    kind=st.sampled_from(["INT8", "FLOAT8", "DECIMAL(10,2)", "BOOL", "VARCHAR(9)", "BYTES"]),
)
def test_no_value_escapes_its_place(value: str, kind: str) -> None:
    found = [t for t in tokens(statements.typed_literal(value, kind)) if t.text not in "+-"]
    assert len(found) == 1
    assert found[0].kind in (Kind.STRING, Kind.NUMBER, Kind.NAME)
    assert found[0].kind is not Kind.NAME or found[0].text in ("true", "false")


def test_cancelling_is_said_as_the_recorded_node_took_it() -> None:
    assert statements.queries() in recorded_sql("01")
    assert statements.cancel_query("18ea50df2bfd79950000000000000001") in recorded_sql("10")
    assert statements.cancel_job(1229671380739424257) in recorded_sql("10")
