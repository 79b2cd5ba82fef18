"""What interrupted runs left behind: folders under extern, scratch databases on the server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.account_runs import AccountRuns
from kwtui.controller.background import Background
from kwtui.controller.connection import Connection
from kwtui.controller.folders import NodeFolders
from kwtui.errors import KwtuiError

if TYPE_CHECKING:
    from kwtui.node.place import NodePlace
    from kwtui.operations.removal.leftovers import Leftover
    from kwtui.operations.removal.planning import Leftovers
    from kwtui.operations.restore.continuation.stopped_restore import Standing
    from kwtui.operations.shared.known_runs import KnownRun


class LeftoverSearch:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(
        self,
        folders: NodeFolders,
        connection: Connection,
        account_runs: AccountRuns,
        background: Background,
        state: Path,
    ) -> None:
        self._folders = folders
        self._connection = connection
        self._account_runs = account_runs
        self._background = background
        self._state = state

    async def find(self) -> Leftovers:
        """What interrupted runs left: folders, and with a connection scratch databases too."""
        runs = await self._account_runs.known()
        found = await self._in_folder(self._folders.extern(), runs)
        if not self._connection.is_connected:
            return found
        databases = await self._on_server(runs)
        cluster = self._connection.facts().cluster_id
        return replace(found, found=(*found.found, *databases), cluster_id=cluster)

    async def within_reach(self, place: NodePlace) -> list[Leftover]:
        """Folders where extern is there; databases where a server is."""
        found: list[Leftover] = []
        runs = await self._account_runs.known()
        if place.extern.path is not None and place.extern.exists:
            found += (await self._in_folder(place.extern.path, runs)).found
        if self._connection.is_connected:
            found += await self._on_server(runs)
        return found

    async def of_run(self, leftovers: Leftovers, run_id: str) -> tuple[str, ...]:
        """The names of those that a run left, or the runs that went on with it.

        Raises KwtuiError: NOT_FOUND for a run of which nothing is known, and what
        ``check_cluster_of`` raises where its databases cannot be seen.
        """
        from kwtui.operations.removal.leftovers import names_of
        from kwtui.operations.shared.preflight import check_cluster_of

        files = self._account_runs.find(run_id)
        plan = await self._background.call(files.read_plan)
        if plan.cluster_id and leftovers.cluster_id:
            check_cluster_of(run_id, plan.cluster_id, leftovers.cluster_id)
        runs = await self._account_runs.known()
        run = next((each for each in runs if each.id == run_id), None)
        names = names_of(run) if run is not None else frozenset()
        return tuple(lo.name for lo in leftovers.found if lo.name in names)

    async def _in_folder(self, extern: Path, runs: list[KnownRun]) -> Leftovers:
        from kwtui.operations.removal.planning import find_folder_leftovers

        return await self._background.call(
            find_folder_leftovers, extern, self._state, runs, datetime.now(UTC)
        )

    async def _on_server(self, runs: list[KnownRun]) -> list[Leftover]:
        from kwtui.operations.removal.planning import find_database_leftovers
        from kwtui.operations.restore.continuation.stopped_restore import Standing
        from kwtui.server.catalogue import survey as catalogue

        cluster = self._connection.facts().cluster_id
        async with self._connection.own() as server:
            found = list(await find_database_leftovers(server, cluster, runs))
            databases = {d.name: d.comment for d in await catalogue.databases(server)}
        standing = Standing(cluster, databases)
        asked = {lo.run for lo in found if lo.continues and not lo.busy}
        refused = {run for run in asked if not await self._may_go_on(standing, run)}
        return [replace(lo, may_go_on=False) if lo.run in refused else lo for lo in found]

    async def _may_go_on(self, standing: Standing, run_id: str) -> bool:
        """Nothing is offered that would be refused as soon as it is asked for."""
        from kwtui.operations.restore.continuation.plan import check_names_allow
        from kwtui.runs.stopped_restores import read_stopped

        try:
            stopped = await self._background.call(
                read_stopped, self._account_runs.directory, run_id
            )
            check_names_allow(stopped, standing)
        except KwtuiError:
            return False
        return True
