"""A word is half written; what is offered is what the server would understand there."""

from __future__ import annotations

import pytest

from kwtui.model.schema import ColumnSpec, TableName
from kwtui.sql.completion import (
    Completion,
    KnownNames,
    complete,
    databases_named,
    table_as_written,
)


def columns(*names: str) -> tuple[ColumnSpec, ...]:
    return tuple(ColumnSpec(name, "INT8") for name in names)


KNOWN = KnownNames(
    current="shop",
    databases=("defaultdb", "shop", "tsdb"),
    tables={
        "shop": {
            TableName("public", "customers"): columns("id", "name", "Größe", "order"),
            TableName("public", "orders"): columns("id", "placed_at", "total"),
            TableName("public", "Order Lines"): columns("line", "order_id"),
            TableName("public", "bad\x1bname"): columns("x"),
            TableName("stock", "shelves"): (
                *columns("shelf"),
                ColumnSpec("rowid", "INT8", hidden=True),
            ),
        },
        "tsdb": {
            TableName("public", "meters"): (
                *columns("k_timestamp", "value"),
                ColumnSpec("place", "VARCHAR", tag=True),
            )
        },
    },
)


def at_caret(statement: str) -> Completion | None:
    """The caret is the sign |."""
    return complete(statement.replace("|", ""), statement.index("|"), KNOWN)


def offered(statement: str) -> list[str]:
    found = at_caret(statement)
    return [] if found is None else [choice.text for choice in found.choices]


HERE = ['"Order Lines"', "customers", "orders", "stock.shelves", "stock"]
BASES = ["defaultdb", "shop", "tsdb"]

CASES = {
    # after the words that a table follows
    "SELECT * FROM |": [*HERE, *BASES],
    "SELECT * FROM o|": ['"Order Lines"', "orders", "offset", "on", "or", "order", "outer"],
    "select * from orders o join c|": ["customers", "case", "cast", "columns", "count", "create",
                                       "cross"],
    "INSERT INTO cust|": ["customers"],
    "UPDATE ord|": ['"Order Lines"', "orders", "order"],
    "UPDATE ORD|": ['"Order Lines"', "orders", "ORDER"],
    "SELECT * FROM orders, cust|": ["customers"],
    "SELECT count(*), cust| FROM orders": [],
    "SELECT * FROM she|": ["stock.shelves"],
    "USE t|": ["tsdb", "table", "tables", "then", "true", "truncate"],
    # behind a dot
    "SELECT * FROM stock.|": ["shelves"],
    "SELECT * FROM tsdb.|": ["meters", "public"],
    "SELECT * FROM tsdb.public.m|": ["meters"],
    "SELECT o.| FROM orders AS o": ["id", "placed_at", "total"],
    "SELECT o.t| FROM orders o WHERE true": ["total"],
    "SELECT orders.p| FROM orders": ["placed_at"],
    "SELECT m.| FROM tsdb.public.meters m": ["k_timestamp", "value", "place"],
    "SELECT m.| FROM tsdb.meters m": ["k_timestamp", "value", "place"],
    "SELECT C.n| FROM customers c": ["name"],
    'SELECT "C".n| FROM customers c': [],
    'SELECT "My o".to| FROM orders "My o"': ["total"],
    "SELECT * FROM orders o JOIN customers c ON c.id = o.|": ["id", "placed_at", "total"],
    "SELECT s.| FROM stock.shelves s": ["shelf"],
    "SELECT x.| FROM orders": [],
    # columns of the statement's own tables, and of no other statement's
    "SELECT pl| FROM orders": ["placed_at"],
    "SELECT pl| FROM customers": [],
    "SELECT 1 FROM orders; SELECT pl|": [],
    "SELECT pl|; SELECT 1 FROM orders": [],
    "INSERT INTO orders (to|": ["total"],
    "UPDATE orders SET to| = 1": ["total"],
    "SELECT * FROM orders WHERE place|": ["placed_at"],
    # names that need quotes
    "SELECT g| FROM customers": ['"Größe"', "group"],
    "SELECT ord| FROM customers": ['"order"', "order"],
    'SELECT * FROM "Order|': ['"Order Lines"', '"orders"'],
    'SELECT * FROM "Order |"': ['"Order Lines"'],
    "SELECT * FROM orders WHERE id IN (SELECT id FROM customers c, cust|)": ["customers"],
    "SELECT * FROM orders WHERE coalesce(total, pla|)": ["placed_at"],
    'SELECT "na| FROM customers': ['"name"'],
    # what cannot be written in the editor is not offered
    "SELECT * FROM bad|": [],
    # keywords
    "SEL|": ["SELECT"],
    "sel|": ["select"],
    "|": [],
    "select|": [],
    # no names here
    "SELECT 'ord|": [],
    "SELECT 'ord|' FROM orders": [],
    "SELECT 1 -- FROM ord|": [],
    "SELECT /* FROM ord|": [],
    "SELECT $$ FROM ord|": [],
    "SELECT 12|": [],
    "SELECT .|": [],
}  # fmt: skip


@pytest.mark.parametrize("statement", CASES)
def test_what_is_offered(statement: str) -> None:
    assert offered(statement) == CASES[statement]


@pytest.mark.parametrize(
    ("statement", "replaced"),
    [
        ("SELECT * FROM ord|", "ord"),
        ("SELECT * FROM or|de WHERE true", "orde"),
        ("SELECT * FROM tsdb.public.m|", "m"),
        ('SELECT * FROM "Ord|" WHERE true', '"Ord"'),
        ('SELECT * FROM "Ord| WHERE true', '"Ord'),
    ],
)
def test_the_whole_word_is_replaced(statement: str, replaced: str) -> None:
    found = at_caret(statement)
    assert found is not None
    assert statement.replace("|", "")[found.start : found.end] == replaced


def test_a_choice_says_what_it_is() -> None:
    found = at_caret("SELECT m.| FROM tsdb.public.meters m")
    assert found is not None
    assert [choice.kind for choice in found.choices] == ["column INT8"] * 2 + ["tag VARCHAR"]


def test_other_databases_are_read_only_where_they_are_named() -> None:
    text = "SELECT * FROM orders"
    assert databases_named(text, len(text), KNOWN) == ("shop",)
    text = "SELECT x FROM tsdb.public.meters; SELECT 1"
    assert databases_named(text, len(text), KNOWN) == ("shop", "tsdb")
    assert databases_named('SELECT * FROM tsdb."', 20, KNOWN) == ("shop", "tsdb")


def test_a_name_is_as_short_as_it_is_understood() -> None:
    assert table_as_written("shop", TableName("public", "orders"), KNOWN) == "orders"
    assert table_as_written("shop", TableName("stock", "A b"), KNOWN) == 'stock."A b"'
    assert table_as_written("tsdb", TableName("public", "m"), KNOWN) == "tsdb.public.m"
