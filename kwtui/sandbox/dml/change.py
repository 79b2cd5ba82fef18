"""UPDATE and DELETE."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlglot import exp

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.dependencies import referencing
from kwtui.sandbox.catalog.grants import require
from kwtui.sandbox.catalog.objects import ColumnDef, Relation, RelationKind
from kwtui.sandbox.dml.series import refuse_update, takes_devices
from kwtui.sandbox.dml.triggers import captured, fire
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_table
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Kind, Statement, Token
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.conversions import convert
from kwtui.sandbox.query.prepare import only_now, prepare
from kwtui.sandbox.query.sources import ROW_ID, Sources, column_name, devices_name, table_name
from kwtui.sandbox.query.translate import Translated, Translator
from kwtui.sandbox.rows.devices import spread_tags, tags_of
from kwtui.sandbox.rows.foreign_keys import delete_rows, parents_leave
from kwtui.sandbox.rows.returning import Returning, returning_clause
from kwtui.sandbox.rows.staging import NEW, Staged, compute
from kwtui.sandbox.rows.storing import check_rows
from kwtui.sandbox.rows.touched import touch
from kwtui.sandbox.values.text_style import style_of
from kwtui.sandbox.values.types import storage_type


@handles("DELETE FROM")
def delete(session: Session, statement: Statement) -> Answer:
    """``DELETE FROM t [AS a] [WHERE …] [ORDER BY … LIMIT …] [RETURNING …]``."""
    stream = TokenStream.of(statement, "try \\h DELETE")
    stream.expect("delete", "from")
    relation, named = _table(session, stream)
    require(session.engine.catalog, session.user, relation, "DELETE")
    clause = returning_clause(statement, stream)
    rest = statement.text[stream.peek().start : clause.query_end]
    devices = relation.kind is RelationKind.TIME_SERIES and takes_devices(relation, _tokens(rest))
    with session.engine.writing(session) as cursor:
        chosen = _translated(session, cursor, f"SELECT {ROW_ID} FROM {named} {rest}")
        ids = [row[0] for row in cursor.execute(chosen.sql).fetchall()]
        rows = _returned(session, cursor, relation, clause, ids)
        old = captured(cursor, relation, "DELETE", table_name(relation), ids)
        if ids:
            delete_rows(session, cursor, relation, ids)
        fire(session, relation, "DELETE", [], old)
        if devices:
            chosen = _translated(session, cursor, f"SELECT {ROW_ID} FROM {named} {rest}", True)
            _delete_devices(cursor, relation, chosen)
    return clause.answer(f"DELETE {len(ids)}", rows)


def _tokens(text: str) -> list[Token]:
    return TokenStream(text).tokens


def _delete_devices(cursor: Any, relation: Relation, chosen: Translated) -> None:
    cursor.execute(f"DELETE FROM {devices_name(relation)} WHERE rowid IN ({chosen.sql})")


def _table(session: Session, stream: TokenStream) -> tuple[Relation, str]:
    """The table that is changed, and its name and alias as they were written."""
    first = stream.peek()
    relation = find_table(session, stream.qualified_name())
    if stream.accept("as") or (
        stream.peek().kind in (Kind.WORD, Kind.QUOTED) and stream.peek().value not in _AFTER
    ):
        stream.expect_identifier()
    return relation, stream.source(first, stream.tokens[stream.position - 1])


_AFTER = frozenset({"where", "set", "order", "limit", "returning", "using", "from"})


def _translated(session: Session, cursor: Any, text: str, devices: bool = False) -> Translated:
    """The query; ``devices`` has it read those of a time-series table, not its rows."""
    prepared = only_now(prepare(text, TokenStream(text).tokens), in_query=False)
    catalog = session.engine.catalog
    sources = Sources(session, cursor, catalog, prepared.sources, row_ids=True, devices=devices)
    return Translator(session, prepared, catalog, sources).query()


def _returned(
    session: Session, cursor: Any, relation: Relation, clause: Returning, ids: list[int]
) -> list[Any]:
    if clause.returning is None:
        return []
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE {NEW} AS SELECT * FROM {table_name(relation)}"
        " WHERE rowid IN (SELECT unnest(?::BIGINT[]))",
        [ids],
    )
    return clause.rows(Staged(session, cursor, relation))


@handles("UPDATE")
def update(session: Session, statement: Statement) -> Answer:
    """``UPDATE t SET a = …, (b, c) = (…) [FROM …] [WHERE …] [RETURNING …]``."""
    stream = TokenStream.of(statement, "try \\h UPDATE")
    stream.expect("update")
    relation, named = _table(session, stream)
    require(session.engine.catalog, session.user, relation, "UPDATE")
    stream.expect("set")
    assignments = _assignments(relation, stream)
    clause = returning_clause(statement, stream)
    others = ""
    if stream.accept("from"):
        others = ", "
    rest = others + statement.text[stream.peek().start : clause.query_end]
    expressions = ", ".join(text for _, text in assignments)
    columns = [column for column, _ in assignments]
    query = f"SELECT {ROW_ID}, {expressions} FROM {named} {rest}"
    if relation.kind is RelationKind.TIME_SERIES:
        returning = clause.returning is not None
        refuse_update(relation, columns, _tokens(rest), returning=returning)
        return _update_tags(session, relation, columns, query)
    with session.engine.writing(session) as cursor:
        translated = _translated(session, cursor, query)
        staged = _stage(session, cursor, relation, columns, translated, table_name(relation))
        check_rows(staged)
        _children(staged)
        rows = clause.rows(staged)
        new = captured(cursor, relation, "UPDATE", f"(SELECT * FROM {NEW} ORDER BY {ROW_ID})")
        changed = f"SELECT {ROW_ID} FROM {NEW} ORDER BY 1"
        numbers = [row[0] for row in cursor.execute(changed).fetchall()] if new else []
        old = captured(cursor, relation, "UPDATE", table_name(relation), numbers)
        count = _apply(staged, table_name(relation))
        fire(session, relation, "UPDATE", new, old)
    return clause.answer(f"UPDATE {count}", rows)


def _update_tags(
    session: Session, relation: Relation, columns: list[ColumnDef], query: str
) -> Answer:
    """Changes tags of devices, and so of all their readings; the tag counts devices."""
    table = devices_name(relation)
    of_tags = replace(relation, columns=tags_of(relation))
    with session.engine.writing(session) as cursor:
        translated = _translated(session, cursor, query, devices=True)
        staged = _stage(session, cursor, of_tags, columns, translated, table)
        check_rows(staged)
        count = _apply(staged, table)
        spread_tags(cursor, relation, table_name(relation))
    return Answer(f"UPDATE {count}")


def _assignments(relation: Relation, stream: TokenStream) -> list[tuple[ColumnDef, str]]:
    """Columns with the text of their new values."""
    made: list[tuple[ColumnDef, str]] = []
    while True:
        if stream.accept("("):
            names = stream.names()
            stream.expect(")", "=")
            stream.accept("row")
            stream.expect("(")
            texts = [_expression(stream)]
            while stream.accept(","):
                texts.append(_expression(stream))
            stream.expect(")")
            if len(names) != len(texts):
                raise SqlError("number of columns does not match number of values", "42601")
        else:
            names = [stream.expect_identifier()]
            stream.expect("=")
            texts = [_expression(stream)]
        made += [_assignment(relation, n, t) for n, t in zip(names, texts, strict=True)]
        if not stream.accept(","):
            return made


def _assignment(relation: Relation, name: str, text: str) -> tuple[ColumnDef, str]:
    column = next((c for c in relation.columns if c.name == name), None)
    if column is None:
        raise SqlError(f'column "{name}" does not exist', "42703")
    if column.computed is not None:
        raise SqlError(f'cannot write directly to computed column "{name}"', "55000")
    if text.lower() == "default":
        text = column.default or "NULL"
    return column, text


def _expression(stream: TokenStream) -> str:
    tokens = stream.expression(lambda token, _: token.kind is Kind.WORD and token.value in _AFTER)
    return stream.source(tokens[0], tokens[-1])


def _stage(
    session: Session,
    cursor: Any,
    relation: Relation,
    columns: list[ColumnDef],
    translated: Translated,
    table: str,
) -> Staged:
    """NEW holds the changed rows as they will be, with their numbers."""
    style = style_of(session.variables)
    changed = {column.name: index for index, column in enumerate(columns, 1)}
    pieces = [f"q.x0 AS {ROW_ID}"]
    for column in relation.columns:
        name = column_name(column)
        index = changed.get(column.name)
        if index is None:
            pieces.append(f"t.{name}")
            continue
        source = translated.outputs[index].type
        value = convert(exp.column(f"x{index}", "q"), source, column.type, style)
        pieces.append(f"CAST({value.sql('duckdb')} AS {storage_type(column.type)}) AS {name}")
    names = ", ".join(f"x{index}" for index in range(len(columns) + 1))
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE {NEW} AS SELECT {', '.join(pieces)}"
        f" FROM ({translated.sql}) AS q({names}) JOIN {table} t ON t.rowid = q.x0"
    )
    compute(session, cursor, relation)
    touched = set(changed) | {c.name for c in relation.columns if c.computed is not None}
    return Staged(session, cursor, relation, touched, update=True)


def _children(staged: Staged) -> None:
    """Rows of other tables that refer to a key that changes."""
    relation, session = staged.relation, staged.session
    others = [relation, *referencing(session.engine.catalog, relation)]
    keys = [k for o in others for k in o.foreign_keys if k.target_id == relation.id]
    if not any(staged.changed & set(key.target_columns) for key in keys):
        return
    names = {name for key in keys for name in key.target_columns}
    columns = [column_name(c) for c in relation.columns if c.name in names]
    differs = " OR ".join(f"t.{c} IS DISTINCT FROM n.{c}" for c in columns)
    gone = f"kw_gone_{relation.id}"
    staged.cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE {gone} AS SELECT t.rowid AS {ROW_ID}, t.*"
        f" FROM {table_name(relation)} t JOIN {NEW} n ON t.rowid = n.{ROW_ID} WHERE {differs}"
    )
    parents_leave(session, staged.cursor, relation, gone, "update")


def _apply(staged: Staged, table: str) -> int:
    names = [column_name(c) for c in staged.relation.columns if c.name in staged.changed]
    sets = ", ".join(f"{name} = n.{name}" for name in names)
    staged.cursor.execute(
        f"UPDATE {table} SET {sets} FROM {NEW} n WHERE {table}.rowid = n.{ROW_ID}"
    )
    touch(staged.session.engine, staged.cursor, staged.relation, NEW)
    counted = staged.one(f"SELECT count(*) FROM {NEW}")
    return counted[0] if counted else 0
