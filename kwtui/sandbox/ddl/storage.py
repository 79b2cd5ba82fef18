"""DROP of relations, and TRUNCATE."""

from __future__ import annotations

import duckdb

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import (
    Catalog,
    Relation,
    RelationKind,
)
from kwtui.sandbox.catalog.ranges import forget_ranges
from kwtui.sandbox.query.sources import column_name, devices_name, table_name
from kwtui.sandbox.rows.devices import make_devices
from kwtui.sandbox.values.types import storage_type

_STORED = (RelationKind.TABLE, RelationKind.TIME_SERIES, RelationKind.MATERIALIZED_VIEW)


def remove(catalog: Catalog, cursor: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    """Takes a relation out of the catalogue, with its rows."""
    del catalog.relations[relation.id]
    forget_ranges(catalog, relation)
    catalog.streams = {
        name: stream
        for name, stream in catalog.streams.items()
        if relation.id not in (stream.target_id, *stream.sources)
    }
    if relation.kind in _STORED:
        cursor.execute(f"DROP TABLE IF EXISTS {table_name(relation)}")
        cursor.execute(f"DROP TABLE IF EXISTS {devices_name(relation)}")
    if relation.kind is RelationKind.SEQUENCE:
        cursor.execute("DELETE FROM kw_sequence_values WHERE id = ?", [relation.id])


def check_free(catalog: Catalog, database: str, schema: str, name: str) -> None:
    """Raises SqlError (42P07) if a relation has this name already."""
    if catalog.find(database, schema, name) is not None:
        raise SqlError(f'relation "{name}" already exists', "42P07")


def make_storage(cursor: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    """Makes the DuckDB table that holds a relation's rows."""
    columns = ", ".join(f"{column_name(c)} {storage_type(c.type)}" for c in relation.columns)
    cursor.execute(f"CREATE TABLE {table_name(relation)} ({columns})")
    if relation.kind is RelationKind.TIME_SERIES:
        make_devices(cursor, relation)
