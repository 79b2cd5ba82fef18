"""EXPORT: who may, what it reads, what it answers (recordings 03, 04, 06, 07 and 16)."""

from __future__ import annotations

import duckdb

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.objects import EngineType
from kwtui.sandbox.catalog.users import require_admin
from kwtui.sandbox.engine import jobs
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_database
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.exports.options import parse_export_options
from kwtui.sandbox.exports.relational import export_database, export_query, export_table
from kwtui.sandbox.exports.run import EXPORT_COLUMNS, ExportRun
from kwtui.sandbox.exports.series import export_series_database
from kwtui.sandbox.language.lexer import Statement
from kwtui.sandbox.transfer import meta_text
from kwtui.sandbox.transfer.copy_failure import reported
from kwtui.sandbox.transfer.copy_parse import ExportStatement, Source, parse_export
from kwtui.sandbox.transfer.nodelocal import Extern, Place, locate

_FORMATS = ("CSV", "SQL")


@handles("EXPORT")
def export(session: Session, statement: Statement) -> Answer:
    """Any EXPORT. Its row in SHOW JOBS is written first and corrected last.

    A statement that is cancelled, or whose node dies, leaves the row ``running`` for ever
    (live-findings, row 26; recording 10).
    """
    parsed = parse_export(statement)
    registry = session.engine.jobs
    job = registry.start(jobs.EXPORT, "export", statement.text, session.user)
    try:
        answer = _export(session, parsed, extended=statement.extended)
    except (SqlError, duckdb.Error) as err:
        error = reported(session, err)
        registry.finish(job, jobs.FAILED, error.message)
        raise error from err
    registry.finish(job, jobs.SUCCEEDED)
    return answer


def _export(session: Session, parsed: ExportStatement, *, extended: bool) -> Answer:
    if session.in_transaction:
        raise SqlError("EXPORT cannot be used inside a transaction")
    if parsed.format not in _FORMATS:
        raise SqlError(f'unsupported export format: "{parsed.format}"')
    require_admin(session.engine.catalog, session.user, "EXPORT")
    if parsed.source in (Source.USERS, Source.SETTINGS):
        return _export_sql_file(session, parsed, extended=extended)
    options, notices = parse_export_options(
        parsed.options,
        sql_format=parsed.format == "SQL",
        query=parsed.source is Source.QUERY,
    )
    extern, place = _destination(session, parsed.uri)
    run = ExportRun(
        session, extern, place.path, parsed.format.lower(), options, node_id=place.node_id
    )
    if parsed.source is Source.TABLE:
        answer = export_table(run, parsed.name)
    elif parsed.source is Source.QUERY:
        answer = export_query(run, parsed.query)
    else:
        database = find_database(session, parsed.name[0])
        by_series = database.engine is EngineType.TIME_SERIES
        whole = export_series_database if by_series else export_database
        answer = whole(run, database.name)
    answer.notices = [*notices, *answer.notices]
    return answer


def _destination(session: Session, uri: str) -> tuple[Extern, Place]:
    """The folder that a URI names, after the node's checks of it."""
    if not uri:
        raise SqlError("export file path cannot be empty")
    place = locate(uri, session.engine.cluster)
    extern = Extern(session.engine.extern_of(place.node_id))
    extern.refuse_unless_empty(uri, place.path)
    return extern, place


def _export_sql_file(session: Session, parsed: ExportStatement, *, extended: bool) -> Answer:
    users = parsed.source is Source.USERS
    if parsed.format != "SQL":
        what = "users" if users else "cluster settings"
        raise SqlError(f"unsupported file format:{parsed.format} while export {what}")
    if extended:
        message = "runtime error: invalid memory address or nil pointer dereference"
        raise SqlError(f"internal error: {message}", "XX000")
    extern, place = _destination(session, parsed.uri)
    catalog = session.engine.catalog
    if users:
        text, count = meta_text.users(catalog)
    else:
        text, count = meta_text.cluster_settings(catalog.settings)
    name = "users.sql" if users else "clustersetting.sql"
    extern.write_whole(f"{place.path}/{name}", text.encode())
    label = "USERS" if users else "CLUSTER SETTING"
    rows = [(label, str(count), str(session.node_id), "1")]
    return Answer("EXPORT 1", EXPORT_COLUMNS, rows)
