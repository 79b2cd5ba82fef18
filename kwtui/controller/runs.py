"""The Controller's part for plans and runs, and the commands that do the same."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.storage import StorageCare
from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import new_plan_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from kwtui.model.proof import ProofLevel
    from kwtui.model.requests import BackupRequest, RestoreRequest
    from kwtui.node.place import NodePlace
    from kwtui.operations.backup.destination_nodes import DestinationNode
    from kwtui.operations.plan import Plan
    from kwtui.runs.events import AnyEvent
    from kwtui.runs.history import RunSummary
    from kwtui.runs.state import RunState
    from kwtui.server.connection.target import Target


class PlansAndRuns(StorageCare):
    """A base of the Controller.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    # -- plans and runs -----------------------------------------------------------------------

    async def plan_backup(self, request: BackupRequest) -> Plan:
        """Survey and plan. Refusals are findings of the plan; `start_run` raises them."""
        from kwtui.operations.backup.planning import make_backup_plan

        async with self._own_connection() as server:
            place = self._place_of(request.node_id)
            return await make_backup_plan(
                server, self._facts(), place, self._state, request, new_plan_id()
            )

    async def destination_nodes(self) -> tuple[DestinationNode, ...]:
        """Where a backup can go: the node that one is connected to first."""
        from kwtui.operations.backup.destination_nodes import read_destinations

        found = await read_destinations(self._server(), self._facts(), self._place)
        self._other_places = {n.id: n.place for n in found if n.place and not n.is_connected}
        return found

    async def plan_restore(self, request: RestoreRequest) -> Plan:
        """Look into the source and at the server, and plan. Refusals are findings of the plan."""
        from kwtui.operations.restore.planning import make_restore_plan

        async with self._own_connection() as server:
            return await make_restore_plan(
                server, self._facts(), self._place, self._state, request, new_plan_id()
            )

    async def plan_continuation(self, run_id: str) -> Plan:
        """Plan what is left of a stopped restore; an empty id is the newest one.

        Raises KwtuiError: NOT_FOUND, RUN_IN_PROGRESS while it runs, WRONG_CLUSTER, and as
        `plan_continuation` of `kwtui.operations.restore.continuation.plan`.
        """
        from kwtui.operations.restore.continuation.plan import plan_continuation
        from kwtui.operations.restore.continuation.standing import look_at_standing
        from kwtui.runs.stopped_restores import read_stopped

        stopped = await self._blocking(read_stopped, self._runs_directory(), run_id)
        async with self._own_connection() as server:
            standing = await look_at_standing(server, self._facts().cluster_id, stopped)
        return plan_continuation(stopped, standing, datetime.now(UTC), new_plan_id())

    async def run_target(self, run_id: str) -> Target | None:
        """The server and folders that a run worked on, without its password; None for none."""
        from kwtui.runs.stopped_restores import target_of_run

        return await self._blocking(target_of_run, self._runs_directory().find(run_id))

    async def stopped_restore(self, run_id: str = "") -> str:
        """The id of a restore that can be continued, the newest without an id.

        Raises KwtuiError (NOT_FOUND, RUN_IN_PROGRESS, REFUSED_BY_PLAN).
        """
        from kwtui.runs.stopped_restores import read_stopped

        return (await self._blocking(read_stopped, self._runs_directory(), run_id)).run

    async def plan_verify(self, path: str, level: ProofLevel) -> Plan:
        from kwtui.operations.verify import plan_verify

        details = await self.open_set(path)
        database = details.entry.database or ""
        return plan_verify(path, level, datetime.now(UTC), new_plan_id(), database=database)

    async def start_run(self, plan: Plan) -> str:
        """Start the plan in a process of its own; the run's id.

        Raises KwtuiError for a plan with refusals, with the exit code of the first.
        """
        from kwtui.operations.plan import PlanKind
        from kwtui.operations.shared.refusals import check_allowed
        from kwtui.runs.process import Handover, start_run

        check_allowed(plan)
        extern = "" if plan.kind is PlanKind.SETTING else str(self._extern_of(plan))
        options = tuple(self._connection_options(plan))
        if not plan.cluster_id:
            handover, password = Handover(None, extern, str(self._state), options), None
        else:
            self._check_same_cluster(plan)
            target = self._server().target
            handover = Handover(target.as_dict(), extern, str(self._state), options)
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
        from kwtui.runs.history import follow_to_the_end

        files = self._runs_directory().find(run_id)
        async for event in follow_to_the_end(files):
            yield event

    async def run_plan(self, run_id: str) -> Plan:
        return self._runs_directory().find(run_id).read_plan()

    async def is_gone(self, run_id: str, path: str) -> bool:
        """Whether the set that a run was about is gone from where the run had it.

        False also where nobody can tell: its files were never seen, or the folder is closed.
        """
        from kwtui.runs.process import read_handover

        handover = read_handover(self._runs_directory().find(run_id))
        if not path or handover is None or not handover.extern:
            return False
        return await self._blocking(_is_gone, Path(handover.extern), path)

    async def cancel_run(self, run_id: str, *, sweep: bool | None = None) -> None:
        """Ask the run to stop; it cancels what the server does for it. Its journal tells when.

        ``sweep`` says what becomes of what a backup wrote so far: True removes it, False keeps it,
        marked; None leaves that to what its plan says. Raises USAGE if the run is no backup.
        """
        from kwtui.runs.process import cancel_run

        cancel_run(self._runs_directory().find(run_id), sweep=sweep)

    def command_for(self, plan: Plan) -> str:
        """The shell command that does the same as this plan."""
        from kwtui.operations.shared.command_line import command_for

        return command_for(plan, self._connection_options(plan))

    def command_of_run(self, run_id: str, plan: Plan) -> str:
        """The shell command that does the same as a run did, on the server that it worked on."""
        from kwtui.controller.commands import options_of
        from kwtui.operations.shared.command_line import command_for
        from kwtui.runs.process import read_handover
        from kwtui.server.connection.target import Target

        handover = read_handover(self._runs_directory().find(run_id))
        if handover is None:
            return self.command_for(plan)
        target = None if handover.target is None else Target.from_dict(handover.target)
        extern = Path(handover.extern) if handover.extern else None
        return command_for(plan, options_of(target, extern, self.profiles))

    def _extern_of(self, plan: Plan) -> Path:
        """Where the plan's files are; for a node whose files cannot be seen, an empty one."""
        from kwtui.operations.plan import PlanKind

        if plan.request.get("unseen"):
            return self._state / "unseen"
        other = self._other_places.get(plan.node_id)
        if plan.kind is PlanKind.BACKUP and other is not None and other.extern.path is not None:
            return other.extern.path
        return self._extern()

    def _place_of(self, node_id: int | None) -> NodePlace | None:
        """The files of a chosen node; None means the one that one is connected to."""
        return self._place if node_id is None else self._other_places.get(node_id, self._place)

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
        from kwtui.operations.plan import PlanKind

        place = self._place_of(plan.node_id) if plan.kind is PlanKind.BACKUP else self._place
        if place is None or place is self._place or place.extern.path is None:
            return self.connection_options()
        return self.connection_options(extern=place.extern.path)


def _is_gone(extern: Path, path: str) -> bool:
    from kwtui.backups.layout.naming import inside
    from kwtui.backups.layout.tree import is_folder, is_there

    try:
        return is_folder(extern) and not is_there(inside(extern, path))
    except KwtuiError:
        return False
