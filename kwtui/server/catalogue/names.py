"""The names in one database, for whoever writes statements: little to ask, and asked again often.

A survey asks for much more, see `kwtui.server.catalogue.survey`.
"""

from __future__ import annotations

from functools import partial

from kwtui.errors import KwtuiError
from kwtui.model.schema import ColumnSpec, TableName
from kwtui.server.catalogue import derive, whole_database
from kwtui.server.catalogue.asking import Asker
from kwtui.server.connection.failures import ConnectionLost
from kwtui.server.connection.parallel import ask_each
from kwtui.server.connection.server import Server
from kwtui.sql import inspection

MOST_ASKED = 200
"""Tables whose columns are asked for one by one: nobody waits for more while typing."""


async def read_names(server: Server, database: str) -> dict[TableName, tuple[ColumnSpec, ...]]:
    """Every table, view and sequence with its columns; none of those that the server does not tell.

    Two statements for the schemas and all columns, one more for the tables of each schema. A
    version that does not tell all columns at once is asked for those of `MOST_ASKED` tables.
    Raises KwtuiError: STATEMENT_REFUSED where there is no such database or it may not be looked
    into, CONNECTION_LOST.
    """
    schemas = derive.user_schemas(await server.query(inspection.schemas(database)))
    if not schemas:
        return {}
    found: dict[TableName, tuple[ColumnSpec, ...]] = {}
    for schema in schemas:
        answer = await server.query(inspection.tables(database, schema, comments=False))
        for row in answer.dicts():
            if name := row.get("table_name"):
                found[TableName(schema, name)] = ()
    asker = Asker(server, database)
    told = dict(await whole_database.columns(asker, schemas))
    if not told:
        told = dict(await ask_each(server, list(found)[:MOST_ASKED], partial(_columns, asker)))
    return found | told


async def _columns(
    asker: Asker, server: Server, table: TableName
) -> tuple[TableName, tuple[ColumnSpec, ...]]:
    """By the table's own SHOW COLUMNS; none of what may not be looked into, or has none."""
    try:
        return table, asker.understood(await asker.columns(server, table), table)
    except ConnectionLost:
        raise
    except KwtuiError:
        return table, ()
