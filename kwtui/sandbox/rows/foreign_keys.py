"""Foreign keys: rows must have a parent, and what happens to them when it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.dependencies import referencing
from kwtui.sandbox.catalog.objects import ColumnDef, ForeignKeyDef, Relation
from kwtui.sandbox.query.sources import column_name, table_name
from kwtui.sandbox.rows.touched import touch

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session
    from kwtui.sandbox.rows.staging import Staged


def _columns(relation: Relation, names: list[str]) -> list[ColumnDef]:
    by_name = {column.name: column for column in relation.columns}
    return [by_name[name] for name in names]


def orphan_sql(
    child: Relation, key: ForeignKeyDef, parent: Relation, rows: str, *, own_rows: bool = False
) -> str:
    """A query for the rows of ``rows`` that have no parent: all their columns.

    ``own_rows`` lets rows of NEW be parents too, for a table that refers to itself.
    """
    mine = [column_name(c) for c in _columns(child, key.columns)]
    theirs = [column_name(c) for c in _columns(parent, key.target_columns)]
    filled = " AND ".join(f"n.{name} IS NOT NULL" for name in mine)
    equal = " AND ".join(f"p.{a} = n.{b}" for a, b in zip(theirs, mine, strict=True))
    listed = ", ".join(theirs)
    parents = f"SELECT {listed} FROM {table_name(parent)}"
    if own_rows:
        parents += f" UNION ALL SELECT {listed} FROM kw_new"
    known = f"SELECT 1 FROM ({parents}) p WHERE {equal}"
    return f"SELECT * FROM {rows} n WHERE {filled} AND NOT EXISTS ({known})"


def check_references(staged: Staged) -> None:
    """Raises SqlError (23503) if a staged row has no parent."""
    catalog = staged.session.engine.catalog
    for key in staged.relation.foreign_keys:
        if not staged.touches(key.columns):
            continue
        parent = catalog.relations[key.target_id]
        itself = parent.id == staged.relation.id
        sql = orphan_sql(staged.relation, key, parent, "kw_new", own_rows=itself)
        names = ", ".join(column_name(c) for c in _columns(staged.relation, key.columns))
        found = staged.one(f"SELECT {names} FROM ({sql}) LIMIT 1")
        if found is not None:
            verb = "update" if staged.update else "insert"
            raise SqlError(
                f'{verb} on table "{staged.relation.name}" violates foreign key constraint'
                f' "{key.name}"',
                "23503",
                detail=f"Key ({', '.join(key.columns)})=({', '.join(map(_shown, found))}) is not"
                f' present in table "{parent.name}".',
            )


def _shown(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def check_orphans(
    cursor: duckdb.DuckDBPyConnection, child: Relation, key: ForeignKeyDef, parent: Relation
) -> None:
    """Raises SqlError (23503) if a stored row has no parent: VALIDATE CONSTRAINT (recording 06)."""
    primary = [name for name, _ in child.primary.columns] if child.primary else []
    shown = [*key.columns, *(name for name in primary if name not in key.columns)]
    names = ", ".join(column_name(c) for c in _columns(child, shown))
    sql = orphan_sql(child, key, parent, table_name(child))
    found = cursor.execute(f"SELECT {names} FROM ({sql}) LIMIT 1").fetchone()
    if found is not None:
        row = ", ".join(f"{n}={_shown(v)}" for n, v in zip(shown, found, strict=True))
        raise SqlError(
            f'foreign key violation: "{child.name}" row {row} has no match in "{parent.name}"',
            "23503",
        )


def parents_leave(
    session: Session, cursor: duckdb.DuckDBPyConnection, parent: Relation, gone: str, verb: str
) -> None:
    """Acts on the children of parent rows that are deleted or whose key changes.

    ``gone`` is a temporary table with those rows as they were. Raises SqlError (23503).
    """
    for child in [parent, *referencing(session.engine.catalog, parent)]:
        for key in child.foreign_keys:
            if key.target_id == parent.id:
                _one_key(session, cursor, parent, child, key, gone, verb)


def _one_key(
    session: Session,
    cursor: duckdb.DuckDBPyConnection,
    parent: Relation,
    child: Relation,
    key: ForeignKeyDef,
    gone: str,
    verb: str,
) -> None:
    mine = [column_name(c) for c in _columns(child, key.columns)]
    theirs = [column_name(c) for c in _columns(parent, key.target_columns)]
    equal = " AND ".join(f"g.{a} = c.{b}" for a, b in zip(theirs, mine, strict=True))
    table = table_name(child)
    touched = f"SELECT c.rowid FROM {table} c JOIN {gone} g ON {equal}"
    if child.id == parent.id:
        touched += f" WHERE c.rowid NOT IN (SELECT kw_row_id FROM {gone})"
    rows = [row[0] for row in cursor.execute(touched).fetchall()]
    if not rows:
        return
    action = key.on_delete if verb == "delete" else key.on_update
    if action == "CASCADE" and verb == "delete":
        delete_rows(session, cursor, child, rows)
    elif action in ("SET NULL", "SET DEFAULT"):
        _set(session, cursor, child, key, rows, action)
    else:
        found = cursor.execute(
            f"SELECT {', '.join(mine)} FROM {table} WHERE rowid = ?", [rows[0]]
        ).fetchone()
        raise SqlError(
            f'{verb} on table "{parent.name}" violates foreign key constraint "{key.name}" on'
            f' table "{child.name}"',
            "23503",
            detail=f"Key ({', '.join(key.target_columns)})=("
            f"{', '.join(map(_shown, found or ()))}) is still referenced from table"
            f' "{child.name}".',
        )


def _set(
    session: Session,
    cursor: duckdb.DuckDBPyConnection,
    child: Relation,
    key: ForeignKeyDef,
    rows: list[int],
    action: str,
) -> None:
    from kwtui.sandbox.rows.staging import expression_sql

    pieces = []
    for column in _columns(child, key.columns):
        default = column.default if action == "SET DEFAULT" else None
        value = (
            "NULL"
            if default is None
            else expression_sql(session, child, default, table_name(child), column.type)
        )
        if value == "NULL" and not column.nullable:
            message = f'null value in column "{column.name}" violates not-null constraint'
            raise SqlError(message, "23502")
        pieces.append(f"{column_name(column)} = {value}")
    touch(session.engine, cursor, child, table_name(child), rows)
    cursor.execute(
        f"UPDATE {table_name(child)} SET {', '.join(pieces)}"
        " WHERE rowid IN (SELECT unnest(?::BIGINT[]))",
        [rows],
    )


def delete_rows(
    session: Session, cursor: duckdb.DuckDBPyConnection, relation: Relation, rows: list[int]
) -> None:
    """Deletes rows by DuckDB's numbers, and acts on their children."""
    table = table_name(relation)
    gone = f"kw_gone_{relation.id}"
    if any(
        k.target_id == relation.id
        for r in [relation, *referencing(session.engine.catalog, relation)]
        for k in r.foreign_keys
    ):
        cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE {gone} AS SELECT rowid AS kw_row_id, * FROM {table}"
            " WHERE rowid IN (SELECT unnest(?::BIGINT[]))",
            [rows],
        )
        parents_leave(session, cursor, relation, gone, "delete")
    touch(session.engine, cursor, relation, table, rows)
    cursor.execute(f"DELETE FROM {table} WHERE rowid IN (SELECT unnest(?::BIGINT[]))", [rows])
