"""EXPORT and IMPORT as people type them, taken apart as a node does."""

from __future__ import annotations

import pytest

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.language.lexer import Statement, split_statements
from kwtui.sandbox.transfer.copy_parse import (
    ExportStatement,
    ImportStatement,
    Source,
    Target,
    parse_export,
    parse_import,
)


def one(sql: str) -> Statement:
    (statement,) = split_statements(sql)
    return statement


def test_a_database_with_options_in_any_quotes() -> None:
    parsed = parse_export(
        one(
            'EXPORT INTO csv "nodelocal://1/x" FROM DATABASE "my-db" '
            "WITH enclosed = \"'\", escaped = '\\', comment"
        )
    )
    assert parsed == ExportStatement(
        Source.DATABASE,
        "CSV",
        "nodelocal://1/x",
        ("my-db",),
        options=(("enclosed", "'"), ("escaped", "\\"), ("comment", None)),
    )


def test_a_table_keeps_its_parts() -> None:
    parsed = parse_export(one("EXPORT INTO SQL 'nodelocal://1/x' FROM TABLE shop.public.\"A b\""))
    assert (parsed.source, parsed.name) == (Source.TABLE, ("shop", "public", "A b"))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "SELECT n, v FROM src.public.inv AS OF SYSTEM TIME '-10ms'",
        "(SELECT a FROM t WHERE b IN (SELECT 1))",
        "WITH x AS (SELECT 1 AS a) SELECT a FROM x",
    ],
)
@pytest.mark.parametrize("options", ["", " WITH nullas = '\\N'", " WITH OPTIONS (column_name)"])
def test_a_query_ends_where_its_options_begin(query: str, options: str) -> None:
    parsed = parse_export(one(f"EXPORT INTO CSV 'nodelocal://1/x' FROM {query}{options}"))
    assert parsed.query == query
    assert len(parsed.options) == (1 if options else 0)


def test_users_and_settings_take_no_options() -> None:
    parsed = parse_export(one('EXPORT USERS TO SQL "nodelocal://1/u"'))
    assert (parsed.source, parsed.format) == (Source.USERS, "SQL")
    with pytest.raises(SqlError, match='at or near "with": syntax error'):
        parse_export(one('EXPORT CLUSTER SETTING TO SQL "nodelocal://1/u" WITH comment'))


def test_a_placeholder_is_an_internal_error() -> None:
    with pytest.raises(SqlError) as caught:
        parse_export(one("EXPORT INTO CSV $1 FROM TABLE t"))
    assert caught.value.sqlstate == "XX000"


@pytest.mark.parametrize(
    ("sql", "description"),
    [
        (
            'IMPORT DATABASE CSV DATA ("nodelocal://1/in_all") WITH comment, privileges, '
            "delimiter = '|', nullif = 'NULL', skip = '1'",
            "IMPORT DATABASE CSV DATA ('nodelocal://1/in_all') WITH \"comment\", "
            "delimiter = '|', \"nullif\" = 'NULL', privileges, skip = '1'",
        ),
        (
            "IMPORT INTO quotes CSV DATA ('nodelocal://1/a', \"nodelocal://1/b\") "
            "WITH nullif = '\\N'",
            "IMPORT INTO t.public.quotes CSV DATA ('nodelocal://1/a', 'nodelocal://1/b') "
            "WITH \"nullif\" = e'\\\\N'",
        ),
        (
            'IMPORT TABLE CREATE USING "nodelocal://1/t_empty/meta.sql"',
            "IMPORT TABLE CREATE USING 'nodelocal://1/t_empty/meta.sql'  DATA ()",
        ),
    ],
)
def test_jobs_are_described_as_the_node_prints_them(sql: str, description: str) -> None:
    assert parse_import(one(sql)).describe("t.public.quotes") == description


def test_a_table_definition_is_kept_as_typed() -> None:
    parsed = parse_import(
        one("IMPORT TABLE t (id INT8 PRIMARY KEY, s STRING) CSV DATA ('nodelocal://1/a')")
    )
    assert parsed == ImportStatement(
        Target.TABLE_DEFINITION,
        "CSV",
        ("nodelocal://1/a",),
        ("t",),
        definition="(id INT8 PRIMARY KEY, s STRING)",
    )


def test_a_column_list_belongs_to_import_into() -> None:
    parsed = parse_import(one("IMPORT INTO db.t (id, \"B\") CSV DATA ('nodelocal://1/a')"))
    assert (parsed.name, parsed.columns) == (("db", "t"), ("id", "B"))
