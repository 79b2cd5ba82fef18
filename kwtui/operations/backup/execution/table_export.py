"""Exporting one table: bounded if it is a time series, and once more if it fails.

A second try goes to a fresh folder: EXPORT refuses one that holds anything, and a node may still be
writing into the first (live-findings, row 24). The first is removed, since it would be read with
the rest; where this account may not do that there is no second try.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.removing import remove_folder
from kwtui.model.checks import Aggregate, CheckLevel, WindowReadings
from kwtui.model.requests import BackupRequest
from kwtui.model.schema import Engine, TableName, TableSpec
from kwtui.operations.backup.bounded_export import bounded_export
from kwtui.operations.backup.execution import reconcile
from kwtui.operations.backup.execution.exporting import ExportAnswer
from kwtui.operations.backup.execution.sampling import chance, days_in_a_row
from kwtui.operations.backup.execution.series_export import Send, SeriesExporter
from kwtui.operations.backup.execution.state import BackupState, TableExport
from kwtui.operations.backup.execution.table_links import TableLinker
from kwtui.operations.backup.steps import TIMESTAMP, UNTIL
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Step
from kwtui.operations.shared.connections import Connections
from kwtui.operations.shared.window_reading import Asked, newest, read_windows
from kwtui.server.connection.server import Server
from kwtui.sql import content, transfer
from kwtui.sql.quoting import literal
from kwtui.sql.transfer import ExportOptions
from kwtui.text import sentences

AGAIN = "~2"
"""Ends the folder of a second try; no table's own folder has a tilde in its name."""

_WORTH_ANOTHER_TRY = frozenset(
    {
        ExitCode.FAILED,
        ExitCode.STATEMENT_REFUSED,
        ExitCode.CONNECTION_LOST,
        ExitCode.BACKUP_INCOMPLETE,
        ExitCode.DESTINATION_NOT_EMPTY,
    }
)


class TableExporter:
    """Exports the tables of one backup."""

    def __init__(
        self,
        context: RunContext,
        request: BackupRequest,
        state: BackupState,
        data: Path,
        send: Send,
    ) -> None:
        self._context = context
        self._connections = Connections(context.connect)
        self._request = request
        self._state = state
        self._data = data
        self._send = send
        self.series: SeriesExporter | None = None
        """Exports time series by stretches of time; None where kwtui may not write in extern."""
        self.links: TableLinker | None = None
        """Links relational tables that did not change; None where there is nothing to link to."""

    async def export(self, step: Step) -> tuple[ExportAnswer, Path]:
        """The server's answer, and the folder that holds the files. Raises KwtuiError."""
        export = self._state.tables[TableName(step.params["schema"], step.params["table"])]
        try:
            return await self._try(step, export)
        except KwtuiError as error:
            if not await self._make_way(step, export, error):
                raise
        return await self._try(step, export)

    async def export_after_all(self, step: Step, export: TableExport) -> None:
        """A table that was linked or exported with others, as of the same instant, or a time series
        anew. Raises KwtuiError, OSError."""
        if export.together:
            await asyncio.to_thread(remove_folder, self._data / export.folder)
            export.together = False
        elif self.series is not None:
            await asyncio.to_thread(remove_folder, self._data / export.folder)
            await self.series.forget(export)
        elif self.links is not None:
            await self.links.give_up(export)
        export.folder += AGAIN
        await self._try(step, export)

    async def close(self) -> None:
        await self._connections.close()

    async def _try(self, step: Step, export: TableExport) -> tuple[ExportAnswer, Path]:
        folder = self._data / export.folder
        async with self._connections.one() as server:
            if UNTIL in step.sql[0]:
                await self._read_before(server, export)
            began = time.monotonic()
            if UNTIL in step.sql[0] and self.series is not None:
                answer = await self.series.export(server, step, export)
            else:
                answer = await self._linked(server, step, export) or await self._write(
                    server, step, export, folder
                )
            export.seconds = time.monotonic() - began
        reconcile.check_word(answer, str(export.spec.name))
        export.rows_reported = answer.rows_total
        export.files_reported = None if answer.time_series else sum(answer.files.values())
        return answer, folder

    async def _linked(self, server: Server, step: Step, export: TableExport) -> ExportAnswer | None:
        """None for a table that is to be exported; what a second try is for always is."""
        if self.links is None or export.folder.endswith(AGAIN):
            return None
        return await self.links.link(server, step, export)

    async def _write(
        self, server: Server, step: Step, export: TableExport, folder: Path
    ) -> ExportAnswer:
        export.statement = self._statement(step, export)
        if export.origin is not None:
            export.origin = replace(export.origin, exported_at=self._state.timestamp)
        return await self._send(server, step, export.statement, folder)

    def _statement(self, step: Step, export: TableExport) -> str:
        uri = self._uri(export.folder)
        if UNTIL in step.sql[0]:
            options = ExportOptions(self._request.dialect, self._request.chunk_rows)
            return bounded_export(
                uri, self._context.plan.database, export.spec, export.until, options
            )
        planned = literal(self._uri(step.params["folder"]))
        sql = step.sql[0].replace(TIMESTAMP, self._state.timestamp)
        return sql.replace(planned, literal(uri), 1)

    def _uri(self, folder: str) -> str:
        plan = self._context.plan
        return transfer.nodelocal(plan.node_id, f"{plan.path}/{self._data.name}/{folder}")

    async def _read_before(self, server: Server, export: TableExport) -> None:
        """The cut, and what lies below it before the export (live-findings, row 30)."""
        spec, counts = export.spec, self._request.level(Engine.TIME_SERIES) is CheckLevel.COUNTS
        asked = Asked(
            self._context.plan.database,
            spec,
            aggregates=content.times_of(spec) if counts else self._sums_of(spec),
            width=content.DAY,
            lengths_of=partial(self._some_days, export),
        )
        reading = await read_windows(server, asked, self._context.halt, rounding=False)
        export.windows_before, export.until = reading.windows, newest(reading.windows)

    def _some_days(self, export: TableExport, found: WindowReadings) -> list[tuple[str, str]]:
        """Other ones in each backup: all of them would cost more than what changed."""
        return days_in_a_row(found.windows, chance(self._context.plan.path, export.spec))

    def _sums_of(self, spec: TableSpec) -> tuple[Aggregate, ...]:
        """What shows that rows came, went or were overwritten. Texts cost most to read: they are
        read now only where they decide whether files of an earlier set hold the same."""
        compared = self.series is not None and self.series.earlier is not None
        return content.aggregates_of(spec) if compared else content.sums_of(spec)

    # -- a second try -----------------------------------------------------------------------

    async def _make_way(self, step: Step, export: TableExport, error: KwtuiError) -> bool:
        """Whether there is another try: then the first folder was removed."""
        halted = self._context.halt.requested.is_set()
        if halted or error.exit_code not in _WORTH_ANOTHER_TRY:
            return False
        try:
            self._connections.give(await self._context.connect())
        except KwtuiError:
            return False  # The server itself is gone: what the first try said tells more.
        first = self._data / export.folder
        try:
            await asyncio.to_thread(remove_folder, first)
            if self.series is not None:
                await self.series.forget(export)
        except OSError as problem:
            words = f"{step.title} is not retried: {first} cannot be removed ({problem})"
            self._context.reporter.notice(step, "WARNING", words)
            return False
        export.folder += AGAIN
        why = sentences(error.title, error.cause)
        words = f"{step.title} failed and is retried once, into {export.folder}: {why}"
        self._state.notices.append(words)
        self._context.reporter.notice(step, "WARNING", words)
        return True
