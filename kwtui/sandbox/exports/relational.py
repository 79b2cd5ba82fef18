"""EXPORT of relational tables, queries and databases.

Recordings 03, 06, 08, 10, 13 and 14. A database export reads one snapshot; an error on one of its
tables becomes a NOTICE and the statement succeeds (live-findings, rows 1 and 23). Views, sequences
and foreign keys are left out, the last unless the option asks for them (rows 6, 7 and 11).
"""

from __future__ import annotations

import contextlib
import posixpath
from collections.abc import Sequence

import duckdb

from kwtui.sandbox.answers.answer import Answer, Notice, Row, SqlError
from kwtui.sandbox.catalog.create_text import create_relation_text
from kwtui.sandbox.catalog.lookup import lookup, missing_relation
from kwtui.sandbox.catalog.objects import Catalog, DatabaseDef, Relation, RelationKind
from kwtui.sandbox.engine.names import find_named
from kwtui.sandbox.exports.run import (
    EXPORT_COLUMNS,
    ExportRun,
    Source,
    data_rows,
    full_label,
    swallowed,
)
from kwtui.sandbox.exports.series import export_series_query, export_series_table
from kwtui.sandbox.exports.table_source import frozen, passed_on, table_source
from kwtui.sandbox.language.lexer import Statement
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.prepare import prepare
from kwtui.sandbox.query.query import start, system_time
from kwtui.sandbox.query.query_text import query_text
from kwtui.sandbox.query.sources import Sources
from kwtui.sandbox.transfer import meta_text
from kwtui.sandbox.transfer.copy_failure import of_one_table

_NOT_A_TABLE = "42809"
_NO_COMMENT = "TABLE or COLUMN without COMMENTS cannot be used 'WITH COMMENT'"


def export_table(run: ExportRun, parts: Sequence[str]) -> Answer:
    """``EXPORT INTO … FROM TABLE t``."""
    named = find_named(run.session, parts)
    relation = named.relation
    if relation.kind is RelationKind.TIME_SERIES:
        return export_series_table(run, relation)
    if relation.kind is not RelationKind.TABLE:
        raise SqlError(f'"{relation.name}" is not a table', _NOT_A_TABLE)
    label = f"TABLE {named.shown}"
    with frozen(run.session) as (cursor, catalog):
        rows = _export_relation(run, catalog, cursor, relation, run.folder, label)
    return Answer(f"EXPORT {len(rows)}", EXPORT_COLUMNS, rows)


def export_database(run: ExportRun, name: str) -> Answer:
    """``EXPORT INTO … FROM DATABASE d``, all tables as they are at one instant."""
    rows: list[Row] = []
    notices: list[Notice] = []
    with frozen(run.session) as (cursor, catalog):
        database = catalog.databases[name]
        tables = [
            relation
            for relation in catalog.relations_in(name)
            if relation.kind is RelationKind.TABLE and not relation.offline
        ]
        _check_comments(run, catalog, database, tables)
        _write_database_meta(run, database, tables)
        for relation in tables:
            folder = posixpath.join(run.folder, relation.schema, relation.name)
            label = full_label(name, relation.schema, relation.name)
            try:
                rows += _export_relation(
                    run, catalog, cursor, relation, folder, label, in_database=True
                )
            except (SqlError, duckdb.Error) as err:
                notices.append(swallowed(of_one_table(run.session, err)))
    columns = EXPORT_COLUMNS if tables else None
    return Answer(f"EXPORT {len(rows)}", columns, rows, notices)


def _check_comments(
    run: ExportRun, catalog: Catalog, database: DatabaseDef, tables: Sequence[Relation]
) -> None:
    if not run.options.comment or database.comment:
        return
    if not any("COMMENT ON" in create_relation_text(catalog, table) for table in tables):
        raise SqlError("DATABASE or " + _NO_COMMENT)


def _write_database_meta(run: ExportRun, database: DatabaseDef, tables: Sequence[Relation]) -> None:
    options = run.options
    if options.data_only:
        return
    # A node drops the errors of these files (facts.md, 1.10): the tables' own files tell.
    with contextlib.suppress(SqlError):
        run.write_meta(
            run.folder,
            meta_text.relational_database(
                database, comment=options.comment, privileges=options.privileges
            ),
        )
    for schema in dict.fromkeys(t.schema for t in tables if t.schema != "public"):
        grants = database.schemas[schema].grants if schema in database.schemas else {}
        with contextlib.suppress(SqlError):
            run.write_meta(
                posixpath.join(run.folder, schema),
                meta_text.schema(schema, grants, privileges=options.privileges),
            )


def _export_relation(
    run: ExportRun,
    catalog: Catalog,
    cursor: duckdb.DuckDBPyConnection,
    relation: Relation,
    folder: str,
    label: str,
    *,
    in_database: bool = False,
) -> list[Row]:
    """Write one table's ``meta.sql`` and data; returns its result rows."""
    options = run.options
    rows: list[Row] = []
    if not options.data_only:
        text = create_relation_text(
            catalog, relation, foreign_keys=options.foreign_key, comments=options.comment
        )
        if options.comment and not in_database and "COMMENT ON" not in text:
            raise SqlError(_NO_COMMENT)
        run.write_meta(
            folder, meta_text.relational_table(text, relation, privileges=options.privileges)
        )
    if not options.meta_only:
        table = ".".join((relation.database, relation.schema, relation.name))
        source = table_source(run.session, cursor, relation)
        rows += data_rows(label, run.write_data(folder, source, table, relation.id))
    if not options.data_only:
        rows.append(run.meta_row)
    return rows


def export_query(run: ExportRun, query: str) -> Answer:
    """``EXPORT INTO … FROM SELECT …``; AS OF SYSTEM TIME inside it reads the engine's snapshot.

    A time-series table as the first one makes it a time-series export (facts.md, 1.5).
    """
    statement = Statement(query, TokenStream(query).tokens)
    first = _first_relation(run, statement)
    running = start(run.session, statement, as_values=True)
    source = Source(running.outputs, passed_on(running.rows))
    if first is not None and first.kind is RelationKind.TIME_SERIES:
        return export_series_query(run, source, first)
    label = query_text(query)
    table = ".".join((first.database, first.schema, first.name)) if first else ""
    written = run.write_data(run.folder, source, table, first.id if first else 0)
    rows = data_rows(label, written)
    return Answer(f"EXPORT {len(rows)}", EXPORT_COLUMNS, rows)


def _first_relation(run: ExportRun, statement: Statement) -> Relation | None:
    """The first table of a query; views and sequences cannot be exported (recording 03)."""
    session = run.session
    prepared = prepare(statement.text, statement.tokens)
    moment = system_time(session, prepared.as_of)
    first: Relation | None = None
    for table in Sources.tables_in_order(prepared.tree):
        parts = [part.name for part in table.parts]
        relation = lookup(session.engine.catalog, session.database, parts) if all(parts) else None
        if relation is None:
            continue
        if relation.kind not in (RelationKind.TABLE, RelationKind.TIME_SERIES):
            raise SqlError(f'"{relation.name}" is not a table', _NOT_A_TABLE)
        if moment is not None and relation.created_at > moment:
            # Time-series tables ignore the time but for this (recording 09, ``prec_asof``).
            raise missing_relation(parts)
        first = first or relation
    return first
