"""Recovery plans made anew when a drill has shown how long a database takes to come back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kwtui.controller.events import Events, RecoveryPlanRenewed, RunsChanged
from kwtui.controller.recovery.plan import Recovery
from kwtui.controller.runs import Runs
from kwtui.errors import KwtuiError

if TYPE_CHECKING:
    import asyncio


class PlanRenewal:
    """Renews the plan after each drill that ends well while somebody listens."""

    def __init__(self, recovery: Recovery, runs: Runs, events: Events) -> None:
        self._recovery = recovery
        self._runs = runs
        self._events = events
        self._since: datetime | None = None
        self._seen: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def watch(self) -> None:
        """From now on, until `close`."""
        if self._since is None:
            self._since = datetime.now(UTC)
            self._events.subscribe(self._hear)

    def _hear(self, event: object) -> None:
        if not isinstance(event, RunsChanged):
            return
        import asyncio

        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look(), name="kwtui recovery plans")

    async def _look(self) -> None:
        while self._again:
            self._again = False
            for run, database in await self._new_drills():
                self._seen.add(run)
                self._events.publish(await self._renew(database))

    async def _new_drills(self) -> list[tuple[str, str]]:
        from kwtui.operations.plan import PlanKind
        from kwtui.runs.events import RunStatus

        since = self._since or datetime.now(UTC)
        return [
            (run.id, run.database)
            for run in await self._runs.all()
            if run.kind is PlanKind.DRILL
            and run.status is RunStatus.SUCCEEDED
            and run.finished_at is not None
            and run.finished_at >= since
            and run.id not in self._seen
        ]

    async def _renew(self, database: str) -> RecoveryPlanRenewed:
        try:
            await self._recovery.keep([database])
        except KwtuiError as error:
            # The drill is as good as it was; whoever listens is told.
            return RecoveryPlanRenewed(database, error.title)
        return RecoveryPlanRenewed(database)

    async def close(self) -> None:
        from kwtui.controller.events import stop_task

        await stop_task(self._task)
        self._task = None
