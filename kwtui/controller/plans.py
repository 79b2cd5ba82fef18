"""Plans of everything that changes something: what would be done, said before it is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.account_runs import AccountRuns
from kwtui.controller.background import Background
from kwtui.controller.commands import CommandLines
from kwtui.controller.connection import Connection
from kwtui.controller.folders import NodeFolders
from kwtui.controller.retention import Retention
from kwtui.controller.server import ServerPages
from kwtui.controller.storage import Storage
from kwtui.errors import KwtuiError
from kwtui.operations.plan import new_plan_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from kwtui.model.proof import ProofLevel
    from kwtui.model.requests import (
        BackupRequest,
        DrillRequest,
        ExcerptRequest,
        RestoreRequest,
    )
    from kwtui.model.server import ServerFacts
    from kwtui.operations.backup.destination_nodes import DestinationNode
    from kwtui.operations.backup.planned import Planned
    from kwtui.operations.plan import Plan
    from kwtui.operations.removal.planning import Leftovers
    from kwtui.operations.wal.plan import WalChange
    from kwtui.server.connection.server import Server


class Plans:
    """Refusals are findings of a plan; `Runs.start` raises them.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    def __init__(
        self,
        connection: Connection,
        folders: NodeFolders,
        storage: Storage,
        retention: Retention,
        server: ServerPages,
        account_runs: AccountRuns,
        commands: CommandLines,
        background: Background,
        planned: Planned,
        state: Path,
    ) -> None:
        self._connection = connection
        self._folders = folders
        self._storage = storage
        self._retention = retention
        self._server = server
        self._account_runs = account_runs
        self._commands = commands
        self._background = background
        self._planned = planned
        self._state = state

    async def backup(self, request: BackupRequest) -> Plan:
        """Survey and plan. Refusals are findings of the plan; `Runs.start` raises them."""
        from kwtui.config.preferences import load_preferences
        from kwtui.operations.backup.planning import make_backup_plan
        from kwtui.server.catalogue.definitions import Definitions

        request = replace(request, chinese=request.chinese or load_preferences().chinese_guide)
        async with self._connection.own() as server:
            facts = self._connection.facts()
            place = await self._folders.choose_node(server, facts, request.node_id)
            plan_id, known = new_plan_id(), Definitions()
            plan = await make_backup_plan(
                server, facts, place, self._state, request, plan_id, known
            )
        self._planned.keep(plan_id, known)
        return plan

    async def restore(self, request: RestoreRequest) -> Plan:
        """Look into the source and at the server, and plan. Refusals are findings of the plan."""
        from kwtui.operations.restore.planning import make_restore_plan

        async with self._connection.own() as server:
            facts = self._connection.facts()
            place = await self._folders.choose_node(server, facts, request.node_id)
            plan = make_restore_plan(server, facts, place, self._state, request, new_plan_id())
            return await _of_a_set(plan, server, facts, request.node_id, request.source)

    async def excerpt(self, request: ExcerptRequest) -> Plan:
        """Look into the set and at the server, and plan. Refusals are findings of the plan."""
        from kwtui.operations.excerpt.planning import make_excerpt_plan

        async with self._connection.own() as server:
            facts = self._connection.facts()
            place = await self._folders.choose_node(server, facts, request.node_id)
            plan = make_excerpt_plan(server, facts, place, self._state, request, new_plan_id())
            return await _of_a_set(plan, server, facts, request.node_id, request.source)

    async def continuation(self, run_id: str) -> Plan:
        """Plan what is left of a stopped restore; an empty id is the newest one.

        Raises KwtuiError: NOT_FOUND, RUN_IN_PROGRESS while it runs, WRONG_CLUSTER, and as
        `plan_continuation` of `kwtui.operations.restore.continuation.plan`.
        """
        from kwtui.operations.restore.continuation.inspection import look_at_standing
        from kwtui.operations.restore.continuation.plan import plan_continuation
        from kwtui.runs.stopped_restores import read_stopped

        stopped = await self._background.call(read_stopped, self._account_runs.directory, run_id)
        async with self._connection.own() as server:
            facts = self._connection.facts()
            await self._folders.choose_node(server, facts, stopped.plan.node_id)
            standing = await look_at_standing(server, facts.cluster_id, stopped)
        return plan_continuation(stopped, standing, datetime.now(UTC), new_plan_id())

    async def verify(self, path: str, level: ProofLevel) -> Plan:
        from kwtui.operations.verify import plan_verify

        details = await self._storage.open_set(path)
        database = details.entry.database or ""
        return plan_verify(path, level, datetime.now(UTC), new_plan_id(), database=database)

    async def drill(self, request: DrillRequest) -> Plan:
        """The rehearsal of a restore; on a private sandbox it needs no server.

        Refusals are findings of the plan; what earlier drills left is one of its steps.
        """
        from kwtui.node.place import folder_of
        from kwtui.operations.drill.planning import make_drill_plan, make_sandbox_drill_plan

        plan_id = new_plan_id()
        runs = await self._account_runs.known()
        if request.on_sandbox:
            return await self._background.call(
                make_sandbox_drill_plan,
                self._folders.extern(),
                self._state,
                request,
                runs,
                plan_id,
            )
        async with self._connection.own() as server:
            facts = self._connection.facts()
            place = await self._folders.choose_node(server, facts, request.node_id)
            extern = folder_of(place, "extern")
            plan = make_drill_plan(
                server, facts, place, extern, self._state, request, runs, plan_id
            )
            return await _of_a_set(plan, server, facts, request.node_id, request.source)

    def draft_of(self, path: str) -> Path:
        """Where a run of this account leaves the draft of a set whose files it cannot see."""
        from kwtui.backups.layout.draft import draft_path

        return draft_path(self._state, path)

    async def seal(self, path: str, draft: Path | None = None) -> Plan:
        """Proving a set whose files could not be seen where it was made.

        ``draft`` is the file that its run wrote; by default the one in this state directory.
        Raises KwtuiError: NOT_FOUND without one, USAGE for that of another set.
        """
        from kwtui.backups.layout.draft import read_draft
        from kwtui.config.preferences import load_preferences
        from kwtui.operations.seal.plan import plan_seal

        file = draft or self.draft_of(path)
        found = await self._background.call(read_draft, file)
        chinese = load_preferences().chinese_guide
        return plan_seal(path, found, file, datetime.now(UTC), new_plan_id(), chinese=chinese)

    async def delete(self, path: str, confirmed: str | None = None) -> Plan:
        """What goes with one set. Refusals are findings of the plan; `Runs.start` raises them.

        ``confirmed`` is the set's name as a person typed it, for the last proven one.
        """
        from kwtui.operations.removal.planning import make_delete_plan

        return await self._background.call(
            make_delete_plan,
            self._folders.extern(),
            self._state,
            path,
            confirmed,
            await self._account_runs.known(),
            self._retention.policies(),
            datetime.now(UTC),
            new_plan_id(),
            self._commands.options(),
        )

    async def cleanup(self, leftovers: Leftovers, names: Iterable[str] = ()) -> Plan:
        """For the named ones; without names for all that ended runs of this account left."""
        from kwtui.operations.removal.planning import make_cleanup_plan

        return make_cleanup_plan(leftovers, names, datetime.now(UTC), new_plan_id())

    async def wal(self, change: WalChange) -> Plan:
        """The plan of a change of level or interval; refusals are findings of the plan."""
        from kwtui.operations.wal.plan import plan_wal_change

        server, facts = self._connection.server(), self._connection.facts()
        return plan_wal_change(
            change,
            await self._server.wal(),
            facts,
            datetime.now(UTC),
            new_plan_id(),
            read_only=server.target.read_only,
        )

    async def destinations(self) -> tuple[DestinationNode, ...]:
        """Where a backup can go: the node that one is connected to first."""
        from kwtui.operations.backup.destination_nodes import read_destinations

        found = await read_destinations(
            self._connection.server(), self._connection.facts(), self._folders.place
        )
        self._folders.remember_others(
            (n.id, n.place) for n in found if n.place and not n.is_connected
        )
        return found


async def _of_a_set(
    plan: Awaitable[Plan], server: Server, facts: ServerFacts, node_id: int | None, path: str
) -> Plan:
    """The plan; a set that is not there is told with the node that has it."""
    from kwtui.operations.shared.node_files import where_it_lies

    try:
        return await plan
    except KwtuiError as error:
        told = await where_it_lies(error, server, facts, node_id, path)
        if told is error:
            raise
        raise told from error
