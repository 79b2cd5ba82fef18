"""The nodes whose extern can receive a backup, and whose files can be seen from this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kwtui.errors import KwtuiError
from kwtui.model.server import NodeFacts, ServerFacts
from kwtui.node.place import NodePlace
from kwtui.operations.shared.extern_access import extern_problem
from kwtui.operations.shared.node_files import node_arguments, place_of
from kwtui.server.connection import identity
from kwtui.server.connection.failures import ConnectionLost
from kwtui.server.connection.results import ResultSet
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
    arguments = await node_arguments(server, facts) if len(nodes) > 1 else None
    found = [_connected(nodes, facts, place)]
    for node in nodes:
        if node.node_id != facts.node_id:
            found.append(await _other(server, facts, node, arguments))
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
    server: Server, facts: ServerFacts, node: NodeFacts, arguments: ResultSet | None
) -> DestinationNode:
    place = await place_of(server, facts, node, arguments)
    if not (place.store.exists or place.extern.exists):
        problem = place.store.problem or "Its store was not found on this machine."
        return DestinationNode(node.node_id, node.address, node.is_live, problem=problem)
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
