"""The files of each node of a cluster, as far as they are on this machine and proven to be its own.

A node on another machine may well have a store of the same path, and several nodes may have theirs
on one machine: what a store says of itself decides (`kwtui.node.deployment.ownership`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kwtui.backups.layout.naming import inside
from kwtui.backups.layout.tree import is_there
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.server import NodeFacts, ServerFacts
from kwtui.node.deployment.claims import Answering, FactName, Owner
from kwtui.node.place import FolderState, NodePlace, find_place
from kwtui.server.connection import identity
from kwtui.server.connection.failures import ConnectionLost
from kwtui.server.connection.results import ResultSet
from kwtui.server.connection.server import Server
from kwtui.server.connection.target import Target
from kwtui.sql import inspection

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


def answering(target: Target, facts: ServerFacts | None) -> Answering:
    """The node that one is connected to; without ``facts`` it did not answer."""
    port = target.port if target.is_local else None
    if facts is None:
        return Answering(port)
    return Answering(port, facts.cluster_id, facts.node_id)


async def node_arguments(server: Server, facts: ServerFacts) -> ResultSet | None:
    """The command lines of all nodes; None where it does not tell. Raises ConnectionLost."""
    if not facts.is_admin:
        return None
    try:
        return await server.query(inspection.node_arguments())
    except ConnectionLost:
        raise
    except KwtuiError:
        return None


async def place_of(
    server: Server, facts: ServerFacts, node: NodeFacts, arguments: ResultSet | None
) -> NodePlace:
    """The files of one node on this machine, found by what the server reports of it."""
    words = identity.start_arguments(arguments, node.node_id) if arguments is not None else ()
    return await asyncio.to_thread(
        find_place,
        arguments=[words] if words else (),
        local=server.target.is_local,
        server=_answering_node(facts, node),
    )


async def files_of_node(
    server: Server, facts: ServerFacts, node_id: int | None, place: NodePlace | None
) -> NodePlace | None:
    """The files of a chosen node; None means the connected one, whose files ``place`` are.

    For another node what a person gave counts where it is not the connected node's for certain.
    Folders that were not found say why. Raises ConnectionLost.
    """
    if node_id in (None, facts.node_id) or node_id is None:
        return place
    node = next((n for n in facts.nodes if n.node_id == node_id), NodeFacts(node_id, "", True))
    found = await place_of(server, facts, node, await node_arguments(server, facts))
    if found.extern.usable:
        return found
    given = await _given(facts, node, place) if place is not None else None
    return given or replace(found, extern=_unseen(found.extern, node_id))


async def _given(facts: ServerFacts, node: NodeFacts, place: NodePlace) -> NodePlace | None:
    """What a person named, unless it belongs to the connected node, or to any other."""
    folders = place.deployment.given
    if not folders or place.deployment.whose.owner is Owner.THIS:
        return None
    found = await asyncio.to_thread(
        find_place,
        store=folders.get(FactName.STORE),
        extern=folders.get(FactName.EXTERN),
        logs=folders.get(FactName.LOGS),
        local=False,
        server=_answering_node(facts, node),
    )
    return found if found.extern.usable else None


def _unseen(extern: FolderState, node_id: int) -> FolderState:
    where = f" {extern.problem}" if extern.problem and extern.path is None else ""
    return FolderState(
        None,
        extern.source,
        problem=f"The files of node {node_id} were not found on this machine.{where}",
        remedy=f"Name the store of node {node_id} (--store DIR, or in the profile), or run kwtui"
        " on its machine.",
    )


async def visible_stores(
    server: Server, facts: ServerFacts, nodes: Sequence[NodeFacts] | None = None
) -> dict[int, str] | None:
    """Stores on this machine by node; None where the server does not tell, or has one node."""
    if len(facts.nodes) < 2:
        return None
    arguments = await node_arguments(server, facts)
    if arguments is None:
        return None
    found = {}
    for node in nodes or facts.nodes:
        store = (await place_of(server, facts, node, arguments)).store
        if store.path is not None and store.exists:
            found[node.node_id] = str(store.path)
    return found


async def where_it_lies(
    error: KwtuiError, server: Server, facts: ServerFacts, node_id: int | None, path: str
) -> KwtuiError:
    """Of a set that is not there, with the option for another node that has it; else as it is.

    Raises ConnectionLost.
    """
    if error.exit_code is not ExitCode.NOT_FOUND:
        return error
    others = [node for node in facts.nodes if node.node_id != (node_id or facts.node_id)]
    stores = await visible_stores(server, facts, others) if others else None
    for number, store in (stores or {}).items():
        if await asyncio.to_thread(_holds, Path(store) / "extern", path):
            return KwtuiError(
                error.title,
                cause=f"It is in the extern folder of node {number}.",
                hint=f"Let that node read it: --node {number}",
                exit_code=error.exit_code,
            )
    return error


def _holds(extern: Path, path: str) -> bool:
    try:
        return is_there(inside(extern, path))
    except KwtuiError:
        # The path leads out of extern, whichever node it is of: the error at hand says so.
        return False


def _answering_node(facts: ServerFacts, node: NodeFacts) -> Answering:
    """Its port counts where its address is this machine's: that of the connected node."""
    connected = next((n.address for n in facts.nodes if n.node_id == facts.node_id), "")
    host, _, port = node.address.rpartition(":")
    is_near = host in _LOOPBACK or (bool(host) and host == connected.rpartition(":")[0])
    return Answering(
        int(port) if is_near and port.isdigit() else None, facts.cluster_id, node.node_id
    )
