"""A tool reads what the node says of itself: kwdb_internal, information_schema, pg_catalog."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog import oids
from kwtui.sandbox.catalog.objects import RelationKind
from kwtui.sandbox.ddl.storage import make_storage
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.query import virtual_tables
from kwtui.sandbox.sql_engine import SqlEngine
from tests.sandbox.asking import ask, refusal
from tests.sandbox.shop import add_shop
from tests.sandbox.stores import new_engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqlEngine]:
    engine = new_engine(tmp_path)
    with engine.change(None) as cursor:
        add_shop(engine.catalog)
        for relation in engine.catalog.relations.values():
            if relation.kind in (RelationKind.TABLE, RelationKind.TIME_SERIES):
                make_storage(cursor, relation)
    yield engine
    engine.close()


@pytest.fixture
def root(engine: SqlEngine) -> Session:
    return engine.session("root", "shop")


@pytest.mark.parametrize("schema", virtual_tables.SCHEMAS)
def test_every_table_that_is_known_fills_all_its_columns(root: Session, schema: str) -> None:
    refused = {}
    for definition in virtual_tables.definitions().values():
        if definition.schema != schema:
            continue
        try:
            table = virtual_tables.load(root, None, schema, definition.name)
        except SqlError as error:
            refused[definition.name] = error.sqlstate
        else:
            assert {len(row) for row in table.rows} <= {len(table.columns)}, definition.name

    assert set(refused.values()) <= {"42P01"}
    assert len(refused) < 6


def test_what_is_not_known_does_not_exist(root: Session) -> None:
    assert refusal(root, "SELECT * FROM kwdb_internal.node_metrics").sqlstate == "42P01"
    assert refusal(root, "SELECT * FROM information_schema.collations").sqlstate == "42P01"


def test_create_statements_set_foreign_keys_apart(root: Session) -> None:
    reply = ask(
        root,
        "SELECT * FROM shop.kwdb_internal.create_statements"
        " WHERE database_name = 'shop' AND descriptor_name = 'orders'",
    )

    (row,) = (dict(zip(reply.columns, values, strict=True)) for values in reply.rows)
    assert "FOREIGN KEY" in str(row["create_statement"])
    assert "FOREIGN KEY" not in str(row["create_nofks"])
    assert row["alter_statements"] == (
        '{"ALTER TABLE orders ADD CONSTRAINT fk_customer FOREIGN KEY (customer_id)'
        ' REFERENCES customers(id) ON DELETE CASCADE"}'
    )
    assert row["validate_statements"] == '{"ALTER TABLE orders VALIDATE CONSTRAINT fk_customer"}'
    assert reply.columns["alter_statements"] == 1009


def test_the_node_s_own_tables_stand_beside_those_of_the_database(root: Session) -> None:
    reply = ask(root, "SELECT count(*) FROM shop.kwdb_internal.create_statements")

    assert reply.rows == [("123",)]


def test_a_database_sees_only_its_own_tables(root: Session) -> None:
    rows = ask(
        root,
        "SELECT table_name FROM plant.information_schema.tables WHERE table_type LIKE 'TIME%'",
    ).rows

    assert rows == [("sensors",)]


def test_information_schema_speaks_the_standard_s_names(root: Session) -> None:
    rows = ask(
        root,
        "SELECT column_name, data_type, kwdb_sql_type, is_nullable, is_hidden"
        " FROM shop.information_schema.columns WHERE table_name = 'orders'",
    ).rows

    assert ("total", "numeric", "DECIMAL(12,2)", "YES", "NO") in rows
    assert ("id", "bigint", "INT8", "NO", "NO") in rows


def test_a_plain_user_sees_what_was_granted(root: Session, engine: SqlEngine) -> None:
    ask(root, "CREATE USER teller")
    ask(root, "GRANT SELECT ON TABLE customers TO teller")
    teller = engine.session("teller", "shop")

    rows = ask(
        teller,
        "SELECT descriptor_name FROM shop.kwdb_internal.create_statements"
        " WHERE database_name = 'shop'",
    ).rows

    assert rows == [("customers",)]


def test_comments_are_found_by_the_oid_of_their_object(root: Session) -> None:
    rows = ask(
        root,
        "SELECT c.relname, d.objsubid, d.description FROM shop.pg_catalog.pg_description d"
        " JOIN shop.pg_catalog.pg_class c ON c.oid = d.objoid WHERE c.relname = 'customers'",
    ).rows

    assert sorted(rows) == [
        ("customers", "0", "people who buy"),
        ("customers", "2", "full name"),
    ]


def test_psql_s_list_of_tables_can_be_read(root: Session) -> None:
    rows = ask(
        root,
        "SELECT n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c"
        " LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'v', 'm', 'S') AND n.nspname = 'public' ORDER BY 1, 2",
    ).rows

    assert rows == [
        ("public", "customers", "r"),
        ("public", "invoice_no", "S"),
        ("public", "orders", "r"),
    ]


def test_the_oid_of_a_schema_is_the_node_s_own() -> None:
    assert oids.namespace_oid(77, "public") == 1284792940
    assert oids.namespace_oid(77, "archive") == 309951547


def test_the_node_tells_how_it_was_started_and_where_its_store_lies(
    root: Session, engine: SqlEngine
) -> None:
    (row,) = ask(root, "SELECT node_id, args FROM kwdb_internal.kv_node_status").rows

    arguments = json.loads(str(row[1]))
    assert arguments[1] == "start-single-node"
    assert f"--store={engine.store}" in arguments


def test_system_tables_are_for_administrators(root: Session, engine: SqlEngine) -> None:
    ask(root, "CREATE USER teller")
    rows = ask(root, 'SELECT username, "isRole" FROM system.users').rows

    assert rows == [("admin", "t"), ("root", "f"), ("teller", "f")]
    teller = engine.session("teller", "shop")
    error = refusal(teller, "SELECT * FROM system.users")
    assert error.message == "user teller does not have SELECT privilege on relation users"


def test_a_system_table_without_content_is_refused_not_faked(root: Session) -> None:
    error = refusal(root, "SELECT * FROM system.descriptor")

    assert error.sqlstate == "0A000"
    assert error.hint is not None


def test_running_queries_are_seen_by_their_owner_and_the_administrators(
    root: Session, engine: SqlEngine
) -> None:
    ask(root, "CREATE USER teller")
    teller = engine.session("teller", "shop", "till", "127.0.0.1:5000")

    (own,) = ask(teller, "SHOW SESSIONS").rows
    everyone = ask(root, "SHOW SESSIONS").rows
    (query,) = ask(root, "SHOW QUERIES").rows

    assert own[3:6] == ("teller", "127.0.0.1:5000", "till")
    assert [row[3] for row in everyone] == ["root", "teller"]
    assert query[5] == "SHOW CLUSTER QUERIES"
    assert query[9] == "executing"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT Is_Nullable FROM information_schema.columns WHERE table_name = 'named'",
        "SELECT c.n FROM information_schema.columns AS c(a, b, t, i, o, d, n) WHERE t = 'named'",
        "SELECT s.is_nullable FROM (SELECT * FROM information_schema.columns) AS s"
        " WHERE s.table_name = 'named'",
        "SELECT is_nullable FROM information_schema.columns"
        " JOIN (SELECT 'named' AS table_name) AS t USING (table_name)",
    ],
)
def test_a_column_has_its_values_however_it_is_named(engine: SqlEngine, query: str) -> None:
    root = engine.session("root", "defaultdb")
    ask(root, "CREATE TABLE named (id INT8 PRIMARY KEY)")

    assert ask(root, query).rows == [("NO",)]
