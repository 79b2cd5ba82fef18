"""Running a drill: restore, compare, drop, and write down what was proven.

Whatever happens, the scratch database, the staging folder and a private sandbox are taken away
again; what a killed process leaves is found by name and swept away by the next drill.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

import kwtui
from kwtui.backups.layout.location import record_proof, sidecar_root
from kwtui.backups.layout.staging import remove_staging
from kwtui.backups.listing.contents import open_set
from kwtui.backups.manifest import Proof
from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.model.checks import compared_how
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import DrillRequest, RestoreStrategy
from kwtui.model.server import ServerFacts
from kwtui.operations.context import Connect, RunContext, RunResult
from kwtui.operations.drill.plan import scratch_request
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.removal.leftovers import busy_words, told_of
from kwtui.operations.removal.planning import what_is_at_work
from kwtui.operations.removal.work_folders import sandbox_folder, sweep_folders
from kwtui.operations.restore.execution.content_found import COMPARED_BY
from kwtui.operations.restore.execution.differences import DefinitionsDiffer
from kwtui.operations.restore.execution.import_turns import imports_at_once
from kwtui.operations.restore.run import RestoreRun
from kwtui.operations.runner import StepOutcome, run_steps
from kwtui.operations.shared.command_line import shell_line
from kwtui.operations.shared.preflight import check_server
from kwtui.operations.shared.refusals import check_allowed
from kwtui.operations.shared.scratch_dropping import drop_scratch
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.identity import identify
from kwtui.server.connection.server import Server
from kwtui.server.sandbox_process import private_sandbox
from kwtui.sql import statements
from kwtui.text import plural, sentences

_DOUBTFUL = ("adopted", "tables_not_held", "default_without_sequence")
"""Findings of its plan that are doubts about what a drill has proven."""
_ABOUT_THE_BACKUP = frozenset(
    {
        ExitCode.BACKUP_DAMAGED,
        ExitCode.META_DAMAGED,
        ExitCode.RESTORE_DIFFERS,
        ExitCode.STATEMENT_REFUSED,
    }
)
"""Failures that say something of the backup; the others say something of the moment."""


async def run_drill(context: RunContext) -> RunResult:
    """Run the plan; the outcome is written to the set's ``proofs.jsonl`` if it is about the set.

    Raises KwtuiError: BACKUP_DAMAGED, RESTORE_DIFFERS, STATEMENT_REFUSED and whatever keeps a
    drill from being made.
    """
    check_allowed(context.plan)
    return await _Drill(context).run()


class _Drill:
    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._plan = context.plan
        self._request = msgspec.convert(context.plan.request, DrillRequest)
        self._scratch: str = context.plan.request["scratch"]
        self._began = time.monotonic()
        self._at = datetime.now(UTC)
        self._where = ""
        self._restore: RestoreRun | None = None
        self._files_are_whole = False
        self._dropped = False

    async def run(self) -> RunResult:
        try:
            async with self._stage() as (connect, extern):
                await self._run_on(replace(self._context, connect=connect), extern)
        except KwtuiError as error:
            self._say_how_to_accept(error)
            self._record_failure(error)
            raise
        return self._result()

    def _say_how_to_accept(self, error: KwtuiError) -> None:
        """Definitions alone that differ may be meant."""
        accepting = error.accepting if isinstance(error, DefinitionsDiffer) else ""
        if self._restore is not None and not accepting:
            accepting = self._restore.comparison.accepting
        if error.exit_code is ExitCode.RESTORE_DIFFERS and accepting:
            again = f"{shell_line('drill', self._plan.path)} {accepting}"
            _add(error, f"Definitions that are meant to be so are accepted by name: {again}")

    @asynccontextmanager
    async def _stage(self) -> AsyncIterator[tuple[Connect, Path]]:
        """Where the drill is played: how to connect, and where that server reads files."""
        if not self._request.on_sandbox:
            yield self._context.connect, self._context.extern
            return
        folder = sandbox_folder(self._context.state, self._plan.request["sandbox"])
        async with private_sandbox(folder) as target:

            async def connect() -> Server:
                return await Server.open(target)

            yield connect, Path(target.extern or "")

    async def _run_on(self, context: RunContext, server_extern: Path) -> None:
        server = await context.connect()
        try:
            facts = await self._check_server(server)
            self._where = _where(facts, on_sandbox=self._request.on_sandbox)
            request = scratch_request(self._request, self._scratch)
            restore = RestoreRun(context, server, request, self._scratch, server_extern)
            self._restore = restore
            executors = restore.executors | {
                StepKind.CHECK_FILES: self._check_files,
                StepKind.SQL: self._sql,
                StepKind.COMPARE: self._compare,
                StepKind.SWEEP: self._sweep,
            }
            try:
                await restore.check_statements()
                await run_steps(
                    self._plan,
                    executors,
                    context.reporter,
                    context.halt,
                    parallel=imports_at_once(self._plan),
                )
            except KwtuiError as error:
                await self._clear(context.connect, server_extern, error)
                raise
            finally:
                await restore.close()
        finally:
            await server.close()

    async def _check_server(self, server: Server) -> ServerFacts:
        if self._request.on_sandbox:
            return (await identify(server)).facts
        return await check_server(server, self._plan)

    # -- steps ------------------------------------------------------------------------------

    @property
    def _restoring(self) -> RestoreRun:
        if self._restore is None:
            raise RuntimeError("the drill has not started")
        return self._restore

    async def _check_files(self, step: Step) -> StepOutcome:
        outcome = await self._restoring.executors[StepKind.CHECK_FILES](step)
        self._files_are_whole = True
        return outcome

    async def _sql(self, step: Step) -> StepOutcome:
        outcome = await self._restoring.executors[StepKind.SQL](step)
        self._dropped = self._dropped or step.id == "drop-scratch"
        return outcome

    async def _compare(self, step: Step) -> StepOutcome:
        """As in a restore, but here a difference in anything fails."""
        outcome = await self._restoring.executors[StepKind.COMPARE](step)
        doubts = self._restoring.comparison.doubts
        if doubts:
            raise KwtuiError(
                f"The restored database differs from the backup: {doubts[0]}.",
                cause=lines_of(*doubts[1:]),
                exit_code=ExitCode.RESTORE_DIFFERS,
            )
        return outcome

    async def _sweep(self, step: Step) -> StepOutcome:
        """Remove what dead runs left; what may be in use after all stays, and is named."""
        done: list[str] = []
        if step.params["databases"]:
            done += await self._sweep_databases(step)
        done += await sweep_folders(
            self._context.extern,
            self._context.state,
            step.params["stagings"],
            step.params["sandboxes"],
        )
        return StepOutcome(summary=f"{plural(len(done), 'thing')} removed", details={"done": done})

    async def _sweep_databases(self, step: Step) -> list[str]:
        server = await self._context.connect()
        try:
            done = []
            there = {d.name for d in await catalogue.databases(server)}
            told = told_of(*await what_is_at_work(server))
            for name in step.params["databases"]:
                busy = busy_words(name, told)
                if busy:
                    self._context.reporter.notice(step, "WARNING", f"{name} stays: {busy}")
                elif name in there:
                    await server.execute(statements.drop_database(name))
                    done.append(name)
            return done
        finally:
            await server.close()

    # -- clearing away ----------------------------------------------------------------------

    async def _clear(self, connect: Connect, server_extern: Path, error: KwtuiError) -> None:
        """Take away what the drill made. What cannot be is named in the error's hint."""
        if self._request.on_sandbox:
            return  # It goes with everything in it.
        try:
            if not self._dropped:
                await drop_scratch(connect, self._scratch)
        except KwtuiError as second:
            _add(
                error,
                f"The scratch database {self._scratch} could not be dropped ({second.title}): "
                "the next drill drops it, or kwtui cleanup does.",
            )
        staging = self._plan.request["staging"]
        if not staging:
            return
        try:
            await asyncio.to_thread(remove_staging, server_extern, staging)
        except KwtuiError as second:
            _add(error, f"The folder {staging} could not be removed: {second.title}")

    # -- proof ------------------------------------------------------------------------------

    @property
    def _reached(self) -> ProofLevel:
        if self._request.strategy is RestoreStrategy.NATIVE:
            # It shows what IMPORT DATABASE brings back, which is not all that was backed up.
            return ProofLevel.P2
        if self._request.level is ProofLevel.P3 or self._uncertain:
            return ProofLevel.P3
        if not self._restoring.comparison.lines:
            raise RuntimeError("a drill that compared no table proves nothing")
        return ProofLevel.P4

    @property
    def _uncertain(self) -> list[str]:
        """Tables that could only be compared by count, but for those that had no rows."""
        empty = {str(table) for table in self._request.empty}
        return [
            line["table"]
            for line in self._restoring.comparison.lines
            if line["checksum"] != "the same" and line["table"] not in empty
        ]

    @property
    def _compared_by(self) -> str:
        """``by aggregates and record by record``: how tables were compared."""
        ways = {line["check"] for line in self._restoring.comparison.lines}
        return " and ".join(compared_how(way) for way in COMPARED_BY if way in ways)

    def _result(self) -> RunResult:
        lines = self._restoring.comparison.lines
        rows = sum(line["rows_found"] for line in lines)
        proof = self._proof(self._reached, ok=True, summary=self._summary(rows))
        recorded, note = self._record(proof)
        doubts = [
            f"{table} was compared by count, since the backup holds no more about it: the drill "
            "reaches P3"
            for table in self._uncertain
        ]
        doubts += [f"{table} has no data file: empty, as declared" for table in self._request.empty]
        doubts += [f"{path} was left out, as requested" for path in self._request.leave_out]
        doubts += [f.message for f in self._plan.findings if f.code in _DOUBTFUL]
        doubts += self._restoring.comparison.less
        doubts += [f"accepted by name: {words}" for words in self._restoring.comparison.accepted]
        return RunResult(
            summary=f"Drilled {self._plan.path}: {proof.summary}.",
            result={
                "path": self._plan.path,
                "level": int(proof.level),
                "wanted": int(self._request.level),
                "where": self._where,
                "tables": proof.tables,
                "rows": rows,
                "seconds": proof.seconds,
                "comparison": lines,
                "recorded": recorded,
                "doubts": [*doubts, *note],
            },
        )

    def _summary(self, rows: int) -> str:
        lines = self._restoring.comparison.lines
        tables = plural(len(lines), "table")
        if self._request.level is ProofLevel.P3:
            made = self._restoring.comparison.tables_made
            came = (
                "every definition came back unchanged"
                if made is None
                else f"{plural(made, 'table')} came back with their columns"
            )
            return f"{came}, proven to P3 on {self._where}"
        how = ", compared by count" if self._uncertain else f" as they were, {self._compared_by}"
        words = f"{tables} and {plural(rows, 'row')} came back{how}"
        if self._request.strategy is RestoreStrategy.NATIVE:
            return f"IMPORT DATABASE works, {words}, on {self._where}"
        return f"{words}, proven to P{int(self._reached)} on {self._where}"

    def _record_failure(self, error: KwtuiError) -> None:
        """A failure that is about the backup is a proof too: of the contrary.

        A native drill that fails shows what KWDB's own IMPORT gets wrong, not the backup.
        """
        about_backup = error.exit_code in _ABOUT_THE_BACKUP
        if not about_backup or (
            self._request.strategy is RestoreStrategy.NATIVE and self._files_are_whole
        ):
            return
        level = ProofLevel.P2 if self._files_are_whole else ProofLevel.P0
        proof = self._proof(level, ok=False, summary=f"the drill failed: {error.title}")
        _, note = self._record(proof, problems=(error.title, *error.cause.split("\n")))
        for words in note:
            _add(error, words)

    def _proof(self, level: ProofLevel, *, ok: bool, summary: str) -> Proof:
        lines = self._restore.comparison.lines if self._restore else []
        return Proof(
            at=self._at,
            level=level,
            wanted=self._request.level,
            ok=ok,
            summary=summary,
            seconds=round(time.monotonic() - self._began, 3),
            kwtui_version=kwtui.__version__,
            run_id=self._context.run_id,
            where=self._where,
            tables=len(lines) or None,
            rows=sum(line["rows_found"] for line in lines) if lines else None,
        )

    def _record(self, proof: Proof, problems: tuple[str, ...] = ()) -> tuple[str, list[str]]:
        """Where it was written down, or why it was not."""
        context = self._context
        try:
            details = open_set(context.extern, self._plan.path, context.state)
            if details.manifest is None:
                return "", []
            mirror = sidecar_root(context.extern, context.state)
            proof = replace(proof, problems=problems[:100])
            return str(record_proof(details.location, mirror, proof)), []
        except KwtuiError as error:
            return "", [f"This drill was not recorded: {sentences(*error.lines())}"]


def _where(facts: ServerFacts, *, on_sandbox: bool) -> str:
    if on_sandbox:
        return "a private sandbox"
    version = facts.version.partition(" (")[0]
    return f"node {facts.node_id} of cluster {facts.cluster_id} ({version})"


def _add(error: KwtuiError, words: str) -> None:
    error.hint = sentences(error.hint, words)
