"""Content checksums: read on the server, compared by value."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from kwtui.model.proof import ContentChecksum
from kwtui.model.schema import TableName
from kwtui.operations.runner import Halt
from kwtui.operations.shared.cancellable import run_stoppable
from kwtui.server.catalogue.batching import groups
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.results import ResultSet
from kwtui.server.connection.server import Server
from kwtui.sql import content, session


async def read_checksum(server: Server, sql: str, halt: Halt) -> ContentChecksum:
    """Run a checksum statement (`statements.content_checksum`), however long it takes."""
    return parse_checksum((await run_stoppable(server, sql, halt)).result)


SMALL = 2_000
"""Rows that are always hashed: fewer are not worth choosing from."""
WORTH_IT = 16
"""So many tables are read together; fewer are as quick one by one."""
_MOST_TABLES = 50
_MOST_CHARACTERS = 100_000


@dataclass(frozen=True)
class WholeTable:
    """A table whose every row is hashed."""

    name: TableName
    columns: tuple[str, ...]


async def read_together(
    server: Server,
    database: str,
    tables: Sequence[WholeTable],
    halt: Halt,
    timestamp: str | None = None,
) -> dict[TableName, ContentChecksum]:
    """Checksums of many small tables, in few statements.

    Whatever is missing in the answer is to be read by itself: a statement with it was refused.
    Raises KwtuiError as `read_checksum` for everything but a refusal.
    """
    found: dict[TableName, ContentChecksum] = {}
    parts = [
        content.numbered_checksum(number, database, table.name, table.columns)
        for number, table in enumerate(tables)
    ]
    for group in groups(parts, _MOST_TABLES, _MOST_CHARACTERS):
        sql = content.checksums_together(group, timestamp)
        try:
            answer = (await run_stoppable(server, sql, halt)).result
        except StatementRefused:
            if halt.requested.is_set():
                raise
            return found
        for number, *values in answer.rows:
            found[tables[int(number or 0)].name] = _checksum(values)
    return found


def parse_checksum(answer: ResultSet) -> ContentChecksum:
    """Of an empty table xor and sum are NULL, which is written as nothing."""
    return _checksum(answer.rows[0])


def _checksum(values: Sequence[str | None]) -> ContentChecksum:
    count, xor, total = values
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
