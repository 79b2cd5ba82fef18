"""Reading the content checksums of a backup's tables beside everything else that it does.

A checksum is one more scan on the server. Of a snapshot what it reads is settled, so a table is
read while the next ones are exported, by a connection of its own. A time series may take late rows
until the end, and they must be counted, so it is read when all are exported: then, while the files
are hashed, as many tables are read at a time as were exported at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from kwtui.model.proof import ContentChecksum
from kwtui.model.requests import BackupMethod, BackupRequest
from kwtui.model.schema import Engine, TableName
from kwtui.operations.backup.execution.state import BackupState, TableExport
from kwtui.operations.context import RunContext
from kwtui.operations.shared.checksums import read_checksum
from kwtui.server.connection.server import Server
from kwtui.sql import statements


@dataclass
class ContentReader:
    """Reads each table once; whoever wants to know waits for it."""

    context: RunContext
    request: BackupRequest
    state: BackupState
    _tasks: dict[TableName, asyncio.Task[tuple[ContentChecksum, ...]]] = field(default_factory=dict)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    _all: list[Server] = field(default_factory=list)
    _idle: list[Server] = field(default_factory=list)

    def exported(self, export: TableExport) -> None:
        """The table is exported: read it now if what it holds is settled."""
        if self.request.content_checksums and self._is_settled:
            self._begin(export)

    def all_exported(self, exports: Iterable[TableExport]) -> None:
        """No export is left to be slowed down: read the rest, some at a time."""
        if self.request.content_checksums:
            for _ in range(self.request.parallel - 1):
                self._turns.release()
            for export in exports:
                self._begin(export)

    def _begin(self, export: TableExport) -> None:
        if export.spec.name not in self._tasks:
            self._tasks[export.spec.name] = asyncio.create_task(self._read_all(export))

    async def contents(self, export: TableExport) -> tuple[ContentChecksum, ...]:
        """What the table held at each of the moments that count. Raises KwtuiError."""
        self._begin(export)
        return await self._tasks[export.spec.name]

    async def close(self) -> None:
        """End what still reads, and the connections."""
        for task in self._tasks.values():
            if not self.context.halt.requested.is_set():
                # A halt makes the server end its statement; nothing else would.
                task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        for server in self._all:
            await server.close()
        self._all.clear()
        self._idle.clear()

    @property
    def _is_settled(self) -> bool:
        """Whether nothing that comes after a table's export belongs to its checksum."""
        return not self._is_series and self.request.method is BackupMethod.SNAPSHOT

    @property
    def _is_series(self) -> bool:
        before = self.state.before
        return before is not None and before.engine is Engine.TIME_SERIES

    async def _read_all(self, export: TableExport) -> tuple[ContentChecksum, ...]:
        halt = self.context.halt
        async with self._turns:
            if halt.requested.is_set():
                raise halt.reason()
            server = self._idle.pop() if self._idle else await self._connect()
            found = tuple([await self._read(server, export, at) for at in self._moments()])
            self._idle.append(server)
            return found

    async def _connect(self) -> Server:
        server = await self.context.connect()
        self._all.append(server)
        return server

    def _moments(self) -> tuple[str | None, ...]:
        """A time series as it is; what was exported at no common instant before and after."""
        if self._is_series:
            return (None,)
        if self.request.method is BackupMethod.SNAPSHOT:
            return (self.state.timestamp,)
        return (self.state.timestamp, self.state.timestamp_after)

    async def _read(
        self, server: Server, export: TableExport, timestamp: str | None
    ) -> ContentChecksum:
        sql = statements.content_checksum(
            self.context.plan.database,
            export.spec.name,
            export.spec.visible_columns,
            timestamp=timestamp,
            time_column=export.spec.time_column if export.until else None,
            until=export.until,
        )
        return await read_checksum(server, sql, self.context.halt)
