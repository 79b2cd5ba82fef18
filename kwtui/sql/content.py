"""Statements that read a table's content where the engine computes it: by window of time, cheaply.

`time_bucket`, count, sum, min, max and length run inside the time-series engine (recording 17: the
tag ``SELECT 0`` says so); anything with ``::STRING`` does not, and costs fifty times as much
(live-findings, section 5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from kwtui.model.checks import Aggregate, AggregateKind
from kwtui.model.schema import TableName, TableSpec
from kwtui.sql.quoting import identifier, literal
from kwtui.sql.statements import as_of, row_hash, table_name, together, within

DAY = "1d"
"""The width of a window."""

_EXACT = re.compile(r"(INT[248]?|INTEGER|SMALLINT|BIGINT|DECIMAL|NUMERIC)(\(|\Z)", re.I)
_FLOAT = re.compile(r"(FLOAT[48]?|REAL|DOUBLE( PRECISION)?)(\(|\Z)", re.I)
_TEXT = re.compile(r"(STRING|TEXT|N?VARCHAR|N?CHAR|BPCHAR|CHARACTER)(\(|\Z)", re.I)
_WIDE = re.compile(r"(INT8?|INTEGER|BIGINT)\Z", re.I)


def aggregates_of(table: TableSpec) -> tuple[Aggregate, ...]:
    """What is read of each window. Tags are left out: each belongs to a device, not to a reading.

    Booleans, bytes, geometries, arrays and documents are only counted: no engine sums them.
    """
    return (*_of_columns(table), *times_of(table))


def _of_columns(table: TableSpec) -> Iterator[Aggregate]:
    for column in table.columns:
        if column.hidden or column.tag:
            continue
        if column.nullable and column.name != table.time_column:
            yield Aggregate(AggregateKind.COUNT, column.name)
        if _EXACT.match(column.type):
            yield Aggregate(AggregateKind.SUM, column.name)
        elif _FLOAT.match(column.type):
            yield Aggregate(AggregateKind.FLOAT_SUM, column.name)
        elif _TEXT.match(column.type):
            yield Aggregate(AggregateKind.LENGTH, column.name)


def sums_of(table: TableSpec) -> tuple[Aggregate, ...]:
    """The cheapest that show an overwritten value: sums and times. Texts cost most to read."""
    sums = (AggregateKind.SUM, AggregateKind.FLOAT_SUM)
    return (*(a for a in _of_columns(table) if a.kind in sums), *times_of(table))


def times_of(table: TableSpec) -> tuple[Aggregate, ...]:
    """The first and the last time of each window; nothing of a relational table."""
    if table.time_column is None:
        return ()
    kinds = (AggregateKind.MIN, AggregateKind.MAX)
    return tuple(Aggregate(kind, table.time_column) for kind in kinds)


def rounded_columns(table: TableSpec, aggregates: Iterable[Aggregate]) -> tuple[str, ...]:
    """Those whose sums may be rounded: floats, and integers whose sum may pass 64 bits, which the
    time-series engine then adds up as floats (KWDB's public source, ``SumAggregate``)."""
    wide = {c.name for c in table.columns if _WIDE.match(c.type) and table.time_column is not None}
    return tuple(
        a.column
        for a in aggregates
        if a.kind is AggregateKind.FLOAT_SUM or (a.kind is AggregateKind.SUM and a.column in wide)
    )


def window_aggregates(
    database: str,
    table: TableName,
    aggregates: Sequence[Aggregate],
    *,
    time_column: str | None = None,
    width: str = "",
    timestamp: str | None = None,
    since: str = "",
    before: str = "",
    until: str | None = None,
) -> str:
    """Rows and aggregates of each window that holds any, in order of time (recording 17).

    Without a ``width`` the whole table is one window, and the answer has no time before the count.
    ``until`` bounds the time column, inclusive; so does ``since``, and ``before`` exclusive.
    """
    values = ", ".join(("count(*)", *(_expression(a) for a in aggregates)))
    bounds = within(time_column, since, before, until)
    source = f"{table_name(database, table)}{as_of(timestamp)}{bounds}"
    if not width or time_column is None:
        return f"SELECT {values} FROM {source}"
    bucket = f"time_bucket({identifier(time_column)}, {literal(width)})"
    return f"SELECT {bucket} AS w, {values} FROM {source} GROUP BY w ORDER BY w"


def extremes(
    database: str,
    table: TableName,
    columns: Sequence[str],
    *,
    time_column: str | None = None,
    timestamp: str | None = None,
    until: str | None = None,
) -> str:
    """The least and the greatest value of each column, one behind the other."""
    values = ", ".join(f"min({identifier(c)}), max({identifier(c)})" for c in columns)
    source = f"{table_name(database, table)}{as_of(timestamp)}{within(time_column, until=until)}"
    return f"SELECT {values} FROM {source}"


def key_at(
    database: str, table: TableName, key: str, *, timestamp: str | None, since: str, offset: int
) -> str:
    """The key that stands ``offset`` rows behind; ``since`` is a clause of `Part`, or empty."""
    name = identifier(key)
    source = f"{table_name(database, table)}{as_of(timestamp)}{since}"
    return f"SELECT {name} FROM {source} ORDER BY {name} LIMIT 1 OFFSET {int(offset)}"


def count_part(database: str, table: TableName, where: str, timestamp: str | None = None) -> str:
    """``where`` is the clause of a `Part`."""
    return f"SELECT count(*) FROM {table_name(database, table)}{as_of(timestamp)}{where}"


def numbered_checksum(number: int, database: str, table: TableName, columns: Sequence[str]) -> str:
    """The content checksum of a whole table, as a part of `checksums_together`."""
    hashes = f"SELECT {row_hash(table, columns)} AS h FROM {table_name(database, table)}"
    return (
        f"SELECT {number} AS n, count(*) AS c, xor_agg(h) AS x, sum(h::DECIMAL) AS s "
        f"FROM ({hashes})"
    )


def checksums_together(parts: Sequence[str], timestamp: str | None = None) -> str:
    """Of `numbered_checksum`, at one instant: it may stand at the outermost FROM alone."""
    return f"SELECT n, c, x, s FROM ({together(parts)}){as_of(timestamp)}"


def numbered_rows(number: int, database: str, table: TableName) -> str:
    """The rows of a table, as a part of `counts_together`."""
    return f"SELECT {number} AS n, count(*) AS c FROM {table_name(database, table)}"


def counts_together(parts: Sequence[str], timestamp: str) -> str:
    """Of `numbered_rows`, at one instant, as `checksums_together`."""
    return f"SELECT n, c FROM ({together(parts)}){as_of(timestamp)}"


def _expression(aggregate: Aggregate) -> str:
    name = identifier(aggregate.column)
    match aggregate.kind:
        case AggregateKind.FLOAT_SUM:
            return f"sum({name})"
        case AggregateKind.LENGTH:
            return f"sum(length({name}))"
        case kind:
            return f"{kind}({name})"
