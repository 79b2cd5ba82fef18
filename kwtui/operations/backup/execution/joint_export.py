"""Exporting many small tables by one statement, where it is sure that this gives what one statement
for each gives: their rows at the backup's instant.

EXPORT of a database reads all tables at one instant, which is not told and lies a little after the
backup's. What no range of a table shows as written since is the same at both. So the ranges are
asked before, when nothing is exported together if one of them is being written to, and after all
exports: what was written meanwhile, and what has another number of rows than at the backup's
instant, is exported again by itself. Whatever KWDB reports, or does not tell, leaves each table to
its own export.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kwtui.backups.unchanged import is_same_origin, was_written
from kwtui.errors import KwtuiError, lines_of
from kwtui.files.foreign.removing import remove_folder
from kwtui.model.checks import CheckLevel
from kwtui.model.proof import TableOrigin
from kwtui.model.requests import BackupRequest
from kwtui.model.schema import Engine, TableName
from kwtui.operations.backup.execution.exporting import ExportAnswer, csv_files, table_of_subject
from kwtui.operations.backup.execution.last_writes import last_writes, rows_at
from kwtui.operations.backup.execution.series_export import Send
from kwtui.operations.backup.execution.state import BackupState, TableExport
from kwtui.operations.backup.execution.table_links import TableLinker
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Step
from kwtui.operations.runner import StepOutcome
from kwtui.operations.shared.connections import Connections
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.server import Server
from kwtui.text import plural, sentences

_QUIET = 1_000_000_000
"""Nanoseconds before the backup's instant in which no table may have been written to."""


@dataclass
class JointExport:
    """The tables of one backup, exported together if that may be."""

    context: RunContext
    request: BackupRequest
    state: BackupState
    data: Path
    send: Send
    links: TableLinker | None = None

    def __post_init__(self) -> None:
        self._connections = Connections(self.context.connect)
        self._sizes: dict[str, tuple[int, int]] = {}
        """Files and bytes by the folder of a table."""

    async def close(self) -> None:
        await self._connections.close()

    async def export(self, step: Step) -> StepOutcome:
        """Raises KwtuiError where the run is to end: also for a connection that is lost, as the
        node may go on writing then (live-findings, row 24)."""
        async with self._connections.one() as server:
            why = await self._why_alone(server)
        if why:
            return StepOutcome(summary=f"{why}: each table is exported by itself")
        notices = len(self.state.notices)
        try:
            async with self._connections.one() as server:
                answer = await self.send(server, step, step.sql[0], self.data)
            problem = self._problem(answer, self.state.notices[notices:])
        except StatementRefused as error:
            if self.context.halt.requested.is_set():
                raise
            problem = sentences(error.title, error.cause)
        if problem:
            return await self._give_up(step, problem)
        return await self._take(step, answer)

    def outcome(self, export: TableExport) -> StepOutcome:
        """Of a table that was exported with the others."""
        files, size = self._sizes.get(export.folder, (0, 0))
        rows = export.rows_reported or 0
        words = f"{plural(rows, 'row')}, {plural(files, 'file')}, with the others"
        return StepOutcome(summary=words, rows=rows, bytes=size)

    async def no_longer_the_same(
        self, server: Server, now: Mapping[TableName, TableOrigin]
    ) -> list[TableExport]:
        """Tables whose files may hold other rows than the table had at the backup's instant.

        ``now`` are the tables as they are when all is exported. Raises CONNECTION_LOST.
        """
        exports = [each for each in self.state.tables.values() if each.together]
        if not exports:
            return []
        written = await last_writes(server, _ids(exports), self.context.halt)
        rows = await self._rows_then(server, exports)
        return [
            export
            for export in exports
            if export.origin is None
            or not is_same_origin(export.origin, now.get(export.spec.name))
            or was_written(export.origin, written.get(export.spec.name, ()))
            or rows.get(export.spec.name) != export.rows_reported
        ]

    async def _rows_then(
        self, server: Server, exports: Sequence[TableExport]
    ) -> Mapping[TableName, int | None]:
        """At the backup's instant; as exported where the content check counts them there anyway."""
        names = [export.spec.name for export in exports]
        if self.request.level(Engine.RELATIONAL) is not CheckLevel.COUNTS:
            return {export.spec.name: export.rows_reported for export in exports}
        database, timestamp = self.context.plan.database, self.state.timestamp
        return await rows_at(server, database, names, timestamp, self.context.halt)

    # -- whether ----------------------------------------------------------------------------

    async def _why_alone(self, server: Server) -> str:
        """In words; empty where they may go together."""
        linked = await self.links.look(server) if self.links is not None else ()
        if linked:
            return f"{plural(len(linked), 'table')} did not change and may be linked"
        exports = tuple(self.state.tables.values())
        if not all(export.origin for export in exports):
            return "The server does not report the version of every table"
        written = await last_writes(server, _ids(exports), self.context.halt)
        if len(written) < len(exports):
            return "The server does not report when every table was written to"
        busy = [e for e in exports if _is_busy(e.origin, written[e.spec.name])]
        if busy:
            return f"{busy[0].spec.name} was just written to, or a table beside it"
        return ""

    def _problem(self, answer: ExportAnswer, notices: Sequence[str]) -> str:
        """What speaks against what was exported; a notice is all that is said of a table that
        failed (live-findings, row 1)."""
        unknown = [s for s in answer.rows if table_of_subject(s) not in self.state.tables]
        if answer.time_series or answer.failed:
            return "The server did not report rows"
        if notices:
            return lines_of(*notices)
        return f"The server exported {unknown[0]}, which is not in the catalogue" if unknown else ""

    # -- done -------------------------------------------------------------------------------

    async def _give_up(self, step: Step, problem: str) -> StepOutcome:
        words = "The tables could not be exported together and are exported one by one"
        self.context.reporter.notice(step, "WARNING", f"{words}: {problem}")
        try:
            await asyncio.to_thread(remove_folder, self.data)
        except OSError as error:
            raise KwtuiError(f"{self.data} cannot be removed.", cause=str(error)) from error
        return StepOutcome(summary="each table is exported by itself")

    async def _take(self, step: Step, answer: ExportAnswer) -> StepOutcome:
        rows = {table_of_subject(subject): count for subject, count in answer.rows.items()}
        files = {table_of_subject(subject): count for subject, count in answer.files.items()}
        for name, export in self.state.tables.items():
            export.together, export.statement = True, step.sql[0]
            export.rows_reported, export.files_reported = rows.get(name, 0), files.get(name, 0)
            if export.origin is not None:
                export.origin = replace(export.origin, exported_at=self.state.timestamp)
        sizes: dict[str, list[int]] = defaultdict(list)
        for path, size in await asyncio.to_thread(csv_files, self.data):
            sizes[str(path.parent.relative_to(self.data))].append(size)
        self._sizes = {folder: (len(found), sum(found)) for folder, found in sizes.items()}
        total = sum(size for _, size in self._sizes.values())
        count = answer.rows_total or 0
        words = f"{plural(len(self.state.tables), 'table')}, {plural(count, 'row')}"
        return StepOutcome(summary=words, rows=count, bytes=total)


def _ids(exports: Sequence[TableExport]) -> dict[TableName, int]:
    return {e.spec.name: e.origin.table_id for e in exports if e.origin is not None}


def _is_busy(origin: TableOrigin | None, last_updates: Sequence[str | None]) -> bool:
    return origin is None or was_written(origin, last_updates, quiet=_QUIET)
