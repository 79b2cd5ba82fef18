"""A shop as it was surveyed, with every object that an export leaves out (recordings 12, 13)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kwtui.model.proof import ContentChecksum
from kwtui.model.requests import Dialect
from kwtui.model.schema import (
    ColumnSpec,
    CommentSpec,
    DatabaseSchema,
    Engine,
    ForeignKeySpec,
    GrantSpec,
    SequenceSpec,
    TableName,
    TableSpec,
    ViewSpec,
)
from kwtui.model.server import NodeFacts, ServerFacts, Survey
from kwtui.operations.backup.destination import Destination
from kwtui.operations.restore.source import RestoreSource, SourceTable

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PATH = "kwtui/shop/20261122T080000Z"

INV = TableSpec(
    name=TableName("public", "inv"),
    columns=(
        ColumnSpec("n", "INT8", nullable=False, default="nextval('no':::STRING)"),
        ColumnSpec("v", "STRING", default="e'p\\'q'"),
    ),
    create_statement=(
        "CREATE TABLE inv (\n\tn INT8 NOT NULL DEFAULT nextval('no':::STRING),\n"
        "\tv STRING NULL DEFAULT 'p\\'q',\n\tCONSTRAINT \"primary\" PRIMARY KEY (n ASC)\n)"
    ),
    create_without_foreign_keys=(
        "CREATE TABLE inv (\n\tn INT8 NOT NULL DEFAULT nextval('no':::STRING),\n"
        "\tv STRING NULL DEFAULT 'p\\'q',\n\tCONSTRAINT \"primary\" PRIMARY KEY (n ASC)\n)"
    ),
    rows=3,
    bytes=1000,
)

CHILD = TableSpec(
    name=TableName("archive", "child"),
    columns=(
        ColumnSpec("id", "STRING", nullable=False),
        ColumnSpec("inv", "INT8"),
        ColumnSpec("dbl", "INT8", computed="inv * 2"),
    ),
    create_statement="CREATE TABLE child (\n\tid STRING NOT NULL,\n\tinv INT8 NULL,\n"
    "\tdbl INT8 NULL AS (inv * 2) STORED,\n"
    "\tCONSTRAINT fk_inv FOREIGN KEY (inv) REFERENCES inv(n),\n"
    "\tCONSTRAINT pos CHECK (inv > 0)\n)",
    create_without_foreign_keys="CREATE TABLE child (\n\tid STRING NOT NULL,\n\tinv INT8 NULL,\n"
    "\tdbl INT8 NULL AS (inv * 2) STORED,\n\tCONSTRAINT pos CHECK (inv > 0)\n)",
    foreign_keys=(
        ForeignKeySpec("fk_inv", ("inv",), TableName("public", "inv"), ("n",), "ON DELETE CASCADE"),
    ),
    check_constraints=("pos",),
    rows=2,
    bytes=500,
)

SHOP = DatabaseSchema(
    database="shop",
    engine=Engine.RELATIONAL,
    create_statement="CREATE DATABASE shop",
    schemas=("public", "archive"),
    tables=(INV, CHILD),
    sequences=(
        SequenceSpec(TableName("public", "no"), "CREATE SEQUENCE no START 100", last_value=102),
        SequenceSpec(TableName("public", "unused"), "CREATE SEQUENCE unused", None),
    ),
    views=(
        ViewSpec(
            TableName("public", "v"),
            "CREATE VIEW v (n) AS SELECT n FROM shop.public.inv",
            depends_on=(TableName("public", "inv"),),
        ),
    ),
    comments=(
        CommentSpec("DATABASE shop", "retail"),
        CommentSpec("TABLE public.inv", "invoices"),
        CommentSpec("COLUMN public.v.n", "number"),
    ),
    grants=(
        GrantSpec("TABLE public.inv", "teller", ("SELECT",)),
        GrantSpec("TABLE public.v", "auditors", ("SELECT",)),
    ),
    users=("teller",),
    roles=("auditors",),
)

PLANT = DatabaseSchema(
    database="plant",
    engine=Engine.TIME_SERIES,
    create_statement="CREATE TS DATABASE plant retentions 315360000s partition interval 5d",
    retention="315360000s",
    partition_interval="5d",
    tables=(
        TableSpec(
            name=TableName("public", "sensors"),
            columns=(
                ColumnSpec("ts", "TIMESTAMPTZ(3)", nullable=False),
                ColumnSpec("temp", "FLOAT8"),
                ColumnSpec("site", "INT4", nullable=False, tag=True, primary_tag=True),
            ),
            create_statement="CREATE TABLE sensors (\n\tts TIMESTAMPTZ(3) NOT NULL,\n"
            "\ttemp FLOAT8 NULL\n) TAGS (\n\tsite INT4 NOT NULL ) PRIMARY TAGS(site)",
            create_without_foreign_keys="",
            time_column="ts",
            time_precision=3,
            rows=4,
        ),
        TableSpec(
            name=TableName("public", "fast"),
            columns=(
                ColumnSpec("ts", "TIMESTAMPTZ(6)", nullable=False),
                ColumnSpec("v", "INT4"),
                ColumnSpec("id", "INT4", nullable=False, tag=True, primary_tag=True),
            ),
            create_statement="CREATE TABLE fast (\n\tts TIMESTAMPTZ(6) NOT NULL,\n\tv INT4 NULL\n"
            ") TAGS (\n\tid INT4 NOT NULL ) PRIMARY TAGS(id)",
            create_without_foreign_keys="",
            time_column="ts",
            time_precision=6,
            rows=2,
        ),
    ),
)


@pytest.fixture
def server() -> ServerFacts:
    return ServerFacts(
        version="V3.2.1",
        cluster_id="c1",
        node_id=1,
        user="root",
        is_admin=True,
        tls=False,
        nodes=(NodeFacts(1, "127.0.0.1:26257", is_live=True),),
    )


@pytest.fixture
def shop(server: ServerFacts) -> Survey:
    return Survey(SHOP, server, NOW)


@pytest.fixture
def plant(server: ServerFacts) -> Survey:
    return Survey(PLANT, server, NOW)


@pytest.fixture
def destination() -> Destination:
    return Destination(1, PATH, extern="/extern", free_bytes=1 << 40)


def source_of_schema(schema: DatabaseSchema, path: str = PATH) -> RestoreSource:
    """A set of the schema with one file a table."""
    tables = tuple(
        SourceTable(
            spec=table,
            folder=f"{path}/data/{table.name.schema}/{table.name.name}",
            files=(f"{path}/data/{table.name.schema}/{table.name.name}/n1.0.csv",),
            rows=table.rows,
            bytes=table.bytes or 100,
            checksum=ContentChecksum(table.rows or 0, "7", "9"),
        )
        for table in schema.tables
    )
    return RestoreSource(path, schema, tables, Dialect(), adopted=False)


@pytest.fixture
def shop_set() -> RestoreSource:
    return source_of_schema(SHOP)


@pytest.fixture
def plant_set() -> RestoreSource:
    return source_of_schema(PLANT, "kwtui/plant/20261122T080000Z")
