"""Connections that are handed on from one piece of work to the next.

Opening one takes a dozen round trips, which is more than to export or import a small table.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from kwtui.server.connection.server import Server


class Connections:
    """As many as are used at once; whoever has it closes it."""

    def __init__(self, connect: Callable[[], Awaitable[Server]]) -> None:
        self._connect = connect
        self._idle: list[Server] = []

    async def take(self) -> Server:
        """A connection of one's own, to be given back or closed. Raises KwtuiError."""
        while self._idle:
            server = self._idle.pop()
            if server.is_alive:
                return server
            await server.close()
        return await self._connect()

    def give(self, server: Server) -> None:
        self._idle.append(server)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Server]:
        """A connection for some work. One on which work failed is closed, not handed on."""
        server = await self.take()
        try:
            yield server
        except BaseException:
            await server.close()
            raise
        self.give(server)

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close()
