"""An engine with everything that answers statements: handlers, sessions, what a crash left.

The only module that knows every handler; those register themselves in `engine.dispatch`.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

from kwtui.sandbox.engine.dispatch import find_handler
from kwtui.sandbox.engine.engine import Engine
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.identity import NODE_ID
from kwtui.sandbox.imports.new_tables import settle
from kwtui.sandbox.rows.devices import settle_devices

_HANDLERS = (
    "statements.variables",
    "statements.transactions",
    "ddl.database",
    "ddl.table",
    "ddl.drop",
    "ddl.from_query",
    "ddl.alter",
    "ddl.index",
    "ddl.sequence",
    "ddl.procedure",
    "ddl.trigger",
    "ddl.function",
    "ddl.stream",
    "dml.insert",
    "dml.change",
    "query.query",
    "statements.explain",
    "introspection.show",
    "introspection.show_cluster",
    "introspection.show_programs",
    "statements.fingerprints",
    "statements.grants",
    "statements.users",
    "statements.comments",
    "statements.job_control",
    "statements.settings",
    "statements.refused",
    "exports.statement",
    "imports.statement",
)


class SqlEngine(Engine):
    """The SQL engine of one node, ready for clients."""

    def __init__(
        self, store: Path, extern: Path | None = None, *, others: Sequence[Path] = ()
    ) -> None:
        super().__init__(store, extern, others=others)
        for name in _HANDLERS:
            importlib.import_module(f"kwtui.sandbox.{name}")
        settle(self)
        settle_devices(self)

    def session(
        self,
        user: str,
        database: str,
        application_name: str = "",
        client_address: str = "",
        node_id: int = NODE_ID,
    ) -> Session:
        """A new session. A database that does not exist is no error (recording 11)."""
        return Session(
            self,
            user,
            database,
            application_name,
            client_address,
            node_id,
            find_handler=find_handler,
        )
