"""Who is connected and what runs: SHOW SESSIONS and SHOW QUERIES (facts.md, section 7.6).

A user without the admin role is told only of sessions of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kwtui.server.connection.results import ResultSet, to_int, to_time
from kwtui.server.connection.server import Server
from kwtui.sql import statements


@dataclass(frozen=True)
class Session:
    """One connection to the cluster."""

    id: str
    node_id: int
    user: str
    client: str
    application: str
    active: str
    """What it runs now; empty while it is idle."""
    last: str
    """What it ran last."""
    started: datetime | None
    """UTC, as all times here."""
    query_started: datetime | None


@dataclass(frozen=True)
class Query:
    """One running statement."""

    id: str
    node_id: int
    session_id: str
    user: str
    sql: str
    client: str
    application: str
    phase: str
    started: datetime | None


async def read_sessions(server: Server) -> tuple[Session, ...]:
    """Raises KwtuiError as `Server.query`."""
    return parse_sessions(await server.query("SHOW SESSIONS"))


async def read_queries(server: Server) -> tuple[Query, ...]:
    """Raises KwtuiError as `Server.query`."""
    return parse_queries(await server.query("SHOW QUERIES"))


def parse_sessions(answer: ResultSet) -> tuple[Session, ...]:
    """The answer of SHOW SESSIONS (recording 01)."""
    return tuple(
        Session(
            id=row["session_id"] or "",
            node_id=to_int(row["node_id"]) or 0,
            user=row["user_name"] or "",
            client=row["client_address"] or "",
            application=row["application_name"] or "",
            active=row["active_queries"] or "",
            last=row["last_active_query"] or "",
            started=to_time(row["session_start"]),
            query_started=to_time(row["oldest_query_start"]),
        )
        for row in answer.dicts()
    )


def parse_queries(answer: ResultSet) -> tuple[Query, ...]:
    """The answer of SHOW QUERIES (recording 01)."""
    return tuple(
        Query(
            id=row["query_id"] or "",
            node_id=to_int(row["node_id"]) or 0,
            session_id=row["session_id"] or "",
            user=row["user_name"] or "",
            sql=row["query"] or "",
            client=row["client_address"] or "",
            application=row["application_name"] or "",
            phase=row["phase"] or "",
            started=to_time(row["start"]),
        )
        for row in answer.dicts()
    )


async def cancel_query(server: Server, query_id: str) -> None:
    """Cancel a running statement of any session. Raises KwtuiError with the server's words."""
    await server.execute(statements.cancel_query(query_id), within=30)
