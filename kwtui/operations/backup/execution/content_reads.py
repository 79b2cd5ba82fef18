"""Reading the content of a backup's tables beside everything else that it does.

How much is read says the level (`kwtui.model.checks`). Of a snapshot what is read is settled, so a
table is read while the next ones are exported, by a connection of its own. A time series may take
late rows until the end, and they must be counted, so it is read when all are exported: then, while
the files are hashed, as many tables are read at a time as were exported at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from kwtui.backups.readings import differences
from kwtui.model.checks import CheckLevel, Sample, WindowReadings
from kwtui.model.proof import ContentChecksum
from kwtui.model.requests import BackupMethod, BackupRequest
from kwtui.model.schema import Engine, TableName
from kwtui.operations.backup.execution.sampling import (
    Pace,
    chance,
    part_by_key,
    parts_by_time,
    runs_without,
)
from kwtui.operations.backup.execution.state import BackupState, TableExport
from kwtui.operations.context import RunContext
from kwtui.operations.shared.checksums import (
    SMALL,
    WORTH_IT,
    WholeTable,
    read_checksum,
    read_together,
)
from kwtui.operations.shared.window_reading import Asked, read_windows, with_lengths
from kwtui.server.connection.server import Server
from kwtui.sql import content, statements
from kwtui.sql.statements import Part

_GROUP = 50
"""Small tables that are read together."""


@dataclass(frozen=True)
class TableContent:
    """What is known of a table's content."""

    level: CheckLevel = CheckLevel.COUNTS
    windows: WindowReadings | None = None
    checksum: ContentChecksum | None = None
    samples: tuple[Sample, ...] = ()
    reason: str = ""
    """Why the level is less than was asked for."""
    changed: bool = False
    """What was exported at no common instant was not the same before and after."""


@dataclass
class ContentReader:
    """Reads each table once; whoever wants to know waits for it."""

    context: RunContext
    request: BackupRequest
    state: BackupState
    _pace: Pace = field(default_factory=Pace)
    _tasks: dict[TableName, asyncio.Task[TableContent]] = field(default_factory=dict)
    _waiting: dict[TableName, TableExport] = field(default_factory=dict)
    """Small tables, to be read together."""
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    _all: list[Server] = field(default_factory=list)
    _idle: list[Server] = field(default_factory=list)

    def exported(self, export: TableExport) -> None:
        """The table is exported: read it now if what it holds is settled."""
        if self._reads and self._is_settled:
            self._begin(export)

    def all_exported(self, exports: Iterable[TableExport]) -> None:
        """No export is left to be slowed down: read the rest, some at a time."""
        if self._reads:
            for _ in range(self.request.parallel - 1):
                self._turns.release()
            for export in exports:
                self._begin(export)
            self._begin_group()

    def _begin(self, export: TableExport) -> None:
        name = export.spec.name
        if name in self._tasks:
            return
        if not self._is_one_of_many(export):
            self._tasks[name] = asyncio.create_task(self._read_all(export))
            return
        self._waiting[name] = export
        if len(self._waiting) >= _GROUP:
            self._begin_group()

    def _is_one_of_many(self, export: TableExport) -> bool:
        many = len(self.state.tables) >= WORTH_IT
        hashed = self.level in (CheckLevel.SAMPLE, CheckLevel.FULL)
        rows = export.rows_reported
        return many and hashed and self._is_settled and rows is not None and rows <= SMALL

    def _begin_group(self) -> None:
        group, self._waiting = self._waiting, {}
        if not group:
            return
        together = asyncio.create_task(self._read_together(tuple(group.values())))
        for name, export in group.items():
            self._tasks[name] = asyncio.create_task(self._one_of(together, export))

    async def contents(self, export: TableExport) -> TableContent:
        """What the table held at each of the moments that count. Raises KwtuiError."""
        if not self._reads:
            return TableContent()
        self._begin(export)
        if export.spec.name in self._waiting:
            self._begin_group()
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
    def level(self) -> CheckLevel:
        before = self.state.before
        return self.request.level(before.engine if before is not None else Engine.RELATIONAL)

    @property
    def _reads(self) -> bool:
        """The rows of a relational table are counted by EXPORT itself."""
        return self._is_series or self.level is not CheckLevel.COUNTS

    @property
    def _is_settled(self) -> bool:
        """Whether nothing that comes after a table's export belongs to its content."""
        return not self._is_series and self.request.method is BackupMethod.SNAPSHOT

    @property
    def _is_series(self) -> bool:
        before = self.state.before
        return before is not None and before.engine is Engine.TIME_SERIES

    async def _read_all(self, export: TableExport) -> TableContent:
        async with self._turn() as server:
            read = self._read_series if self._is_series else self._read_relational
            return await read(server, export)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[Server]:
        """A connection, when it is this table's turn. Raises KwtuiError when the run is to stop."""
        halt = self.context.halt
        async with self._turns:
            if halt.requested.is_set():
                raise halt.reason()
            server = self._idle.pop() if self._idle else await self._connect()
            yield server
            self._idle.append(server)

    async def _read_together(
        self, exports: Sequence[TableExport]
    ) -> dict[TableName, ContentChecksum]:
        tables = [WholeTable(e.spec.name, e.spec.visible_columns) for e in exports]
        database, timestamp = self.context.plan.database, self.state.timestamp
        async with self._turn() as server:
            return await read_together(server, database, tables, self.context.halt, timestamp)

    async def _one_of(
        self, together: asyncio.Task[dict[TableName, ContentChecksum]], export: TableExport
    ) -> TableContent:
        """What was read of the table with others, or by itself where that was refused."""
        found = (await together).get(export.spec.name)
        if found is None:
            return await self._read_all(export)
        return TableContent(CheckLevel.FULL, checksum=found)

    async def _connect(self) -> Server:
        server = await self.context.connect()
        self._all.append(server)
        return server

    # -- time series ------------------------------------------------------------------------

    async def _read_series(self, server: Server, export: TableExport) -> TableContent:
        asked = self._asked(export, None)
        reading = await read_windows(server, asked, self.context.halt)
        before, windows = export.windows_before, reading.windows
        windows = with_lengths(windows, windows.aggregates, export.lengths)
        if before is not None:
            changed = tuple(each.since for each in differences(before, windows))
            windows = replace(windows, unsettled=changed)
        found = TableContent(windows.level, windows, reason=reading.reason)
        if self.level is CheckLevel.FULL or self._is_small(export, windows.rows):
            checksum = await self._hash(server, export, asked)
            return replace(found, level=CheckLevel.FULL, checksum=checksum)
        if self.level is not CheckLevel.SAMPLE or not export.until:
            return found
        size = self._pace.rows(export.seconds)
        settled = [w for w in windows.windows if w.since not in set(windows.unsettled)]
        luck = chance(self.context.plan.path, export.spec)
        parts = parts_by_time(export.spec, settled, export.until, size, luck)
        samples = tuple([await self._sample(server, export, asked, part) for part in parts])
        if not samples:
            return replace(found, reason=found.reason or "no window of it can be sampled")
        return replace(found, level=CheckLevel.SAMPLE, samples=samples)

    # -- relational -------------------------------------------------------------------------

    async def _read_relational(self, server: Server, export: TableExport) -> TableContent:
        first, *others = self._moments()
        found = await self._read_at(server, self._asked(export, first), export, None)
        for moment in others:
            again = await self._read_at(server, self._asked(export, moment), export, found)
            if not _same(found, again):
                return TableContent(changed=True)
        return found

    def _moments(self) -> tuple[str, ...]:
        """What was exported at no common instant is read before and after."""
        if self.request.method is BackupMethod.SNAPSHOT:
            return (self.state.timestamp,)
        return (self.state.timestamp, self.state.timestamp_after)

    async def _read_at(
        self, server: Server, asked: Asked, export: TableExport, earlier: TableContent | None
    ) -> TableContent:
        """Everything at one instant; of a sample the same rows as ``earlier``."""
        if self.level is CheckLevel.AGGREGATES:
            reading = await read_windows(server, asked, self.context.halt)
            return TableContent(reading.windows.level, reading.windows, reason=reading.reason)
        rows = export.rows_reported or 0
        if self.level is CheckLevel.FULL or self._is_small(export, rows):
            checksum = await self._hash(server, export, asked)
            return TableContent(CheckLevel.FULL, checksum=checksum)
        part = await self._part(server, asked, export, earlier)
        if part is None:
            return TableContent(reason="its primary key offers no ranges to sample by")
        sample = await self._sample(server, export, asked, part)
        return TableContent(CheckLevel.SAMPLE, samples=(sample,))

    async def _part(
        self, server: Server, asked: Asked, export: TableExport, earlier: TableContent | None
    ) -> Part | None:
        if earlier is not None:
            kinds = {c.name: c.type for c in export.spec.columns}
            return next(
                (Part(s.column, kinds[s.column], s.since, s.until) for s in earlier.samples), None
            )
        luck = chance(self.context.plan.path, export.spec)
        size, halt = self._pace.rows(export.seconds), self.context.halt
        return await part_by_key(server, asked, export.rows_reported or 0, size, luck, halt)

    # -- both -------------------------------------------------------------------------------

    def _asked(self, export: TableExport, timestamp: str | None) -> Asked:
        counts = self.level is CheckLevel.COUNTS
        spec = export.spec
        return Asked(
            self.context.plan.database,
            spec,
            timestamp=timestamp,
            until=export.until,
            aggregates=content.times_of(spec) if counts else content.aggregates_of(spec),
            width=content.DAY,
            lengths_of=partial(_not_known, export) if export.lengths else None,
        )

    def _is_small(self, export: TableExport, rows: int) -> bool:
        return self.level is CheckLevel.SAMPLE and rows <= self._pace.rows(export.seconds)

    async def _hash(
        self, server: Server, export: TableExport, asked: Asked, part: Part | None = None
    ) -> ContentChecksum:
        sql = statements.content_checksum(
            asked.database,
            export.spec.name,
            export.spec.visible_columns,
            timestamp=asked.timestamp,
            time_column=export.spec.time_column if export.until else None,
            until=export.until,
            part=part,
        )
        began = time.monotonic()
        found = await read_checksum(server, sql, self.context.halt)
        self._pace.learn(found.rows, time.monotonic() - began)
        return found

    async def _sample(
        self, server: Server, export: TableExport, asked: Asked, part: Part
    ) -> Sample:
        checksum = await self._hash(server, export, asked, part)
        return Sample(part.column, part.since, part.until, checksum)


def _not_known(export: TableExport, found: WindowReadings) -> list[tuple[str, str]]:
    return runs_without(found.windows, export.lengths)


def _same(one: TableContent, two: TableContent) -> bool:
    if one.windows is not None and two.windows is not None:
        return not any(differences(one.windows, two.windows))
    return (one.checksum, one.samples) == (two.checksum, two.samples)
