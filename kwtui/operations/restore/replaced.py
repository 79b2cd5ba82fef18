"""Telling the database that is to be replaced from a later one of its name."""

from __future__ import annotations

from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.server import Server
from kwtui.sql import inspection


async def id_of(server: Server, database: str) -> str:
    """What tells the database from a later one; empty where there is none or it is not told."""
    try:
        return (await server.query(inspection.database_id(database))).scalar() or ""
    except StatementRefused:
        return ""
