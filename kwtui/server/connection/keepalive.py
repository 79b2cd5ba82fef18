"""Keeping a connection: heartbeat, noticing that it is lost, coming back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.failures import PasswordNeeded, PasswordRejected
from kwtui.server.connection.identity import Identity, identify, read_nodes
from kwtui.server.connection.passwords import Prompt
from kwtui.server.connection.server import Server, connect
from kwtui.server.connection.status import ConnectionState, ConnectionStatus
from kwtui.server.connection.target import Target

StatusListener = Callable[[ConnectionStatus], None]

_HOPELESS = frozenset({ExitCode.AUTHENTICATION_FAILED, ExitCode.TLS_FAILED, ExitCode.WRONG_CLUSTER})
"""What trying again by itself does not change."""


@dataclass(frozen=True)
class Rhythm:
    """How often to look and to try again; all in seconds."""

    heartbeat: float = 5.0
    answer_within: float = 15.0
    first_retry: float = 1.0
    longest_retry: float = 30.0

    def pause(self, attempt: int) -> float:
        """The wait after a failed attempt; the first is number 1. Doubles up to the longest."""
        return min(self.first_retry * 2.0 ** min(attempt - 1, 16), self.longest_retry)


class Keeper:
    """Holds one connection and keeps it alive until it is stopped.

    Every change of `status` is told to the listener, which must not raise.
    """

    def __init__(
        self, target: Target, listener: StatusListener, *, rhythm: Rhythm | None = None
    ) -> None:
        self.target = target
        self._listener = listener
        self._rhythm = rhythm or Rhythm()
        self._server: Server | None = None
        self._cluster_id = ""
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._status = ConnectionStatus(
            ConnectionState.DISCONNECTED, datetime.now(UTC), target.redacted
        )

    @property
    def status(self) -> ConnectionStatus:
        return self._status

    @property
    def server(self) -> Server:
        """The living connection. Raises KwtuiError with the reason while there is none."""
        if self._server is not None and self._status.is_connected:
            return self._server
        raise KwtuiError(
            self._status.title or "There is no connection to a server.",
            cause=self._status.cause,
            hint=self._status.hint or "Connect first.",
            exit_code=ExitCode.CONNECTION_LOST
            if self._status.state is ConnectionState.LOST
            else ExitCode.SERVER_UNREACHABLE,
        )

    async def start(self, prompt: Prompt | None = None) -> ConnectionStatus:
        """Connect and learn what the server is; from then on it is kept alive.

        Raises KwtuiError when the first attempt fails; `status` says FAILED then.
        """
        self._tell(ConnectionState.CONNECTING)
        try:
            await self._establish(lambda: connect(self.target, prompt=prompt))
        except KwtuiError as error:
            self._tell(ConnectionState.FAILED, error)
            raise
        except BaseException:
            self._tell(ConnectionState.DISCONNECTED)
            raise
        self._task = asyncio.create_task(self._keep(), name="kwtui connection")
        return self._status

    def retry_now(self) -> None:
        """Do not wait for the next attempt."""
        self._wake.set()

    async def stop(self) -> None:
        """Close the connection and stop looking after it."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._drop()
        self._tell(ConnectionState.DISCONNECTED)

    # -- inside ---------------------------------------------------------------------------------

    async def _establish(self, opener: Callable[[], Awaitable[Server]]) -> None:
        server = await opener()
        try:
            identity = await identify(server)
            self._same_cluster(identity)
        except BaseException:
            await server.close()
            raise
        self._server = server
        self._cluster_id = identity.facts.cluster_id
        self._tell(ConnectionState.CONNECTED, identity=identity)

    def _same_cluster(self, identity: Identity) -> None:
        found = identity.facts.cluster_id
        if self._cluster_id and found != self._cluster_id:
            raise KwtuiError(
                f"Another cluster answers at {self.target.label}.",
                cause=f"It was {self._cluster_id}, now it is {found}.",
                hint="Reconnect if that is intended.",
                exit_code=ExitCode.WRONG_CLUSTER,
            )

    async def _keep(self) -> None:
        while True:
            await self._until_lost()
            if not await self._come_back():
                return

    async def _until_lost(self) -> None:
        server = self.server
        while server.is_alive:
            try:
                await asyncio.wait_for(server.gone.wait(), self._rhythm.heartbeat)
            except TimeoutError:
                await self._ping(server)

    async def _ping(self, server: Server) -> None:
        try:
            await server.ping(self._rhythm.answer_within)
            await self._look_at_nodes(server)
        except KwtuiError:
            # A lost connection shows in is_alive; a server that refuses SELECT 1 while it shuts
            # down will close the connection next.
            return

    async def look_at_nodes(self) -> None:
        """Look now which nodes live. Raises KwtuiError as `server`."""
        await self._look_at_nodes(self.server)

    async def _look_at_nodes(self, server: Server) -> None:
        """Nodes of a cluster die and come back while one is connected to another."""
        facts = self._status.facts
        if facts is None or len(facts.nodes) < 2 or not server.is_alive:
            return
        nodes = await read_nodes(server)
        if nodes and nodes != facts.nodes:
            self._status = replace(self._status, facts=replace(facts, nodes=nodes))
            self._listener(self._status)

    async def _come_back(self) -> bool:
        """Try until it works. False: trying again makes no sense."""
        lost = self._server
        problem: KwtuiError | None = lost.lost if lost is not None else None
        again = lost.target if lost is not None else self.target
        await self._drop()
        attempt = 0
        while True:
            pause = self._rhythm.pause(attempt + 1)
            self._tell(ConnectionState.LOST, problem, attempt=attempt, pause=pause)
            await self._wait(pause)
            attempt += 1
            try:
                await self._establish(lambda: self._open_again(again))
                return True
            except KwtuiError as error:
                if error.exit_code in _HOPELESS:
                    self._tell(ConnectionState.FAILED, error)
                    return False
                problem = error

    async def _open_again(self, target: Target) -> Server:
        """With the password that worked; if it no longer does, with what the sources say now."""
        try:
            return await Server.open(target)
        except (PasswordNeeded, PasswordRejected):
            return await connect(self.target)

    async def _wait(self, seconds: float) -> None:
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    async def _drop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.close()

    def _tell(
        self,
        state: ConnectionState,
        problem: KwtuiError | None = None,
        *,
        identity: Identity | None = None,
        attempt: int = 0,
        pause: float | None = None,
    ) -> None:
        now = datetime.now(UTC)
        before = self._status
        status = replace(
            before,
            state=state,
            since=before.since if before.state is state else now,
            title=problem.title if problem else "",
            cause=problem.cause if problem else "",
            hint=problem.hint if problem else "",
            attempt=attempt,
            retry_at=now + timedelta(seconds=pause) if pause is not None else None,
        )
        if identity is not None:
            status = replace(
                status,
                facts=identity.facts,
                engines=identity.engines,
                notes=identity.notes,
            )
        if state in (ConnectionState.DISCONNECTED, ConnectionState.CONNECTING):
            status = replace(status, facts=None, engines=(), notes=())
        self._status = status
        self._listener(status)
