"""The one async object that screens and commands talk to.

It holds the connection, asks `server`, `node` and `backups`, starts and follows runs, and tells
subscribers what changed. It knows no widgets; screens and commands know no SQL, no paths and no
threads.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from kwtui import config
from kwtui.controller_diagnosis import Diagnosing
from kwtui.controller_drills import Drills
from kwtui.controller_events import RunsChanged, StorageChanged
from kwtui.controller_logs import NodeLogs
from kwtui.controller_server import ServerPages
from kwtui.controller_storage import StorageCare
from kwtui.errors import ExitCode, KwtuiError
from kwtui.watchers import RunsWatcher, StorageWatcher

if TYPE_CHECKING:
    from kwtui.backups.library import BackupEntry, SetDetails, StorageListing
    from kwtui.backups.page import CsvPage
    from kwtui.backups.proof import VerifyReport
    from kwtui.backups.sealing import SealProgress
    from kwtui.config import Profile
    from kwtui.model import (
        BackupRequest,
        DatabaseSummary,
        Dialect,
        ProofLevel,
        RestoreRequest,
        ServerFacts,
        Survey,
    )
    from kwtui.node.place import FolderState, NodePlace
    from kwtui.operations.plan import Plan
    from kwtui.runs.directory import RunsDirectory
    from kwtui.runs.events import AnyEvent
    from kwtui.runs.history import RunSummary
    from kwtui.runs.state import RunState
    from kwtui.server.connection import ConnectionStatus, Server, Target
    from kwtui.server.keeper import Keeper

__all__ = ["Controller", "RunsChanged", "StorageChanged"]

P = ParamSpec("P")
R = TypeVar("R")


class Controller(ServerPages, StorageCare, Drills, Diagnosing, NodeLogs):
    """Connection, storage, plans, runs and logs behind one door.

    All methods raise `kwtui.errors.KwtuiError` with a message for people; nothing else escapes.
    """

    def __init__(self, *, state: Path | None = None, in_background: bool = True) -> None:
        """``state`` is where runs are kept.

        ``in_background`` off is for commands, which have nothing else to do meanwhile: nothing is
        watched and files are read without a thread, so that a question about files alone needs no
        event loop.
        """
        from kwtui.server.status import ConnectionState, ConnectionStatus

        self._state = state or config.state_dir()
        self._in_background = in_background
        self._listeners: list[Callable[[object], None]] = []
        self._keeper: Keeper | None = None
        self._place: NodePlace | None = None
        self._disconnected = ConnectionStatus(ConnectionState.DISCONNECTED, datetime.now(UTC))
        self._storage_watcher = StorageWatcher(self._publish)
        self._runs_watcher = RunsWatcher(self._publish)
        self._open_sets: dict[str, SetDetails] = {}

    # -- events ------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[object], None]) -> Callable[[], None]:
        """Call ``listener`` with every controller event; returns the way to stop it.

        Events: ConnectionStatus, StorageChanged, RunsChanged.
        """
        self._listeners.append(listener)
        if self._in_background:
            self._runs_watcher.watch(self._runs_directory())
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def _publish(self, event: object) -> None:
        if isinstance(event, StorageChanged):
            self._open_sets.clear()
        for listener in tuple(self._listeners):
            listener(event)

    # -- connection ---------------------------------------------------------------------------

    def profiles(self) -> list[Profile]:
        """The saved profiles, in the order of the file."""
        return config.load_profiles()

    def save_profile(self, profile: Profile) -> None:
        config.save_profile(profile)

    def delete_profile(self, name: str) -> None:
        config.delete_profile(name)

    async def connect(self, target: Target, password: str | None = None) -> ConnectionStatus:
        """Connect, learn what the server is, find the node's files; then keep it alive.

        Without ``password`` the target's other sources are asked (environment, passfile, command).
        Raises KwtuiError; `kwtui.server.failures.PasswordNeeded` and `PasswordRejected` say that
        asking the person may help.
        """
        from kwtui.server.keeper import Keeper

        await self.disconnect()
        keeper = Keeper(target.with_password(password) if password else target, self._publish)
        await keeper.start()
        self._keeper = keeper
        await self._find_place(target)
        self._publish(keeper.status)
        return keeper.status

    async def disconnect(self) -> None:
        """Close the connection; the node's files stay known until the next one."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            await keeper.stop()

    async def use_folders(
        self,
        *,
        extern: Path | None = None,
        store: Path | None = None,
        logs: Path | None = None,
    ) -> NodePlace:
        """Look at a node's files without a connection, as `list`, `show` and `verify` do."""
        from kwtui.node.place import find_place

        self._place = await self._blocking(
            find_place, store=store, extern=extern, logs=logs, local=extern is None
        )
        self._watch_storage()
        return self._place

    async def start_sandbox(self) -> Target:
        """Start the sandbox unless one runs; the target to connect to."""
        from kwtui.sandbox_process import start_sandbox

        return await start_sandbox()

    @property
    def status(self) -> ConnectionStatus:
        """Disconnected, connecting, connected (with ServerFacts), lost (with the reason)."""
        return self._keeper.status if self._keeper is not None else self._disconnected

    @property
    def is_connected(self) -> bool:
        return self._keeper is not None and self.status.is_connected

    @property
    def place(self) -> NodePlace | None:
        """Where the node's store, extern and logs are, or why they were not found."""
        return self._place

    @property
    def target(self) -> Target | None:
        """What one is connected to; None before the first connection."""
        return self._keeper.target if self._keeper is not None else None

    def retry_now(self) -> None:
        """Try a lost connection again at once."""
        if self._keeper is not None:
            self._keeper.retry_now()

    async def close(self) -> None:
        """Close the connection and stop watching. Runs go on: they are processes of their own."""
        await self._storage_watcher.stop()
        await self._runs_watcher.stop()
        self.forget_remote_logs()
        await self.disconnect()

    # -- server -------------------------------------------------------------------------------

    async def databases(self) -> list[DatabaseSummary]:
        from kwtui.server import catalogue

        return await catalogue.databases(self._server())

    async def survey(self, database: str) -> Survey:
        """Everything about a database. Counts every row: on big tables this takes its time."""
        from kwtui.server import catalogue

        async with self._own_connection() as server:
            return await catalogue.survey(server, self._facts(), database)

    # -- storage ------------------------------------------------------------------------------

    async def storage(self) -> StorageListing:
        """Sets, adopted trees, leftovers and foreign files under extern."""
        from kwtui.backups.library import scan

        return await self._blocking(scan, self._extern(), self._state)

    async def open_set(self, path: str) -> SetDetails:
        """What is inside a set or tree; ``path`` is relative to extern."""
        from kwtui.backups.library import open_set

        details = await self._blocking(open_set, self._extern(), path, self._state)
        self._open_sets[path] = details
        return details

    async def read_text(self, path: str) -> str:
        """A text file inside extern (meta.sql, manifest, plan), decoded, size-limited."""
        from kwtui.backups.library import read_text

        return await self._blocking(read_text, self._extern(), path)

    async def csv_page(self, entry: BackupEntry, file: str, start: int, count: int) -> CsvPage:
        """``count`` records of one CSV file from record ``start`` on.

        ``file`` is relative to the set or tree, as in its details.
        """
        from kwtui.operations.pages import page_of

        details = self._open_sets.get(entry.path) or await self.open_set(entry.path)
        return await self._blocking(page_of, details, file, start, count)

    # -- plans and runs -----------------------------------------------------------------------

    async def plan_backup(self, request: BackupRequest) -> Plan:
        """Survey and plan. Refusals are findings of the plan; `start_run` raises them."""
        from kwtui.operations.planning import make_backup_plan

        async with self._own_connection() as server:
            return await make_backup_plan(
                server, self._facts(), self._place, self._state, request, _new_id()
            )

    async def plan_restore(self, request: RestoreRequest) -> Plan:
        """Look into the source and at the server, and plan. Refusals are findings of the plan."""
        from kwtui.operations.planning import make_restore_plan

        async with self._own_connection() as server:
            return await make_restore_plan(
                server, self._facts(), self._place, self._state, request, _new_id()
            )

    async def plan_verify(self, path: str, level: ProofLevel) -> Plan:
        from kwtui.operations.verify import plan_verify

        details = await self.open_set(path)
        database = details.entry.database or ""
        return plan_verify(path, level, datetime.now(UTC), _new_id(), database=database)

    async def start_run(self, plan: Plan) -> str:
        """Start the plan in a process of its own; the run's id.

        Raises KwtuiError for a plan with refusals, with the exit code of the first.
        """
        from kwtui.operations.plan import PlanKind
        from kwtui.operations.refusals import check_allowed
        from kwtui.runs.process import Handover, start_run

        check_allowed(plan)
        extern = "" if plan.kind is PlanKind.SETTING else str(self._extern_of(plan))
        if not plan.cluster_id:
            handover, password = Handover(None, extern, str(self._state)), None
        else:
            self._check_same_cluster(plan)
            target = self._server().target
            handover = Handover(target.as_dict(), extern, str(self._state))
            password = target.password
        return await self._blocking(start_run, self._runs_directory(), plan, handover, password)

    async def runs(self) -> list[RunSummary]:
        """Newest first."""
        from kwtui.runs.history import list_runs

        return await self._blocking(list_runs, self._runs_directory())

    async def run_state(self, run_id: str) -> RunState:
        """A run as its journal tells it now."""
        from kwtui.runs.history import run_state

        files = self._runs_directory().find(run_id)
        return await self._blocking(run_state, files)

    async def follow_run(self, run_id: str) -> AsyncIterator[AnyEvent]:
        """Every event of the run from its start, then new ones until it has finished.

        The last event is always a RunFinished; for a run whose process is gone without a word it
        is made here, with the status LOST.
        """
        from kwtui.runs.following import follow_to_the_end

        files = self._runs_directory().find(run_id)
        async for event in follow_to_the_end(files):
            yield event

    async def run_plan(self, run_id: str) -> Plan:
        return self._runs_directory().find(run_id).read_plan()

    async def cancel_run(self, run_id: str) -> None:
        """Ask the run to stop; it cancels what the server does for it. Its journal tells when."""
        from kwtui.runs.process import cancel_run

        cancel_run(self._runs_directory().find(run_id))

    async def verify(
        self,
        path: str,
        level: ProofLevel,
        progress: Callable[[SealProgress], None] | None = None,
        dialect: Dialect | None = None,
    ) -> VerifyReport:
        """Check a set here and now, without a run of its own.

        ``progress`` is called from other threads.
        """
        from threading import Event

        from kwtui.backups.proof import verify

        stop = Event()

        def check() -> VerifyReport:
            return verify(
                self._extern(),
                path,
                level,
                state=self._state,
                dialect=dialect,
                progress=progress,
                cancelled=stop.is_set,
            )

        try:
            return await self._blocking(check)
        finally:
            # A task that is cancelled leaves its thread behind, which must end soon too.
            stop.set()

    def command_for(self, plan: Plan) -> str:
        """The shell command that does the same as this plan."""
        from kwtui.operations.commands import command_for

        return command_for(plan, self._connection_options(plan))

    # -- inside -------------------------------------------------------------------------------

    async def _blocking(
        self, function: Callable[P, R], *arguments: P.args, **options: P.kwargs
    ) -> R:
        if not self._in_background:
            return function(*arguments, **options)
        import asyncio

        return await asyncio.to_thread(function, *arguments, **options)

    def _server(self) -> Server:
        if self._keeper is None:
            raise KwtuiError(
                "There is no connection to a server.",
                hint="Connect first: --dsn URL, --profile NAME or --sandbox.",
                exit_code=ExitCode.SERVER_UNREACHABLE,
            )
        return self._keeper.server

    def _facts(self) -> ServerFacts:
        facts = self.status.facts
        if facts is None:
            raise KwtuiError("Nothing is known of the server yet.", hint="Connect first.")
        return facts

    @asynccontextmanager
    async def _own_connection(self) -> AsyncIterator[Server]:
        """For questions that take long: the shared connection stays free for short ones."""
        from kwtui.server.connection import Server

        server = await Server.open(self._server().target)
        try:
            yield server
        finally:
            await server.close()

    async def _find_place(self, target: Target) -> None:
        from kwtui.node.place import find_place

        facts = self._facts()
        self._place = await self._blocking(
            find_place,
            store=_path(target.store),
            extern=_path(target.extern),
            logs=_path(target.logs),
            arguments=[facts.start_arguments] if facts.start_arguments else (),
            store_paths=facts.store_paths,
            local=target.is_local,
        )
        self._watch_storage()

    def _watch_storage(self) -> None:
        self._open_sets.clear()
        if self._in_background and self._place is not None and self._place.extern.path is not None:
            self._storage_watcher.watch(self._place.extern.path)

    def _extern_of(self, plan: Plan) -> Path:
        """Where the plan's files are; for a node whose files cannot be seen, an empty one."""
        if plan.request.get("unseen"):
            return self._state / "unseen"
        return self._extern()

    def _extern(self) -> Path:
        return self._folder("extern")

    def _folder(self, kind: str) -> Path:
        """The node's folder on this machine. Raises EXTERN_NOT_FOUND or EXTERN_NOT_READABLE."""
        state: FolderState | None = getattr(self._place, kind, None)
        if state is not None and state.path is not None:
            # KWDB makes extern at the first export.
            # In a closed folder nobody can tell that it is not there yet.
            awaited = (
                kind == "extern"
                and not state.exists
                and os.access(state.path.parent, os.R_OK | os.X_OK)
            )
            if state.usable or awaited:
                return state.path
        if state is None or state.path is None or not state.exists:
            title, exit_code = f"The node's {kind} folder was not found.", ExitCode.EXTERN_NOT_FOUND
        else:
            title = f"The node's {kind} folder {state.path} cannot be read."
            exit_code = ExitCode.EXTERN_NOT_READABLE
        raise KwtuiError(
            title,
            cause=state.problem if state is not None else "",
            hint=f"Run kwtui where the node's files are and give --{kind} DIR.",
            exit_code=exit_code,
        )

    def _runs_directory(self) -> RunsDirectory:
        from kwtui.runs.directory import RunsDirectory

        return RunsDirectory(self._state)

    def _check_same_cluster(self, plan: Plan) -> None:
        here = self._facts().cluster_id
        if plan.cluster_id != here:
            raise KwtuiError(
                "This plan was made for another cluster.",
                cause=f"It names {plan.cluster_id}; {here} answers here.",
                hint="Plan it again on the server that it is meant for.",
                exit_code=ExitCode.WRONG_CLUSTER,
            )

    def _connection_options(self, plan: Plan) -> list[str]:
        target = self.target
        extern = self._place.extern.path if self._place is not None else None
        if target is None:
            return ["--extern", str(extern)] if extern is not None else []
        if target.profile:
            return ["--profile", target.profile]
        options = ["--dsn", target.redacted]
        return [*options, "--extern", str(extern)] if extern is not None else options


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _new_id() -> str:
    import secrets

    return secrets.token_hex(8)
