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

    from kwtui.runs.history import RunSummary


class PlanRenewal:
    """Renews the plan after each drill that ends well while somebody listens, and after one that
    ended while nobody did: the plan that lies beside the sets is older then. So it does after a set
    was sent off-site that no plan went with."""

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
        from kwtui.server.connection.status import ConnectionStatus

        connected = isinstance(event, ConnectionStatus) and event.server is not None
        if not (connected or isinstance(event, RunsChanged)):
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
        return [
            (run.id, run.database)
            for run in await self._runs.all()
            if run.id not in self._seen and await self._calls_for_it(run)
        ]

    async def _calls_for_it(self, run: RunSummary) -> bool:
        from kwtui.operations.plan import PlanKind
        from kwtui.runs.events import RunStatus

        ended = run.finished_at
        if run.status is not RunStatus.SUCCEEDED or ended is None:
            return False
        recent = ended >= (self._since or datetime.now(UTC))
        if run.kind is PlanKind.DRILL:
            return recent or await self._recovery.is_outdated(run.path, ended)
        return recent and run.result.get("recovery_plan") == []

    async def _renew(self, database: str) -> RecoveryPlanRenewed:
        try:
            renewed = await self._recovery.renew(database)
        except KwtuiError as error:
            # The drill is as good as it was; whoever listens is told.
            return RecoveryPlanRenewed(database, error.title)
        return RecoveryPlanRenewed(database, targets=renewed.targets, unsent=renewed.problems)

    async def close(self) -> None:
        from kwtui.controller.events import stop_task

        await stop_task(self._task)
        self._task = None
