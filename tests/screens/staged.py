"""What the services in memory tell of: one node, its backup sets and its database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod
from kwtui.model.schema import ColumnSpec, DatabaseSchema, Engine, TableName, TableSpec
from kwtui.model.server import NodeFacts, ServerFacts

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
PLAN = "20261122T120000Z-2"

FACTS = ServerFacts(
    version="V3.2.1",
    cluster_id="5c1f2e9a-7d34-4c0b-9e11-0f6a5b3c2d1e",
    node_id=1,
    user="root",
    is_admin=True,
    tls=False,
    nodes=(NodeFacts(1, "127.0.0.1:26257", True, "V3.2.1"),),
)

TABLES = ("customers", "orders", "order_lines", "products")

SETS = (
    BackupEntry(
        path="kwtui/shop/20261122T110000Z",
        kind=EntryKind.SET,
        database="shop",
        engine=Engine.RELATIONAL,
        started=NOW - timedelta(hours=1),
        tables=4,
        rows=21_500,
        files=9,
        bytes=3_400_000,
        proof=ProofLevel.P2,
        proof_at=NOW - timedelta(hours=1),
        method=BackupMethod.SNAPSHOT,
    ),
    BackupEntry(
        path="smart-meter/tsdb",
        kind=EntryKind.TREE,
        database="tsdb",
        engine=Engine.TIME_SERIES,
        started=NOW - timedelta(days=40),
        tables=1,
        files=4,
        bytes=120_000,
        note="made by somebody else",
    ),
    BackupEntry(
        path="kwtui/仓库/20261121T080000Z",
        kind=EntryKind.SET,
        database="仓库",
        engine=Engine.RELATIONAL,
        started=NOW - timedelta(days=1, hours=4),
        tables=2,
        rows=310,
        files=4,
        bytes=24_000,
        proof=ProofLevel.P1,
        proof_at=NOW - timedelta(days=1),
        method=BackupMethod.SNAPSHOT,
    ),
    BackupEntry(
        path="kwtui/shop/20261120T020000Z",
        kind=EntryKind.INCOMPLETE,
        database="shop",
        engine=Engine.RELATIONAL,
        started=NOW - timedelta(days=2, hours=10),
        files=3,
        bytes=900_000,
        problem="There is no manifest: this backup did not finish. It is not a backup.",
    ),
)


def column(name: str, type_: str = "INT8") -> ColumnSpec:
    return ColumnSpec(name, type_)


def shop_schema() -> DatabaseSchema:
    tables = tuple(
        TableSpec(
            TableName("public", name),
            (column("id"), column("name", "STRING")),
            f"CREATE TABLE {name} (id INT8 NOT NULL, name STRING NULL)",
            f"CREATE TABLE {name} (id INT8 NOT NULL, name STRING NULL)",
            rows=rows,
            bytes=rows * 150,
        )
        for name, rows in zip(TABLES, (1_500, 6_000, 13_800, 200), strict=True)
    )
    return DatabaseSchema("shop", Engine.RELATIONAL, "CREATE DATABASE shop", tables=tables)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def nightly(days: int) -> tuple[BackupEntry, ...]:
    """A proven set of shop for each night, the newest first."""
    times = [NOW - timedelta(days=day, hours=10) for day in range(days)]
    return tuple(
        BackupEntry(
            path=f"kwtui/shop/{at:%Y%m%dT%H%M%SZ}", kind=EntryKind.SET, database="shop",
            engine=Engine.RELATIONAL, started=at, tables=4, rows=21_500, files=9,
            bytes=1_000_000, proof=ProofLevel.P2, proof_at=at,
        )
        for at in times
    )  # fmt: skip
