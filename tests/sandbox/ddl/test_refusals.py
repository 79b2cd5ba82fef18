"""Statements that a node refuses, or answers otherwise than one may think."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.sql_engine import SqlEngine
from tests.sandbox.asking import ask, refusal
from tests.sandbox.stores import new_engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqlEngine]:
    made = new_engine(tmp_path)
    yield made
    made.close()


@pytest.fixture
def session(engine: SqlEngine) -> Session:
    made = engine.session("root", "defaultdb")
    ask(made, "CREATE DATABASE shop")
    ask(made, "CREATE TS DATABASE plant")
    ask(made, "USE shop")
    return made


def _refused(session: Session, sql: str) -> tuple[str, str]:
    """SQLSTATE and message."""
    error = refusal(session, sql)
    return error.sqlstate, error.message


# -- ALTER DATABASE … RENAME -------------------------------------------------------------------


def test_a_default_that_names_the_database_holds_its_name(session: Session) -> None:
    ask(session, "CREATE SEQUENCE numbers")
    ask(session, "CREATE TABLE t (id INT8 DEFAULT nextval('shop.public.numbers'))")
    error = refusal(session, "ALTER DATABASE shop RENAME TO store")
    assert (error.sqlstate, error.message) == (
        "2BP01",
        'cannot rename database because relation "shop.public.t" depends on relation'
        ' "shop.public.numbers"',
    )
    assert error.hint == (
        'you can drop the column default "id" of "shop.public.numbers" referencing "shop.public.t"'
        ' or modify the default to not reference the database name "shop"'
    )


@pytest.mark.parametrize("called", ["numbers", "public.numbers"])
def test_a_default_that_names_no_database_does_not(session: Session, called: str) -> None:
    ask(session, "CREATE SEQUENCE numbers")
    ask(session, f"CREATE TABLE t (id INT8 DEFAULT nextval('{called}'), v INT8)")
    assert ask(session, "ALTER DATABASE shop RENAME TO store").tag == "RENAME DATABASE"
    ask(session, "USE store")
    ask(session, "INSERT INTO t (v) VALUES (7)")
    assert ask(session, "SELECT id, v FROM t").rows == [("1", "7")]


def test_a_session_stays_in_a_database_that_was_renamed_and_finds_nothing_there(
    session: Session,
) -> None:
    ask(session, "CREATE TABLE t (id INT8)")
    ask(session, "ALTER DATABASE shop RENAME TO store")
    assert ask(session, "SHOW database").rows == [("shop",)]
    assert refusal(session, "SELECT * FROM t").sqlstate == "42P01"
    assert ask(session, "SELECT * FROM store.public.t").rows == []


def test_renaming_to_the_same_name_does_nothing(session: Session) -> None:
    assert ask(session, "ALTER DATABASE shop RENAME TO shop").tag == "RENAME DATABASE"


def test_only_administrators_rename(engine: SqlEngine, session: Session) -> None:
    ask(session, "CREATE USER clerk")
    ask(session, "GRANT ALL ON DATABASE shop TO clerk")
    error = refusal(engine.session("clerk", "shop"), "ALTER DATABASE shop RENAME TO store")
    assert (error.sqlstate, error.message) == (
        "42501",
        "only users with the admin role are allowed to ALTER DATABASE ... RENAME",
    )


# -- DROP DATABASE -----------------------------------------------------------------------------


def test_who_drops_the_database_that_they_are_in_is_in_defaultdb(session: Session) -> None:
    ask(session, "DROP DATABASE shop")
    assert ask(session, "SHOW database").rows == [("defaultdb",)]


def test_views_of_other_databases_go_with_the_tables_that_they_read(session: Session) -> None:
    ask(session, "CREATE DATABASE reports")
    ask(session, "CREATE TABLE t (id INT8)")
    ask(session, "CREATE VIEW reports.public.v AS SELECT id FROM shop.public.t")
    ask(session, "CREATE VIEW reports.public.w AS SELECT id FROM reports.public.v")
    ask(session, "DROP DATABASE shop CASCADE")
    assert ask(session, "SHOW TABLES FROM reports").rows == []


def test_restrict_spares_a_database_with_something_in_it(session: Session) -> None:
    ask(session, "CREATE TABLE t (id INT8)")
    assert _refused(session, "DROP DATABASE shop RESTRICT") == (
        "2BP01",
        'database "shop" is not empty and RESTRICT was specified',
    )


# -- time series -------------------------------------------------------------------------------

_TIME = "ts TIMESTAMPTZ NOT NULL"
_TAGS = "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)"


@pytest.mark.parametrize(
    ("sql", "sqlstate", "message"),
    [
        (
            'CREATE TS DATABASE "工厂"',
            "42602",
            "invalid name: 工厂, naming of time series objects only supports letters, numbers and"
            " symbols",
        ),
        (
            f"CREATE TS DATABASE {'a' * 64}",
            "42602",
            f'ts database name "{"a" * 64}" exceeds max length (63)',
        ),
        (
            f"ALTER DATABASE plant RENAME TO {'a' * 64}",
            "42602",
            f'ts database name "{"a" * 64}" exceeds max length (63)',
        ),
        (
            "CREATE TS DATABASE x PARTITION INTERVAL 12h",
            "22023",
            "unsupported partition interval unit: h",
        ),
        (
            "CREATE TS DATABASE x PARTITION INTERVAL 0d",
            "22023",
            "partition interval 0d is invalid, the time range is [1day, 1000year]",
        ),
        ("CREATE TS DATABASE x RETENTIONS 1001y", "22023", "retention 1001y is out of range"),
        (
            f"CREATE TABLE plant.s ({_TIME}) {_TAGS}",
            "42P16",
            "ts table must have at least 2 columns",
        ),
        (
            f"CREATE TABLE plant.s (i INT4 NOT NULL, v INT4) {_TAGS}",
            "42804",
            "column i: the 1st column's type in timeseries table must be TimestampTZ",
        ),
        (
            f"CREATE TABLE plant.s (ts TIMESTAMPTZ, v INT4) {_TAGS}",
            "23502",
            "the 1st TimestampTZ column ts must be not null",
        ),
        (
            f"CREATE TABLE plant.s ({_TIME}, v DECIMAL) {_TAGS}",
            "42809",
            "column v: unsupported column type decimal in timeseries table",
        ),
        (
            f"CREATE TABLE plant.s ({_TIME}, v INT4[]) {_TAGS}",
            "42809",
            "column v: unsupported column type int4[] in timeseries table",
        ),
        (
            f'CREATE TABLE plant.s ({_TIME}, "温度" FLOAT8) {_TAGS}',
            "42602",
            "invalid name: 温度, naming of column/tag in timeseries table only supports letters,"
            " numbers and symbols",
        ),
        (
            f"CREATE TABLE plant.s ({_TIME}, v INT4) TAGS (id JSONB NOT NULL) PRIMARY TAGS (id)",
            "42809",
            "column id: unsupported tag type jsonb in timeseries table",
        ),
        (
            f"CREATE TABLE plant.s ({_TIME}, v INT4) TAGS (id INT4) PRIMARY TAGS (id)",
            "23502",
            "tag id can not be a nullable tag as primary tag",
        ),
        (
            f"CREATE TABLE plant.s ({_TIME}, v INT4) TAGS (id FLOAT8 NOT NULL) PRIMARY TAGS (id)",
            "42809",
            "data type float8 is not supported for primary tag id",
        ),
        (
            f"CREATE TABLE plant.s ({_TIME}, v INT4) TAGS (id VARCHAR(129) NOT NULL)"
            " PRIMARY TAGS (id)",
            "42611",
            "tag id: 129 exceeded the maximum width limit of the type varchar as primary tag",
        ),
        (
            f"CREATE TABLE plant.s ({_TIME}, v INT4) TAGS (id INT4 NOT NULL) PRIMARY TAGS (other)",
            "42602",
            "primary tag other is not a tag",
        ),
    ],
)
def test_what_the_time_series_engine_does_not_take(
    session: Session, sql: str, sqlstate: str, message: str
) -> None:
    assert _refused(session, sql) == (sqlstate, message)


def test_a_primary_tag_without_a_width_has_64(session: Session) -> None:
    ask(
        session,
        f"CREATE TABLE plant.s ({_TIME}, v VARCHAR) TAGS (id VARCHAR NOT NULL, area VARCHAR)"
        " PRIMARY TAGS (id)",
    )
    ((_, text),) = ask(session, "SHOW CREATE TABLE plant.s").rows
    assert text is not None
    assert "v VARCHAR(254)" in text
    assert "id VARCHAR(64) NOT NULL" in text
    assert "area VARCHAR(254)" in text


def test_time_series_tables_are_dropped_one_by_one(session: Session) -> None:
    for name in ("a", "b"):
        ask(session, f"CREATE TABLE plant.{name} ({_TIME}, v INT4) {_TAGS}")
    assert _refused(session, "DROP TABLE plant.a, plant.b") == (
        "0A000",
        "drop multiple time-series tables at once is not supported",
    )
    ask(session, "DROP TABLE plant.a")


def test_a_time_series_database_takes_a_comment(session: Session) -> None:
    assert ask(session, "COMMENT ON DATABASE plant IS 'it''s hot'").tag == "COMMENT ON DATABASE"
    assert ("plant", "TIME SERIES", "it's hot") in ask(session, "SHOW DATABASES WITH COMMENT").rows


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("CREATE SEQUENCE plant.public.s", "create sequence"),
        ("CREATE VIEW plant.public.v AS SELECT 1 AS a", "create view"),
        ("CREATE TABLE plant.public.c AS SELECT 1 AS a", "create table as"),
        (f"CREATE TABLE plant.k ({_TIME}, v INT4 PRIMARY KEY) {_TAGS}", "primary key"),
        (f"CREATE TABLE plant.k ({_TIME}, v INT4 UNIQUE) {_TAGS}", "unique constraint"),
        (
            f"CREATE TABLE plant.k ({_TIME}, v INT4, w INT4 AS (v) STORED) {_TAGS}",
            "computed column",
        ),
    ],
)
def test_what_only_relational_databases_hold(session: Session, sql: str, what: str) -> None:
    assert _refused(session, sql) == ("0A000", f"{what} is not supported in timeseries table")


def test_a_time_series_has_no_bytes_and_its_database_no_schemas(session: Session) -> None:
    """Of the recorded build: sql/create_table.go, checkTSColValidity; sql/create_schema.go."""
    assert _refused(session, f"CREATE TABLE plant.b ({_TIME}, v BYTES) {_TAGS}") == (
        "42809",
        "column v: unsupported column type bytes in timeseries table",
    )
    ask(session, "USE plant")
    assert _refused(session, "CREATE SCHEMA s2") == (
        "42809",
        'cannot create schema in timeseries database "plant"',
    )


def test_an_empty_comment_is_a_comment(session: Session) -> None:
    ask(session, "COMMENT ON DATABASE plant IS ''")
    shown = {row[0]: row[2] for row in ask(session, "SHOW DATABASES WITH COMMENT").rows}
    assert shown["plant"] == ""
    ask(session, "COMMENT ON DATABASE plant IS NULL")
    shown = {row[0]: row[2] for row in ask(session, "SHOW DATABASES WITH COMMENT").rows}
    assert shown["plant"] is None


# -- looking back, and grammar -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        ("'0s'", "interval value '0s' too small, must be <= -1µs"),
        ("'-0s'", "interval value '-0s' too small, must be <= -1µs"),
        ("0", "zero timestamp is invalid"),
        ("'1970-01-01'", "zero timestamp is invalid"),
        ("'1969-12-31'", "timestamp before 1970-01-01T00:00:00Z is invalid"),
        ("'10s'", "cannot specify timestamp in the future"),
        ("'2100-01-01'", "cannot specify timestamp in the future"),
        ("'yesterday?'", "value is neither timestamp, decimal, nor interval"),
    ],
)
def test_moments_that_cannot_be_looked_back_at(session: Session, moment: str, message: str) -> None:
    ask(session, "CREATE TABLE t (id INT8)")
    refused = _refused(session, f"SELECT * FROM t AS OF SYSTEM TIME {moment}")
    assert refused == ("XXUUU", f"AS OF SYSTEM TIME: {message}")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE t SET id = 2 AS OF SYSTEM TIME '-1s'",
        "DELETE FROM t WHERE id = 2 AS OF SYSTEM TIME '-1s'",
        "INSERT INTO t SELECT id FROM t AS OF SYSTEM TIME '-1s'",
        "CREATE TABLE u AS SELECT id FROM t AS OF SYSTEM TIME '-1s'",
        "SELECT a.id FROM t AS OF SYSTEM TIME '-1s', t AS a",
        "SELECT a.id FROM t AS OF SYSTEM TIME '-1s' JOIN t AS a ON true",
    ],
)
def test_only_a_whole_query_looks_back(session: Session, sql: str) -> None:
    ask(session, "CREATE TABLE t (id INT8)")
    assert refusal(session, sql).sqlstate == "42601"


@pytest.mark.parametrize("text", ["SELEC 1", "SELECT 1 FROM", "foo bar", "SELECT (1"])
def test_show_syntax_finds_what_is_no_statement(session: Session, text: str) -> None:
    rows = {row[0]: row[1] for row in ask(session, f"SHOW SYNTAX '{text}'").rows}
    assert rows["code"] == "42601"
    assert "syntax error" in str(rows["error"])
    assert "sql" not in rows


@pytest.mark.parametrize(
    "text", ["SELECT 1", "DROP TABLE p", "WITH x AS (SELECT 1) SELECT * FROM x", "ANALYZE t"]
)
def test_show_syntax_repeats_what_is_one(session: Session, text: str) -> None:
    assert ask(session, f"SHOW SYNTAX '{text}'").rows == [("sql", text)]
