"""Loads what a query reads: tables, views, sequences, virtual tables and ``[SHOW …]``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from kwtui.sandbox.answers.answer import Column, Row
from kwtui.sandbox.catalog.grants import require
from kwtui.sandbox.catalog.lookup import VIRTUAL_SCHEMAS, locate, lookup, missing_relation
from kwtui.sandbox.catalog.objects import Catalog, ColumnDef, Relation, RelationKind
from kwtui.sandbox.engine.clock import timestamp_text
from kwtui.sandbox.language.lexer import split_statements
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.needed import ALL, Needed
from kwtui.sandbox.query.prepare import Prepared, prepare
from kwtui.sandbox.query.scopes import SourceColumn
from kwtui.sandbox.values import values
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import base_family, storage_type, type_of_oid

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session
    from kwtui.sandbox.query.scopes import Output

ROW_ID = "kw_row_id"
"""DuckDB's own number of a row, for statements that change rows."""
_TEXT = SqlType("STRING")
"""What the columns of most virtual tables are: a text of any length, kept as it is."""
_CAST_AS_PRINTED = frozenset({"INT8", "INT4", "INT2", "BOOL"})
"""Types whose texts DuckDB reads as the node prints them."""
ViewReader = Callable[[Prepared, str], "tuple[str, list[Output]]"]
Texts = dict[str, list[str | None]]
"""Columns of texts, by the name of the parameter that stands for each in a query."""


@dataclass
class Loaded:
    """A table that a query reads: DuckDB SQL for its rows, and its columns."""

    sql: str
    columns: list[SourceColumn]
    relation: Relation | None = None
    """Set for a stored table."""


class Sources:
    """What one statement reads, in one state of the data."""

    def __init__(
        self,
        session: Session,
        cursor: duckdb.DuckDBPyConnection,
        catalog: Catalog,
        statements: Sequence[str],
        as_of: int | None = None,
        *,
        row_ids: bool = False,
        devices: bool = False,
        texts: Texts | None = None,
    ) -> None:
        """``row_ids`` gives every stored table a hidden column ROW_ID.

        ``devices`` reads the devices of a time-series table in place of its rows. ``texts`` takes
        the rows that no table of DuckDB holds: the query is then run with them as its parameters,
        which takes half the work of the temporary tables that they are put in without it.
        """
        self._texts = texts
        self._row_ids = row_ids
        self._devices = devices
        self._session = session
        self._cursor = cursor
        self._catalog = catalog
        self._statements = statements
        self._as_of = as_of
        self._made = 0
        self._databases = [session.database]
        self.read_time_series = False
        """Whether a time-series table was read."""

    @staticmethod
    def tables_in_order(tree: exp.Expr) -> list[exp.Table]:
        """The tables that a query names."""
        return list(tree.find_all(exp.Table))

    def load(
        self,
        parts: list[str],
        view: ViewReader,
        *,
        devices: bool = False,
        needed: Needed = ALL,
    ) -> Loaded:
        """The table behind a name; of a time series its ``devices`` alone, if so asked.

        Of a virtual table only what is ``needed`` is filled in.

        Raises SqlError (42P01, 42501, …).
        """
        if len(parts) == 1 and parts[0].startswith("kws_"):
            return self._statement(self._statements[int(parts[0][4:])])
        current = self._databases[-1]
        database, schema, name = locate(self._catalog, current, parts)
        if schema in VIRTUAL_SCHEMAS or database == "system":
            from kwtui.sandbox.query import virtual_tables

            explicit = database if len(parts) == 3 else self._session.database
            rows = virtual_tables.load(self._session, explicit, schema, name)
            return self._given(rows.columns, rows.rows, needed)
        relation = self._catalog.find(database, schema, name)
        if relation is None or relation.offline or self._too_young(relation):
            raise missing_relation(parts)
        require(self._catalog, self._session.user, relation, "SELECT")
        if relation.kind is RelationKind.TIME_SERIES and (devices or self._devices):
            return self.devices(relation)
        return self.stored(relation, view)

    def series(self, parts: list[str]) -> Relation | None:
        """The time-series table that a name means; None if it means anything else."""
        relation = lookup(self._catalog, self._databases[-1], parts)
        found = relation is not None and relation.kind is RelationKind.TIME_SERIES
        return relation if found else None

    def _too_young(self, relation: Relation) -> bool:
        return self._as_of is not None and relation.created_at > self._as_of

    def stored(self, relation: Relation, view: ViewReader | None = None) -> Loaded:
        """The rows of a relation."""
        if relation.kind is RelationKind.SEQUENCE:
            return _sequence(relation)
        if relation.kind is RelationKind.VIEW and view is not None:
            return self._view(relation, view)
        if relation.kind is RelationKind.TIME_SERIES:
            self.read_time_series = True
        columns = [SourceColumn(c.name, c.type, c.hidden) for c in relation.columns]
        sql = stored_sql(relation, self._now())
        if self._row_ids:
            columns.append(SourceColumn(ROW_ID, SqlType("INT8"), hidden=True))
            sql = sql.replace("SELECT ", f"SELECT rowid AS {ROW_ID}, ", 1)
        return Loaded(sql, columns, relation)

    def devices(self, relation: Relation) -> Loaded:
        """The tags of a time series, one row for each device, whether or not it has readings."""
        tags = [c for c in relation.columns if c.is_tag]
        listed = ", ".join(f"{column_name(c)} AS {_quote(c.name)}" for c in tags)
        columns = [SourceColumn(c.name, c.type) for c in tags]
        if self._row_ids:
            columns.append(SourceColumn(ROW_ID, SqlType("INT8"), hidden=True))
            listed = f"rowid AS {ROW_ID}, {listed}"
        return Loaded(f"SELECT {listed} FROM {devices_name(relation)}", columns)

    def _now(self) -> int:
        return self._session.statement_time()

    def _view(self, relation: Relation, view: ViewReader) -> Loaded:
        query = relation.view_query or ""
        self._databases.append(relation.database)
        try:
            sql, outputs = view(prepare(query, TokenStream(query).tokens), relation.database)
        finally:
            self._databases.pop()
        names = [c.name for c in relation.columns if not c.hidden]
        listed = ", ".join(_quote(name) for name in names)
        columns = [
            SourceColumn(c.name, o.type or c.type)
            for c, o in zip((c for c in relation.columns if not c.hidden), outputs, strict=True)
        ]
        return Loaded(f"SELECT * FROM ({sql}) AS v({listed})", columns)

    def _statement(self, text: str) -> Loaded:
        """``[SHOW …]``: the rows that the statement answers."""
        statement = split_statements(text)[0]
        answer = self._session.run(statement)
        return self._given(answer.columns or (), list(answer.rows))

    def _given(
        self, columns: Sequence[Column], rows: Sequence[Row], needed: Needed = ALL
    ) -> Loaded:
        """What of these rows is ``needed``."""
        rows = needed.rows(columns, rows)
        self._made += 1
        kinds = [type_of_oid(column.oid) for column in columns]
        made = [SourceColumn(c.name, kind) for c, kind in zip(columns, kinds, strict=True)]
        texts = _texts(columns, kinds, rows, needed.named)
        if self._texts is None:
            return Loaded(self._temporary(made, texts), made)
        listed = []
        for place, column in enumerate(made):
            kind = column.type or _TEXT
            value = f"NULL::{storage_type(kind)}"
            if place in texts:
                parameter = f"source_{self._made}_{place}"
                self._texts[parameter] = texts[place]
                value = unnest_sql(kind, f"${parameter}")
            listed.append(f"{value} AS {_quote(column.name)}")
        return Loaded(f"SELECT {', '.join(listed)}{'' if rows else ' WHERE false'}", made)

    def _temporary(self, columns: list[SourceColumn], texts: dict[int, list[str | None]]) -> str:
        """A query of a temporary table with these columns' texts, by their places."""
        kinds = [column.type or _TEXT for column in columns]
        definition = ", ".join(
            f"{_quote(c.name)} {storage_type(kind)}" for c, kind in zip(columns, kinds, strict=True)
        )
        name = f"kw_source_{self._session.session_id}_{self._made}"
        self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({definition})")
        if texts:
            names = ", ".join(_quote(columns[place].name) for place in texts)
            made = ", ".join(unnest_sql(kinds[place]) for place in texts)
            self._cursor.execute(
                f"INSERT INTO {name} ({names}) SELECT {made}", list(texts.values())
            )
        return f"SELECT * FROM {name}"

    def order_of(self, relation: Relation | None) -> list[tuple[str, bool]]:
        """The columns whose order the rows come in without ORDER BY, and whether descending."""
        if relation is None:
            return []
        if relation.kind is RelationKind.TIME_SERIES:
            tags = [c.name for c in relation.columns if c.is_primary_tag]
            return [(name, False) for name in [*tags, relation.columns[0].name]]
        primary = relation.primary
        return [(n, d.upper() == "DESC") for n, d in primary.columns] if primary else []


def _texts(
    columns: Sequence[Column],
    kinds: Sequence[SqlType],
    rows: Sequence[Row],
    named: frozenset[str] | None,
) -> dict[int, list[str | None]]:
    """The columns' texts, by their places; at least one column's, if there are rows.

    Columns without a value are left out, and those that are not ``named``.
    """
    found = {
        place: _stored(kind, [row[place] for row in rows])
        for place, (column, kind) in enumerate(zip(columns, kinds, strict=True))
        if (named is None or column.name.lower() in named)
        and any(row[place] is not None for row in rows)
    }
    return found or ({0: [None] * len(rows)} if rows else {})


def _stored(kind: SqlType, texts: Sequence[str | None]) -> list[str | None]:
    """Texts as the node prints them, as DuckDB casts them to the column's storage type."""
    if kind == _TEXT or (base_family(kind) in _CAST_AS_PRINTED and not kind.array):
        return list(texts)
    return [
        None if text is None else values.storage_text(kind, values.parse(kind, text))
        for text in texts
    ]


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def table_name(relation: Relation) -> str:
    """The DuckDB table that holds a relation's rows."""
    return f"t{relation.id}"


def devices_name(relation: Relation) -> str:
    """The DuckDB table that holds the tags of a time-series table's devices."""
    return f"d{relation.id}"


def column_name(column: ColumnDef) -> str:
    """The DuckDB column that holds a column's values."""
    return f"c{column.id}"


def stored_sql(relation: Relation, now: int) -> str:
    """The rows of a stored relation under their own names. Rows past their retention are not there.

    ``now`` is in nanoseconds.
    """
    listed = ", ".join(f"{column_name(c)} AS {_quote(c.name)}" for c in relation.columns)
    sql = f"SELECT {listed} FROM {table_name(relation)}"
    if relation.kind is RelationKind.TIME_SERIES and relation.retention_seconds:
        oldest = timestamp_text(max(now - relation.retention_seconds * 1_000_000_000, 0))
        time_column = column_name(relation.columns[0])
        sql += f" WHERE {time_column} >= TIMESTAMP '{oldest}'"
    return sql


def _sequence(relation: Relation) -> Loaded:
    definition = relation.sequence
    assert definition is not None  # noqa: S101  # for the type checker
    value = definition.last_value
    if value is None:
        # A sequence that was never used stands one step before its start, and counts as called.
        value = definition.start - definition.increment
    sql = f"SELECT {value}::BIGINT AS last_value, 0::BIGINT AS log_cnt, true AS is_called"
    int8, boolean = SqlType("INT8"), SqlType("BOOL")
    columns = [("last_value", int8), ("log_cnt", int8), ("is_called", boolean)]
    return Loaded(sql, [SourceColumn(n, t) for n, t in columns])


def fill(
    cursor: duckdb.DuckDBPyConnection, table: str, kinds: Sequence[SqlType], rows: Sequence[Any]
) -> None:
    """Appends rows of values (see ``values``) to a DuckDB table with columns of these types."""
    columns = [
        [values.storage_text(kind, row[index]) for row in rows] for index, kind in enumerate(kinds)
    ]
    made = ", ".join(unnest_sql(kind) for kind in kinds)
    cursor.execute(f"INSERT INTO {table} SELECT {made}", columns)


def unnest_sql(kind: SqlType, parameter: str = "?") -> str:
    """One column of ``fill``: a parameter with all its texts, taken apart and cast."""
    stored = storage_type(kind)
    each = f"unnest({parameter}::VARCHAR[])"
    if kind.array:
        return f"from_json({each}, '[\"{stored.removesuffix('[]')}\"]')"
    if stored == "BLOB":
        return f"unhex({each})"
    return each if stored == "VARCHAR" else f"CAST({each} AS {stored})"
