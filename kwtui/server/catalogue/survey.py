"""Reading a database: everything that a backup must know of it, and the traps in it.

Questions are asked here; answers are understood in `kwtui.server.catalogue.derive`. What a
question cannot answer never stops a survey: it is named in `DatabaseSchema.not_captured`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import DatabaseSchema, TableName, TableSpec, UnreadTable
from kwtui.model.server import DatabaseSummary, ServerFacts, Survey
from kwtui.server.catalogue import derive, findings
from kwtui.server.catalogue.coverage import coverage
from kwtui.server.catalogue.schema_reader import SchemaReader
from kwtui.server.connection.failures import ConnectionLost, StatementRefused
from kwtui.server.connection.parallel import ask_each
from kwtui.server.connection.results import to_int
from kwtui.server.connection.server import Server
from kwtui.server.state.activity import Query, read_queries
from kwtui.sql import inspection, statements

SAMPLED_ROWS = 200
"""Of each table: enough for an average, and little to read even of wide rows."""
_NOT_ALLOWED = "42501"


async def databases(server: Server) -> list[DatabaseSummary]:
    """Every database, in the server's order; without comments where a version does not tell them.

    Raises KwtuiError.
    """
    try:
        answer = await server.query(inspection.databases())
    except StatementRefused:
        answer = await server.query(statements.databases())
    return derive.summaries(answer)


async def with_tables(server: Server, databases: list[DatabaseSummary]) -> list[DatabaseSummary]:
    """The same with the number of tables, views and sequences of each, as an admin is told them.

    Raises CONNECTION_LOST; where the question is refused, the numbers stay unknown.
    """
    try:
        answer = await server.query(inspection.tables_by_database())
    except StatementRefused:
        return databases
    counts = {row["database_name"]: to_int(row["count"]) or 0 for row in answer.dicts()}
    return [replace(each, tables=counts.get(each.name, 0)) for each in databases]


async def survey(
    server: Server, facts: ServerFacts, database: str, *, count: bool = True
) -> Survey:
    """The database with row counts, sizes and findings. Raises KwtuiError as `read_schema` does.

    ``count`` off leaves the rows out, which on big tables take long.
    """
    running = await _queries(server)
    try:
        schema = await read_schema(server, database)
    except KwtuiError as error:
        if error.exit_code is ExitCode.NOT_FOUND and not facts.is_admin:
            error.cause = f"Or {facts.user} may not see it: KWDB shows what a user has a right on."
        raise

    async def measured(through: Server, table: TableSpec) -> TableSpec | UnreadTable:
        try:
            rows = await _rows(through, database, table.name) if count else None
        except StatementRefused as error:
            return UnreadTable(table.name, f"its rows cannot be counted: {error.cause}")
        return replace(table, rows=rows, bytes=await _bytes(through, database, table, rows))

    found = await ask_each(server, schema.tables, measured)
    counted = replace(
        schema,
        tables=tuple(table for table in found if isinstance(table, TableSpec)),
        unread=(*schema.unread, *(table for table in found if isinstance(table, UnreadTable))),
    )
    return Survey(
        schema=counted,
        server=facts,
        taken_at=datetime.now(UTC),
        findings=(
            *findings.find(counted, facts),
            *findings.others_at_work(database, running),
        ),
        coverage=coverage(counted, facts),
    )


async def _queries(server: Server) -> tuple[Query, ...]:
    """What runs on the cluster, as far as this user is told."""
    try:
        return await read_queries(server)
    except StatementRefused:
        return ()


async def _rows(server: Server, database: str, table: TableName) -> int | None:
    """None for a table that may be listed and not read; without the admin role that happens."""
    try:
        return await count_rows(server, database, table)
    except StatementRefused as error:
        if error.sqlstate != _NOT_ALLOWED:
            raise
        return None


async def count_rows(
    server: Server, database: str, table: TableName, timestamp: str | None = None
) -> int:
    """The exact number of rows, however long it takes."""
    sql = statements.count_rows(database, table, timestamp)
    return to_int((await server.query(sql, within=None)).scalar()) or 0


async def read_schema(server: Server, database: str) -> DatabaseSchema:
    """Everything that a backup captures of a database but its rows.

    Raises KwtuiError: NOT_FOUND if there is no such database, CONNECTION_LOST, or
    STATEMENT_REFUSED where not even the definitions may be read.
    """
    summary = next((d for d in await databases(server) if d.name == database), None)
    if summary is None:
        raise KwtuiError(
            f"There is no database named {database!r} on this server.",
            hint="The list of databases shows those that there are.",
            exit_code=ExitCode.NOT_FOUND,
        )
    return await SchemaReader(server, summary).read()


async def _bytes(server: Server, database: str, table: TableSpec, rows: int | None) -> int | None:
    """About what the rows take as CSV; None where that is not known.

    From the rows and not from the ranges in the store: small tables share a range, whose size each
    of them would claim, and a range holds indexes and old versions of rows that no export has.
    """
    if rows == 0:
        return 0
    if rows is None or not table.visible_columns:
        return None
    sql = statements.row_lengths(database, table.name, table.visible_columns, SAMPLED_ROWS)
    try:
        lengths = [to_int(row[0]) or 0 for row in (await server.query(sql)).rows]
    except ConnectionLost:
        raise
    except KwtuiError:
        return None  # A size is only for estimates.
    return round(sum(lengths) / len(lengths) * rows) if lengths else None
