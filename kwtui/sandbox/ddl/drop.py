"""DROP of relations, and TRUNCATE."""

from __future__ import annotations

import duckdb

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.dependencies import dependent_views, referencing, sequence_in_default
from kwtui.sandbox.catalog.lookup import lookup, missing_relation
from kwtui.sandbox.catalog.objects import Catalog, Relation, RelationKind
from kwtui.sandbox.ddl.interleave import part_from_children
from kwtui.sandbox.ddl.storage import _STORED, remove
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_table
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Statement
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.sources import table_name
from kwtui.sandbox.rows.touched import touch_all

_KINDS = {
    "TABLE": (RelationKind.TABLE, RelationKind.TIME_SERIES),
    "VIEW": (RelationKind.VIEW,),
    "MATERIALIZED VIEW": (RelationKind.MATERIALIZED_VIEW,),
    "SEQUENCE": (RelationKind.SEQUENCE,),
}


@handles("DROP TABLE", "DROP VIEW", "DROP SEQUENCE", "DROP MATERIALIZED VIEW")
def drop(session: Session, statement: Statement) -> Answer:
    """``DROP TABLE | VIEW | MATERIALIZED VIEW | SEQUENCE``."""
    stream = TokenStream.of(statement)
    stream.expect("drop")
    materialized = stream.accept("materialized")
    kind = ("MATERIALIZED " if materialized else "") + stream.next().value.upper()
    stream.hint = f"try \\h DROP {kind}"
    if_exists = stream.accept("if", "exists")
    names = [stream.qualified_name()]
    while stream.accept(","):
        names.append(stream.qualified_name())
    cascade = stream.accept_any("cascade", "restrict") == "cascade"
    stream.expect_end()
    with session.engine.change(session) as cursor:
        catalog = session.engine.catalog
        dropped = [r for n in names if (r := _find(session, n, kind, if_exists=if_exists))]
        if len(names) > 1 and any(r.kind is RelationKind.TIME_SERIES for r in dropped):
            raise SqlError("drop multiple time-series tables at once is not supported", "0A000")
        for relation in dropped:
            _drop(catalog, cursor, relation, names=dropped, cascade=cascade)
    for relation in dropped:
        full = f"{relation.database}.{relation.schema}.{relation.name}"
        text = f"DROP {kind} {'IF EXISTS ' if if_exists else ''}{full}"
        text += " CASCADE" if cascade else ""
        session.engine.announce(session, text, garbage=relation.kind in _STORED)
    return Answer(f"DROP {kind.removeprefix('MATERIALIZED ')}")


def _find(session: Session, parts: list[str], kind: str, *, if_exists: bool) -> Relation | None:
    relation = lookup(session.engine.catalog, session.database, parts)
    if relation is None:
        if if_exists:
            return None
        raise missing_relation(parts)
    if relation.kind not in _KINDS[kind]:
        if relation.kind is RelationKind.MATERIALIZED_VIEW and kind == "VIEW":
            raise SqlError(
                f'"{relation.name}" is a materialized view',
                "42809",
                hint="use the corresponding MATERIALIZED VIEW command",
            )
        article = "table" if kind == "TABLE" else kind.lower()
        raise SqlError(f'"{relation.name}" is not a {article}', "42809")
    return relation


def _drop(
    catalog: Catalog,
    cursor: duckdb.DuckDBPyConnection,
    relation: Relation,
    *,
    names: list[Relation],
    cascade: bool,
) -> None:
    if relation.id not in catalog.relations:
        return
    for other in referencing(catalog, relation):
        if other in names:
            continue
        if not cascade:
            raise SqlError(
                f'"{relation.name}" is referenced by foreign key from table "{other.name}"',
                "2BP01",
            )
        other.foreign_keys = [k for k in other.foreign_keys if k.target_id != relation.id]
    for view in dependent_views(catalog, relation):
        if view in names:
            continue
        if not cascade:
            kind = "view" if relation.kind is RelationKind.VIEW else "relation"
            raise SqlError(
                f'cannot drop {kind} "{relation.name}" because view "{view.name}" depends on it',
                "2BP01",
                hint=f"you can drop {view.name} instead.",
            )
        _drop(catalog, cursor, view, names=names, cascade=True)
    part_from_children(catalog, relation, cascade=cascade)
    if relation.kind is RelationKind.SEQUENCE:
        _drop_defaults(catalog, relation, cascade=cascade)
    remove(catalog, cursor, relation)


def _drop_defaults(catalog: Catalog, sequence: Relation, *, cascade: bool) -> None:
    for table in catalog.relations_in(sequence.database):
        for column in table.columns:
            if sequence_in_default(catalog, table, column.default) is not sequence:
                continue
            if not cascade:
                raise SqlError(
                    f"cannot drop sequence {sequence.name} because other objects depend on it",
                    "2BP01",
                )
            column.default = None


@handles("TRUNCATE")
def truncate(session: Session, statement: Statement) -> Answer:
    """``TRUNCATE [TABLE] t, …``."""
    stream = TokenStream.of(statement, "try \\h TRUNCATE")
    stream.expect("truncate")
    stream.accept("table")
    tables = [find_table(session, stream.qualified_name())]
    while stream.accept(","):
        tables.append(find_table(session, stream.qualified_name()))
    cascade = stream.accept_any("cascade", "restrict") == "cascade"
    stream.expect_end()
    catalog = session.engine.catalog
    for table in tables:
        others = [o for o in referencing(catalog, table) if o not in tables]
        if others and not cascade:
            raise SqlError(
                f'"{table.name}" is referenced by foreign key from table "{others[0].name}"'
            )
        tables += others
    with session.engine.change(session) as cursor:
        for table in tables:
            touch_all(session.engine, cursor, table)
            cursor.execute(f"DELETE FROM {table_name(table)}")
            session.engine.catalog.relations[table.id].version += 1
    for table in tables:
        full = f"{table.database}.{table.schema}.{table.name}"
        session.engine.announce(session, f"TRUNCATE TABLE {full}", garbage=True)
    return Answer("TRUNCATE")
