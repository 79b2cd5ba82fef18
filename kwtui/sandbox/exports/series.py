"""EXPORT of time-series tables, queries and databases.

Recordings 07, 09, 13 and 16: the answer is one word, no counts, and each table sends an empty
result set before it; there is no snapshot (live-findings, row 30).
"""

from __future__ import annotations

import posixpath

import duckdb

from kwtui.sandbox.answers.answer import Answer, Column, Notice, SqlError
from kwtui.sandbox.catalog.create_text import create_relation_text
from kwtui.sandbox.catalog.objects import Relation, RelationKind
from kwtui.sandbox.catalog.spliced_names import check_definition_lookup
from kwtui.sandbox.exports.run import ExportRun, Source, swallowed
from kwtui.sandbox.exports.table_source import table_source
from kwtui.sandbox.transfer import meta_text
from kwtui.sandbox.transfer.copy_failure import of_one_table

_COLUMNS = (Column("result", 25),)
_NO_COMMENT = "TABLE or COLUMN without COMMENTS cannot be used 'WITH COMMENT'"


def series_answer(tables: int, notices: list[Notice] | None = None) -> Answer:
    """``succeed``, or ``fail`` when a notice tells of a table that failed."""
    word = "fail" if notices else "succeed"
    return Answer("EXPORT 1", _COLUMNS, [(word,)], notices or [], earlier=[_COLUMNS] * tables)


def export_series_table(run: ExportRun, relation: Relation) -> Answer:
    """``EXPORT INTO … FROM TABLE t`` of a time-series table."""
    options = run.options
    if not options.data_only:
        check_definition_lookup(relation)
    text = create_relation_text(run.session.engine.catalog, relation)
    if options.comment and "COMMENT ON" not in text:
        raise SqlError(_NO_COMMENT)
    if not options.data_only:
        run.write_meta(
            run.folder,
            meta_text.time_series_table(
                text, relation, comment=options.comment, privileges=options.privileges
            ),
        )
    if not options.meta_only:
        _write_rows(run, relation, run.folder)
    return series_answer(1)


def export_series_query(run: ExportRun, source: Source, relation: Relation) -> Answer:
    """``EXPORT INTO … FROM SELECT …`` whose first table is a time-series table."""
    run.write_data(run.folder, source, _sql_name(relation), relation.id)
    return series_answer(1)


def export_series_database(run: ExportRun, name: str) -> Answer:
    """``EXPORT INTO … FROM DATABASE d`` of a time-series database."""
    options, catalog = run.options, run.session.engine.catalog
    database = catalog.databases[name]
    tables = [r for r in catalog.relations_in(name) if r.kind is RelationKind.TIME_SERIES]
    texts = [(create_relation_text(catalog, table), table) for table in tables]
    commented = database.comment or any("COMMENT ON" in text for text, _ in texts)
    if options.comment and not commented:
        raise SqlError("DATABASE or " + _NO_COMMENT)
    if not options.data_only:
        run.write_meta(
            run.folder,
            meta_text.time_series_database(
                database, texts, comment=options.comment, privileges=options.privileges
            ),
        )
    notices: list[Notice] = []
    for table in [] if options.meta_only else tables:
        try:
            _write_rows(run, table, posixpath.join(run.folder, table.schema, table.name))
        except (SqlError, duckdb.Error) as err:
            notices.append(swallowed(of_one_table(run.session, err)))
    return series_answer(len(tables), notices)


def _write_rows(run: ExportRun, relation: Relation, folder: str) -> None:
    cursor = run.session.engine.cursor()
    try:
        source = table_source(run.session, cursor, relation)
        run.write_data(folder, source, _sql_name(relation), relation.id)
    finally:
        cursor.close()


def _sql_name(relation: Relation) -> str:
    return ".".join((relation.database, relation.schema, relation.name))
