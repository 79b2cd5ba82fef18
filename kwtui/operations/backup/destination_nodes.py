"""The nodes whose extern can receive a backup, and whose files can be seen from this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kwtui.errors import KwtuiError
from kwtui.files.untrusted import is_there
from kwtui.model.server import NodeFacts, ServerFacts
from kwtui.node.place import NodePlace, find_place
from kwtui.operations.shared.extern_access import extern_problem
from kwtui.server.connection import identity
from kwtui.server.connection.failures import ConnectionLost
from kwtui.server.connection.results import ResultSet, to_int
from kwtui.server.connection.server import Server
from kwtui.sql import inspection


@dataclass(frozen=True)
class DestinationNode:
    """A node that a person may choose for the files of a backup."""

    id: int
    address: str
    is_live: bool
    is_connected: bool = False
    """The one that answers here: the default."""
    place: NodePlace | None = None
    """Its files; None where they cannot be seen from here."""
    problem: str = ""
    """Why its files cannot be checked from here; empty where they can."""

    @property
    def is_seen(self) -> bool:
        return not self.problem


async def read_destinations(
    server: Server, facts: ServerFacts, place: NodePlace | None
) -> tuple[DestinationNode, ...]:
    """The node that one is connected to, then the others; ``place`` are the first one's files.

    Without the admin role KWDB names no other node. Raises ConnectionLost.
    """
    nodes = await _nodes_now(server, facts)
    arguments = await _arguments(server, facts) if len(nodes) > 1 else None
    stores = _stores(arguments) if arguments is not None else {}
    seen = visible_stores(facts, stores) if server.target.is_local else {}
    found = [_connected(nodes, facts, place)]
    for node in nodes:
        if node.node_id != facts.node_id:
            found.append(await _other(node, seen.get(node.node_id), arguments))
    return tuple(found)


def _connected(
    nodes: Sequence[NodeFacts], facts: ServerFacts, place: NodePlace | None
) -> DestinationNode:
    address = next((n.address for n in nodes if n.node_id == facts.node_id), "")
    problem = "The node's files were not looked for."
    if place is not None:
        finding = extern_problem(place.extern)
        problem = finding.message if finding is not None else ""
    return DestinationNode(facts.node_id, address, True, True, place, problem)


async def _other(
    node: NodeFacts, store: str | None, arguments: ResultSet | None
) -> DestinationNode:
    if store is None or arguments is None:
        return DestinationNode(
            node.node_id,
            node.address,
            node.is_live,
            problem="Its store was not found on this machine.",
        )
    words = identity.start_arguments(arguments, node.node_id)
    place = await asyncio.to_thread(find_place, store=Path(store), arguments=[words])
    finding = extern_problem(place.extern)
    problem = finding.message if finding is not None else ""
    return DestinationNode(node.node_id, node.address, node.is_live, False, place, problem)


async def _nodes_now(server: Server, facts: ServerFacts) -> Sequence[NodeFacts]:
    if not facts.is_admin:
        return facts.nodes
    try:
        return identity.parse_nodes(await server.query(inspection.nodes())) or facts.nodes
    except ConnectionLost:
        raise
    except KwtuiError:
        return facts.nodes


async def visible_nodes(server: Server, facts: ServerFacts) -> dict[int, str] | None:
    """Stores on this machine by node; None where the server does not tell."""
    if len(facts.nodes) < 2:
        return None
    arguments = await _arguments(server, facts)
    if arguments is None:
        return None
    return visible_stores(facts, _stores(arguments)) if server.target.is_local else {}


async def _arguments(server: Server, facts: ServerFacts) -> ResultSet | None:
    if not facts.is_admin:
        return None
    try:
        return await server.query(inspection.node_arguments())
    except ConnectionLost:
        raise
    except KwtuiError:
        return None


def _stores(arguments: ResultSet) -> dict[int, Sequence[str]]:
    numbers = [to_int(row["node_id"]) or 0 for row in arguments.dicts()]
    return {number: identity.store_paths(arguments, number) for number in numbers}


def visible_stores(facts: ServerFacts, stores: Mapping[int, Sequence[str]]) -> dict[int, str]:
    """Stores that are on this machine, of nodes with the address of the one connected to.

    A node on another machine may well have a store of the same path, so the path alone proves
    nothing.
    """
    hosts = {node.node_id: _host(node.address) for node in facts.nodes}
    near = {hosts.get(facts.node_id, ""), "127.0.0.1", "localhost", "[::1]"} - {""}
    return {
        number: paths[0]
        for number, paths in stores.items()
        if paths and hosts.get(number) in near and is_there(Path(paths[0]), if_closed=True)
    }


def _host(address: str) -> str:
    return address.rpartition(":")[0]
