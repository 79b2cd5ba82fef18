"""Runs: started as processes of their own, followed by their journals, stopped on demand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.account_runs import AccountRuns
from kwtui.controller.background import Background
from kwtui.controller.commands import CommandLines
from kwtui.controller.connection import Connection
from kwtui.controller.events import Events, RunsWatcher
from kwtui.controller.folders import NodeFolders
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from kwtui.operations.backup.planned import Planned
    from kwtui.operations.plan import Plan
    from kwtui.runs.events import AnyEvent
    from kwtui.runs.history import RunSummary
    from kwtui.runs.node_log import RunLog
    from kwtui.runs.progress import Earlier
    from kwtui.runs.state import RunState
    from kwtui.server.connection.target import Target


class Runs:
    """The runs of this account, by id or an unambiguous part of it.

    All methods raise `kwtui.errors.KwtuiError` with a message for people; NOT_FOUND for a run of
    another account.
    """

    def __init__(
        self,
        connection: Connection,
        folders: NodeFolders,
        account_runs: AccountRuns,
        commands: CommandLines,
        background: Background,
        events: Events,
        planned: Planned,
        state: Path,
    ) -> None:
        self._connection = connection
        self._folders = folders
        self._account_runs = account_runs
        self._commands = commands
        self._background = background
        self._watcher = RunsWatcher(events.publish)
        self._planned = planned
        self._state = state

    def watch(self) -> None:
        """Tell subscribers from now on when a run begins, ends or is lost."""
        if self._background.is_on:
            self._watcher.watch(self._account_runs.directory)

    async def close(self) -> None:
        """Stop watching. Runs go on: they are processes of their own."""
        await self._watcher.stop()

    async def start(self, plan: Plan, passphrase: str | None = None) -> str:
        """Start the plan in a process of its own; the run's id.

        ``passphrase`` opens the private keys that it names; it goes through a pipe.

        Raises KwtuiError for a plan with refusals, with the exit code of the first.
        """
        from kwtui.operations.plan import PlanKind
        from kwtui.operations.shared.refusals import check_allowed
        from kwtui.runs.process import Handover, start_run

        check_allowed(plan)
        no_files = plan.kind is PlanKind.SETTING or plan.request.get("action") == "prune"
        extern = "" if no_files else str(self._extern_of(plan))
        options = tuple(self._commands.options_for(plan))
        if not plan.cluster_id:
            handover, password = Handover(None, extern, str(self._state), options), None
        else:
            self._check_same_cluster(plan)
            target = self._connection.server().target
            handover = Handover(target.as_dict(), extern, str(self._state), options)
            password = target.password
        return await self._background.call(
            start_run,
            self._account_runs.directory,
            plan,
            handover,
            password,
            passphrase,
            self._planned.take(plan.id),
        )

    async def all(self) -> list[RunSummary]:
        """Newest first."""
        from kwtui.runs.history import list_runs

        return await self._background.call(list_runs, self._account_runs.directory)

    async def state(self, run_id: str) -> RunState:
        """A run as its journal tells it now."""
        from kwtui.runs.history import run_state

        files = self._account_runs.find(run_id)
        return await self._background.call(run_state, files)

    async def follow(self, run_id: str) -> AsyncIterator[AnyEvent]:
        """Every event of the run from its start, then new ones until it has finished.

        The last event is always a RunFinished; for a run whose process is gone without a word it
        is made here, with the status LOST.
        """
        from kwtui.runs.history import follow_to_the_end

        files = self._account_runs.find(run_id)
        async for event in follow_to_the_end(files):
            yield event

    async def at_work(self) -> list[str]:
        """The ids of the runs that go on, the newest first."""
        from kwtui.runs.history import runs_at_work

        return await self._background.call(runs_at_work, self._account_runs.directory)

    async def earlier(self, run_id: str) -> Earlier | None:
        """How long the phases of the last run took that did the same and succeeded; None for the
        first of its kind."""
        from kwtui.runs.history import earlier_of

        return await self._background.call(
            earlier_of, self._account_runs.directory, self._account_runs.find(run_id)
        )

    async def plan(self, run_id: str) -> Plan:
        return self._account_runs.find(run_id).read_plan()

    async def journal(self, run_id: str) -> list[AnyEvent]:
        """Every event of a run so far. Raises NOT_FOUND for a run of another account."""
        from kwtui.runs.journal import read_events

        files = self._account_runs.find(run_id)
        return await self._background.call(read_events, files.journal)

    async def node_log(self, run_id: str) -> RunLog:
        """What to look for in the node's log to see what a run did there."""
        from kwtui.runs.journal import read_events
        from kwtui.runs.node_log import run_log

        files = self._account_runs.find(run_id)
        return run_log(run_id, files.read_plan(), read_events(files.journal))

    async def at(self, when: datetime) -> list[RunSummary]:
        """The runs that went on at a time, the latest first."""
        from kwtui.runs.node_log import runs_at

        return runs_at(await self.all(), when)

    async def target(self, run_id: str) -> Target | None:
        """The server and folders that a run worked on, without its password; None for none."""
        from kwtui.runs.stopped_restores import target_of_run

        return await self._background.call(target_of_run, self._account_runs.find(run_id))

    async def stopped(self, run_id: str = "") -> str:
        """The id of a restore that can be continued, the newest without an id.

        Raises KwtuiError (NOT_FOUND, RUN_IN_PROGRESS, REFUSED_BY_PLAN).
        """
        from kwtui.runs.stopped_restores import read_stopped

        return (await self._background.call(read_stopped, self._account_runs.directory, run_id)).run

    async def is_gone(self, run_id: str, path: str) -> bool:
        """Whether the set that a run was about is gone from where the run had it.

        False also where nobody can tell: its files were never seen, or the folder is closed.
        """
        from kwtui.backups.listing.presence import is_gone
        from kwtui.runs.process import read_handover

        handover = read_handover(self._account_runs.find(run_id))
        if not path or handover is None or not handover.extern:
            return False
        return await self._background.call(is_gone, Path(handover.extern), path)

    async def cancel(self, run_id: str, *, sweep: bool | None = None) -> None:
        """Ask the run to stop; it cancels what the server does for it. Its journal tells when.

        ``sweep`` says what becomes of what a backup wrote so far: True removes it, False keeps it,
        marked; None leaves that to what its plan says. Raises USAGE if the run is no backup.
        """
        from kwtui.runs.process import cancel_run

        cancel_run(self._account_runs.find(run_id), sweep=sweep)

    def _extern_of(self, plan: Plan) -> Path:
        """Where the plan's files are; for a node whose files cannot be seen, an empty one."""
        from kwtui.node.place import folder_of

        if plan.request.get("unseen"):
            return self._state / "unseen"
        place = self._folders.of_node(plan.node_id)
        return folder_of(place, "extern")

    def _check_same_cluster(self, plan: Plan) -> None:
        here = self._connection.facts().cluster_id
        if plan.cluster_id != here:
            raise KwtuiError(
                "This plan was made for another cluster.",
                cause=f"It names {plan.cluster_id}; {here} answers here.",
                hint="Plan it again on the intended server.",
                exit_code=ExitCode.WRONG_CLUSTER,
            )
