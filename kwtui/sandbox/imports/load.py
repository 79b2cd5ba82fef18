"""Putting imported rows into storage: one transaction for all of them, a batch at a time.

An import checks neither foreign keys nor CHECK constraints (live-findings, row 18); duplicate keys
it refuses in relational tables, and lets the last row win in time-series tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import ColumnDef, Relation
from kwtui.sandbox.imports.rows import Stored
from kwtui.sandbox.query.session_functions import unique_row_id
from kwtui.sandbox.query.sources import column_name, table_name, unnest_sql
from kwtui.sandbox.rows.staging import expression_sql
from kwtui.sandbox.values.types import storage_type

if TYPE_CHECKING:
    import duckdb

    from kwtui.sandbox.engine.session import Session

BATCH_ROWS = 2000


@contextmanager
def data_transaction(session: Session) -> Iterator[duckdb.DuckDBPyConnection]:
    """A transaction for rows alone. The engine is locked only while it is kept, not while it grows.

    The catalogue is no part of it.
    """
    engine = session.engine
    cursor = engine.cursor()
    try:
        session.executing(cursor)
        cursor.execute("BEGIN TRANSACTION")
        yield cursor
        with engine.lock:
            engine.snapshots.before_write()
            cursor.execute("COMMIT")
            engine.snapshots.committed()
    finally:
        session.executed(cursor)
        # Closing a cursor whose transaction is open rolls it back.
        cursor.close()


def append_rows(
    session: Session,
    cursor: duckdb.DuckDBPyConnection,
    relation: Relation,
    columns: Sequence[ColumnDef],
    rows: Iterable[Stored],
    between: Callable[[], None],
) -> int:
    """Append rows of storage texts for ``columns`` to a relation; returns their number.

    Columns that are not given are NULL, a hidden row id gets its value. ``between`` is called
    after every batch and may raise to stop.
    """
    hidden = [column for column in relation.columns if column.hidden and not column.computed]
    filled = [*columns, *hidden]
    names = ", ".join(map(column_name, filled))
    made = ", ".join(unnest_sql(column.type) for column in filled)
    sql = f"INSERT INTO {table_name(relation)} ({names}) SELECT {made}"
    count = 0
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH_ROWS)):
        parameters: list[list[str | None]] = [list(texts) for texts in zip(*batch, strict=True)]
        parameters += [[str(unique_row_id(session)) for _ in batch] for _ in hidden]
        cursor.execute(sql, parameters)
        count += len(batch)
        between()
    return count


def fill_computed(
    session: Session,
    cursor: duckdb.DuckDBPyConnection,
    relation: Relation,
    given: Sequence[ColumnDef],
) -> None:
    """Compute the columns that the files did not hold."""
    table, known = table_name(relation), {column.id for column in given}
    for column in relation.columns:
        if column.computed is not None and column.id not in known:
            name, stored = column_name(column), storage_type(column.type)
            sql = expression_sql(session, relation, column.computed, table, column.type)
            cursor.execute(
                f"UPDATE {table} SET {name} = CAST({sql} AS {stored}) WHERE {name} IS NULL"
            )


def refuse_duplicates(
    cursor: duckdb.DuckDBPyConnection, relation: Relation, *, was_empty: bool
) -> None:
    """Raise if two rows have the same primary or unique key (facts.md, 2.3)."""
    ids = {column.name: column_name(column) for column in relation.columns}
    hidden = {column.name for column in relation.columns if column.hidden}
    for index in (relation.primary, *relation.indexes):
        if index is None or not index.unique:
            continue
        names = [name for name, _ in index.columns]
        if hidden.issuperset(names):
            continue
        keys = ", ".join(ids[name] for name in names)
        known = " AND ".join(f"{ids[name]} IS NOT NULL" for name in names)
        sql = (
            f"SELECT 1 FROM {table_name(relation)} WHERE {known} "
            f"GROUP BY {keys} HAVING count(*) > 1 LIMIT 1"
        )
        if cursor.execute(sql).fetchone() is not None:
            if not was_empty:
                raise SqlError("ingested key collides with an existing one")
            where = "primary index" if index is relation.primary else "index"
            raise SqlError(f"duplicate key in {where}")


def let_the_last_row_win(cursor: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    """Keep one row of each device and time: the one that came last (``ts.dedup.rule`` override)."""
    keys = [column_name(c) for c in relation.columns if c.is_primary_tag]
    keys.append(column_name(relation.columns[0]))
    table, listed = table_name(relation), ", ".join(keys)
    cursor.execute(
        f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} QUALIFY "
        f"row_number() OVER (PARTITION BY {listed} ORDER BY rowid DESC) > 1)"
    )


def is_empty(cursor: duckdb.DuckDBPyConnection, relation: Relation) -> bool:
    """Whether a relation has no row yet."""
    found = cursor.execute(f"SELECT 1 FROM {table_name(relation)} LIMIT 1").fetchone()
    return found is None
