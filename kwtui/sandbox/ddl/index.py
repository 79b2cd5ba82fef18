"""CREATE INDEX, DROP INDEX, ALTER INDEX."""

from __future__ import annotations

import duckdb

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.lookup import lookup
from kwtui.sandbox.catalog.objects import IndexDef, Relation, RelationKind
from kwtui.sandbox.ddl.interleave import interleave_index, interleaving
from kwtui.sandbox.ddl.parse import index_columns
from kwtui.sandbox.ddl.sharding import accept_buckets, check_allowed
from kwtui.sandbox.ddl.table import add_index, column_of
from kwtui.sandbox.ddl.table_spec import IndexSpec
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_table
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Statement
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.sources import column_name, table_name
from kwtui.sandbox.rows.staging import expression_sql
from kwtui.sandbox.values.types import storage_type


@handles("CREATE INDEX", "CREATE UNIQUE INDEX", "CREATE INVERTED INDEX")
def create(session: Session, statement: Statement) -> Answer:
    """``CREATE [UNIQUE | INVERTED] INDEX [name] ON t (columns) [STORING (…)]``."""
    stream = TokenStream.of(statement, "try \\h CREATE INDEX")
    stream.expect("create")
    unique, inverted = stream.accept("unique"), stream.accept("inverted")
    stream.expect("index")
    stream.accept("concurrently")
    if_not_exists = stream.accept("if", "not", "exists")
    name = None if stream.looking_at("on") else stream.expect_identifier()
    stream.expect("on")
    relation = find_table(session, stream.qualified_name())
    if stream.accept("using"):
        inverted = stream.expect_identifier() in ("gin", "inverted")
    spec = IndexSpec(index_columns(stream), name, unique=unique, inverted=inverted)
    spec.buckets = accept_buckets(stream)
    check_allowed(session, spec.buckets)
    if stream.accept_any("storing", "covering", "include"):
        spec.storing = stream.name_list()
    spec.interleaving = interleaving(stream)
    stream.expect_end()
    if if_not_exists and any(index.name == name for index in relation.indexes):
        return Answer("CREATE INDEX")
    if relation.kind is RelationKind.TIME_SERIES:
        _check_tags(relation, spec)
    with session.engine.change(session) as cursor:
        relation = session.engine.catalog.relations[relation.id]
        index = add_index(relation, spec)
        interleave_index(session, index, spec.interleaving)
        store_computed(session, cursor, relation)
        relation.version += 1
        if unique:
            check_unique_rows(cursor, relation, index)
    full = f"{relation.database}.{relation.schema}.{relation.name}"
    kind = "UNIQUE INDEX" if unique else "INDEX"
    columns = ", ".join(f"{n}" if d == "ASC" else f"{n} {d}" for n, d in index.keys)
    session.engine.announce(session, f"CREATE {kind} {index.name} ON {full} ({columns})")
    return Answer("CREATE INDEX")


def _check_tags(relation: Relation, spec: IndexSpec) -> None:
    """Only tags of a fixed width can be indexed in a time-series table (recording 13)."""
    for name, _ in spec.columns:
        column = column_of(relation, name)
        if not column.is_tag:
            raise SqlError(f"column {name} is not tag", "0A000")
        if column.type.family in ("VARCHAR", "VARBYTES"):
            raise SqlError(
                f'creating index on tag "{name}" with type varchar/varbytes is not supported in'
                " timeseries table",
                "0A000",
            )


def store_computed(session: Session, cursor: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    """Stores the computed columns that the catalogue got and the rows do not have yet."""
    table = table_name(relation)
    stored = {row[0] for row in cursor.execute(f"DESCRIBE {table}").fetchall()}
    for column in relation.columns:
        name, kind = column_name(column), storage_type(column.type)
        if column.computed is not None and name not in stored:
            cursor.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
            sql = expression_sql(session, relation, column.computed, table, column.type)
            cursor.execute(f"UPDATE {table} SET {name} = {sql}")


def check_unique_rows(cursor: object, relation: Relation, index: IndexDef) -> None:
    """Raises SqlError (23505) if stored rows break a unique index."""
    names = [column_name(column_of(relation, name)) for name, _ in index.columns]
    listed, filled = ", ".join(names), " AND ".join(f"{name} IS NOT NULL" for name in names)
    sql = (
        f"SELECT {listed} FROM {table_name(relation)} WHERE {filled} GROUP BY {listed}"
        " HAVING count(*) > 1 LIMIT 1"
    )
    found = cursor.execute(sql).fetchone()  # type: ignore[attr-defined]
    if found is not None:
        key = ",".join(f"'{v}'" if isinstance(v, str) else str(v) for v in found)
        shown = ",".join(name for name, _ in index.columns)
        raise SqlError(
            f'duplicate key value ({shown})=({key}) violates unique constraint "{index.name}"',
            "23505",
        )


def _locate(session: Session, stream: TokenStream) -> tuple[Relation | None, str]:
    """``table@index`` or ``index``."""
    parts = stream.qualified_name()
    if stream.accept("@"):
        return find_table(session, parts), stream.expect_identifier()
    catalog = session.engine.catalog
    for relation in catalog.relations_in(session.database):
        if any(index.name == parts[-1] for index in relation.indexes):
            return relation, parts[-1]
    return lookup(catalog, session.database, parts), parts[-1]


@handles("DROP INDEX")
def drop(session: Session, statement: Statement) -> Answer:
    """``DROP INDEX [IF EXISTS] [t@]i [CASCADE]``."""
    stream = TokenStream.of(statement, "try \\h DROP INDEX")
    stream.expect("drop", "index")
    stream.accept("concurrently")
    if_exists = stream.accept("if", "exists")
    relation, name = _locate(session, stream)
    cascade = stream.accept_any("cascade", "restrict") == "cascade"
    stream.expect_end()
    index = next((i for i in relation.indexes if i.name == name), None) if relation else None
    if relation is None or index is None:
        if if_exists:
            return Answer("DROP INDEX")
        raise SqlError(f'index "{name}" does not exist', "42704")
    if index.unique and not cascade:
        raise SqlError(
            f'index "{name}" is in use as unique constraint',
            "2BP01",
            hint="use CASCADE if you really want to drop it.",
        )
    with session.engine.change(session):
        relation = session.engine.catalog.relations[relation.id]
        relation.indexes = [i for i in relation.indexes if i.name != name]
        relation.version += 1
    return Answer("DROP INDEX")


@handles("ALTER INDEX")
def alter(session: Session, statement: Statement) -> Answer:
    """``ALTER INDEX [t@]i RENAME TO j``."""
    stream = TokenStream.of(statement, "try \\h ALTER INDEX")
    stream.expect("alter", "index")
    if_exists = stream.accept("if", "exists")
    relation, name = _locate(session, stream)
    stream.expect("rename", "to")
    target = stream.expect_identifier()
    stream.expect_end()
    if relation is None or not any(i.name == name for i in relation.indexes):
        if if_exists:
            return Answer("RENAME INDEX")
        raise SqlError(f'index "{name}" does not exist', "42704")
    if any(i.name == target for i in relation.indexes):
        raise SqlError(f'index name "{target}" already exists', "42P07")
    with session.engine.change(session):
        for index in session.engine.catalog.relations[relation.id].indexes:
            if index.name == name:
                index.name = target
    return Answer("RENAME INDEX")
