"""A drill that ended well makes the recovery plan anew, whoever started it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kwtui.controller.events import Events, RecoveryPlanRenewed, RunsChanged
from kwtui.controller.recovery.plan import Recovery
from kwtui.controller.recovery.renewing import PlanRenewal
from kwtui.controller.runs import Runs
from kwtui.errors import KwtuiError
from kwtui.operations.plan import PlanKind
from kwtui.runs.events import RunStatus
from kwtui.runs.history import RunSummary


class KnownRuns(Runs):
    def __init__(self) -> None:
        self.found: list[RunSummary] = []

    async def all(self) -> list[RunSummary]:
        return self.found


class Keeping(Recovery):
    def __init__(self) -> None:
        self.kept: list[str] = []

    async def keep(self, databases: Sequence[str] = ()) -> list[Path]:
        self.kept += databases
        if "gone" in databases:
            raise KwtuiError("gone has no backup.")
        return []


def run(name: str, database: str, seconds: float, kind: PlanKind = PlanKind.DRILL) -> RunSummary:
    """One that ends so many seconds from now."""
    now = datetime.now(UTC)
    status = RunStatus.FAILED if name == "failed" else RunStatus.SUCCEEDED
    ended = now + timedelta(seconds=seconds)
    return RunSummary(name, kind, "", database, "", status, now, finished_at=ended)


async def test_each_good_drill_since_one_listens_renews_the_plan_once() -> None:
    events, runs, recovery = Events(), KnownRuns(), Keeping()
    told: asyncio.Queue[RecoveryPlanRenewed] = asyncio.Queue()
    events.subscribe(lambda e: told.put_nowait(e) if isinstance(e, RecoveryPlanRenewed) else None)
    renewal = PlanRenewal(recovery, runs, events)
    renewal.watch()
    runs.found = [
        run("before", "old", -60),
        run("failed", "shop", 60),
        run("other", "shop", 60, PlanKind.BACKUP),
        run("good", "shop", 60),
        run("gone", "gone", 60),
    ]
    for _ in range(2):
        events.publish(RunsChanged())
    assert await asyncio.wait_for(told.get(), 10) == RecoveryPlanRenewed("shop")
    assert await asyncio.wait_for(told.get(), 10) == RecoveryPlanRenewed(
        "gone", "gone has no backup."
    )
    runs.found.append(run("next", "plant", 60))
    events.publish(RunsChanged())
    assert await asyncio.wait_for(told.get(), 10) == RecoveryPlanRenewed("plant")
    await renewal.close()
    assert recovery.kept == ["shop", "gone", "plant"]
