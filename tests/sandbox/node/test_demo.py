"""What a person finds in a new sandbox."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kwtui.sandbox.node import demo
from kwtui.sandbox.sql_engine import SqlEngine

Rows = list[tuple[str | None, ...]]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlEngine]:
    engine = SqlEngine(tmp_path_factory.mktemp("store"))
    demo.load(engine)
    yield engine
    engine.close()


def _rows(engine: SqlEngine, database: str, sql: str) -> Rows:
    session = engine.session("root", database)
    try:
        found: Rows = []
        for answer in session.execute(sql):
            found = list(answer.rows)
        return found
    finally:
        session.close()


@pytest.mark.parametrize(
    ("database", "table", "rows"),
    [
        ("shop", "customers", demo.CUSTOMERS),
        ("shop", "products", demo.PRODUCTS),
        ("shop", "orders", demo.ORDERS),
        ("shop", "archive.old_orders", demo.OLD_ORDERS),
        ("shop", "every_type", 4),
        ("plant", "sensors", demo.READINGS),
        ("plant", "meters", demo.READINGS),
    ],
)
def test_tables_are_filled(loaded: SqlEngine, database: str, table: str, rows: int) -> None:
    assert _rows(loaded, database, f"SELECT count(*) FROM {table}") == [(str(rows),)]


def test_the_shop_has_what_a_backup_can_lose(loaded: SqlEngine) -> None:
    create = dict(
        (row[0], row[1] or "")
        for name in ("orders", "order_items", "big_orders", "order_no")
        for row in _rows(loaded, "shop", f"SHOW CREATE {name}")
    )
    assert "nextval('order_no'" in create["orders"]
    assert "FOREIGN KEY" in create["orders"]
    assert "AS (price * quantity) STORED" in create["order_items"]
    assert "CREATE VIEW" in create["big_orders"]
    assert _rows(loaded, "shop", "SELECT last_value FROM order_no") == [
        (str(demo.FIRST_ORDER + demo.ORDERS - 1),)
    ]
    awkward = _rows(loaded, "shop", "SELECT name FROM customers WHERE name LIKE '%''%' LIMIT 1")
    assert awkward, "somebody's name has an apostrophe"
    assert _rows(loaded, "shop", "SELECT count(*) FROM orders WHERE note LIKE e'%\\n%'") != [("0",)]


def test_a_new_order_gets_the_next_number(tmp_path: Path) -> None:
    engine = SqlEngine(tmp_path)
    try:
        demo.load(engine)
        sql = "INSERT INTO orders (customer_id, placed) VALUES (1, now()) RETURNING no"
        assert _rows(engine, "shop", sql) == [(str(demo.FIRST_ORDER + demo.ORDERS),)]
    finally:
        engine.close()


def test_two_sandboxes_hold_the_same(loaded: SqlEngine, tmp_path: Path) -> None:
    other = SqlEngine(tmp_path)
    try:
        demo.load(other)
        for database, table in (
            ("shop", "customers"),
            ("shop", "order_items"),
            ("plant", "meters"),
        ):
            sql = f"SELECT * FROM {table} ORDER BY 1, 2"
            assert _rows(loaded, database, sql) == _rows(other, database, sql)
    finally:
        other.close()


def test_it_is_loaded_in_a_moment(tmp_path: Path, record_property: Any) -> None:
    engine = SqlEngine(tmp_path)
    try:
        began = time.process_time()
        demo.load(engine)
        seconds = time.process_time() - began
    finally:
        engine.close()
    record_property("seconds", seconds)
    assert seconds < 5, "a start should feel immediate: it computes for about 2 s"
