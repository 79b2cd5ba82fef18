"""An engine with everything that answers statements: handlers, sessions, what a crash left.

The only module that knows every handler; those register themselves in `engine.dispatch`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from kwtui.sandbox.ddl import (
    alter,
    database,
    drop,
    from_query,
    function,
    index,
    procedure,
    sequence,
    stream,
    table,
    trigger,
)
from kwtui.sandbox.dml import (
    change,
    insert,
)
from kwtui.sandbox.engine.dispatch import find_handler
from kwtui.sandbox.engine.engine import Engine
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.exports import statement as exports_statement
from kwtui.sandbox.identity import NODE_ID
from kwtui.sandbox.imports import statement as imports_statement
from kwtui.sandbox.imports.new_tables import settle
from kwtui.sandbox.introspection import (
    show,
    show_cluster,
    show_programs,
)
from kwtui.sandbox.query import query
from kwtui.sandbox.rows.devices import settle_devices
from kwtui.sandbox.statements import (
    comments,
    explain,
    fingerprints,
    grants,
    job_control,
    refused,
    settings,
    transactions,
    users,
    variables,
)

HANDLERS: tuple[ModuleType, ...] = (
    alter,
    database,
    drop,
    from_query,
    function,
    index,
    procedure,
    sequence,
    stream,
    table,
    trigger,
    change,
    insert,
    exports_statement,
    imports_statement,
    show,
    show_cluster,
    show_programs,
    query,
    comments,
    explain,
    fingerprints,
    grants,
    job_control,
    refused,
    settings,
    transactions,
    users,
    variables,
)
"""Every module that answers statements: an import registers what it answers."""


class SqlEngine(Engine):
    """The SQL engine of one node, ready for clients."""

    def __init__(
        self, store: Path, extern: Path | None = None, *, others: Sequence[Path] = ()
    ) -> None:
        super().__init__(store, extern, others=others)
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
