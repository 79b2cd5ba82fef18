"""Rows of a virtual table that WHERE leaves out are not made; every other row is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from kwtui.sandbox.answers.rowset import rowset
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.query.needed import Needed, only
from tests.sandbox.stores import new_engine


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("a = 'x'", {"a": {"x"}}),
        ("t.A = 'x'", {"a": {"x"}}),
        ("a IN ('x', 'y') AND b = 'z'", {"a": {"x", "y"}, "b": {"z"}}),
        ("a IN ('x', 'y') AND a = 'y' AND n > 3", {"a": {"y"}}),
        ("a = 'x' OR b = 'y'", {}),
        ("NOT a = 'x'", {}),
        ("a NOT IN ('x')", {}),
        ("a = 5", {}),
        ("a IN ('x', 5)", {}),
        ("a IN (SELECT 'x')", {}),
        ("a = b", {}),
        ("a < 'x'", {}),
        ("other.a = 'x'", {}),
    ],
)
def test_what_where_compares_with_texts(where: str, expected: dict[str, set[str]]) -> None:
    assert only(_select(f"SELECT 1 FROM virtual AS t WHERE {where}")) == expected


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 FROM t, u WHERE a = 'x'",
        "SELECT 1 FROM t LEFT JOIN u ON t.id = u.id WHERE a = 'x'",
        "SELECT 1 FROM (SELECT 'x' AS a) AS t WHERE a = 'x'",
        "SELECT 'x' = 'x' FROM t",
    ],
)
def test_only_one_table_alone_is_read_in_part(text: str) -> None:
    assert only(_select(text)) == {}


def test_columns_that_are_no_texts_are_left_to_the_query() -> None:
    made = rowset("name number:20", [("x", 5), ("y", 6)])
    needed = Needed(only={"name": frozenset({"x"}), "number": frozenset({"06"})})
    assert needed.rows(made.columns, made.rows) == [("x", "5")]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    engine = new_engine(tmp_path)
    yield engine.session("root", "defaultdb")
    engine.close()


def test_the_answer_is_the_same_as_of_all_rows(session: Session) -> None:
    _ask(session, "CREATE TABLE a (id INT8 PRIMARY KEY, yes BOOL NOT NULL)")
    asked = "SELECT table_name, column_name, ordinal_position FROM information_schema.columns"
    every = _ask(session, f"{asked} ORDER BY 1, 2")
    some = _ask(session, f"{asked} WHERE table_schema IN ('public', 'nothing') ORDER BY 1, 2")
    assert some == [("a", "id", "1"), ("a", "yes", "2")]
    assert set(some) < set(every)
    assert _ask(session, f"{asked} WHERE table_schema = 'public' AND ordinal_position = 2") == [
        ("a", "yes", "2")
    ]
    assert _ask(session, f"{asked} WHERE table_schema = 'nothing'") == []


def _select(text: str) -> exp.Select:
    tree = sqlglot.parse_one(text, read="postgres")
    assert isinstance(tree, exp.Select)
    return tree


def _ask(session: Session, text: str) -> list[tuple[str | None, ...]]:
    (answer,) = [(a, list(a.rows)) for a in session.execute(text)]
    return answer[1]
