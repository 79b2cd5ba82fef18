"""When which part of which table was last written: what ``last_update_nanos`` of a range tells.

It moves with each UPDATE, DELETE and INSERT that changes a row, and not with reads (recording 18).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb

from kwtui.sandbox.catalog.objects import Relation, RelationKind
from kwtui.sandbox.query.range_stats import part_sql
from kwtui.sandbox.query.sources import table_name

if TYPE_CHECKING:
    from kwtui.sandbox.engine.engine import Engine


def touch(
    engine: Engine,
    cursor: duckdb.DuckDBPyConnection,
    relation: Relation,
    table: str,
    numbers: Sequence[int] | None = None,
) -> None:
    """Notes that the rows of a DuckDB table with the stored names are written into ``relation``.

    ``numbers`` are DuckDB's numbers of the rows; None means all.
    """
    if relation.kind is not RelationKind.TABLE:
        return
    part = part_sql(engine.catalog, relation)
    sql = f"INSERT INTO kw_touched SELECT DISTINCT {relation.id}, {part}, {engine.clock.now()}"
    if numbers is None:
        cursor.execute(f"{sql} FROM {table}")
    else:
        chosen = "WHERE rowid IN (SELECT unnest(?::BIGINT[]))"
        cursor.execute(f"{sql} FROM {table} {chosen}", [list(numbers)])


def touch_all(engine: Engine, cursor: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    """Notes that every row of a table is written."""
    touch(engine, cursor, relation, table_name(relation))
