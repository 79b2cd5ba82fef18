"""Running a restore plan: live-findings.md, section 2, under a scratch name until it is compared.

When something fails, nothing half-filled stays under the name that was asked for: the scratch
database is kept for a look, and a database that was published already gets its scratch name back.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec

from kwtui.backups.layout.staging import rejected_lines, remove_staging
from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.model.requests import RestoreRequest, RestoreStrategy
from kwtui.model.schema import TableName
from kwtui.operations.context import RunContext, RunResult
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.restore.continuation.resume import resume
from kwtui.operations.restore.execution import importing
from kwtui.operations.restore.execution.after_failure import clean_up
from kwtui.operations.restore.execution.comparison import Comparison
from kwtui.operations.restore.execution.devices import put_back_devices
from kwtui.operations.restore.execution.import_progress import Rows, watched
from kwtui.operations.restore.execution.import_turns import ImportTurns, imports_at_once
from kwtui.operations.restore.execution.inserting import (
    clashing_devices,
    count_null_lines,
    insert_nulls,
    insert_rows,
)
from kwtui.operations.restore.execution.source_check import SourceCheck, check_source
from kwtui.operations.restore.execution.staging import stage_files, unstage_files
from kwtui.operations.restore.execution.through_plain_table import import_through
from kwtui.operations.restore.replaced import id_of
from kwtui.operations.restore.steps import import_of
from kwtui.operations.runner import Executor, StepOutcome, run_steps
from kwtui.operations.shared.blocked_names import when_free
from kwtui.operations.shared.cancellable import run_stoppable
from kwtui.operations.shared.connections import Connections
from kwtui.operations.shared.preflight import check_server
from kwtui.operations.shared.refusals import check_allowed
from kwtui.operations.shared.scratch_names import check_names
from kwtui.operations.shared.server_reading import check_with_server
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.server import Server
from kwtui.text import plural

_DISPENSABLE = frozenset(
    {
        "restore-users",
        "restore-settings",
        "set-sequences",
        "set-zones",
        "comment-and-grant",
        "create-views",
        "create-programs",
        "comment-and-grant-last",
        "finish",
    }
)
"""Steps that all rows are whole without: one view that reads a database which is not here must not
cost the whole restore. What the server refuses of them is told with the result."""

_CANCELLED = "57014"


async def run_restore(context: RunContext) -> RunResult:
    """Run the plan. Raises KwtuiError; its hint says what stays behind and how to go on."""
    check_allowed(context.plan)
    server = await context.connect()
    try:
        await check_server(server, context.plan)
        request = msgspec.convert(context.plan.request, RestoreRequest)
        run = RestoreRun(context, server, request, context.plan.request["scratch"])
        return await run.run()
    finally:
        await server.close()


class RestoreRun:
    """One restore, with an executor for each kind of step."""

    def __init__(
        self,
        context: RunContext,
        server: Server,
        request: RestoreRequest,
        scratch: str,
        server_extern: Path | None = None,
    ) -> None:
        """``server_extern`` is where the server reads, if that is not where the backup lies."""
        self._scratch = scratch
        self._request = request
        self._context = context
        self._plan = context.plan
        self._server = server
        self._server_extern = server_extern or context.extern
        self._done: list[str] = []
        self._rows_before: dict[str, int] = dict(context.plan.request.get("rows_before", {}))
        self._source = SourceCheck()
        self._connections = Connections(context.connect)
        self._turns = ImportTurns(context.halt)
        self.comparison = Comparison(context, server, request, self._server_extern)

    @property
    def executors(self) -> dict[StepKind, Executor]:
        return {
            StepKind.CHECK_FILES: self._check_files,
            StepKind.STAGE: self._stage,
            StepKind.UNSTAGE: self._unstage,
            StepKind.SQL: self._sql,
            StepKind.IMPORT_TABLE: self._import_table,
            StepKind.IMPORT_DATABASE: self._import_database,
            StepKind.INSERT_ROWS: self._insert_rows,
            StepKind.DEVICES: self._devices_back,
            StepKind.COMPARE: self._compare,
            StepKind.COUNT_ROWS: self._count_rows,
            StepKind.RESUME: self._resume,
        }

    async def run(self) -> RunResult:
        reporter, halt = self._context.reporter, self._context.halt
        try:
            await self._check_names()
            await self.check_statements()
            executors = {kind: self._noting(each) for kind, each in self.executors.items()}
            parallel = imports_at_once(self._plan)
            await run_steps(self._plan, executors, reporter, halt, parallel=parallel)
        except KwtuiError as error:
            await self._drop_staging(error)
            await clean_up(self._context, self._scratch, tuple(self._done), error)
            raise
        finally:
            await self.close()
        return self._result()

    async def check_statements(self) -> None:
        """Let the server read what would be sent. Raises KwtuiError (REFUSED_BY_PLAN)."""
        unread = await check_with_server(self._server, self._plan)
        if unread:
            self._context.reporter.notice(self._plan.steps[0], "INFO", unread)

    async def close(self) -> None:
        """Close the connections that tables were imported by."""
        await self._connections.close()

    def _noting(self, execute: Executor) -> Executor:
        """The same, and what was done is known when something fails."""

        async def noted(step: Step) -> StepOutcome:
            outcome = await execute(step)
            self._done.append(step.id)
            return outcome

        return noted

    def _result(self) -> RunResult:
        found = self.comparison
        database, tables = self._plan.database, len(found.lines)
        compared = sum(line["checksum"] == "the same" for line in found.lines)
        words = f"{plural(tables, 'table')}, {plural(found.rows, 'row')}"
        how = f"the content of {compared} the same" if compared else "compared by count"
        if self._request.strategy is RestoreStrategy.SCHEMA_ONLY:
            words, how = "definitions only", found.defined
        expired = sum(self._source.expiring.values())
        if expired:
            how += f"; {plural(expired, 'row')} older than a retention did not come back"
        if found.accepted:
            how += f"; {plural(len(found.accepted), 'difference')} accepted by name"
        whole = not found.doubts
        but = "" if whole else f", but {plural(len(found.doubts), 'thing')} not as backed up"
        return RunResult(
            summary=f"Restored {database}: {words}, {how}{but}.",
            exit_code=ExitCode.OK if whole else ExitCode.RESTORE_DIFFERS,
            cause=lines_of(*found.doubts),
            hint=""
            if whole
            else f"All rows are in {database}. Correct manually what is named above, or drop "
            f"{database} and restore again.",
            result={
                "database": database,
                "source": self._plan.path,
                "strategy": self._request.strategy.value,
                "tables": tables,
                "rows": found.rows,
                "comparison": found.lines,
                "expired": self._source.expiring,
                "doubts": found.doubts,
                "accepted": found.accepted,
                "not_included": list(self._plan.not_included),
            },
        )

    # -- steps ------------------------------------------------------------------------------

    async def _check_files(self, step: Step) -> StepOutcome:
        self._source = await check_source(self._context, step)
        return StepOutcome(
            summary=f"{plural(self._source.files, 'file')}, as they should be",
            rows=self._source.rows,
            bytes=self._source.bytes,
            details={"expiring": self._source.expiring},
        )

    async def _resume(self, step: Step) -> StepOutcome:
        return await resume(self._context, self._server, step)

    async def _count_rows(self, step: Step) -> StepOutcome:
        """Written down, so that a continuation knows them too."""
        for schema, table in step.params["tables"]:
            name = TableName(schema, table)
            rows = await catalogue.count_rows(self._server, step.params["database"], name)
            self._rows_before[str(name)] = rows
        total = sum(self._rows_before.values())
        return StepOutcome(summary=plural(total, "row"), details={"rows_before": self._rows_before})

    async def _stage(self, step: Step) -> StepOutcome:
        if self._plan.request.get("continues"):
            # A killed run left its links.
            await unstage_files(step, self._server_extern)
        return await stage_files(step, self._context.extern, self._server_extern)

    async def _unstage(self, step: Step) -> StepOutcome:
        return await unstage_files(step, self._server_extern)

    async def _sql(self, step: Step) -> StepOutcome:
        await self._check_replaced(step)
        refused: list[str] = []
        for statement in step.sql:
            if self._context.halt.requested.is_set():
                raise self._context.halt.reason()
            try:
                await run_stoppable(self._server, statement, self._context.halt)
            except StatementRefused as error:
                if step.id not in _DISPENSABLE or error.sqlstate == _CANCELLED:
                    raise
                refused.append(f"refused by the server: {statement} ({error.cause})")
        for words in refused:
            self._context.reporter.notice(step, "WARNING", words)
        self.comparison.doubts += refused
        left = f", {len(refused)} refused" if refused else ""
        return StepOutcome(summary=plural(len(step.sql), "statement") + left)

    async def _import_table(self, step: Step) -> StepOutcome:
        name = TableName(step.params["schema"], step.params["table"])
        clash = await asyncio.to_thread(clashing_devices, step, self._context.extern)
        if clash is not None:
            words = f"{name}: an IMPORT may merge the devices ({clash[0]}) and ({clash[1]})"
            self._context.reporter.notice(step, "INFO", f"{words}, so its rows are inserted")
            return await self._insert_rows(step)
        nulls = await asyncio.to_thread(count_null_lines, step, self._context.extern)
        if "through" in step.params:
            return await self._with_nulls(
                self._server, step, nulls, await self._import_through(step, nulls)
            )
        adds = self._rows_before.get(str(name), 0) > 0
        async with self._connections.one() as server:
            outcome = await self._import_checked(server, step, nulls, adds=adds)
            return await self._with_nulls(server, step, nulls, outcome)

    async def _with_nulls(
        self, server: Server, step: Step, nulls: int, outcome: StepOutcome
    ) -> StepOutcome:
        if not nulls:
            return outcome
        await insert_nulls(server, step, nulls, self._context.halt)
        words = f"{outcome.summary}, and {plural(nulls, 'row')} of NULL inserted"
        return replace(outcome, summary=words, rows=(outcome.rows or 0) + nulls)

    async def _import_checked(
        self, server: Server, step: Step, nulls: int = 0, *, adds: bool
    ) -> StepOutcome:
        """``nulls`` are lines that an IMPORT skips."""
        expected = self._source.expected_rows(step.params)
        expected = None if expected is None else expected - nulls
        answer = await self._import(server, step, expected, self._count_of(step))
        importing.check_answer(answer, step.subject, self._rejected(step), expected, adds=adds)
        return StepOutcome(
            summary=plural(answer.rows, "row"), rows=answer.rows, bytes=step.params["bytes"]
        )

    async def _import_through(self, step: Step, nulls: int) -> StepOutcome:
        async def imported() -> StepOutcome:
            return await self._import_checked(self._server, step, nulls, adds=False)

        in_place = self._scratch == self._plan.database
        return await import_through(self._context, self._server, step, imported, in_place=in_place)

    async def _import_database(self, step: Step) -> StepOutcome:
        counted = self._source.counted
        expected = sum(counted.values()) if counted else step.params["rows"]
        answer = await self._import(self._server, step, None)
        importing.check_answer(answer, self._plan.database, self._rejected(step), expected)
        return StepOutcome(
            summary=plural(answer.rows, "row"), rows=answer.rows, bytes=step.params["bytes"]
        )

    def _count_of(self, step: Step) -> Rows | None:
        """How to count what came into a time series; a relational table is away meanwhile."""
        if not step.params.get("series"):
            return None
        name = TableName(step.params["schema"], step.params["table"])

        async def count(server: Server) -> int:
            rows = await catalogue.count_rows(server, self._scratch, name)
            return rows - self._rows_before.get(str(name), 0)

        return count

    async def _import(
        self, server: Server, step: Step, expected: int | None, rows: Rows | None = None
    ) -> importing.ImportAnswer:
        """The names were looked at: if the server denies what was seen, they are blocked."""
        context, sql = self._context, import_of(step)

        async def run() -> importing.ImportAnswer:
            async with watched(context, step, sql, expected, rows):
                return await importing.run_import(server, context.connect, sql, context.halt)

        def tell(words: str) -> None:
            context.reporter.notice(step, "WARNING", words)

        async def in_turn() -> importing.ImportAnswer:
            return await when_free(run, context.halt, tell)

        return await self._turns.take(in_turn, tell)

    async def _insert_rows(self, step: Step) -> StepOutcome:
        def tell(rows: int) -> None:
            self._context.reporter.progress(step, rows=rows, basis="rows inserted")

        rows = await insert_rows(self._server, step, self._context.extern, self._context.halt, tell)
        return StepOutcome(summary=plural(rows, "row"), rows=rows, bytes=step.params["bytes"])

    async def _devices_back(self, step: Step) -> StepOutcome:
        found = await put_back_devices(
            self._server,
            step,
            self._context.extern,
            self._source.expiring,
            self._context.halt,
        )
        return StepOutcome(summary=plural(found, "device"))

    async def _compare(self, step: Step) -> StepOutcome:
        return await self.comparison.compare(step, self._source, self._rows_before)

    # -- parts ------------------------------------------------------------------------------

    def _rejected(self, step: Step) -> tuple[str, ...]:
        """What the import rejected, as the server wrote it beside the files."""
        return rejected_lines(self._server_extern / step.params["folder"])

    async def _drop_staging(self, error: KwtuiError) -> None:
        path = self._plan.request.get("staging")
        if not path:
            return
        try:
            await asyncio.to_thread(remove_staging, self._server_extern, path)
        except KwtuiError as second:
            error.cause = lines_of(error.cause, *second.lines())

    async def _check_names(self) -> None:
        if self._request.strategy is not RestoreStrategy.DATA_ONLY:
            databases = {d.name: d.comment for d in await catalogue.databases(self._server)}
            check_names(self._plan, self._scratch, databases)
            for step in self._plan.steps:
                await self._check_replaced(step)

    async def _check_replaced(self, step: Step) -> None:
        """Two restores may be allowed to replace one database: the second would drop the first's.

        Raises NAME_TAKEN if the name is another database's than when the plan was made.
        """
        planned = step.params.get("replaces")
        if not planned or await id_of(self._server, self._plan.database) in (planned, ""):
            return
        raise KwtuiError(
            f"The database {self._plan.database} is not the one to be replaced.",
            cause="Since the plan was made another database took its name, perhaps by another "
            "restore.",
            hint="Look at what it holds. If it may be replaced too, plan the restore again.",
            exit_code=ExitCode.NAME_TAKEN,
        )
