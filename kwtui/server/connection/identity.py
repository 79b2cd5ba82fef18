"""Who and what was connected to: asked once after connecting, never failing on a small answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kwtui.config.profiles import TlsMode
from kwtui.errors import KwtuiError
from kwtui.files.json_text import parse
from kwtui.model.schema import Engine
from kwtui.model.server import NodeFacts, ServerFacts
from kwtui.server.connection.failures import ConnectionLost
from kwtui.server.connection.results import ResultSet, to_bool, to_int
from kwtui.server.connection.server import Server
from kwtui.server.connection.target import Target
from kwtui.sql import inspection, statements


@dataclass(frozen=True)
class Identity:
    """What a connection showed."""

    facts: ServerFacts
    engines: tuple[Engine, ...] = ()
    """Engines that have databases on this server."""
    notes: tuple[str, ...] = ()
    """What could not be learnt and why, and what to know of this connection."""


async def identify(server: Server) -> Identity:
    """Ask the server who it is. Raises KwtuiError only if it is no KWDB or the connection breaks.

    What a user without the admin role may not read is left out and named in the notes.
    """
    version = (await server.query(inspection.version())).scalar() or ""
    if not (server.kwdb_version or version.startswith("KaiwuDB")):
        raise KwtuiError(
            f"The server at {server.target.host}:{server.target.port} is not KWDB.",
            cause=f"It reports {version!r}.",
            hint="Check host and port.",
        )
    asker = _Asker(server)
    node_id = await asker.ask(statements.show("node_id"), "the node's number")
    cluster = await asker.ask(inspection.cluster_id(), "the cluster's id")
    user = await asker.ask(inspection.current_user(), "the user's name")
    admin = await asker.ask(inspection.is_admin(), "whether the user is an admin")
    nodes = parse_nodes(await asker.ask(inspection.nodes(), "the list of nodes"))
    number = to_int(node_id.scalar()) or 0
    databases = await asker.ask(statements.databases(), "the databases")
    arguments = ResultSet()
    is_admin = to_bool(admin.scalar())
    if is_admin:
        arguments = await asker.ask(inspection.node_arguments(), "the start arguments of the node")
    else:
        asker.notes.append(
            "The location of the node's files is unknown: the server reports it only to admins."
        )
    facts = ServerFacts(
        version=version,
        cluster_id=cluster.scalar() or "",
        node_id=number,
        user=user.scalar() or server.target.user,
        is_admin=is_admin,
        tls=server.tls,
        nodes=nodes,
        store_paths=store_paths(arguments, number),
        start_arguments=start_arguments(arguments, number),
    )
    notes = (*asker.notes, *connection_notes(server.target, facts))
    if server.missing_database:
        notes += (f"There is no database {server.missing_database} on this server.",)
    return Identity(facts, parse_engines(databases), notes)


class _Asker:
    """Asks, and turns a refusal into a note."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.notes: list[str] = []

    async def ask(self, sql: str, what: str) -> ResultSet:
        try:
            return await self.server.query(sql)
        except ConnectionLost:
            raise
        except KwtuiError as error:
            self.notes.append(f"The server did not report {what}: {error.cause or error.title}")
            return ResultSet()


def connection_notes(target: Target, facts: ServerFacts) -> tuple[str, ...]:
    """What a careful person would want to be told about this connection."""
    notes = []
    if not facts.tls and not target.is_local:
        notes.append("The connection is not encrypted: its traffic can be read.")
    if target.tls in (TlsMode.REQUIRE, TlsMode.VERIFY_CA) and facts.tls:
        notes.append(
            f"tls = {target.tls.value} encrypts, but does not verify the server's identity."
        )
    return tuple(notes)


async def read_nodes(server: Server) -> tuple[NodeFacts, ...]:
    """The nodes of the cluster as they are now. Raises KwtuiError as `Server.query`."""
    return parse_nodes(await server.query(inspection.nodes()))


def parse_nodes(answer: ResultSet) -> tuple[NodeFacts, ...]:
    """The nodes of gossip_nodes (recording 12)."""
    return tuple(
        NodeFacts(
            node_id=to_int(row["node_id"]) or 0,
            address=row["address"] or "",
            is_live=to_bool(row["is_live"]),
            version=row["build_tag"] or row["server_version"] or "",
        )
        for row in answer.dicts()
    )


def parse_engines(databases: ResultSet) -> tuple[Engine, ...]:
    """The engines that SHOW DATABASES names, relational first."""
    kinds = {row["engine_type"] for row in databases.dicts()}
    engines = []
    if "RELATIONAL" in kinds:
        engines.append(Engine.RELATIONAL)
    if "TIME SERIES" in kinds:
        engines.append(Engine.TIME_SERIES)
    return tuple(engines)


def store_paths(arguments: ResultSet, node_id: int) -> tuple[str, ...]:
    """The store directories in the start arguments of one node (recordings 12 and 15)."""
    return parse_stores(start_arguments(arguments, node_id))


def start_arguments(arguments: ResultSet, node_id: int) -> tuple[str, ...]:
    """The command line of one node (recordings 12 and 15)."""
    for row in arguments.dicts():
        if to_int(row["node_id"]) == node_id:
            return tuple(_argument_list(row["args"]))
    return ()


def _argument_list(text: str | None) -> list[str]:
    try:
        values = parse(text or "[]")
    except ValueError:
        return []
    return [v for v in values if isinstance(v, str)] if isinstance(values, list) else []


def parse_stores(arguments: Sequence[str]) -> tuple[str, ...]:
    """The paths after ``--store``, ``-s``; a store may be ``path=...,size=...`` (facts.md, 4.1)."""
    values = []
    for position, argument in enumerate(arguments):
        if argument.startswith("--store="):
            values.append(argument.removeprefix("--store="))
        elif argument in ("--store", "-s") and position + 1 < len(arguments):
            values.append(arguments[position + 1])
    paths = (_store_path(value) for value in values)
    return tuple(path for path in paths if path)


def _store_path(value: str) -> str:
    fields = value.split(",")
    for part in fields:
        if part.startswith("path="):
            return part.removeprefix("path=")
    return "" if "=" in fields[0] else fields[0]
