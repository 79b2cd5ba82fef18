"""The clients that people use, against a whole sandbox: psycopg, asyncpg and psql."""

from __future__ import annotations

import datetime
import decimal
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.sandbox.contract.node import RunningNode, running_node

BINARY_TYPES = "id, i2, i4, f4, f8, d, s, vc, b, bo, da, ts, tz, u, ia, sa"
CREATE = """
CREATE TABLE everything (
  id INT8 PRIMARY KEY, i2 INT2, i4 INT4, f4 FLOAT4, f8 FLOAT8, d DECIMAL(20,6), s STRING,
  vc VARCHAR(20), b BYTES, bo BOOL, da DATE, ts TIMESTAMP, tz TIMESTAMPTZ, u UUID,
  ia INT8[], sa STRING[])
"""
ROW: tuple[Any, ...] = (
    1,
    -7,
    2**31 - 1,
    1.5,
    -2.25,
    decimal.Decimal("-12345.678900"),
    'it\'s 张伟\n"quoted"',
    "vc",
    b"\0\xff\x10",
    True,
    datetime.date(2024, 2, 29),
    datetime.datetime(2024, 2, 29, 23, 59, 59, 999999),  # noqa: DTZ001
    datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.UTC),
    uuid.UUID("63616665-6630-3064-6465-616462656566"),
    [1, 2, None],
    ["a", "b,c", ""],
)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    with running_node(tmp_path_factory.mktemp("clients") / "node") as started:
        with psycopg.connect(_dsn(started, "defaultdb"), autocommit=True) as db:
            db.execute("CREATE DATABASE clients")
            db.execute("USE clients")
            db.execute(CREATE)
        yield started


def _dsn(node: RunningNode, database: str = "clients") -> str:
    return f"host=127.0.0.1 port={node.port} user=root dbname={database} connect_timeout=10"


@pytest.fixture
def db(node: RunningNode) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(_dsn(node), autocommit=True) as connection:
        connection.execute("DELETE FROM everything")
        yield connection


@pytest.mark.parametrize("binary", [False, True])
def test_psycopg_writes_and_reads_every_type(
    db: psycopg.Connection[tuple[Any, ...]], binary: bool
) -> None:
    marks = ", ".join(["%b" if binary else "%s"] * (len(ROW) - 2))
    sql = f"INSERT INTO everything VALUES ({marks}, ARRAY[1,2,NULL], ARRAY['a','b,c',''])"
    assert db.execute(sql, ROW[:-2]).statusmessage == "INSERT 0 1"
    found = db.execute(f"SELECT {BINARY_TYPES} FROM everything", (), binary=binary).fetchone()
    assert found == ROW


def test_psycopg_prepares_and_repeats(db: psycopg.Connection[tuple[Any, ...]]) -> None:
    for number in range(8):
        db.execute("INSERT INTO everything (id) VALUES (%s)", (number,), prepare=True)
    found = db.execute("SELECT id FROM everything WHERE id > %s ORDER BY id", (5,), prepare=True)
    assert found.fetchall() == [(6,), (7,)]


def test_psycopg_rolls_a_transaction_back(db: psycopg.Connection[tuple[Any, ...]]) -> None:
    with db.transaction() as transaction:
        db.execute("INSERT INTO everything (id) VALUES (1)")
        raise psycopg.Rollback(transaction)
    assert db.execute("SELECT count(*) FROM everything").fetchone() == (0,)


async def test_asyncpg_writes_and_reads_every_type(
    node: RunningNode, db: psycopg.Connection[tuple[Any, ...]]
) -> None:
    import asyncpg  # type: ignore[import-untyped]

    connection = await asyncpg.connect(
        host="127.0.0.1", port=node.port, user="root", database="clients", ssl=False
    )
    casts = ["INT8", "INT2", "INT4", "FLOAT4", "FLOAT8", "DECIMAL", "STRING", "VARCHAR"]
    casts += ["BYTES", "BOOL", "DATE", "TIMESTAMP", "TIMESTAMPTZ", "UUID"]
    marks = ", ".join(f"${i}::{cast}" for i, cast in enumerate(casts, 1))
    try:
        done = await connection.execute(
            f"INSERT INTO everything VALUES ({marks}, ARRAY[1,2,NULL], ARRAY['a','b,c',''])",
            *ROW[:-2],
        )
        assert done == "INSERT 0 1"
        # It asks the catalogue for every array type but text[], with SQL beyond the sandbox.
        columns = BINARY_TYPES.replace("ia, ", "")
        row = await connection.fetchrow(f"SELECT {columns} FROM everything")
        assert tuple(row) == (*ROW[:-2], ROW[-1])
        async with connection.transaction():
            assert await connection.fetchval("SELECT $1::INT8 + 1", 41) == 42
    finally:
        await connection.close()


def _psql(node: RunningNode, script: str) -> subprocess.CompletedProcess[str]:
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("psql is not installed")
    return subprocess.run(
        [psql, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", _dsn(node)],
        input=script,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_psql_lists_databases_and_runs_a_script(node: RunningNode) -> None:
    done = _psql(node, "SHOW DATABASES;\nSELECT 1 AS one; SELECT 'zwei';\n")
    assert done.returncode == 0, done.stderr
    assert "clients|RELATIONAL\n" in done.stdout
    assert done.stdout.endswith("1\nzwei\n")


@pytest.fixture(scope="module")
def furnished(node: RunningNode) -> RunningNode:
    """The database of the clients with one object of each kind, also outside of the search path."""
    with psycopg.connect(_dsn(node), autocommit=True) as db:
        db.execute("CREATE VIEW ids AS SELECT id FROM everything")
        db.execute("CREATE SEQUENCE numbers")
        db.execute("CREATE SCHEMA aside")
        db.execute("CREATE TABLE aside.hidden (a INT8 PRIMARY KEY)")
        db.execute("CREATE USER amy")
        db.execute("GRANT admin TO amy")
    return node


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (r"\l", "clients||UTF8|en_US.utf8|en_US.utf8||libc|\n"),
        (r"\dt", "public|everything|table|\n"),
        (r"\dv", "public|ids|view|\n"),
        (r"\ds", "public|numbers|sequence|\n"),
        (r"\d", "public|everything|table|\npublic|ids|view|\npublic|numbers|sequence|\n"),
        (r"\di", "public|primary|index||everything\n"),
        (r"\dn", "aside|\nkwdb_internal|\npublic|\n"),
        (r"\du", "amy|No inheritance|{admin}\n"),
    ],
)
def test_psql_looks_around(furnished: RunningNode, command: str, shown: str) -> None:
    done = _psql(furnished, command + "\n")
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout
    assert "hidden" not in done.stdout, "its schema is not in the search path"


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (r"\d everything", 'at or near "operator": syntax error'),
        (r"\dt+", "unknown function: pg_catalog.pg_size_pretty()"),
        (r"\dp", 'at or near "pg_catalog": syntax error'),
        (r"\l+", "the sandbox does not implement pg_catalog.has_database_privilege()"),
    ],
)
def test_what_psql_asks_beyond_a_nodes_grammar_or_the_sandbox_is_refused_in_words(
    furnished: RunningNode, command: str, refusal: str
) -> None:
    done = _psql(furnished, command + "\n")
    assert done.returncode != 0
    assert refusal in done.stderr


def test_functions_of_the_catalogue_know_what_is_not_there(
    db: psycopg.Connection[tuple[Any, ...]],
) -> None:
    row = db.execute(
        "SELECT pg_get_userbyid(1), pg_get_userbyid(NULL), pg_catalog.pg_encoding_to_char(7),"
        " pg_table_is_visible(1), pg_get_indexdef(1), pg_catalog.pg_backend_pid()"
    ).fetchone()
    assert row == ("unknown (OID=1)", None, None, False, None, -1)
    with pytest.raises(psycopg.errors.UndefinedFunction, match=r"unknown signature: pg_backend"):
        db.execute("SELECT pg_backend_pid(1)")
