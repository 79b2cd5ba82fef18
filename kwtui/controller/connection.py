"""The connection to a server: made, kept alive, given to the services that ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kwtui.controller.events import Events
from kwtui.controller.folders import NodeFolders
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.model.server import ServerFacts
    from kwtui.server.connection.keepalive import Keeper
    from kwtui.server.connection.server import Server
    from kwtui.server.connection.status import ConnectionStatus
    from kwtui.server.connection.target import Target


class Connection:
    """One server at a time, or none.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    def __init__(self, events: Events, folders: NodeFolders) -> None:
        from kwtui.server.connection.status import ConnectionState, ConnectionStatus

        self._events = events
        self._folders = folders
        self._keeper: Keeper | None = None
        self._disconnected = ConnectionStatus(ConnectionState.DISCONNECTED, datetime.now(UTC))

    # -- for screens and commands -------------------------------------------------------------

    async def connect(self, target: Target, password: str | None = None) -> ConnectionStatus:
        """Connect, learn what the server is, find the node's files; then keep it alive.

        Without ``password`` the target's other sources are asked (environment, passfile, command).
        Raises KwtuiError; `PasswordNeeded` and `PasswordRejected` of
        `kwtui.server.connection.failures` say that asking the person may help.
        """
        from kwtui.server.connection.keepalive import Keeper

        await self.disconnect()
        keeper = Keeper(
            target.with_password(password) if password else target, self._events.publish
        )
        await keeper.start()
        self._keeper = keeper
        await self._folders.find(target, self.facts())
        self._events.publish(keeper.status)
        return keeper.status

    async def disconnect(self) -> None:
        """Close the connection; the node's files stay known until the next one."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            await keeper.stop()

    async def start_sandbox(self) -> Target:
        """Start the sandbox unless one runs; the target to connect to. A new one has a past: who
        tries kwtui sees what it tells of backups."""
        from kwtui.server.sandbox_process import start_sandbox

        return await start_sandbox(["--history"])

    @property
    def status(self) -> ConnectionStatus:
        """Disconnected, connecting, connected (with ServerFacts), lost (with the reason)."""
        return self._keeper.status if self._keeper is not None else self._disconnected

    @property
    def is_connected(self) -> bool:
        return self._keeper is not None and self.status.is_connected

    @property
    def target(self) -> Target | None:
        """What one is connected to; None before the first connection."""
        return self._keeper.target if self._keeper is not None else None

    @property
    def confirmation_name(self) -> str:
        """What a person types to allow a change: the profile's name, or the cluster's short id."""
        return self.server().target.profile or self.facts().cluster_id[:8]

    async def look_at_nodes(self) -> None:
        """Look now which nodes live; `status` knows it then. Raises KwtuiError."""
        if self._keeper is not None:
            await self._keeper.look_at_nodes()

    def retry_now(self) -> None:
        """Try a lost connection again at once."""
        if self._keeper is not None:
            self._keeper.retry_now()

    # -- for services -------------------------------------------------------------------------

    def server(self) -> Server:
        """The shared connection, for short questions. Raises SERVER_UNREACHABLE without one."""
        if self._keeper is None:
            raise KwtuiError(
                "There is no connection to a server.",
                hint="Connect first: --dsn URL, --profile NAME or --sandbox.",
                exit_code=ExitCode.SERVER_UNREACHABLE,
            )
        return self._keeper.server

    def facts(self) -> ServerFacts:
        """What the server is. Raises KwtuiError while nothing is known of it."""
        facts = self.status.facts
        if facts is None:
            raise KwtuiError("Nothing is known of the server yet.", hint="Connect first.")
        return facts

    @asynccontextmanager
    async def own(self) -> AsyncIterator[Server]:
        """A connection for questions that take long: the shared one stays free for short ones."""
        from kwtui.server.connection.server import Server

        server = await Server.open(self.server().target)
        try:
            yield server
        finally:
            await server.close()

    def refuse_read_only(self) -> None:
        """Raises REFUSED_BY_PLAN where the profile of this server says that it only reads."""
        if self.server().target.read_only:
            raise KwtuiError(
                "The profile of this server is read-only.",
                hint="Change the profile if this server may be changed.",
                exit_code=ExitCode.REFUSED_BY_PLAN,
            )
