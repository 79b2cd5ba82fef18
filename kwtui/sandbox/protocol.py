"""What the wire layer expects of the SQL engine. The border on the other side of ``answer``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from kwtui.sandbox.answer import Answer, Column
from kwtui.sandbox.catalog import Catalog


class Session(Protocol):
    """One client's conversation with the engine; used by one thread at a time."""

    session_id: str

    @property
    def transaction_status(self) -> str:
        """I (idle), T (in a transaction) or E (in a failed one)."""

    @property
    def parameters(self) -> dict[str, str]:
        """The session variables that clients are told of, by their wire name."""

    def execute(self, sql_text: str, extended: bool = False) -> Iterator[Answer]:
        """Run each statement of the text. Raises SqlError, StatementCancelled."""

    def describe(self, sql_text: str) -> tuple[Column, ...] | None:
        """The columns that one statement will answer, ``None`` for none. Raises SqlError."""

    def close(self) -> None:
        """Roll back what is open and forget the session."""


class Engine(Protocol):
    """The databases of one store."""

    @property
    def catalog(self) -> Catalog:
        """Every object of the node."""

    def session(
        self, user: str, database: str, application_name: str, client_address: str
    ) -> Session:
        """Begin a conversation."""

    def close(self) -> None:
        """Write everything to disk and let go of the store."""
