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
from kwtui.server.catalogue.batching import ask_together
from kwtui.server.catalogue.coverage import coverage
from kwtui.server.catalogue.definitions import Definitions
from kwtui.server.catalogue.schema_reader import SchemaReader
from kwtui.server.connection.failures import StatementRefused
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
    server: Server,
    facts: ServerFacts,
    database: str,
    *,
    count: bool = True,
    known: Definitions | None = None,
) -> Survey:
    """The database with row counts, sizes and findings. Raises KwtuiError as `read_schema` does.

    ``count`` off leaves the rows out, which on big tables take long; ``known`` as there.
    """
    running = await _queries(server)
    try:
        schema = await read_schema(server, database, known)
    except KwtuiError as error:
        if error.exit_code is ExitCode.NOT_FOUND and not facts.is_admin:
            error.cause = f"Or {facts.user} may not see it: KWDB shows what a user has a right on."
        raise

    counted = await _measured(server, schema, count=count)
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


async def _measured(server: Server, schema: DatabaseSchema, *, count: bool) -> DatabaseSchema:
    """The schema with rows and sizes of its tables, in two statements.

    A table that may be listed and not read has none; without the admin role that happens. One whose
    rows cannot be counted for another reason is unread.
    """
    if not count:
        return schema
    parts = [
        statements.numbered_count(number, schema.database, table.name)
        for number, table in enumerate(schema.tables)
    ]
    counts, refused = await ask_together(server, parts)
    tables, unread = [], []
    for number, table in enumerate(schema.tables):
        error = refused.get(number)
        if error is not None and error.sqlstate != _NOT_ALLOWED:
            why = f"its rows cannot be counted: {error.cause}"
            unread.append(UnreadTable(table.name, why))
        else:
            rows = to_int(counts[number][0]) if number in counts else None
            tables.append(replace(table, rows=rows))
    measured = await _with_sizes(server, schema.database, tables)
    return replace(schema, tables=tuple(measured), unread=(*schema.unread, *unread))


async def _with_sizes(server: Server, database: str, tables: list[TableSpec]) -> list[TableSpec]:
    """With about what the rows take as CSV; None where that is not known.

    From the rows and not from the ranges in the store: small tables share a range, whose size each
    of them would claim, and a range holds indexes and old versions of rows that no export has.
    """
    known = [table for table in tables if table.rows and table.visible_columns]
    parts = [
        statements.numbered_length(i, database, t.name, t.visible_columns, SAMPLED_ROWS)
        for i, t in enumerate(known)
    ]
    # What is refused has no size: it is only for estimates.
    lengths, _ = await ask_together(server, parts)
    sizes: dict[TableName, int | None] = {t.name: 0 for t in tables if t.rows == 0}
    for number, (total, sampled) in lengths.items():
        table = known[number]
        if total is not None and sampled and table.rows:
            sizes[table.name] = round(float(total) / int(sampled) * table.rows)
    return [replace(table, bytes=sizes.get(table.name)) for table in tables]


async def count_rows(
    server: Server, database: str, table: TableName, timestamp: str | None = None
) -> int:
    """The exact number of rows, however long it takes."""
    sql = statements.count_rows(database, table, timestamp)
    return to_int((await server.query(sql, within=None)).scalar()) or 0


async def read_schema(
    server: Server, database: str, known: Definitions | None = None
) -> DatabaseSchema:
    """Everything that a backup captures of a database but its rows.

    ``known`` holds what an earlier reading was told of its definitions, and what this one is: of
    what did not change meanwhile nothing is read again.

    Raises KwtuiError: NOT_FOUND if there is no such database, CONNECTION_LOST, or
    STATEMENT_REFUSED where not even the definitions may be read.
    """
    summary = next((d for d in await databases(server) if d.name == database), None)
    if summary is None:
        raise KwtuiError(
            f"There is no database named {database!r} on this server.",
            hint="`kwtui survey` lists the databases of this server.",
            exit_code=ExitCode.NOT_FOUND,
        )
    return await SchemaReader(server, summary, known or Definitions()).read()
