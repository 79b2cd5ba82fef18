"""What one statement tells of all tables of a database.

They read what KWDB's SHOW statements about one table are made of. Where a version refuses one, or
tells it in other columns, the answer is None, and whoever wanted it asks table by table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kwtui.model.schema import ColumnSpec, TableName
from kwtui.server.catalogue.asking import Asker
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.results import ResultSet, Row, to_bool, to_int
from kwtui.sql import inspection

_COLUMNS = (
    "table_schema",
    "table_name",
    "column_name",
    "kwdb_sql_type",
    "column_default",
    "is_nullable",
    "generation_expression",
    "is_hidden",
    "is_tag",
)
"""Of information_schema.columns (recordings 02 and 12; is_tag as SHOW COLUMNS has it)."""

Columns = Mapping[TableName, tuple[ColumnSpec, ...]]


async def _told(asker: Asker, sql: str, *needed: str) -> ResultSet | None:
    try:
        answer = await asker.definition(sql)
    except StatementRefused:
        return None
    return None if answer.lacking(*needed) else answer


async def columns(asker: Asker, schemas: Sequence[str]) -> Columns:
    """Of none where a server does not tell them so."""
    answer = await _told(asker, inspection.all_columns(asker.database, schemas), *_COLUMNS)
    return {} if answer is None else columns_by_table(answer)


async def indexes(asker: Asker, schemas: Sequence[str]) -> Mapping[TableName, ResultSet] | None:
    """SHOW INDEXES of each table that has one, without comments."""
    sql = inspection.all_indexes(asker.database, schemas)
    answer = await _told(asker, sql, "index_name", "column_name", "storing", "implicit")
    return None if answer is None else rows_by_table(answer)


async def broken_constraints(asker: Asker) -> Mapping[TableName, tuple[str, ...]] | None:
    """Names of the constraints that rows may break."""
    answer = await _told(asker, inspection.broken_constraints(asker.database))
    if answer is None:
        return None
    by_table = rows_by_table(answer)
    return {name: tuple(row[2] or "" for row in found.rows) for name, found in by_table.items()}


async def retentions(asker: Asker) -> Mapping[int, list[str | None]] | None:
    """By the id of each time series, as SHOW RETENTIONS has it: NULL for an inherited one."""
    answer = await _told(asker, inspection.all_retentions(asker.database))
    return None if answer is None else values_by_id(answer)


async def partitions(asker: Asker) -> Mapping[int, list[str | None]] | None:
    """Names by the id of each table that has any."""
    answer = await _told(asker, inspection.all_partitions(asker.database))
    return None if answer is None else values_by_id(answer)


# -- pure -------------------------------------------------------------------------------------


def columns_by_table(answer: ResultSet) -> dict[TableName, tuple[ColumnSpec, ...]]:
    """The columns of every table, out of information_schema.columns, without comments.

    Its values are the ones of SHOW COLUMNS (recording 12: both of the table c). Which tags are
    primary ones no column tells.
    """
    found: dict[TableName, list[ColumnSpec]] = {}
    for row in answer.dicts():
        name = TableName(row["table_schema"] or "", row["table_name"] or "")
        found.setdefault(name, []).append(
            ColumnSpec(
                name=row["column_name"] or "",
                type=row["kwdb_sql_type"] or "",
                nullable=to_bool(row["is_nullable"]),
                default=row["column_default"],
                computed=row["generation_expression"] or None,
                hidden=to_bool(row["is_hidden"]),
                tag=to_bool(row["is_tag"]),
            )
        )
    return {name: tuple(specs) for name, specs in found.items()}


def rows_by_table(answer: ResultSet) -> dict[TableName, ResultSet]:
    """An answer about all tables, split by the first two columns, schema and name."""
    found: dict[TableName, list[Row]] = {}
    for row in answer.rows:
        found.setdefault(TableName(row[0] or "", row[1] or ""), []).append(row)
    return {name: ResultSet(answer.columns, tuple(rows)) for name, rows in found.items()}


def values_by_id(answer: ResultSet) -> dict[int, list[str | None]]:
    """An answer of two columns, a table's id and a value."""
    found: dict[int, list[str | None]] = {}
    for row in answer.rows:
        found.setdefault(to_int(row[0]) or 0, []).append(row[1])
    return found
