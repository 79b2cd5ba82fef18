"""Every trap that a node was seen to set is named, with what kwtui does about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import Dialect
from kwtui.model.schema import (
    ColumnSpec,
    DatabaseSchema,
    Engine,
    ForeignKeySpec,
    GrantSpec,
    SequenceSpec,
    TableName,
    TableSpec,
    ViewSpec,
)
from kwtui.model.server import ServerFacts
from kwtui.operations.backup.findings import dialect_findings
from kwtui.server.catalogue import findings
from kwtui.server.catalogue.findings import others_at_work
from kwtui.server.state.activity import Query

ADMIN = ServerFacts("KaiwuDB V3.2.1", "c", 1, "root", is_admin=True, tls=True)
ID = ColumnSpec("id", "INT8", nullable=False)
ALWAYS = {"no_snapshot", "reject_files", "not_told"}
"""What holds for every time-series database."""
TWO = (ID, ColumnSpec("n", "INT8"))


def table(name: str = "t", columns: tuple[ColumnSpec, ...] = TWO, **more: object) -> TableSpec:
    plain = TableSpec(TableName("public", name), columns, "", "")
    return replace(plain, **more)  # type: ignore[arg-type]


def relational(*tables: TableSpec, **more: object) -> DatabaseSchema:
    plain = DatabaseSchema("shop", Engine.RELATIONAL, "CREATE DATABASE shop", tables=tables)
    return replace(plain, **more)  # type: ignore[arg-type]


def series(*tables: TableSpec, **more: object) -> DatabaseSchema:
    return replace(relational(*tables, **more), engine=Engine.TIME_SERIES)


def codes(schema: DatabaseSchema, facts: ServerFacts = ADMIN) -> set[str]:
    return {finding.code for finding in findings.find(schema, facts)}


def only(schema: DatabaseSchema, code: str) -> Finding:
    return next(f for f in findings.find(schema, ADMIN) if f.code == code)


def test_a_plain_table_raises_nothing() -> None:
    assert codes(relational(table())) == set()


def test_who_may_not_export_is_told_first() -> None:
    found = findings.find(relational(table()), replace(ADMIN, user="Op", is_admin=False))
    assert found[0].severity is Severity.REFUSAL
    assert 'GRANT admin TO "Op"' in found[0].remedy


def test_kwdbs_own_database_is_refused() -> None:
    assert "system_database" in codes(relational(table(), database="system"))


def test_defaults() -> None:
    columns = (
        ColumnSpec("no", "INT8", default="nextval('q':::STRING)"),
        ColumnSpec("g", "STRING", default="e'p\\'q'"),
    )
    schema = relational(table(columns=columns))
    assert codes(schema) == {"default_needs_sequence", "default_misprinted", "default_refused"}
    assert "no" in only(schema, "default_needs_sequence").message
    assert only(schema, "default_misprinted").subject == "shop.public.t"
    plain = relational(table(columns=(ID, ColumnSpec("a", "INT8", default="1"))))
    assert codes(plain) == {"default_refused"}


def test_columns() -> None:
    assert codes(relational(table(columns=(ID, ColumnSpec("b", "INT8", computed="a * 2"))))) == {
        "computed_column"
    }
    assert codes(relational(table(columns=(ColumnSpec("x", "STRING"),)))) == {
        "one_column",
        "first_column_text",
    }
    hidden = ColumnSpec("rowid", "INT8", default="unique_rowid()", hidden=True)
    assert codes(relational(table(columns=(*TWO, hidden)))) == set()


def test_foreign_keys() -> None:
    key = ForeignKeySpec("f", ("n",), TableName("public", "p"), ("id",))
    assert codes(relational(table(foreign_keys=(key,)))) == {"foreign_keys_not_exported"}
    other = replace(key, target=TableName("s2", "p"))
    assert codes(relational(table(foreign_keys=(other,)))) == {
        "foreign_keys_not_exported",
        "foreign_key_other_schema",
    }


def test_names() -> None:
    assert "database_name_unquoted" in codes(relational(table(), database="my-db"))
    assert "database_name_unquoted" in codes(relational(table(), database="order"))
    assert "database_name_unquoted" not in codes(relational(table(), database="Shop"))
    assert "table_name_in_path" in codes(relational(table("sel/ect")))
    assert "table_name_in_path" in codes(relational(table("a*b")))
    assert codes(relational(table("表"))) == set()


def test_objects_that_kwdb_never_exports() -> None:
    schema = relational(
        views=(ViewSpec(TableName("public", "v"), ""),),
        sequences=(SequenceSpec(TableName("public", "q"), "", last_value=1),),
        grants=(GrantSpec("DATABASE", "op", ("ALL",)),),
        users=("op",),
        not_captured=("procedure pr",),
    )
    assert codes(schema) == {
        "no_tables",
        "view_not_exported",
        "sequence_not_exported",
        "database_grants",
        "users_without_passwords",
        "not_captured",
    }
    assert only(schema, "not_captured").severity is Severity.WARNING
    assert only(schema, "sequence_not_exported").severity is Severity.INFO


def test_a_sequence_whose_value_is_unknown_is_a_warning() -> None:
    schema = relational(table(), sequences=(SequenceSpec(TableName("public", "q"), ""),))
    assert only(schema, "sequence_not_exported").severity is Severity.WARNING


def test_time_series() -> None:
    columns = (ColumnSpec("ts", "TIMESTAMPTZ(3)"), ColumnSpec("at", "TIMESTAMP(6)"))
    fine = table(columns=columns, time_column="ts", time_precision=3, retention_seconds=86400)
    schema = series(fine, retention="3650d")
    assert codes(schema) == {*ALWAYS, "database_settings", "time_precision", "retention"}
    assert "1 day" in only(schema, "retention").message
    assert only(schema, "retention").severity is Severity.WARNING
    century = series(replace(fine, retention_seconds=100 * 365 * 86400))
    assert only(century, "retention").severity is Severity.INFO
    coarse = table(columns=columns[:1], time_column="ts", time_precision=3)
    assert codes(series(coarse)) == ALWAYS


def test_the_gravest_come_first() -> None:
    schema = relational(table(columns=(ColumnSpec("x", "STRING"),)), not_captured=("x",))
    order = [f.severity for f in findings.find(schema, replace(ADMIN, is_admin=False))]
    gravest = [Severity.REFUSAL, Severity.WARNING, Severity.INFO]
    assert order == sorted(order, key=gravest.index)
    assert set(order) == set(gravest)


def test_dialects() -> None:
    assert dialect_findings(Engine.RELATIONAL, Dialect()) == ()
    risky = Dialect(null_text="", charset="GBK", header=True)
    found = dialect_findings(Engine.TIME_SERIES, risky)
    assert {f.code for f in found} == {"null_text", "header", "charset"}


def test_tables_that_an_import_refuses_are_named() -> None:
    created = "CREATE TABLE t (\n\tid INT8 NOT NULL\n) INTERLEAVE IN PARENT orders (id)"
    child = replace(table(), create_statement=created)
    parent = replace(table(), name=TableName("public", "orders"))
    other = replace(table(), name=TableName("public", "other"))

    sharded = replace(
        table(),
        name=TableName("public", "hashed"),
        create_statement="CREATE TABLE hashed (\n\tid INT8 NULL,\n\tINDEX i (id ASC) USING HASH "
        "WITH BUCKET_COUNT = 8\n)",
    )

    found = findings.find(relational(child, parent, other, sharded), ADMIN)

    refused = {f.subject: f.message for f in found if f.code == "import_refused"}
    assert refused == {
        "shop.public.t": "KWDB's IMPORT refuses this table: it is interleaved in public.orders.",
        "shop.public.orders": "KWDB's IMPORT refuses this table: public.t is interleaved in it.",
        "shop.public.hashed": "KWDB's IMPORT refuses this table: it has a hash-sharded key or "
        "index.",
    }


def query(sql: str) -> Query:
    started = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    return Query("q1", 1, "s1", "root", sql, "10.0.0.7:4711", "cron", "executing", started)


@pytest.mark.parametrize(
    ("sql", "is_ours"),
    [
        ("EXPORT INTO CSV 'nodelocal://1/x' FROM DATABASE shop", True),
        ("EXPORT INTO CSV 'nodelocal://1/x' FROM TABLE shop.public.orders", True),
        ("EXPORT INTO CSV 'nodelocal://1/x' FROM SELECT id FROM shop.public.orders AS OF SYSTEM "
         "TIME '1.0'", True),
        ("export into csv 'nodelocal://1/shop' FROM TABLE other.public.orders", False),
        ("EXPORT INTO CSV 'nodelocal://1/x' FROM DATABASE workshop", False),
        ("SELECT count(*) FROM shop.public.orders", False),
    ],
)  # fmt: skip
def test_who_else_exports_the_database_is_named(sql: str, is_ours: bool) -> None:
    found = list(others_at_work("shop", [query(sql)]))
    assert bool(found) is is_ours
    for finding in found:
        assert finding.message == (
            "root is exporting this database already since 08:30:00 UTC, with cron."
        )
