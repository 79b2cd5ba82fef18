"""Everything that the server page shows, read part by part: a refused part says why in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

from kwtui.errors import KwtuiError
from kwtui.model.server import ServerFacts
from kwtui.server.connection.failures import ConnectionLost
from kwtui.server.connection.results import ResultSet, to_bool, to_int, to_time
from kwtui.server.connection.server import Server
from kwtui.server.state.activity import Query, Session, parse_queries, parse_sessions
from kwtui.server.state.rights import Account, parse_accounts
from kwtui.server.state.settings import ALL_SETTINGS, Setting, parse_settings
from kwtui.sql import statements

Item = TypeVar("Item")


@dataclass(frozen=True)
class Part(Generic[Item]):
    """What was read, or why it could not be."""

    items: tuple[Item, ...] = ()
    refused: str = ""
    """The server's own words; empty where it answered."""


@dataclass(frozen=True)
class Node:
    """One node of the cluster."""

    id: int
    address: str
    version: str
    start_mode: str
    is_live: bool
    started: datetime | None
    locality: str = ""
    capacity: int | None = None
    """Bytes of its stores' disks; None where the server does not tell."""
    available: int | None = None
    draining: bool = False
    decommissioning: bool = False


@dataclass(frozen=True)
class Overview:
    """The server at one moment."""

    facts: ServerFacts
    at: datetime | None
    """The server's own clock."""
    nodes: Part[Node]
    settings: Part[Setting]
    accounts: Part[Account]
    sessions: Part[Session]
    queries: Part[Query]
    visible_stores: Mapping[int, str] | None = None
    """By number, the store of every node whose files are on this machine; None: not known."""

    @property
    def versions(self) -> frozenset[str]:
        """More than one: an upgrade is under way, or was forgotten."""
        return frozenset(node.version for node in self.nodes.items if node.version)


async def read_overview(server: Server, facts: ServerFacts) -> Overview:
    """Ask for everything. Raises ConnectionLost; a refusal becomes the words of its part."""
    at = (await server.query(statements.server_time())).scalar()
    return Overview(
        facts=facts,
        at=to_time(at),
        nodes=await _nodes(server),
        settings=await _part(server, ALL_SETTINGS, parse_settings),
        accounts=await _part(server, "SHOW USERS", parse_accounts),
        sessions=await _part(server, "SHOW SESSIONS", parse_sessions),
        queries=await _part(server, "SHOW QUERIES", parse_queries),
    )


async def read_activity(server: Server, before: Overview) -> Overview:
    """The same with sessions and queries of now."""
    at = (await server.query(statements.server_time())).scalar()
    return replace(
        before,
        at=to_time(at),
        sessions=await _part(server, "SHOW SESSIONS", parse_sessions),
        queries=await _part(server, "SHOW QUERIES", parse_queries),
    )


async def _part(
    server: Server, sql: str, parse: Callable[[ResultSet], tuple[Item, ...]]
) -> Part[Item]:
    try:
        return Part(parse(await server.query(sql)))
    except ConnectionLost:
        raise
    except KwtuiError as error:
        return Part(refused=error.cause or error.title)


_NODES = (
    "SELECT node_id, address, build_tag, server_version, start_mode, is_live, started_at, locality "
    "FROM kwdb_internal.gossip_nodes ORDER BY node_id"
)
_STORES = "SELECT node_id, capacity, available FROM kwdb_internal.kv_store_status"
_LIVENESS = "SELECT node_id, draining, decommissioning FROM kwdb_internal.gossip_liveness"


async def _nodes(server: Server) -> Part[Node]:
    """Nodes, with what their stores and their liveness add where the server tells it."""
    stores = await _part(server, _STORES, lambda answer: tuple(answer.dicts()))
    liveness = await _part(server, _LIVENESS, lambda answer: tuple(answer.dicts()))
    return await _part(
        server, _NODES, lambda answer: parse_nodes(answer, stores.items, liveness.items)
    )


def parse_nodes(
    answer: ResultSet,
    stores: tuple[dict[str, str | None], ...] = (),
    liveness: tuple[dict[str, str | None], ...] = (),
) -> tuple[Node, ...]:
    """gossip_nodes with kv_store_status and gossip_liveness (recordings 01 and 15)."""
    states = {to_int(row["node_id"]): row for row in liveness}
    found = []
    for row in answer.dicts():
        number = to_int(row["node_id"]) or 0
        own = [store for store in stores if to_int(store["node_id"]) == number]
        state = states.get(number, {})
        found.append(
            Node(
                id=number,
                address=row["address"] or "",
                version=row["build_tag"] or row["server_version"] or "",
                start_mode=row["start_mode"] or "",
                is_live=to_bool(row["is_live"]),
                started=to_time(row["started_at"]),
                locality=row["locality"] or "",
                capacity=_total(own, "capacity"),
                available=_total(own, "available"),
                draining=to_bool(state.get("draining")),
                decommissioning=to_bool(state.get("decommissioning")),
            )
        )
    return tuple(found)


def _total(rows: list[dict[str, str | None]], name: str) -> int | None:
    numbers = [to_int(row[name]) for row in rows]
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
