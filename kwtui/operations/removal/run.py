"""Running a plan that removes. Everything is looked at again right before it goes.

What changed since the plan was made is not removed: a deletion fails then, retention and cleaning
up leave it, say so and go on.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from kwtui.backups.layout.trash import trash_path
from kwtui.backups.layout.tree import is_folder
from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.scanning import describe
from kwtui.backups.removing import Removed, contents_of, remove_set
from kwtui.backups.retention import Decision, is_last_proven, relied_on, stand_in
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.proof import ProofLevel
from kwtui.model.retention import RetentionPolicies
from kwtui.model.schema import UNFINISHED, TableName
from kwtui.operations.context import RunContext, RunResult
from kwtui.operations.plan import PlanKind, Step, StepKind
from kwtui.operations.removal.databases import is_missing
from kwtui.operations.removal.kept_backup import check_what_stays
from kwtui.operations.removal.leftovers import busy_words, told_of
from kwtui.operations.removal.plan import is_confirmed
from kwtui.operations.removal.planning import (
    listed,
    read_identity,
    retention_decisions,
    what_is_at_work,
)
from kwtui.operations.removal.work_folders import sweep_folders
from kwtui.operations.runner import CancelledByPerson, StepOutcome, run_steps
from kwtui.operations.shared.blocked_names import being_undone, is_blocked, when_free
from kwtui.operations.shared.command_line import shell_line
from kwtui.operations.shared.known_runs import TakenDefault
from kwtui.operations.shared.preflight import check_server
from kwtui.operations.shared.refusals import check_allowed
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.server import Server
from kwtui.sql import statements
from kwtui.text import human_bytes, plural, sentences

_GONE_OR_BUSY = (ExitCode.RUN_IN_PROGRESS, ExitCode.NOT_FOUND)


class Changed(KwtuiError):
    """What the plan names is not what it was, or somebody uses it now."""

    def __init__(self, title: str, hint: str = "Plan it again.") -> None:
        super().__init__(title, hint=hint, exit_code=ExitCode.REFUSED_BY_PLAN)


async def run_removal(context: RunContext) -> RunResult:
    """Run the plan. Raises KwtuiError; its hint says what is left."""
    check_allowed(context.plan)
    return await _RemovalRun(context).run()


class _RemovalRun:
    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._plan = context.plan
        self._server: Server | None = None
        self._decisions: tuple[Decision, ...] = ()
        """Of retention, as things stand now."""
        self._removed: list[str] = []
        self._left: list[str] = []
        self._put: list[str] = []
        self._files = self._bytes = self._freed = 0
        self._come_back = ""
        """What helps against a database that cannot be dropped yet."""

    async def run(self) -> RunResult:
        executors = {
            StepKind.CHECK_FILES: self._check_what_stays,
            StepKind.REMOVE: self._remove,
            StepKind.DROP_DATABASE: self._drop,
            StepKind.SWEEP: self._sweep,
            StepKind.PUT_BACK: self._put_back,
        }
        try:
            if self._plan.cluster_id:
                self._server = await self._context.connect()
                await check_server(self._server, self._plan)
            if self._plan.kind is PlanKind.PRUNE:
                self._decisions = await asyncio.to_thread(self._decide_again)
            await run_steps(self._plan, executors, self._context.reporter, self._context.halt)
        except KwtuiError as error:
            # Also to whoever stopped the waiting, as to them it is only "cancelled".
            error.hint = self._come_back or error.hint
            raise
        finally:
            if self._server is not None:
                await self._server.close()
        return self._result()

    def _result(self) -> RunResult:
        words = f"Removed {', '.join(self._removed)}" if self._removed else "Removed nothing"
        if len(self._removed) > 1:
            planned = sum(s.kind is not StepKind.CHECK_FILES for s in self._plan.steps)
            words = f"Removed {len(self._removed)} of {planned}"
        size, free = human_bytes(self._bytes), human_bytes(self._freed)
        what = size if self._freed == self._bytes else f"{size}, of which {free}"
        freed = f": {plural(self._files, 'file')}, {what} is free now"
        put = f"Put {plural(len(self._put), 'default')} back" if self._put else ""
        words = "" if put and not self._removed else f"{words}{freed if self._files else ''}"
        return RunResult(
            summary=f"{'. '.join(filter(None, (put, words)))}.",
            result={
                "removed": self._removed,
                "put_back": self._put,
                "left": self._left,
                "files": self._files,
                "bytes": self._bytes,
                "freed_bytes": self._freed,
                "doubts": [f"left as it was: {words}" for words in self._left],
            },
        )

    def _decide_again(self) -> tuple[Decision, ...]:
        request = self._plan.request
        decisions = retention_decisions(
            self._context.extern,
            self._context.state,
            msgspec.convert(request["policies"], RetentionPolicies),
            request["database"],
            self._plan.created_at,
        )
        return tuple(decisions)

    # -- steps ------------------------------------------------------------------------------

    async def _check_what_stays(self, step: Step) -> StepOutcome:
        """The set of the plan, and any other that has its place by now."""
        report = await check_what_stays(self._context, step, step.subject)
        files, size = report.files, report.bytes
        for path in await asyncio.to_thread(self._others_relied_on, step):
            words = f"{path} is checked too: it is now the newest proven one."
            self._context.reporter.notice(step, "WARNING", words)
            report = await check_what_stays(self._context, step, path)
            files, size = files + report.files, size + report.bytes
        words = f"{plural(files, 'file')}, {human_bytes(size)}: as they were sealed"
        return StepOutcome(summary=words, bytes=size)

    async def _remove(self, step: Step) -> StepOutcome:
        path = step.params["path"]
        try:
            with self._context.hold(path):
                freed = await asyncio.to_thread(self._check_folder, step.params)
                removed = await asyncio.to_thread(self._remove_folder, step)
        except KwtuiError as error:
            return self._leave(step, error)
        self._removed.append(path)
        self._files += removed.files
        self._bytes += removed.bytes
        self._freed += freed
        words = f"{plural(removed.files, 'file')}, {human_bytes(removed.bytes)}"
        return StepOutcome(summary=words, bytes=removed.bytes)

    async def _drop(self, step: Step) -> StepOutcome:
        name = step.params["database"]
        try:
            await self._check_database(name, marked=step.params.get("marked", False))
        except KwtuiError as error:
            return self._leave(step, error)
        reporter = self._context.reporter
        try:
            await when_free(
                lambda: self._drop_now(step),
                self._context.halt,
                lambda words: reporter.notice(step, "NOTICE", words),
                at_work=lambda: being_undone(self._connected(), name),
                progress=lambda words: reporter.progress(step, basis=words),
            )
        except KwtuiError as error:
            if is_blocked(error):
                again = shell_line("cleanup", name, "--yes", options=self._context.options)
                self._come_back = (
                    f"{name} stays for now. When its import is undone, remove it: {again}"
                )
            raise
        self._removed.append(name)
        return StepOutcome(summary="dropped")

    async def _drop_now(self, step: Step) -> None:
        for sql in step.sql:
            await self._connected().execute(sql)

    async def _put_back(self, step: Step) -> StepOutcome:
        """Defaults; a column that got one since keeps it."""
        server, database = self._connected(), step.params["database"]
        schema = await catalogue.read_schema(server, database)
        taken = [TakenDefault(TableName(s, t), c, d) for s, t, c, d in step.params["defaults"]]
        missing = [each for each in taken if is_missing(schema, each)]
        if missing:
            await server.execute(statements.use_database(database))
        for each in missing:
            sql = statements.set_default(database, each.table, each.column, each.default)
            await server.execute(sql)
        self._put += [f"the default of {each} in {database}" for each in missing]
        return StepOutcome(summary=f"{plural(len(missing), 'default')} put back")

    async def _sweep(self, step: Step) -> StepOutcome:
        """A staging folder, or the sandbox of a drill."""
        context, params = self._context, step.params
        done = await sweep_folders(
            context.extern, context.state, params["stagings"], params["sandboxes"]
        )
        self._removed += done
        return StepOutcome(summary="removed" if done else "already gone")

    def _leave(self, step: Step, error: KwtuiError) -> StepOutcome:
        """Go on without it, if that is what the plan is for."""
        changed = isinstance(error, Changed) or error.exit_code in _GONE_OR_BUSY
        if not changed or self._plan.kind is PlanKind.DELETE:
            raise error
        self._left.append(f"{step.subject}: {error.title}")
        self._context.reporter.notice(step, "WARNING", f"{step.subject} stays: {error.title}")
        return StepOutcome(summary="left as it was")

    # -- looking again ----------------------------------------------------------------------

    def _check_folder(self, expected: dict[str, Any]) -> int:
        """What becomes free with it, in bytes.

        Raises Changed unless it still is what the plan names, and may still go.
        """
        path: str = expected["path"]
        extern, state = self._context.extern, self._context.state
        entry = describe(extern, path, state)
        manifest, fingerprint = read_identity(extern, state, entry)
        if entry.kind.value != expected["kind"] or fingerprint != expected["manifest"]:
            raise Changed(f"{path} has changed since the plan was made.")
        if entry.kind is EntryKind.SET:
            if entry.pinned:
                unpin = shell_line("unpin", path, options=self._context.options)
                raise Changed(f"{path} is pinned now.", f"Unpin it first: {unpin}")
            self._check_set(path)
        contents = contents_of(extern / path, manifest)
        if entry.kind is EntryKind.INCOMPLETE and contents.newest != expected["newest"]:
            raise Changed(f"{path} was written to since the plan was made.")
        if self._plan.kind is PlanKind.PRUNE and contents.strays:
            raise Changed(f"{path} holds {contents.strays[0]}, which its manifest does not list.")
        return contents.freed

    def _others_relied_on(self, step: Step) -> list[str]:
        if self._plan.kind is PlanKind.PRUNE:
            group = (step.params["database"], tuple(step.params["only"]))
            now = [e for e in relied_on(self._decisions) if (e.database, e.only) == group]
        else:
            entries = listed(self._context.extern, self._context.state)
            minimum = ProofLevel(self._plan.request["minimum"])
            found = [stand_in(e, entries, minimum) for e in entries if e.path == self._plan.path]
            now = [e for e in found if e is not None]
        return [e.path for e in now if e.path != step.subject]

    def _check_set(self, path: str) -> None:
        if self._plan.kind is PlanKind.PRUNE:
            if not any(d.entry.path == path and not d.keep for d in self._decisions):
                raise Changed(f"{path} is needed now.")
            return
        entries = listed(self._context.extern, self._context.state)
        entry = next((e for e in entries if e.path == path), None)
        if entry is None or is_confirmed(path, self._plan.request.get("confirmed")):
            return
        if is_last_proven(entry, entries, ProofLevel(self._plan.request["minimum"])):
            raise Changed(f"{path} is the last proven backup of {entry.database} now.")

    async def _check_database(self, name: str, *, marked: bool) -> None:
        """Raises Changed unless it is there, marked if it was, and nobody works in it."""
        server = self._connected()
        comments = {d.name: d.comment for d in await catalogue.databases(server)}
        if name not in comments:
            raise Changed(f"The database {name} no longer exists.")
        if marked and comments[name] != UNFINISHED:
            raise Changed(f"The comment of {name} no longer says that it is not complete.")
        sessions, jobs = await what_is_at_work(server)
        busy = busy_words(name, told_of(sessions, jobs))
        if busy:
            raise Changed(f"The database {name} may be in use: {busy}.", "Wait for it.")

    def _connected(self) -> Server:
        if self._server is None:
            raise KwtuiError("This run has no server connection.")
        return self._server

    # -- removing ---------------------------------------------------------------------------

    def _remove_folder(self, step: Step) -> Removed:
        """Raises KwtuiError; what is left has its hidden name then, and the person is told."""

        def tell(removed: Removed) -> None:
            self._context.reporter.progress(step, bytes=removed.bytes, basis="bytes removed")

        path, extern = step.params["path"], self._context.extern
        try:
            return remove_set(
                extern,
                path,
                self._context.state,
                progress=tell,
                cancelled=self._context.halt.requested.is_set,
            )
        except KwtuiError as error:
            aside = trash_path(path)
            if is_folder(extern / aside):
                words = f"What is left of it is in {aside} and is no longer a backup."
                self._context.reporter.notice(step, "WARNING", words)
                remove = shell_line("cleanup", "--yes", options=self._context.options)
                error.hint = sentences(error.hint, words, f"Remove it with: {remove}")
            if error.exit_code is ExitCode.CANCELLED:
                raise CancelledByPerson from error
            raise
