"""The tables and rows that a speed probe exports and imports again.

Both tables are alike and have plain types only, as in recordings 02 and 17.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256

from kwtui.model.schema import Engine, TableName
from kwtui.sql.quoting import identifier
from kwtui.sql.statements import insert_rows

SOURCE, TARGET = TableName("public", "source"), TableName("public", "target")
_COLUMNS = (("ts", "TIMESTAMPTZ"), ("value", "FLOAT8"), ("note", "VARCHAR"), ("id", "INT4"))
COLUMNS = tuple(name for name, _ in _COLUMNS)
ROWS_AT_ONCE = 500
_DEVICES = 10


def create_table(engine: Engine, table: TableName) -> str:
    """In the current database."""
    begin = f"CREATE TABLE {identifier(table.name)} (ts TIMESTAMPTZ NOT NULL, value FLOAT8,"
    if engine is Engine.TIME_SERIES:
        return f"{begin} note VARCHAR(200)) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)"
    return f"{begin} note VARCHAR(200), id INT4 NOT NULL, PRIMARY KEY (ts, id))"


def inserts(database: str, rows: int, since: datetime) -> Iterator[str]:
    """Statements that fill the source with about 240 bytes a row, as CSV; a row a second."""
    for first in range(0, rows, ROWS_AT_ONCE):
        batch = range(first, min(rows, first + ROWS_AT_ONCE))
        yield insert_rows(database, SOURCE, _COLUMNS, [_row(n, since) for n in batch])


def _row(number: int, since: datetime) -> tuple[str, ...]:
    """Text that hardly compresses: else the disk would look faster than it is."""
    text = sha256(str(number).encode()).hexdigest()
    at = since + timedelta(seconds=number)
    value, device = number * 0.25, number % _DEVICES
    return f"{at:%Y-%m-%d %H:%M:%S}+00:00", f"{value}", text * 3, f"{device}"
