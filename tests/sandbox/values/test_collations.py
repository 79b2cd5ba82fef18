"""Collated strings: their types, their order, and what cannot be compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.sql_engine import SqlEngine
from kwtui.sandbox.values.collations import ORDERED
from kwtui.sandbox.values.types import type_from_text
from tests.sandbox.asking import ask, refusal


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    engine = SqlEngine(Path(tmp_path_factory.mktemp("collations")))
    made = engine.session("root", "defaultdb")
    ask(made, "CREATE DATABASE d")
    ask(made, "USE d")
    ask(made, "CREATE TABLE t (id INT8 PRIMARY KEY, s STRING COLLATE de, n VARCHAR(10) COLLATE en)")
    ask(made, "INSERT INTO t VALUES (1, 'x' COLLATE de, NULL), (2, 'ü' COLLATE de, NULL)")
    ask(made, "INSERT INTO t VALUES (3, 'B' COLLATE de, NULL), (4, 'a' COLLATE de, NULL)")
    yield made
    engine.close()


def test_a_collation_is_printed_behind_the_width(session: Session) -> None:
    """Recording 19."""
    ((_, text),) = ask(session, "SHOW CREATE TABLE t").rows
    assert text is not None
    assert "\n\ts STRING COLLATE de NULL,\n\tn VARCHAR(10) COLLATE en NULL,\n" in text


def test_an_array_of_collated_strings_reads_back() -> None:
    assert type_from_text("STRING[] COLLATE de").text == "STRING[] COLLATE de"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'a' COLLATE de", "a"),
        ("('A' COLLATE de) COLLATE en", "A"),
        ("NULL COLLATE en", None),
        ("'42' COLLATE en::INT8", "42"),
        ("'a' COLLATE en < 'B' COLLATE en", "t"),
        ("'Fussball' COLLATE de = 'Fußball' COLLATE de", "f"),
        ("'ü' COLLATE da < 'x' COLLATE da", "f"),
        ("'ü' COLLATE de < 'x' COLLATE de", "t"),
        ("'ü' < 'x'", "f"),
    ],
)
def test_expressions_have_collations(session: Session, expression: str, value: str | None) -> None:
    """KWDB's own ``logic_test/collatedstring``."""
    assert ask(session, f"SELECT {expression}").rows == [(value,)]


def test_rows_come_in_the_order_of_the_collation(session: Session) -> None:
    rows = ask(session, "SELECT s FROM t ORDER BY s").rows
    assert [row[0] for row in rows] == ["a", "B", "ü", "x"]
    rows = ask(session, "SELECT id FROM t ORDER BY s COLLATE de DESC").rows
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("sql", "sqlstate", "message"),
    [
        (
            "SELECT 'A' COLLATE en = 'a'",
            "22023",
            "unsupported comparison operator: <collatedstring{en}> = <string>",
        ),
        (
            "SELECT 'A' COLLATE en = 'a' COLLATE de",
            "22023",
            "unsupported comparison operator: <collatedstring{en}> = <collatedstring{de}>",
        ),
        ("SELECT 1 COLLATE de", "42804", "incompatible type for COLLATE: int8"),
        (
            "INSERT INTO t (id, s) VALUES (9, 'X' COLLATE en)",
            "42804",
            'value type collatedstring{en} doesn\'t match type collatedstring{de} of column "s"',
        ),
        (
            "CREATE TABLE e (a INT8 COLLATE en)",
            "42804",
            'COLLATE declaration for non-string-typed column "a"',
        ),
        (
            "CREATE TABLE e (a STRING COLLATE en COLLATE de)",
            "42601",
            'multiple COLLATE declarations for column "a"',
        ),
        (
            "CREATE TABLE e (a STRING COLLATE e)",
            "42601",
            "invalid locale e: language: tag is not well-formed",
        ),
        ("SELECT 'a' COLLATE xx", "0A000", "the sandbox does not implement the collation xx"),
        (
            "SELECT 'a' COLLATE en_u_ks_level1 < 'B' COLLATE en_u_ks_level1",
            "0A000",
            "the sandbox does not implement the order of the collation en_u_ks_level1",
        ),
    ],
)
def test_what_has_no_collation_or_another_one(
    session: Session, sql: str, sqlstate: str, message: str
) -> None:
    error = refusal(session, sql)
    assert (error.sqlstate, error.message) == (sqlstate, message)


def test_duckdb_sorts_in_every_order_that_the_sandbox_claims() -> None:
    known = {name for (name,) in duckdb.connect().execute("PRAGMA collations").fetchall()}
    assert known >= ORDERED
