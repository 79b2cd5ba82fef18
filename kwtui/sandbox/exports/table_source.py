"""Reading the rows of a table for an export, at one instant, a batch at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kwtui.sandbox.catalog.objects import Catalog, Relation, RelationKind
from kwtui.sandbox.catalog.store import from_json
from kwtui.sandbox.catalog.system_tables import SYSTEM
from kwtui.sandbox.exports.run import Source
from kwtui.sandbox.query.query import scan
from kwtui.sandbox.query.render import value_sql
from kwtui.sandbox.query.sources import stored_sql
from kwtui.sandbox.values.types import storage_type

if TYPE_CHECKING:
    import duckdb

    from kwtui.sandbox.engine.session import Session

_BATCH_ROWS = 2000


@contextmanager
def frozen(session: Session) -> Iterator[tuple[duckdb.DuckDBPyConnection, Catalog]]:
    """A cursor whose reads all see one instant, and the catalogue of that instant."""
    cursor = session.engine.cursor()
    cursor.execute("BEGIN TRANSACTION")
    try:
        stored = cursor.execute("SELECT document FROM kw_catalog").fetchone()
        yield cursor, from_json(stored[0]) if stored else session.engine.catalog
    finally:
        cursor.close()


def table_source(session: Session, cursor: duckdb.DuckDBPyConnection, relation: Relation) -> Source:
    """The visible columns of a table and its rows, in the order of its key."""
    if relation.database == SYSTEM:
        outputs, rows = scan(session, f"SELECT * FROM system.public.{_quote(relation.name)}")
        return Source(outputs, passed_on(rows))
    columns = [column for column in relation.columns if not column.hidden]
    shown = ", ".join(
        value_sql(_quote(column.name), column.type, storage_type(column.type)) for column in columns
    )
    stored = stored_sql(relation, session.statement_time())
    order = ", ".join(_order(relation)) or "1"
    sql = f"SELECT {shown} FROM ({stored}) ORDER BY {order}"
    return Source([(c.name, c.type) for c in columns], _rows(session, cursor, sql))


def _order(relation: Relation) -> list[str]:
    if relation.kind is RelationKind.TIME_SERIES:
        tags = [column.name for column in relation.columns if column.is_primary_tag]
        return [_quote(name) for name in (*tags, relation.columns[0].name)]
    primary = relation.primary
    return [f"{_quote(name)} {way}" for name, way in primary.columns] if primary else []


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def passed_on(rows: Iterator[tuple[Any, ...]]) -> Generator[Sequence[Any]]:
    """The rows of a query; closing them gives back what the query reads from."""
    try:
        yield from rows
    finally:
        if isinstance(rows, Generator):
            rows.close()


def _rows(
    session: Session, cursor: duckdb.DuckDBPyConnection, sql: str
) -> Generator[Sequence[Any]]:
    try:
        session.executing(cursor)
        cursor.execute(sql)
        while batch := cursor.fetchmany(_BATCH_ROWS):
            session.check_interrupt()
            yield from batch
    finally:
        session.executed(cursor)
