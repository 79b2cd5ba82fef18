"""The devices of a time-series table: one set of tags for each value of the primary tags.

A device outlives its readings, and there are devices without any (live-findings, row 33). The tags
that a device came with stay until an UPDATE changes them: those of a later INSERT are passed over
(recordings 17 and 20; KWDB 3.2, ``qa/…/ts_update.sql``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from kwtui.sandbox.catalog.objects import ColumnDef, Relation, RelationKind
from kwtui.sandbox.query.sources import column_name, devices_name, table_name
from kwtui.sandbox.values.types import storage_type

if TYPE_CHECKING:
    from kwtui.sandbox.engine.engine import Engine


def tags_of(relation: Relation) -> list[ColumnDef]:
    """All tags, primary ones included."""
    return [column for column in relation.columns if column.is_tag]


def _primary(relation: Relation) -> list[str]:
    return [column_name(c) for c in relation.columns if c.is_primary_tag]


def _listed(columns: list[ColumnDef]) -> str:
    return ", ".join(map(column_name, columns))


def same_device(relation: Relation, left: str, right: str) -> str:
    """The condition under which rows of two DuckDB tables belong to one device."""
    return " AND ".join(f"{left}.{key} = {right}.{key}" for key in _primary(relation))


def make_devices(cursor: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    """Makes the DuckDB table of the devices."""
    columns = ", ".join(f"{column_name(c)} {storage_type(c.type)}" for c in tags_of(relation))
    cursor.execute(f"CREATE TABLE {devices_name(relation)} ({columns})")


def enter_devices(cursor: duckdb.DuckDBPyConnection, relation: Relation, source: str) -> None:
    """Notes the devices among the rows of ``source``, a DuckDB table with the stored names.

    Those that are known give the rows their own tags.
    """
    devices, tags = devices_name(relation), _listed(tags_of(relation))
    keys = ", ".join(_primary(relation))
    cursor.execute(
        f"INSERT INTO {devices} ({tags}) SELECT {tags} FROM {source} n WHERE NOT EXISTS"
        f" (SELECT 1 FROM {devices} d WHERE {same_device(relation, 'd', 'n')})"
        f" QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY n.rowid) = 1"
    )
    spread_tags(cursor, relation, source)


def spread_tags(cursor: duckdb.DuckDBPyConnection, relation: Relation, target: str) -> None:
    """Gives the rows of a DuckDB table the tags that their devices have."""
    others = [column_name(c) for c in tags_of(relation) if not c.is_primary_tag]
    if not others:
        return
    sets = ", ".join(f"{name} = d.{name}" for name in others)
    differ = " OR ".join(f"{target}.{name} IS DISTINCT FROM d.{name}" for name in others)
    cursor.execute(
        f"UPDATE {target} SET {sets} FROM {devices_name(relation)} d"
        f" WHERE {same_device(relation, target, 'd')} AND ({differ})"
    )


def settle_devices(engine: Engine) -> None:
    """After a start: data that were written before devices were kept have those of their rows."""
    cursor = engine.cursor()
    try:
        known = {
            row[0] for row in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        }
        for relation in engine.catalog.relations.values():
            if relation.kind is RelationKind.TIME_SERIES and devices_name(relation) not in known:
                make_devices(cursor, relation)
                enter_devices(cursor, relation, table_name(relation))
    finally:
        cursor.close()
