"""What the wire layer expects of the SQL engine. The border on the other side of ``answer``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from kwtui.sandbox.answers.answer import Answer, Column
from kwtui.sandbox.catalog.objects import Catalog
from kwtui.sandbox.engine.cluster import Cluster


class Variables(Protocol):
    """Session variables by their lower-case names."""

    def get(self, name: str) -> str:
        """The value as SHOW prints it."""


class Session(Protocol):
    """One client's conversation with the engine; used by one thread at a time."""

    session_id: str
    user: str
    transaction_status: str
    """I (idle), T (in a transaction) or E (in a failed one)."""
    binary_results: bool
    """Whether the client wants the next rows as binary values."""

    @property
    def variables(self) -> Variables:
        """The session variables, as SHOW ALL lists them."""

    def execute(self, sql_text: str, extended: bool = False) -> Iterator[Answer]:
        """Run each statement of the text. Raises SqlError, StatementCancelled."""

    def describe(self, sql_text: str) -> tuple[Column, ...] | None:
        """The columns that one statement will answer, ``None`` for none. Raises SqlError."""

    def close(self) -> None:
        """Stop what runs, roll back what is open. Other threads may call it."""


class Engine(Protocol):
    """The databases of one store."""

    certificates: Path | None
    """The folder of the certificates; None for insecure nodes."""

    @property
    def cluster(self) -> Cluster:
        """The nodes that share the data."""

    @property
    def catalog(self) -> Catalog:
        """Every object of the node."""

    def session(
        self,
        user: str,
        database: str,
        application_name: str,
        client_address: str,
        node_id: int = 1,
    ) -> Session:
        """Begin a conversation with a node."""

    def save_catalog(self) -> None:
        """Keep what was changed in the catalogue."""

    def close(self) -> None:
        """Write everything to disk and let go of the store."""
