"""Running a backup plan: design.md, section 4, steps 3 to 5.

Nothing here decides what to do, the plan did. Here it is done, and every answer is held against
the others: the catalogue before and after, the server's words, the files on disk.
"""

from __future__ import annotations

import asyncio
import stat
import time
from dataclasses import replace
from pathlib import Path

import msgspec

from kwtui.backups.layout.location import SetLocation, new_location
from kwtui.backups.layout.tree import is_there
from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.files.durable import cannot_write
from kwtui.files.foreign.reading import status_of
from kwtui.model.proof import TableOrigin
from kwtui.model.requests import BackupMethod, BackupRequest, with_level
from kwtui.model.schema import DatabaseSchema, Engine, TableName
from kwtui.model.server import ServerFacts
from kwtui.operations.backup.choosing import choose_tables
from kwtui.operations.backup.earlier_set import find_earlier
from kwtui.operations.backup.execution import reconcile
from kwtui.operations.backup.execution.content_reads import ContentReader
from kwtui.operations.backup.execution.disk_watch import space_problem
from kwtui.operations.backup.execution.exporting import (
    ExportAnswer,
    csv_files,
    read_answer,
    while_watching,
)
from kwtui.operations.backup.execution.joint_export import JointExport
from kwtui.operations.backup.execution.other_changes import (
    Numbers,
    made_anew,
    numbers_of,
    other_changes,
)
from kwtui.operations.backup.execution.seal import Sealer
from kwtui.operations.backup.execution.series_export import SeriesExporter
from kwtui.operations.backup.execution.state import BackupState, TableExport
from kwtui.operations.backup.execution.table_export import TableExporter
from kwtui.operations.backup.execution.table_links import TableLinker, origins
from kwtui.operations.backup.execution.unfinished_set import mark_or_sweep
from kwtui.operations.backup.plan import export_statements
from kwtui.operations.context import RunContext, RunResult
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.runner import StepOutcome, run_steps
from kwtui.operations.shared.cancellable import run_stoppable
from kwtui.operations.shared.preflight import check_server
from kwtui.operations.shared.refusals import check_allowed
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.catalogue.definitions import read_definitions
from kwtui.server.connection.results import Notice
from kwtui.server.connection.server import Server
from kwtui.sql import inspection, statements
from kwtui.text import plural


async def run_backup(context: RunContext) -> RunResult:
    """Run the plan. Raises KwtuiError; what was written until then is named in its hint."""
    check_allowed(context.plan)
    server = await context.connect()
    try:
        facts = await check_server(server, context.plan)
        location = new_location(context.extern, context.plan.path, context.state)
        _check_new(location)
        try:
            return await _BackupRun(context, server, facts, location).run()
        except KwtuiError as error:
            await asyncio.to_thread(mark_or_sweep, context, error)
            raise
    finally:
        await server.close()


def _check_new(location: SetLocation) -> None:
    """A backup is never written into a folder that exists. Raises DESTINATION_NOT_EMPTY."""
    for folder in (location.root, location.sidecars):
        if is_there(folder):
            raise KwtuiError(
                f"{folder} exists already, and a backup is only written to a new folder.",
                hint="Plan it again: every plan gets a folder of its own.",
                exit_code=ExitCode.DESTINATION_NOT_EMPTY,
            )


class _BackupRun:
    """One backup, with an executor for each kind of step."""

    def __init__(
        self, context: RunContext, server: Server, facts: ServerFacts, location: SetLocation
    ) -> None:
        self._context = context
        self._plan = context.plan
        self._server = server
        self._location = location
        self._request = msgspec.convert(with_level(context.plan.request), BackupRequest)
        self._state = BackupState(facts)
        self._definitions = read_definitions(context.known)
        self._numbers: Numbers = {}
        self._tables = TableExporter(
            context, self._request, self._state, location.data, self._export
        )
        self._joint = JointExport(context, self._request, self._state, location.data, self._export)
        self._reader = ContentReader(context, self._request, self._state)
        self._sealer = Sealer(context, location, self._request, self._state, self._reader)

    async def run(self) -> RunResult:
        executors = {
            StepKind.SNAPSHOT: self._snapshot,
            StepKind.EXPORT_TOGETHER: self._joint.export,
            StepKind.EXPORT_TABLE: self._export_table,
            StepKind.EXPORT_DATABASE: self._export_database,
            StepKind.EXPORT_OTHER: self._export_other,
            StepKind.RECONCILE: self._reconcile,
            StepKind.SEAL: self._sealer.seal,
        }
        try:
            await run_steps(self._plan, executors, self._context.reporter, self._context.halt)
        finally:
            await self._joint.close()
            await self._tables.close()
            await self._reader.close()
        return self._sealer.result()

    # -- steps ------------------------------------------------------------------------------

    async def _snapshot(self, step: Step) -> StepOutcome:
        state = self._state
        state.before = await catalogue.read_schema(
            self._server, self._plan.database, self._definitions
        )
        self._check_unchanged(state.before)
        self._numbers = self._read_numbers()
        # Asked after the catalogue, so that the rows of this instant fit what was read of it.
        state.timestamp = await self._logical_time()
        origins = self._origins(state.before)
        for table in choose_tables(state.before, self._request):
            folder = reconcile.data_folder(table.name, self._request.method)
            export = TableExport(table, folder, origin=origins.get(table.name))
            state.tables[table.name] = export
        await self._prepare_links(state.before)
        return StepOutcome(
            summary=f"{plural(len(state.tables), 'table')}, as of {state.timestamp}",
            details={"timestamp": state.timestamp, "tables": len(state.tables)},
        )

    async def _export_table(self, step: Step) -> StepOutcome:
        name = TableName(step.params["schema"], step.params["table"])
        export = self._state.tables[name]
        if export.together:
            self._reader.exported(export)
            return self._joint.outcome(export)
        answer, folder = await self._tables.export(step)
        self._reader.exported(export)
        outcome = self._exported(answer, folder)
        if self._tables.links is None or not export.segments:
            return outcome
        words = f"{outcome.summary}: not changed since {export.segments[0].linked}, linked"
        return replace(outcome, summary=words)

    async def _export_database(self, step: Step) -> StepOutcome:
        began = time.monotonic()
        answer = await self._export(self._server, step, step.sql[0], self._location.data)
        for export in self._state.tables.values():
            export.seconds = (time.monotonic() - began) / len(self._state.tables)
        reconcile.check_word(answer, self._plan.database)
        reconcile.take_database_answer(answer, self._state.tables, step.sql[0])
        return self._exported(answer, self._location.data)

    async def _export_other(self, step: Step) -> StepOutcome:
        """Users or settings; the server's word is held against the file."""
        folder = self._location.root / step.params["folder"]
        answer = await self._export(self._server, step, step.sql[0], folder)
        file = folder / step.params["file"]
        if not self._request.unseen and not await asyncio.to_thread(_is_file, file):
            raise _incomplete(
                [f"{step.title}: the server reports success, but {file} was not found"]
            )
        return StepOutcome(summary=plural(answer.rows_total or 0, "entry", "entries"))

    async def _reconcile(self, step: Step) -> StepOutcome:
        state = self._state
        state.timestamp_after = await self._logical_time()
        after = state.after = await catalogue.read_schema(
            self._server, self._plan.database, self._definitions
        )
        await self._export_what_was_written(step, after)
        await self._export_what_has_other_tags(step)
        problems: list[str] = []
        if not self._request.unseen:
            problems += reconcile.missing_files(
                self._location.data,
                state.tables.values(),
                header=self._request.dialect.header,
            )
            if after.engine is Engine.TIME_SERIES:
                problems += await self._without_files(after)
        if state.before is not None:
            whole = self._request.is_whole
            names = tuple(state.tables)
            problems += reconcile.catalogue_differences(state.before, after, names, whole=whole)
            anew = tuple(made_anew(self._numbers, self._read_numbers(), names))
            state.changes += other_changes(state.before, after)
            if not self._has_instant(after):
                # At one instant it is in the backup as it was then, whatever came of it.
                state.changes += anew
            for words in dict.fromkeys((*anew, *state.changes)):
                self._context.reporter.notice(step, "WARNING", words)
        if self._is_relational_database_export(after):
            # There, a notice is the only word about a table that failed, and it does not name the
            # table (live-findings, row 1).
            problems += await self._left_out(after)
            problems += state.notices
        if problems:
            raise _incomplete(list(dict.fromkeys([*problems, *state.notices])))
        return StepOutcome(summary=f"{plural(len(state.tables), 'table')}, all there")

    def _read_numbers(self) -> Numbers:
        """The reading of the schema asked for them."""
        return numbers_of(self._definitions.answers.get(self._descriptors))

    @property
    def _descriptors(self) -> str:
        return inspection.descriptors(self._plan.database)

    def _origins(self, schema: DatabaseSchema) -> dict[TableName, TableOrigin]:
        """Of the tables of a snapshot: what tells later whether they are still the same."""
        if not self._has_instant(schema):
            return {}
        descriptors = self._definitions.answers.get(self._descriptors)
        return origins(descriptors, schema, self._state.timestamp)

    async def _export_what_was_written(self, step: Step, after: DatabaseSchema) -> None:
        """Tables that were linked, or exported together, and are written to meanwhile, as of the
        backup's instant."""
        links, now = self._tables.links, self._origins(after)
        changed = await self._joint.no_longer_the_same(self._server, now)
        if links is not None:
            changed += await links.no_longer_the_same(self._server, step, now)
        for export in changed:
            words = f"{export.spec.name} was written to, or a table beside it: it is exported"
            await self._export_again(step, export, words)

    async def _export_what_has_other_tags(self, step: Step) -> None:
        """Time series of which a tag was changed meanwhile: some rows have the old one."""
        series = self._tables.series
        if series is None:
            return
        for export in self._state.tables.values():
            name = export.spec.name
            if not await series.tags_changed(self._server, export):
                continue
            words = f"tags of {name} were changed while it was exported"
            await self._export_again(step, export, f"{words}: it is exported again")
            if await series.tags_changed(self._server, export):
                self._state.changes.append(f"{words}, twice: its rows may hold old ones")

    async def _export_again(self, step: Step, export: TableExport, words: str) -> None:
        its_step = next(s for s in self._plan.steps if s.subject == str(export.spec.name) and s.sql)
        self._context.reporter.notice(step, "NOTICE", words)
        try:
            await self._tables.export_after_all(its_step, export)
        except OSError as error:
            raise cannot_write(self._location.data / export.folder, error) from error

    async def _prepare_links(self, schema: DatabaseSchema) -> None:
        """What the tables may be linked to, and where time series are exported by stretches."""
        request, location = self._request, self._location
        if request.unseen:
            return
        if not new_location(location.extern, location.path, self._context.state).beside:
            return  # Files must be moved together, and this account may not write there.
        found = await asyncio.to_thread(
            find_earlier,
            location.extern,
            self._context.state,
            request,
            self._state.facts,
            schema.engine,
            self._plan.node_id,
            location.path,
        )
        if schema.engine is Engine.TIME_SERIES:
            self._tables.series = SeriesExporter(
                self._context, request, location.data, self._export, found
            )
        elif found is not None:
            self._tables.links = self._joint.links = TableLinker(
                self._context, request, location.data, self._state, found
            )

    # -- parts ------------------------------------------------------------------------------

    def _exported(self, answer: ExportAnswer, folder: Path) -> StepOutcome:
        found = csv_files(folder)
        if not found and not self._request.unseen:
            reconcile.check_whose_extern(answer, self._location, self._plan.node_id, folder)
        rows, size = answer.rows_total, sum(size for _, size in found)
        said = plural(rows, "row") if rows is not None else "the server does not count rows here"
        return StepOutcome(summary=f"{said}, {plural(len(found), 'file')}", rows=rows, bytes=size)

    async def _export(
        self, server: Server, step: Step, statement: str, folder: Path
    ) -> ExportAnswer:
        reporter = self._context.reporter

        def on_notice(notice: Notice) -> None:
            self._state.notices.append(f"{step.subject}: {notice.message}")
            reporter.notice(step, notice.severity, notice.message)

        def tell(size: int, rows: int | None) -> None:
            reporter.progress(
                step,
                bytes=size,
                rows=rows,
                estimated=True,
                basis="size of the files so far, rows from their first records",
            )
            problem = space_problem(folder)
            if problem is not None:
                self._context.halt.stop(problem)

        work = run_stoppable(server, statement, self._context.halt, on_notice)
        return read_answer(await while_watching(work, folder, tell))

    async def _without_files(self, after: DatabaseSchema) -> list[str]:
        """Time series that held rows and of which no file is to be seen.

        Of them the server counts neither rows nor files; only an empty one gets no file (facts.md,
        1.5).
        """
        data, empty, found = self._location.data, 0, []
        for export in self._state.tables.values():
            name = export.spec.name
            if after.table(name) is None or csv_files(data / export.folder):
                continue
            empty += 1
            # A cut was found, so there was a row; without one the rows themselves must tell.
            if export.until or await catalogue.count_rows(self._server, self._plan.database, name):
                found.append(f"{name} holds rows, and no file of it is in {self._location.extern}")
        if found and empty == len(self._state.tables):
            raise reconcile.no_file_seen(self._location, self._plan.node_id, data)
        return found

    async def _left_out(self, after: DatabaseSchema) -> list[str]:
        """Tables that held rows before and after, and of which the server says nothing."""
        state, found = self._state, []
        for export in state.tables.values():
            if export.rows_reported or after.table(export.spec.name) is None:
                continue
            counts = [
                await catalogue.count_rows(self._server, self._plan.database, export.spec.name, at)
                for at in (state.timestamp, state.timestamp_after)
            ]
            if all(counts):
                found.append(f"{export.spec.name} holds {plural(counts[0], 'row')}, none written")
        return found

    async def _logical_time(self) -> str:
        return (await self._server.query(statements.logical_timestamp())).scalar() or ""

    def _check_unchanged(self, schema: DatabaseSchema) -> None:
        """The same request must give the same statements as when the plan was made."""
        fresh = export_statements(schema, self._request, self._plan.node_id, self._plan.path)
        planned = tuple(
            sql
            for step in self._plan.steps
            if step.kind in (StepKind.EXPORT_TABLE, StepKind.EXPORT_DATABASE)
            for sql in step.sql
        )
        if fresh != planned:
            raise KwtuiError(
                f"{self._plan.database} has changed since the plan was made.",
                cause="Tables or columns were added, dropped or renamed.",
                hint="Plan the backup again.",
                exit_code=ExitCode.REFUSED_BY_PLAN,
            )

    def _has_instant(self, schema: DatabaseSchema) -> bool:
        by_snapshot = self._request.method is BackupMethod.SNAPSHOT
        return by_snapshot and schema.engine is Engine.RELATIONAL

    def _is_relational_database_export(self, schema: DatabaseSchema) -> bool:
        by_database = self._request.method is BackupMethod.DATABASE
        return by_database and schema.engine is Engine.RELATIONAL


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(status_of(path).st_mode)
    except OSError:
        return False


def _incomplete(problems: list[str]) -> KwtuiError:
    """A disk that fills up is only a notice when a database is exported (live-findings, row 23)."""
    full = any("no space left on device" in problem for problem in problems)
    return KwtuiError(
        f"The backup is not complete: {problems[0]}.",
        cause=lines_of(*problems[1:]),
        hint="The disk of the node is full: free space, then back up again."
        if full
        else "Back up again.",
        exit_code=ExitCode.DISK_FULL if full else ExitCode.BACKUP_INCOMPLETE,
    )
