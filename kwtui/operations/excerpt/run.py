"""Running the plan of an excerpt: what is half-filled does not stay."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from kwtui.backups.csv.batches import damaged
from kwtui.backups.csv.excerpt import Excerpt, ExcerptCopy
from kwtui.backups.csv.reading import MalformedRecord
from kwtui.backups.layout.naming import inside
from kwtui.backups.layout.staging import (
    StagedFile,
    make_staging,
    rejected_lines,
    remove_staging,
)
from kwtui.backups.proof.sealing import ScanJob, scan_files
from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.files.durable import cannot_write
from kwtui.files.foreign.removing import remove_file
from kwtui.model.requests import Dialect, ExcerptRequest
from kwtui.operations.context import RunContext, RunResult
from kwtui.operations.excerpt.steps import words_of
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.restore.execution import importing
from kwtui.operations.restore.execution.after_failure import execute_when_back
from kwtui.operations.restore.execution.comparing import check_lines, compare_tables
from kwtui.operations.restore.execution.export_again import ExportAgain
from kwtui.operations.restore.execution.inserting import clashing_devices, insert_rows
from kwtui.operations.restore.execution.staging import unstage_files
from kwtui.operations.restore.steps import import_of
from kwtui.operations.runner import Executor, StepOutcome, run_steps
from kwtui.operations.shared.cancellable import run_stoppable
from kwtui.operations.shared.command_line import shell_line
from kwtui.operations.shared.preflight import check_server
from kwtui.operations.shared.refusals import check_allowed
from kwtui.server.connection.server import Server
from kwtui.sql import statements
from kwtui.text import plural


async def run_excerpt(context: RunContext) -> RunResult:
    """Run the plan. Raises KwtuiError; the table that was to be made is not there then, or the
    error says that it is."""
    check_allowed(context.plan)
    server = await context.connect()
    try:
        await check_server(server, context.plan)
        return await ExcerptRun(context, server).run()
    finally:
        await server.close()


class ExcerptRun:
    """One excerpt, with an executor for each kind of step."""

    def __init__(self, context: RunContext, server: Server) -> None:
        self._context = context
        self._plan = context.plan
        self._server = server
        self._request = msgspec.convert(context.plan.request, ExcerptRequest)
        self._made = False
        self._files: tuple[str, ...] = ()
        """What was collected, relative to extern."""
        self._rows = 0
        self._lines: list[dict[str, Any]] = []

    async def run(self) -> RunResult:
        executors: dict[StepKind, Executor] = {
            StepKind.CHECK_FILES: self._check,
            StepKind.STAGE: self._stage,
            StepKind.SQL: self._sql,
            StepKind.IMPORT_TABLE: self._import,
            StepKind.INSERT_ROWS: self._insert,
            StepKind.COMPARE: self._compare,
            StepKind.UNSTAGE: self._unstage,
        }
        try:
            await run_steps(self._plan, executors, self._context.reporter, self._context.halt)
        except KwtuiError as error:
            await self._clean_up(error)
            raise
        return self._result()

    def _result(self) -> RunResult:
        request, database = self._request, self._plan.database
        table, which = f"{database}.{request.into}", words_of(request)
        return RunResult(
            summary=f"Restored {plural(self._rows, 'row')} of {request.table} ({which}) as "
            f"{table}.",
            result={
                "database": database,
                "table": str(request.into),
                "source": self._plan.path,
                "of": str(request.table),
                "from": request.since,
                "until": request.until,
                "where": request.where,
                "rows": self._rows,
                "comparison": self._lines,
            },
        )

    # -- steps ------------------------------------------------------------------------------

    async def _check(self, step: Step) -> StepOutcome:
        files = step.params["files"]
        paths = [inside(self._context.extern, file["path"]) for file in files]
        jobs = [ScanJob(path, f["bytes"]) for path, f in zip(paths, files, strict=True)]
        found = await asyncio.to_thread(
            scan_files,
            jobs,
            progress=self._context.tell_of(step, "reading files"),
            cancelled=self._context.halt.requested.is_set,
        )
        for file, scan in zip(files, found, strict=True):
            if (scan.bytes, scan.sha256) != (file["bytes"], file["sha256"]):
                raise KwtuiError(
                    f"{file['path']} has changed since it was sealed.",
                    cause="Its size or SHA-256 differs from the manifest.",
                    hint="List all problems: "
                    + shell_line("verify", self._plan.path, options=self._context.options),
                    exit_code=ExitCode.BACKUP_DAMAGED,
                )
        size = sum(scan.bytes for scan in found)
        return StepOutcome(f"{plural(len(found), 'file')}, as they should be", bytes=size)

    async def _stage(self, step: Step) -> StepOutcome:
        await asyncio.to_thread(self._collect, step)
        if not self._rows:
            raise KwtuiError(
                f"The backup holds no row of {self._request.table} {words_of(self._request)}.",
                cause="The files that may hold such rows were read and contain none.",
                hint="List its devices: kwtui show  Nothing was made.",
                exit_code=ExitCode.NOT_FOUND,
            )
        words = f"{plural(self._rows, 'row')} in {plural(len(self._files), 'file')}"
        return StepOutcome(words, rows=self._rows)

    def _collect(self, step: Step) -> None:
        """Blocking. Raises KwtuiError."""
        extern, params = self._context.extern, step.params
        dialect = msgspec.convert(params["dialect"], Dialect)
        excerpt = msgspec.convert(params["excerpt"], Excerpt)
        copies: dict[str, ExcerptCopy] = {}

        def staged() -> Iterator[StagedFile]:
            for file in params["files"]:
                if self._context.halt.requested.is_set():
                    raise self._context.halt.reason()
                copy = None
                if not file["whole"]:
                    copy = ExcerptCopy(excerpt, dialect, params["fields"])
                    copies[file["source"]] = copy
                path = f"{params['folder']}/{file['path']}"
                self._reading = inside(extern, file["source"])
                yield StagedFile(self._reading, path, copy)

        try:
            make_staging(extern, params["staging"], staged(), folders=[params["folder"]])
        except (MalformedRecord, UnicodeError) as error:
            raise damaged(self._reading, str(error)) from error
        self._files = tuple(self._kept(step, copies))

    def _kept(self, step: Step, copies: dict[str, ExcerptCopy]) -> Iterator[str]:
        """The files that hold rows: one without any hides those after it (facts.md, 2.8)."""
        params = step.params
        for file in params["files"]:
            copy = copies.get(file["source"])
            staged = f"{params['staging']}/{params['folder']}/{file['path']}"
            if copy is None:
                self._rows += file["rows"]
                yield file["source"]
            elif copy.rows:
                self._rows += copy.rows
                yield staged
            else:
                self._remove(inside(self._context.extern, staged))

    def _remove(self, path: Path) -> None:
        try:
            remove_file(path)
        except OSError as error:
            raise cannot_write(path, error) from error

    async def _sql(self, step: Step) -> StepOutcome:
        for statement in step.sql:
            await run_stoppable(self._server, statement, self._context.halt)
            self._made = True
        return StepOutcome(plural(len(step.sql), "statement"))

    async def _import(self, step: Step) -> StepOutcome:
        step = self._with_files(step)
        clash = await asyncio.to_thread(clashing_devices, step, self._context.extern)
        if clash is not None:
            words = f"An IMPORT may merge the devices ({clash[0]}) and ({clash[1]})"
            self._context.reporter.notice(step, "INFO", f"{words}, so the rows are inserted")
            return await self._insert(step)
        answer = await importing.run_import(
            self._server, self._context.connect, import_of(step), self._context.halt
        )
        rejected = rejected_lines(self._context.extern / step.params["folder"])
        importing.check_answer(answer, step.subject, rejected, self._rows)
        return StepOutcome(plural(answer.rows, "row"), rows=answer.rows)

    async def _insert(self, step: Step) -> StepOutcome:
        def tell(rows: int) -> None:
            self._context.reporter.progress(step, rows=rows, basis="rows inserted")

        step = self._with_files(step)
        extern, halt = self._context.extern, self._context.halt
        rows = await insert_rows(self._server, step, extern, halt, tell)
        return StepOutcome(plural(rows, "row"), rows=rows)

    def _with_files(self, step: Step) -> Step:
        return replace(step, params=step.params | {"files": list(self._files)})

    async def _compare(self, step: Step) -> StepOutcome:
        extern, halt = self._context.extern, self._context.halt
        self._lines = await compare_tables(
            self._server,
            step.params["database"],
            [self._expected(each) for each in step.params["tables"]],
            {},
            ExportAgain(self._server, extern, extern, halt),
            lambda name, number: None,
        )
        check_lines(self._lines, self._plan.database)
        return StepOutcome(plural(self._rows, "row"), rows=self._rows)

    def _expected(self, table: dict[str, Any]) -> dict[str, Any]:
        again = table.get("again")
        found = {"again": again | {"files": list(self._files)}} if again else {}
        return table | {"rows": self._rows} | found

    async def _unstage(self, step: Step) -> StepOutcome:
        return await unstage_files(step, self._context.extern)

    # -- after a failure --------------------------------------------------------------------

    async def _clean_up(self, error: KwtuiError) -> None:
        """Take back what was made; what stays is named in the error."""
        left = []
        try:
            await asyncio.to_thread(
                remove_staging, self._context.extern, self._plan.request["staging"]
            )
        except KwtuiError as second:
            left += second.lines()
        if self._made:
            drop = statements.drop_table(self._plan.database, self._request.into)
            try:
                server = await self._context.connect()
                try:
                    await execute_when_back(server, drop)
                finally:
                    await server.close()
            except KwtuiError as second:
                left.append(f"This could not be run: {drop}")
                left += second.lines()
        error.cause = lines_of(error.cause, *left)
