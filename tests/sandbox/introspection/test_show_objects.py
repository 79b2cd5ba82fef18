"""A person looks at databases, tables, columns, indexes and constraints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.sandbox.catalog import listings
from kwtui.sandbox.catalog.objects import Catalog
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.sql_engine import SqlEngine
from tests.sandbox.asking import ask, refusal
from tests.sandbox.shop import add_shop, customers, orders, sensors
from tests.sandbox.stores import new_engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqlEngine]:
    engine = new_engine(tmp_path)
    add_shop(engine.catalog)
    engine.save_catalog()
    yield engine
    engine.close()


@pytest.fixture
def root(engine: SqlEngine) -> Session:
    return engine.session("root", "shop")


def test_databases_tell_their_engine_and_their_comment(root: Session) -> None:
    reply = ask(root, "SHOW DATABASES WITH COMMENT")

    assert reply.tag == "SHOW DATABASES 5"
    assert ("plant", "TIME SERIES", None) in reply.rows
    assert ("shop", "RELATIONAL", "retail store") in reply.rows
    assert list(reply.columns) == ["database_name", "engine_type", "comment"]


def test_tables_come_by_name_and_sequences_are_none(root: Session) -> None:
    reply = ask(root, "SHOW TABLES")

    assert reply.tag == "SHOW TABLES 2"
    assert reply.rows == [("customers", "BASE TABLE"), ("orders", "BASE TABLE")]
    assert ask(root, "SHOW TABLES FROM plant").rows == [("sensors", "TIME SERIES TABLE")]
    assert ask(root, "SHOW TABLES FROM shop.archive").rows == []


def test_a_table_without_a_comment_shows_an_empty_one(root: Session) -> None:
    rows = ask(root, "SHOW TABLES FROM shop WITH COMMENT").rows

    assert rows == [("customers", "BASE TABLE", "people who buy"), ("orders", "BASE TABLE", "")]


def test_sequences_answer_with_the_tag_of_schemas(root: Session) -> None:
    reply = ask(root, "SHOW SEQUENCES")

    assert reply.tag == "SHOW SCHEMAS 1"
    assert reply.rows == [("invoice_no",)]


def test_schemas_of_the_user_stand_among_the_node_s_own(root: Session) -> None:
    names = [row[0] for row in ask(root, "SHOW SCHEMAS FROM shop").rows]

    assert names == ["archive", "information_schema", "kwdb_internal", "pg_catalog", "public"]


def test_a_missing_database_is_no_schema_either(root: Session) -> None:
    error = refusal(root, "SHOW TABLES FROM nowhere")

    assert (error.sqlstate, error.message) == ("3F000", "target database or schema does not exist")


def test_columns_tell_the_true_default_where_show_create_does_not(root: Session) -> None:
    reply = ask(root, "SHOW COLUMNS FROM orders")

    note = dict(zip(reply.columns, reply.rows[3], strict=True))
    assert note["column_default"] == "e'p\\'q'"
    assert note["is_nullable"] == "t"
    assert reply.columns["indices"] == 1009


def test_a_column_lists_every_index_that_holds_it() -> None:
    indexed = listings.indexes_by_column(orders())

    assert indexed["id"] == ["primary", "by_customer"]
    assert indexed["total"] == ["by_customer"]
    assert "note" not in indexed


def test_tags_come_after_the_columns_and_only_time_is_indexed() -> None:
    rows = listings.show_columns(sensors()).rows

    assert [row[0] for row in rows] == ["ts", "temp", "site", "area"]
    assert [row[7] for row in rows] == ["f", "f", "t", "t"]
    assert rows[0][5] == "{primary}"


def test_an_index_ends_with_what_it_stores_and_the_primary_key(root: Session) -> None:
    reply = ask(root, "SHOW INDEXES FROM orders")

    assert reply.tag == "SHOW INDEXES FROM TABLE 4"
    assert reply.rows[1:] == [
        ("orders", "by_customer", "t", "1", "customer_id", "DESC", "f", "f"),
        ("orders", "by_customer", "t", "2", "total", "N/A", "t", "f"),
        ("orders", "by_customer", "t", "3", "id", "ASC", "f", "t"),
    ]


def test_constraints_come_by_name_with_their_definitions(root: Session) -> None:
    reply = ask(root, "SHOW CONSTRAINTS FROM orders")

    assert reply.columns["constraint_name"] == 19
    assert [row[1:4] for row in reply.rows] == [
        ("check_total", "CHECK", "CHECK ((total >= 0))"),
        (
            "fk_customer",
            "FOREIGN KEY",
            "FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE CASCADE",
        ),
        ("primary", "PRIMARY KEY", "PRIMARY KEY (id ASC)"),
    ]


def test_a_unique_index_is_a_constraint() -> None:
    catalog = Catalog("c")

    found = listings.constraints(catalog, customers())

    assert ("by_email", "UNIQUE (email ASC)") in [(c.name, c.definition) for c in found]


def test_time_series_tables_have_tags_and_no_constraints(root: Session) -> None:
    assert ask(root, "SHOW TAGS FROM plant.sensors").rows == [
        ("site", "INT4", "t", "f"),
        ("area", "VARCHAR(20)", "f", "t"),
    ]
    error = refusal(root, "SHOW CONSTRAINTS FROM plant.sensors")
    assert error.sqlstate == "0A000"
    assert error.message == "show constraints is not supported in timeseries table"


def test_what_a_node_cannot_parse_is_a_syntax_error_at_the_same_place(root: Session) -> None:
    error = refusal(root, "SHOW RETENTIONS ON DATABASE plant")

    assert error.message == 'at or near "database": syntax error'
    assert error.hint == "try \\h SHOW RETENTIONS"
    assert error.detail is not None
    assert error.detail.endswith("\n                   ^")


def test_an_import_takes_its_table_out_of_sight(engine: SqlEngine, root: Session) -> None:
    engine.catalog.relations[79].offline = True

    assert refusal(root, "SHOW COLUMNS FROM orders").sqlstate == "42P01"


def test_the_zone_configurations_of_a_new_node_are_there(root: Session) -> None:
    reply = ask(root, "SHOW ZONE CONFIGURATIONS")

    assert reply.tag == "SHOW ZONE CONFIGURATION 7"
    assert reply.rows[0][0] == "RANGE default"


def test_a_table_s_zone_shows_what_it_inherits(engine: SqlEngine, root: Session) -> None:
    engine.catalog.relations[78].zone = "gc.ttlseconds = 700"

    (row,) = ask(root, "SHOW ZONE CONFIGURATION FOR TABLE customers").rows
    listed = ask(root, "SHOW ZONE CONFIGURATIONS").rows[-1]

    assert row[0] == "TABLE customers"
    assert "range_min_bytes = 134217728" in str(row[1])
    assert "gc.ttlseconds = 700" in str(row[1])
    assert listed == (
        "TABLE shop.public.customers",
        "ALTER TABLE shop.public.customers CONFIGURE ZONE USING\n\tgc.ttlseconds = 700",
    )
