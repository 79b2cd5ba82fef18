"""What a server says of itself and what a survey found in a database, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kwtui.model.findings import Finding
from kwtui.model.schema import DatabaseSchema, Engine


@dataclass(frozen=True)
class ServerFacts:
    """What is known of the server after connecting."""

    version: str
    cluster_id: str
    node_id: int
    user: str
    is_admin: bool
    tls: bool
    nodes: tuple[NodeFacts, ...] = ()
    store_paths: tuple[str, ...] = ()
    """From the server's start arguments, where they may be read."""
    start_arguments: tuple[str, ...] = ()
    """The whole command line of the node that one is connected to; admins only."""

    @property
    def dead_nodes(self) -> tuple[int, ...]:
        """The numbers of the nodes that do not answer, as far as the server tells."""
        return tuple(node.node_id for node in self.nodes if not node.is_live)


@dataclass(frozen=True)
class NodeFacts:
    node_id: int
    address: str
    is_live: bool
    version: str = ""


@dataclass(frozen=True)
class DatabaseSummary:
    """A line of the list of databases."""

    name: str
    engine: Engine
    comment: str | None = None
    tables: int | None = None
    system: bool = False
    """One of KWDB's own databases."""


class Becomes(StrEnum):
    """What a backup makes of a kind of objects."""

    EXPORTED = "exported"
    CAPTURED = "captured beside"
    BY_HAND = "captured, put back by hand"
    NOT_POSSIBLE = "not possible"
    NOT_VISIBLE = "not visible"
    """Whether there are any is not known: the user has no right to see them."""


@dataclass(frozen=True)
class Coverage:
    """One kind of objects in a database, and what a backup makes of it."""

    kind: str
    """In the plural: ``tables``, ``sequences with their values``."""
    count: int
    becomes: Becomes
    why: str = ""


@dataclass(frozen=True)
class Survey:
    """A database as it was read before a backup, with what to watch out for."""

    schema: DatabaseSchema
    server: ServerFacts
    taken_at: datetime
    findings: tuple[Finding, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    """Of each kind of objects what a backup makes of it."""
