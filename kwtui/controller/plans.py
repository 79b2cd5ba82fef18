"""The Controller's part that proves sets by restoring them, and those made on another node."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kwtui.controller.connection import Core
from kwtui.operations.plan import new_plan_id

if TYPE_CHECKING:
    from pathlib import Path

    from kwtui.model.requests import DrillRequest
    from kwtui.operations.plan import Plan


class Drills(Core):
    """A base of the Controller.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    async def plan_drill(self, request: DrillRequest) -> Plan:
        """The rehearsal of a restore; on a private sandbox it needs no server.

        Refusals are findings of the plan; what earlier drills left is one of its steps.
        """
        from kwtui.operations.drill.planning import make_drill_plan, make_sandbox_drill_plan
        from kwtui.runs.known_runs import known_runs

        extern, plan_id = self._extern(), new_plan_id()
        runs = await self._blocking(known_runs, self._runs_directory())
        if request.on_sandbox:
            return await self._blocking(
                make_sandbox_drill_plan, extern, self._state, request, runs, plan_id
            )
        async with self._own_connection() as server:
            return await make_drill_plan(
                server, self._facts(), self._place, extern, self._state, request, runs, plan_id
            )

    async def plan_seal(self, path: str, draft: Path | None = None) -> Plan:
        """Proving a set whose files could not be seen where it was made.

        ``draft`` is the file that its run wrote; by default the one in this state directory.
        Raises KwtuiError: NOT_FOUND without one, USAGE for that of another set.
        """
        from kwtui.backups.layout.draft import draft_path, read_draft
        from kwtui.operations.seal.plan import plan_seal

        file = draft or draft_path(self._state, path)
        found = await self._blocking(read_draft, file)
        return plan_seal(path, found, file, datetime.now(UTC), new_plan_id())
