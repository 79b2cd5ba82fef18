"""What ``kwdb_internal.range_stats`` tells of a range (recording 18)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb

from kwtui.sandbox.catalog.objects import Catalog, Relation, RelationKind
from kwtui.sandbox.catalog.ranges import Range
from kwtui.sandbox.query.sources import column_name, table_name
from kwtui.sandbox.values.types import storage_type
from kwtui.sandbox.values.values import literal

if TYPE_CHECKING:
    from kwtui.sandbox.engine.engine import Engine

_KEY_BYTES, _VALUE_BYTES = 20, 4
"""About what one entry takes beside its values."""


def part_sql(catalog: Catalog, relation: Relation) -> str:
    """DuckDB SQL: the range id of the part of a table that a row lies in, 0 for the first part."""
    own = [s for s in catalog.splits if s.relation_id == relation.id and s.value is not None]
    if not own or relation.primary is None:
        return "0"
    first = next(c for c in relation.columns if c.name == relation.primary.columns[0][0])
    branches = " ".join(
        f"WHEN {column_name(first)} >= CAST({literal(split.value)} AS {storage_type(first.type)})"
        f" THEN {split.range_id}"
        for split in sorted(own, key=lambda split: split.key, reverse=True)
    )
    return f"CASE {branches} ELSE 0 END"


def range_stats(engine: Engine, found: Range) -> dict[str, object]:
    """The figures of one range; its size is that of the texts of its values, roughly."""
    cursor = engine.cursor()
    try:
        counts = [_of_part(engine, cursor, relation, part) for relation, part in found.holds]
    finally:
        cursor.close()
    entries = sum(count for count, _, _ in counts)
    values = sum(size for _, size, _ in counts)
    written = max([found.split_at, *(moment for _, _, moment in counts)])
    if found.uncounted:
        entries = 0
    key_bytes = _KEY_BYTES * entries
    return {
        "contains_estimates": 0, "gc_bytes_age": 0, "intent_age": 0, "intent_bytes": 0,
        "intent_count": 0, "key_bytes": key_bytes, "key_count": entries,
        "last_update_nanos": written, "lease_holder_qps": "0.00",
        "live_bytes": key_bytes + values, "live_count": entries, "sys_bytes": 0, "sys_count": 0,
        "ts_per_row_size": 0, "val_bytes": values, "val_count": entries,
    }  # fmt: skip


def range_bytes(engine: Engine, found: Range) -> int:
    """The size of a range as SHOW RANGES and ``kwdb_internal.ranges`` have it."""
    stats = range_stats(engine, found)
    return int(str(stats["key_bytes"])) + int(str(stats["val_bytes"]))


def stats_json(engine: Engine, found: Range) -> str:
    """The figures as the node prints a JSON document."""
    return json.dumps(range_stats(engine, found))


def _of_part(
    engine: Engine, cursor: duckdb.DuckDBPyConnection, relation: Relation, part: int
) -> tuple[int, int, int]:
    """Entries, bytes of values and the last write of a part of a table."""
    lengths = " + ".join(
        f"coalesce(strlen({column_name(c)}::VARCHAR), 0) + {_VALUE_BYTES}" for c in relation.columns
    )
    sql = (
        f"SELECT count(*), coalesce(sum({lengths}), 0) FROM {table_name(relation)}"
        f" WHERE {part_sql(engine.catalog, relation)} = {part}"
    )
    moment, writes = engine.writes().get((relation.id, part), (None, 0))
    # Rows are counted again after each write; writes to materialized views are not noted.
    noted = relation.kind is RelationKind.TABLE
    key = (sql, relation.version, moment, writes)
    counted = engine.counted_parts.get(key) if noted else None
    if counted is None:
        row = cursor.execute(sql).fetchone()
        counted = (int(row[0]), int(row[1])) if row else (0, 0)
        if noted:
            engine.counted_parts[key] = counted
    rows, size = counted
    made = 0 if part else relation.created_at
    last = int(moment) if moment is not None else 0
    return rows * (1 + len(relation.indexes)), size, max(made, last)
