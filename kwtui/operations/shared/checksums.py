"""Content checksums: read on the server, compared by value."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from kwtui.model.proof import ContentChecksum
from kwtui.operations.runner import Halt
from kwtui.operations.shared.stoppable import run_stoppable
from kwtui.server.connection.results import ResultSet
from kwtui.server.connection.server import Server
from kwtui.sql import session


async def read_checksum(server: Server, sql: str, halt: Halt) -> ContentChecksum:
    """Run a checksum statement (`statements.content_checksum`), however long it takes."""
    return parse_checksum((await run_stoppable(server, sql, halt)).result)


def parse_checksum(answer: ResultSet) -> ContentChecksum:
    """Of an empty table xor and sum are NULL, which is written as nothing."""
    count, xor, total = answer.rows[0]
    return ContentChecksum(int(count or 0), xor or "", total or "")


@asynccontextmanager
async def reading_texts(server: Server, settings: Mapping[str, str]) -> AsyncIterator[None]:
    """Let the session read values as under these settings, and as always afterwards.

    Raises KwtuiError where the server refuses one of them.
    """
    others = session.other_texts(settings)
    for statement in session.set_texts(others):
        await server.execute(statement)
    try:
        yield
    finally:
        if server.is_alive:
            for statement in session.set_texts({n: session.TEXT_SETTINGS[n] for n in others}):
                await server.execute(statement)
