"""The Controller's part that proves sets by restoring them, and those made on another node."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from kwtui.model import DrillRequest, ServerFacts
    from kwtui.node.place import NodePlace
    from kwtui.operations.plan import Plan
    from kwtui.runs.directory import RunsDirectory
    from kwtui.server.connection import Server

P = ParamSpec("P")
R = TypeVar("R")


class Drills:
    """A base of the Controller, which provides what stands last.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    _state: Path
    _place: NodePlace | None

    async def plan_drill(self, request: DrillRequest) -> Plan:
        """The rehearsal of a restore; on a private sandbox it needs no server.

        Refusals are findings of the plan; what earlier drills left is one of its steps.
        """
        from kwtui.operations.drilling import make_drill_plan, make_sandbox_drill_plan
        from kwtui.runs.known import known_runs

        extern, plan_id = self._extern(), secrets.token_hex(8)
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
        from kwtui.backups.draft import draft_path, read_draft
        from kwtui.operations.seal_plan import plan_seal

        file = draft or draft_path(self._state, path)
        found = await self._blocking(read_draft, file)
        return plan_seal(path, found, file, datetime.now(UTC), secrets.token_hex(8))

    # -- provided by the Controller -------------------------------------------------------------

    async def _blocking(
        self, function: Callable[P, R], *arguments: P.args, **options: P.kwargs
    ) -> R:
        raise NotImplementedError

    def _own_connection(self) -> AbstractAsyncContextManager[Server]:
        raise NotImplementedError

    def _facts(self) -> ServerFacts:
        raise NotImplementedError

    def _extern(self) -> Path:
        raise NotImplementedError

    def _runs_directory(self) -> RunsDirectory:
        raise NotImplementedError
