"""Tables that a database has and an export of it has not: all that tells of a lost folder.

EXPORT of a relational database names a table in the table's own folder alone (facts.md, 1.6), so
that one which is lost with its folder leaves no trace in the export. The database may still be
there to be asked.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from kwtui.errors import KwtuiError
from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import RestoreRequest
from kwtui.model.schema import Engine, TableName
from kwtui.operations.restore.source import RestoreSource
from kwtui.server.catalogue import derive
from kwtui.server.connection.failures import ConnectionLost
from kwtui.server.connection.server import Server
from kwtui.sql import inspection
from kwtui.text import plural

_NAMED = 10


async def live_tables(
    server: Server, source: RestoreSource, databases: Container[str]
) -> frozenset[TableName]:
    """The tables of the database of the export's name, if this server has one and tells.

    Nothing for a backup, which names its tables itself, nor for time series, whose meta.sql does.
    Raises ConnectionLost.
    """
    schema = source.schema
    if not source.adopted or schema.engine is not Engine.RELATIONAL:
        return frozenset()
    if schema.database not in databases:
        return frozenset()
    found = set()
    try:
        for name in derive.user_schemas(await server.query(inspection.schemas(schema.database))):
            sql = inspection.tables(schema.database, name, comments=False)
            rows = (await server.query(sql)).dicts()
            found |= {
                TableName(name, row["table_name"] or "")
                for row in rows
                if row.get("table_type") == "BASE TABLE"
            }
    except ConnectionLost:
        raise
    except KwtuiError:
        return frozenset()
    return frozenset(found)


def tables_not_held(
    source: RestoreSource, request: RestoreRequest, live: frozenset[TableName]
) -> Iterator[Finding]:
    """A warning: whether they were made later or are lost, nothing tells."""
    held = {t.name for t in source.tables} | {t.name for t in source.undefined}
    held |= {name for name in live if f"{name.schema}/{name.name}" in request.leave_out}
    missing = sorted(live - held)
    if not missing or request.tables:
        return
    some = ", ".join(map(str, missing[:_NAMED])) + (", …" if len(missing) > _NAMED else "")
    yield Finding(
        Severity.WARNING,
        "tables_not_held",
        source.path,
        f"The database {source.schema.database} of this server has "
        f"{plural(len(missing), 'table')} of which this export holds no folder: {some}. EXPORT "
        "makes one for every table: they were created after it, or their folders are lost.",
        "Look for them in another copy of the export, or back up that database now.",
    )
