"""Running one long statement that a person may stop: cancel, and what the server answers to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from kwtui.errors import KwtuiError
from kwtui.operations.runner import Halt
from kwtui.server.connection.results import Notice, StatementResult
from kwtui.server.connection.server import Server

CANCEL_SECONDS = 15.0
"""How long a cancelled statement may take to end; a node closes its connection after one second
(recording 10)."""


async def run_stoppable(
    server: Server, sql: str, halt: Halt, on_notice: Callable[[Notice], None] | None = None
) -> StatementResult:
    """Run a long statement; cancel it on the server as soon as the run is to halt.

    Raises KwtuiError, also after a cancel: the statement's own error, or a lost connection.
    """
    statement = asyncio.ensure_future(server.execute(sql, on_notice=on_notice))
    wish = asyncio.ensure_future(halt.requested.wait())
    try:
        await asyncio.wait({statement, wish}, return_when=asyncio.FIRST_COMPLETED)
        if not statement.done():
            await _cancel_on_server(server, statement)
        return await statement
    finally:
        wish.cancel()
        if not statement.done():
            statement.cancel()


async def _cancel_on_server(server: Server, statement: asyncio.Future[StatementResult]) -> None:
    # A statement that was only just sent may not be listed yet: ask until it is, or has ended.
    deadline = asyncio.get_running_loop().time() + CANCEL_SECONDS
    while not statement.done() and asyncio.get_running_loop().time() < deadline:
        with suppress(KwtuiError):
            # If the server cannot be asked, the statement's own end tells what happened.
            await server.cancel_query()
        await asyncio.wait({statement}, timeout=1.5)
