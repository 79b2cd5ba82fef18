"""New and changed rows: staged in a temporary table, completed, checked, then stored.

Messages are those of the node's optimizer-driven checks (SQLSTATE class 23).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import ColumnDef, Relation
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.conversions import constant, convert
from kwtui.sandbox.query.expressions import Expressions
from kwtui.sandbox.query.functions import DUCKDB
from kwtui.sandbox.query.prepare import only_now, prepare
from kwtui.sandbox.query.scopes import Scope, Source, SourceColumn
from kwtui.sandbox.query.sources import column_name, fill
from kwtui.sandbox.values import values
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.text_style import style_of
from kwtui.sandbox.values.types import storage_type

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session


NEW = "kw_new"
"""The temporary table with the rows that are to be stored, under the stored columns' names."""


@dataclass
class Staged:
    """Rows in the table NEW on their way into a relation."""

    session: Session
    cursor: duckdb.DuckDBPyConnection
    relation: Relation
    changed: set[str] = field(default_factory=set)
    """For an UPDATE, the columns that it changes. Checks on others are left out."""
    update: bool = False

    def one(self, sql: str) -> tuple[Any, ...] | None:
        return self.cursor.execute(sql).fetchone()

    def touches(self, names: Sequence[str]) -> bool:
        return not self.update or bool(self.changed & set(names))


def stage_values(
    session: Session,
    cursor: duckdb.DuckDBPyConnection,
    relation: Relation,
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> Staged:
    """Stages rows of values for the named columns; the other columns take their defaults."""
    by_name = {column.name: column for column in relation.columns}
    given = [by_name[name] for name in names]
    made = [c for c in relation.columns if c.name not in set(names) and _is_counted(c)]
    if made:
        counted = [counted_default(session, relation, column, len(rows)) for column in made]
        rows = [[*row, *extra] for row, extra in zip(rows, zip(*counted, strict=True), strict=True)]
        given += made
    definition = ", ".join(f"{column_name(c)} {storage_type(c.type)}" for c in given)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE kw_given ({definition or 'nothing BOOLEAN'})")
    if given:
        fill(cursor, "kw_given", [c.type for c in given], rows)
    else:
        cursor.execute(f"INSERT INTO kw_given SELECT NULL FROM range({len(rows)})")
    _complete(session, cursor, relation, "kw_given", given)
    return Staged(session, cursor, relation)


def stage_query(
    session: Session,
    cursor: duckdb.DuckDBPyConnection,
    relation: Relation,
    given: list[ColumnDef],
    sql: str,
) -> Staged:
    """Stages the rows of a DuckDB query whose columns have the stored columns' names."""
    made = [c for c in relation.columns if c not in given and _is_counted(c)]
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE kw_asked AS {sql}")
    counted = cursor.execute("SELECT count(*) FROM kw_asked").fetchone()
    number = counted[0] if counted else 0
    if made and number:
        rows = list(
            zip(*(counted_default(session, relation, c, number) for c in made), strict=True)
        )
        definition = ", ".join(f"{column_name(c)} BIGINT" for c in made)
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE kw_counted ({definition})")
        fill(cursor, "kw_counted", [SqlType("INT8") for _ in made], rows)
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE kw_given AS SELECT * FROM kw_asked"
            " POSITIONAL JOIN kw_counted"
        )
    else:
        extra = "".join(f", NULL::BIGINT AS {column_name(c)}" for c in made)
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE kw_given AS SELECT *{extra} FROM kw_asked")
    _complete(session, cursor, relation, "kw_given", given + made)
    return Staged(session, cursor, relation)


def _is_counted(column: ColumnDef) -> bool:
    """Whether the default is a new number for each row."""
    default = column.default or ""
    return default.startswith("nextval(") or default.startswith("unique_rowid(")


def counted_default(
    session: Session, relation: Relation, column: ColumnDef, count: int
) -> list[int]:
    """Fresh numbers for a column whose default is nextval() or unique_rowid()."""
    from kwtui.sandbox.catalog.dependencies import sequence_in_default
    from kwtui.sandbox.query.session_functions import next_value, unique_row_id

    if (column.default or "").startswith("unique_rowid("):
        return [unique_row_id(session) for _ in range(count)]
    sequence = sequence_in_default(session.engine.catalog, relation, column.default)
    if sequence is None:
        raise SqlError(f"the sequence of column {column.name} does not exist", "42P01")
    return next_value(session, sequence, count)


def expression_sql(
    session: Session, relation: Relation, text: str, alias: str, target: SqlType | None = None
) -> str:
    """DuckDB SQL of an expression of the catalogue; columns are read from ``alias``."""
    prepared = only_now(prepare(text, TokenStream(text).tokens), in_query=False)
    tree = _with_stored_names(prepared.tree, relation, alias)
    columns = [SourceColumn(column_name(c), c.type) for c in relation.columns]
    scope = Scope(sources=[Source(alias, columns)])
    expressions = Expressions(session, prepared.types, _no_subquery)
    node, kind = expressions.translate(tree, scope)
    if target is not None:
        if node.is_string:
            return _constant_sql(session, target, node.name)
        node = convert(node, kind, target, style_of(session.variables))
    return node.sql(DUCKDB)


def _with_stored_names(tree: exp.Expr, relation: Relation, alias: str) -> exp.Expr:
    """The expression with the names of the stored columns, before anything is made text of it."""
    stored = {c.name: column_name(c) for c in relation.columns}

    def renamed(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in stored:
            return exp.column(stored[node.name], alias)
        return node

    return tree.transform(renamed)


def _constant_sql(session: Session, target: SqlType, content: str) -> str:
    zone = session.variables.get("timezone")
    return constant(target, values.parse(target, content, zone)).sql(DUCKDB)


def _no_subquery(node: Any, scope: Any) -> Any:
    raise SqlError("subqueries are not allowed here", "0A000")


def _complete(
    session: Session,
    cursor: duckdb.DuckDBPyConnection,
    relation: Relation,
    given_table: str,
    given: list[ColumnDef],
) -> None:
    """Makes NEW from what was given: adds defaults, then computed columns."""
    known = {column.name for column in given}
    pieces = []
    for column in relation.columns:
        name = column_name(column)
        stored = storage_type(column.type)
        if column.name in known:
            pieces.append(f"g.{name}")
        elif column.default is None or column.computed is not None:
            pieces.append(f"CAST(NULL AS {stored}) AS {name}")
        else:
            default = expression_sql(session, relation, column.default, "g", column.type)
            pieces.append(f"CAST({default} AS {stored}) AS {name}")
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE {NEW} AS SELECT {', '.join(pieces)} FROM {given_table} g"
    )
    compute(session, cursor, relation)


def compute(session: Session, cursor: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    """Fills the computed columns of NEW."""
    for column in relation.columns:
        if column.computed is not None:
            sql = expression_sql(session, relation, column.computed, NEW, column.type)
            stored = storage_type(column.type)
            cursor.execute(f"UPDATE {NEW} SET {column_name(column)} = CAST({sql} AS {stored})")
