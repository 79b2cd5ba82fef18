"""Relations made from a query: views, materialized views, CREATE TABLE … AS."""

from __future__ import annotations

import duckdb
from sqlglot import exp

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.dependencies import dependent_views
from kwtui.sandbox.catalog.grants import inherited
from kwtui.sandbox.catalog.lookup import VIRTUAL_SCHEMAS, locate
from kwtui.sandbox.catalog.objects import ColumnDef, IndexDef, Relation, RelationKind
from kwtui.sandbox.ddl.series import refuse_in_series
from kwtui.sandbox.ddl.storage import check_free, make_storage
from kwtui.sandbox.ddl.table_spec import TableSpec
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.errors import from_duckdb
from kwtui.sandbox.engine.names import find_relation, place_for
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.keywords import CLAUSES
from kwtui.sandbox.language.lexer import Kind, Statement, Token
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query import render
from kwtui.sandbox.query.prepare import only_now, prepare
from kwtui.sandbox.query.scopes import Output
from kwtui.sandbox.query.sources import Sources, column_name, table_name
from kwtui.sandbox.query.translate import Translator
from kwtui.sandbox.rows.staging import stage_query
from kwtui.sandbox.rows.storing import store
from kwtui.sandbox.values.expression_text import format_tokens
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.text_style import style_of


@handles("CREATE VIEW", "CREATE OR REPLACE VIEW", "CREATE MATERIALIZED VIEW")
def create_view(session: Session, statement: Statement) -> Answer:
    """``CREATE [MATERIALIZED] VIEW v [(names)] AS SELECT …``."""
    stream = TokenStream.of(statement, "try \\h CREATE VIEW")
    stream.expect("create")
    if stream.accept("or", "replace"):
        raise SqlError("the sandbox does not implement CREATE OR REPLACE VIEW", "0A000")
    materialized = stream.accept("materialized")
    stream.expect("view")
    if_not_exists = stream.accept("if", "not", "exists")
    parts = stream.qualified_name()
    names = stream.name_list() if stream.looking_at("(") else []
    stream.expect("as")
    query = stream.tokens[stream.position : -1]
    database, schema, name = place_for(session, parts)
    refuse_in_series(session.engine.catalog, database, "create view")
    if if_not_exists and session.engine.catalog.find(database, schema, name):
        return Answer("CREATE VIEW")
    text = qualified_query(session, query)
    sql, outputs, kinds = _asked(session, text)
    if names and len(names) != len(outputs):
        raise SqlError(
            f"CREATE VIEW specifies {len(names)} column names, but data source has"
            f" {len(outputs)} columns",
            "42601",
        )
    shown = names or [o.name for o in outputs]
    kind = RelationKind.MATERIALIZED_VIEW if materialized else RelationKind.VIEW
    _make(session, (database, schema, name), kind, shown, kinds, text, sql if materialized else "")
    session.engine.announce(session, "updating view reference")
    return Answer("CREATE VIEW")


def _asked(session: Session, text: str) -> tuple[str, list[Output], list[SqlType]]:
    """A query for DuckDB, its columns and their types."""
    prepared = only_now(prepare(text, TokenStream(text).tokens), in_query=True)
    cursor = session.transaction or session.engine.cursor()
    try:
        catalog = session.engine.catalog
        sources = Sources(session, cursor, catalog, prepared.sources)
        translated = Translator(session, prepared, catalog, sources).query()
        stored = [str(row[1]) for row in cursor.execute(f"DESCRIBE {translated.sql}").fetchall()]
    except duckdb.Error as error:
        raise from_duckdb(error) from error
    finally:
        if cursor is not session.transaction:
            cursor.close()
    kinds = [
        output.type or render.type_of_stored(found)
        for output, found in zip(translated.outputs, stored, strict=True)
    ]
    return translated.sql, translated.outputs, kinds


def _make(
    session: Session,
    place: tuple[str, str, str],
    kind: RelationKind,
    names: list[str],
    kinds: list[SqlType],
    query: str | None,
    sql: str,
) -> int:
    """Makes the relation; fills it from ``sql`` unless that is empty. Answers the row count."""
    database, schema, name = place
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise SqlError(f'duplicate column name: "{twice}"', "42701")
    with session.engine.change(session) as cursor:
        catalog = session.engine.catalog
        check_free(catalog, database, schema, name)
        columns = [
            ColumnDef(i, n, _kept(k)) for i, (n, k) in enumerate(zip(names, kinds, strict=True), 1)
        ]
        relation = Relation(
            catalog.allocate_id(), name, schema, database, kind, columns,
            grants=inherited(catalog.databases[database]),
            view_query=query, created_at=session.engine.clock.now(),
        )  # fmt: skip
        catalog.relations[relation.id] = relation
        for other in catalog.relations_in(database) if query is not None else ():
            other.version += relation in dependent_views(catalog, other)
        if not sql:
            return 0
        relation.version += kind is RelationKind.MATERIALIZED_VIEW
        columns.append(
            ColumnDef(
                len(columns) + 1, "rowid", SqlType("INT8"), nullable=False,
                default="unique_rowid()", hidden=True,
            )
        )  # fmt: skip
        relation.primary = IndexDef(1, "primary", [("rowid", "ASC")], unique=True)
        relation.families = [("primary", [c.name for c in columns])]
        make_storage(cursor, relation)
        return _fill(session, cursor, relation, sql)


def _kept(kind: SqlType) -> SqlType:
    return SqlType("STRING") if kind.family == "UNKNOWN" else kind


def _fill(session: Session, cursor: duckdb.DuckDBPyConnection, relation: Relation, sql: str) -> int:
    from kwtui.sandbox.query.conversions import convert

    given = [c for c in relation.columns if not c.hidden]
    style = style_of(session.variables)
    pieces = [
        f"{convert(exp.column(f'x{i}'), c.type, c.type, style).sql('duckdb')} AS {column_name(c)}"
        for i, c in enumerate(given)
    ]
    names = ", ".join(f"x{i}" for i in range(len(given)))
    asked = f"SELECT {', '.join(pieces)} FROM ({sql}) AS q({names})"
    return store(stage_query(session, cursor, relation, given, asked))


def create_table_as(
    session: Session, spec: TableSpec, database: str, schema: str, name: str
) -> Answer:
    """``CREATE TABLE t AS SELECT …``."""
    refuse_in_series(session.engine.catalog, database, "create table as")
    sql, outputs, kinds = _asked(session, spec.query or "")
    place = (database, schema, name)
    _make(session, place, RelationKind.TABLE, [o.name for o in outputs], kinds, None, sql)
    return Answer("CREATE TABLE AS")


@handles("REFRESH MATERIALIZED VIEW")
def refresh(session: Session, statement: Statement) -> Answer:
    """``REFRESH MATERIALIZED VIEW v``."""
    stream = TokenStream.of(statement)
    stream.expect("refresh", "materialized", "view")
    relation = find_relation(session, stream.qualified_name())
    stream.expect_end()
    if relation.kind is not RelationKind.MATERIALIZED_VIEW:
        raise SqlError(f'"{relation.name}" is not a materialized view', "42809")
    sql, _, _ = _asked(session, relation.view_query or "")
    with session.engine.writing(session) as cursor:
        cursor.execute(f"DELETE FROM {table_name(relation)}")
        _fill(session, cursor, relation, sql)
    return Answer("REFRESH MATERIALIZED VIEW")


def qualified_query(session: Session, tokens: list[Token]) -> str:
    """A view's query as the node keeps it: tables with database and schema (recording 12)."""
    pieces: list[Token] = []
    position = 0
    in_from = [False]
    while position < len(tokens):
        token = tokens[position]
        if token.kind is Kind.OPERATOR and token.value in ("(", ")"):
            in_from.append(False) if token.value == "(" else len(in_from) > 1 and in_from.pop()
        elif token.kind is Kind.WORD and token.value in CLAUSES:
            in_from[-1] = token.value in ("from", "join")
        elif token.kind in (Kind.WORD, Kind.QUOTED) and in_from[-1]:
            parts, position = _table_at(tokens, position)
            alias = _has_alias(tokens, position)
            pieces += _table_tokens(session, parts, tokens[position - 1])
            position = _skip_alias(tokens, position, pieces, alias)
            in_from[-1] = position < len(tokens) and tokens[position].value == ","
            if in_from[-1]:
                pieces.append(tokens[position])
                position += 1
            continue
        pieces.append(token)
        position += 1
    return _spelled(pieces)


def _table_at(tokens: list[Token], position: int) -> tuple[list[str], int]:
    parts = [tokens[position].value]
    position += 1
    while position + 1 < len(tokens) and tokens[position].value == ".":
        parts.append(tokens[position + 1].value)
        position += 2
    return parts, position


def _has_alias(tokens: list[Token], position: int) -> bool:
    if position >= len(tokens):
        return False
    token = tokens[position]
    if token.kind is Kind.QUOTED:
        return True
    return token.kind is Kind.WORD and (token.value == "as" or token.value not in CLAUSES)


def _skip_alias(tokens: list[Token], position: int, pieces: list[Token], alias: bool) -> int:
    """Writes ``AS alias``; the node always prints the AS."""
    if not alias:
        return position
    at = tokens[position]
    if at.value == "as" and at.kind is Kind.WORD:
        position += 1
    pieces.append(Token(Kind.WORD, "as", at.start, at.start))
    pieces.append(tokens[position])
    return position + 1


def _table_tokens(session: Session, parts: list[str], at: Token) -> list[Token]:
    database, schema, name = locate(session.engine.catalog, session.database, parts)
    if at.value == "(" or (len(parts) == 1 and schema in VIRTUAL_SCHEMAS):
        return [Token(Kind.QUOTED, parts[0], at.start, at.end)]
    if schema not in VIRTUAL_SCHEMAS:
        find_relation(session, parts)
    made = []
    for part in (database, schema, name):
        made += [Token(Kind.QUOTED, part, at.start, at.end), Token(Kind.OPERATOR, ".", 0, 0)]
    return made[:-1]


def _spelled(tokens: list[Token]) -> str:
    """The query's text: clauses in capitals, names bare where they can be."""
    spoken = [
        Token(Kind.OPERATOR, token.value.upper(), token.start, token.end)
        if token.kind is Kind.WORD and token.value in CLAUSES
        else token
        for token in tokens
    ]
    return format_tokens(spoken).replace("( ", "(")
