"""The names in one database, for whoever writes statements: little to ask, and asked again often.

A survey asks for much more, see `kwtui.server.catalogue.survey`.
"""

from __future__ import annotations

from kwtui.model.schema import ColumnSpec, TableName
from kwtui.server.catalogue import at_once, derive
from kwtui.server.catalogue.asking import Asker
from kwtui.server.connection.server import Server
from kwtui.sql import inspection


async def read_names(server: Server, database: str) -> dict[TableName, tuple[ColumnSpec, ...]]:
    """Every table, view and sequence with its columns; none of those that the server does not tell.

    Two statements for the schemas and all columns, one more for the tables of each schema.
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
    return found | dict(await at_once.columns(Asker(server, database), schemas))
