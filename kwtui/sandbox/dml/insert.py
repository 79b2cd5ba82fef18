"""INSERT and UPSERT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.grants import require
from kwtui.sandbox.catalog.objects import ColumnDef, Relation, RelationKind
from kwtui.sandbox.dml.triggers import captured, fire
from kwtui.sandbox.dml.values import DEFAULT, ValuesReader, default_value
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_table
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Kind, Statement
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.conversions import convert
from kwtui.sandbox.query.prepare import only_now, prepare
from kwtui.sandbox.query.sources import Sources, column_name, table_name
from kwtui.sandbox.query.translate import Translator
from kwtui.sandbox.rows.devices import tags_of
from kwtui.sandbox.rows.returning import Returning, returning_clause
from kwtui.sandbox.rows.staging import NEW, Staged, stage_query, stage_values
from kwtui.sandbox.rows.storing import check_rows, store
from kwtui.sandbox.values.text_style import style_of


@handles("INSERT INTO", "UPSERT INTO")
def insert(session: Session, statement: Statement) -> Answer:
    """``INSERT | UPSERT INTO t [(columns)] VALUES … | SELECT … | DEFAULT VALUES``."""
    stream = TokenStream.of(statement, "try \\h INSERT")
    upsert = stream.next().value == "upsert"
    stream.expect("into")
    relation = find_table(session, stream.qualified_name())
    require(session.engine.catalog, session.user, relation, "INSERT")
    if stream.accept("as"):
        stream.expect_identifier()
    names = stream.name_list() if stream.looking_at("(") and not _starts_query(stream) else None
    targets = _targets(relation, names)
    if relation.kind is RelationKind.TIME_SERIES and all(column.is_tag for column in targets):
        # The catalogue's own relation is not changed: what has only tags stands without the rest.
        relation = replace(relation, columns=tags_of(relation))
    clause = returning_clause(statement, stream)
    on_conflict = "upsert" if upsert else clause.on_conflict
    with session.engine.writing(session) as cursor:
        if stream.looking_at("values"):
            staged = _stage_rows(
                session, cursor, relation, targets, stream, explicit=names is not None
            )
        elif stream.accept("default", "values"):
            staged = stage_values(session, cursor, relation, [], [[]])
        else:
            staged = _stage_select(session, cursor, relation, targets, stream, clause)
        _settle_conflicts(staged, on_conflict)
        check_rows(staged)
        rows = clause.rows(staged)
        new = captured(cursor, relation, "INSERT", NEW)
        count = store(staged)
        fire(session, relation, "INSERT", new, [])
    return clause.answer(f"INSERT 0 {count}", rows)


def _starts_query(stream: TokenStream) -> bool:
    return stream.peek(1).kind is Kind.WORD and stream.peek(1).value in ("select", "values", "with")


def _targets(relation: Relation, names: list[str] | None) -> list[ColumnDef]:
    """The columns that are assigned. Raises SqlError (42703, 42701, 55000)."""
    if names is None:
        return [c for c in relation.columns if not c.hidden]
    by_name = {column.name: column for column in relation.columns}
    targets = []
    for name in names:
        if name not in by_name:
            raise SqlError(f'column "{name}" does not exist', "42703")
        if by_name[name] in targets:
            raise SqlError(f'multiple assignments to the same column "{name}"', "42601")
        if by_name[name].computed is not None:
            raise SqlError(f'cannot write directly to computed column "{name}"', "55000")
        targets.append(by_name[name])
    return targets


def _stage_rows(
    session: Session,
    cursor: Any,
    relation: Relation,
    targets: list[ColumnDef],
    stream: TokenStream,
    *,
    explicit: bool,
) -> Staged:
    """Stages ``VALUES (…), (…)``."""
    reader = ValuesReader(session, relation, stream, targets, explicit=explicit)
    rows = reader.read()
    targets = targets[: reader.width]
    if any(DEFAULT in row for row in rows):
        rows, targets = _with_defaults(session, relation, rows, targets)
    for column in targets:
        if column.computed is not None:
            raise SqlError(f'cannot write directly to computed column "{column.name}"', "55000")
    return stage_values(session, cursor, relation, [c.name for c in targets], rows)


def _with_defaults(
    session: Session, relation: Relation, rows: list[list[Any]], targets: list[ColumnDef]
) -> tuple[list[list[Any]], list[ColumnDef]]:
    """Rows in which DEFAULT was written for some columns."""
    every = {i for i in range(len(targets)) if all(row[i] is DEFAULT for row in rows)}
    kept = [i for i in range(len(targets)) if i not in every]
    for index in kept:
        for row in rows:
            if row[index] is DEFAULT:
                row[index] = default_value(session, relation, targets[index])
    return [[row[i] for i in kept] for row in rows], [targets[i] for i in kept]


def _stage_select(
    session: Session,
    cursor: Any,
    relation: Relation,
    targets: list[ColumnDef],
    stream: TokenStream,
    clause: Returning,
) -> Staged:
    """Stages the rows of a query."""
    text = stream.sql[stream.peek().start : clause.query_end]
    prepared = only_now(prepare(text, TokenStream(text).tokens), in_query=True)
    sources = Sources(session, cursor, session.engine.catalog, prepared.sources)
    translated = Translator(session, prepared, session.engine.catalog, sources).query()
    width = len(translated.outputs)
    if width > len(targets):
        raise SqlError(
            f"INSERT has more expressions than target columns, {width} expressions for"
            f" {len(targets)} targets",
            "42601",
        )
    targets = targets[:width]
    style = style_of(session.variables)
    pieces = []
    for index, (output, column) in enumerate(zip(translated.outputs, targets, strict=True)):
        node = convert(exp.column(f"x{index}"), output.type, column.type, style)
        pieces.append(f"{node.sql('duckdb')} AS {column_name(column)}")
    names = ", ".join(f"x{index}" for index in range(width))
    sql = f"SELECT {', '.join(pieces)} FROM ({translated.sql}) AS q({names})"
    return stage_query(session, cursor, relation, targets, sql)


def _settle_conflicts(staged: Staged, on_conflict: str | None) -> None:
    """UPSERT replaces rows of the same primary key; DO NOTHING leaves the new ones out."""
    relation = staged.relation
    if on_conflict is None or relation.primary is None:
        return
    by_name = {column.name: column for column in relation.columns}
    indexes = [relation.primary]
    if on_conflict == "nothing":
        indexes += [index for index in relation.indexes if index.unique]
    for index in indexes:
        keys = [column_name(by_name[name]) for name, _ in index.columns]
        equal = " AND ".join(f"o.{key} = n.{key}" for key in keys)
        listed = ", ".join(keys)
        table = table_name(relation)
        keep = "max" if on_conflict == "upsert" else "min"
        staged.cursor.execute(
            f"DELETE FROM {NEW} WHERE rowid NOT IN"
            f" (SELECT {keep}(rowid) FROM {NEW} GROUP BY {listed})"
        )
        if on_conflict == "upsert":
            staged.cursor.execute(f"DELETE FROM {table} o USING {NEW} n WHERE {equal}")
        else:
            staged.cursor.execute(f"DELETE FROM {NEW} n USING {table} o WHERE {equal}")


def insert_rows(
    session: Session,
    cursor: Any,
    relation: Relation,
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    foreign_keys: bool = True,
    checks: bool = True,
) -> int:
    """Checks and appends rows of values (see ``values``); answers how many.

    ``foreign_keys`` and ``checks`` tell whether those constraints are looked at: an IMPORT leaves
    them out. Raises SqlError (class 23).
    """
    staged = stage_values(session, cursor, relation, names, rows)
    check_rows(staged, foreign_keys=foreign_keys, checks=checks)
    return store(staged)
