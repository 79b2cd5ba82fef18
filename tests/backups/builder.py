"""Makes sets and export trees on disk, as KWDB and kwtui write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from kwtui.backups.layout.location import SetLocation, new_location
from kwtui.backups.layout.naming import set_path, table_folder
from kwtui.backups.manifest import Manifest, TableEntry, totals_of, write_manifest
from kwtui.backups.proof.sealing import seal_sidecars, seal_tree
from kwtui.backups.schema_file import write_schema
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod, Dialect
from kwtui.model.schema import ColumnSpec, DatabaseSchema, Engine, TableName, TableSpec
from tests.backups.csvwriter import write_csv

STARTED = datetime(2026, 11, 22, 8, 20, 35, tzinfo=UTC)
ORDERS = TableName("public", "orders")
ODD = TableName("public", "sel/ect")
EMPTY = TableName("archive", "empty")
CONTENT: Mapping[TableName, list[list[str | None]]] = {
    ORDERS: [["1", "it's"], ["2", None], ["3", 'two\nlines, "quoted"'], ["4", ""]],
    ODD: [["7", "值"]],
    EMPTY: [],
}
RECORDINGS = Path(__file__).parent.parent / "data" / "recordings"


def schema_of(content: Mapping[TableName, object]) -> DatabaseSchema:
    columns = (ColumnSpec("id", "INT8", nullable=False), ColumnSpec("name", "STRING"))
    tables = tuple(TableSpec(n, columns, f"CREATE TABLE {n}", "") for n in content)
    return DatabaseSchema("shop", Engine.RELATIONAL, "CREATE DATABASE shop", tables=tables)


def write_export(data: Path, content: Mapping[TableName, list[list[str | None]]]) -> None:
    """What a per-table export leaves: two chunks for each table that has rows, no meta.sql."""
    for name, records in content.items():
        folder = data / table_folder(name)
        folder.mkdir(parents=True)
        half = len(records) // 2
        for number, chunk in enumerate(c for c in (records[:half], records[half:]) if c):
            text = write_csv(chunk, Dialect())
            (folder / f"n1.{number}.csv").write_text(text, newline="")


def make_set(
    extern: Path,
    state: Path,
    content: Mapping[TableName, list[list[str | None]]] = CONTENT,
    *,
    database: str = "shop",
    started: datetime = STARTED,
    label: str = "",
) -> SetLocation:
    """A whole, sealed set."""
    path = set_path("kwtui", database, started)
    (extern / path).mkdir(parents=True)
    location = new_location(extern, path, state)
    write_export(location.data, content)
    tree = seal_tree(location.data, {n: table_folder(n) for n in content}, Dialect())
    schema = schema_of(content)
    location.sidecars.mkdir(parents=True, exist_ok=True)
    write_schema(location.schema, schema)
    tables = tuple(
        TableEntry(
            name=t.name,
            folder=t.folder,
            columns=("id", "name"),
            files=t.files,
            rows_reported=t.rows,
            rows_counted=t.rows,
        )
        for t in tree.tables
    )
    files = (*tree.files, *seal_sidecars(location.sidecars))
    manifest = Manifest(
        set_id=path,
        database=database,
        engine=Engine.RELATIONAL,
        method=BackupMethod.SNAPSHOT,
        started=started,
        finished=started,
        cluster_id="c",
        node_id=1,
        server_version="V3.2.1",
        kwtui_version="0.1.0",
        dialect=Dialect(),
        tables=tables,
        totals=totals_of(tables, files),
        files=files,
        label=label,
        proof=ProofLevel.P2,
        snapshot_timestamp="1795335593322922533.0000000000",
    )
    write_manifest(location.manifest, manifest)
    return location


def recorded_tree(recording: str, tree: str) -> list[dict[str, str]]:
    """The files that a real node wrote, from a recording."""
    for line in (RECORDINGS / f"{recording}.jsonl").read_text().splitlines():
        step = json.loads(line)
        if step.get("directive") == f"tree {tree}" and step.get("tree"):
            files: list[dict[str, str]] = step["tree"]
            return files
    raise AssertionError(f"no tree {tree} in {recording}")


def write_recorded_tree(root: Path, recording: str, tree: str) -> None:
    for file in recorded_tree(recording, tree):
        path = root / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.get("text") is not None:
            path.write_text(file["text"], newline="")
        else:
            path.write_bytes(bytes.fromhex(file["hex"]) if "hex" in file else b"?")
