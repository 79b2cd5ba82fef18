"""COMMENT ON DATABASE, TABLE, COLUMN and INDEX (recordings 02, 07 and 12), and on PROCEDURE (KWDB
3.2, sql/comment_on_procedure.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.grants import require
from kwtui.sandbox.catalog.objects import (
    ColumnDef,
    DatabaseDef,
    IndexDef,
    ProcedureDef,
    Relation,
)
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_database, find_named, find_procedure
from kwtui.sandbox.language.lexer import Statement
from kwtui.sandbox.language.stream import TokenStream

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

Commented = DatabaseDef | Relation | ColumnDef | IndexDef | ProcedureDef


@handles("COMMENT ON")
def comment(session: Session, statement: Statement) -> Answer:
    """``COMMENT ON kind name IS 'text' | NULL``."""
    stream = TokenStream.of(statement, "try \\h COMMENT ON")
    stream.expect("comment", "on")
    kind = stream.accept_any("database", "table", "column", "index", "procedure")
    if kind is None:
        raise stream.error()
    with session.engine.change(session):
        target = _target(session, stream, kind)
        stream.expect("is")
        text = None if stream.accept("null") else stream.expect_string()
        stream.expect_end()
        target.comment = text
    return Answer(f"COMMENT ON {kind.upper()}")


def _target(session: Session, stream: TokenStream, kind: str) -> Commented:
    if kind == "database":
        database = find_database(session, stream.expect_identifier())
        require(session.engine.catalog, session.user, database, "CREATE")
        return database
    parts = stream.qualified_name()
    if kind == "column":
        *parts, name = parts
        if not parts:
            raise SqlError(f'column "{name}" does not exist', "42703")
        return _column(_writable(session, parts), name)
    if kind == "index":
        return _index(session, stream, parts)
    if kind == "procedure":
        procedure = find_procedure(session, parts)
        require(session.engine.catalog, session.user, procedure, "CREATE")
        return procedure
    return _writable(session, parts)


def _writable(session: Session, parts: list[str]) -> Relation:
    relation = find_named(session, parts).relation
    require(session.engine.catalog, session.user, relation, "CREATE")
    return relation


def _column(relation: Relation, name: str) -> ColumnDef:
    for column in relation.columns:
        if column.name == name:
            return column
    raise SqlError(f'column "{name}" does not exist', "42703")


def _index(session: Session, stream: TokenStream, parts: list[str]) -> IndexDef:
    """``table@index``, or an index that only one table of the schema has."""
    if stream.accept("@"):
        name = stream.expect_identifier()
        found = [_indexes(_writable(session, parts)).get(name)]
    else:
        name = parts[-1]
        relations = session.engine.catalog.relations_in(session.database)
        found = [_indexes(relation).get(name) for relation in relations]
    indexes = [index for index in found if index is not None]
    if not indexes:
        raise SqlError(f'index "{name}" does not exist', "42704")
    if len(indexes) > 1:
        raise SqlError(f'index name "{name}" is ambiguous', "42P09")
    return indexes[0]


def _indexes(relation: Relation) -> dict[str, IndexDef]:
    own = [relation.primary] if relation.primary is not None else []
    return {index.name: index for index in [*own, *relation.indexes]}
