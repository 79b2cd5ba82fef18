"""A drill that ended well makes the recovery plan anew, whoever started it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kwtui.controller.events import Events, RecoveryPlanRenewed, RunsChanged
from kwtui.controller.recovery.plan import Recovery, Renewed
from kwtui.controller.recovery.renewing import PlanRenewal
from kwtui.controller.runs import Runs
from kwtui.errors import KwtuiError
from kwtui.model.server import ServerFacts
from kwtui.operations.plan import PlanKind
from kwtui.runs.events import RunStatus
from kwtui.runs.history import RunSummary
from kwtui.server.connection.status import ConnectionState, ConnectionStatus


class KnownRuns(Runs):
    def __init__(self) -> None:
        self.found: list[RunSummary] = []

    async def all(self) -> list[RunSummary]:
        return self.found


class Keeping(Recovery):
    def __init__(self) -> None:
        self.kept: list[str] = []
        self.outdated: frozenset[str] = frozenset()

    async def renew(self, database: str) -> Renewed:
        self.kept.append(database)
        if database == "gone":
            raise KwtuiError("gone has no backup.")
        return Renewed(("vault",), ("nas: it cannot be reached.",) if database == "plant" else ())

    async def is_outdated(self, path: str, since: datetime) -> bool:
        return path in self.outdated


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
    assert await asyncio.wait_for(told.get(), 10) == RecoveryPlanRenewed("shop", targets=("vault",))
    assert await asyncio.wait_for(told.get(), 10) == RecoveryPlanRenewed(
        "gone", "gone has no backup."
    )
    runs.found.append(run("next", "plant", 60))
    events.publish(RunsChanged())
    plant = await asyncio.wait_for(told.get(), 10)
    assert plant.words == (
        "The recovery plan of plant was rewritten beside its backups and on vault. It was not "
        "sent to nas: it cannot be reached."
    )
    assert not plant.is_good
    await renewal.close()
    assert recovery.kept == ["shop", "gone", "plant"]


async def test_a_drill_that_ended_while_nobody_listened_renews_the_plan_when_one_connects() -> None:
    events, runs, recovery = Events(), KnownRuns(), Keeping()
    told: asyncio.Queue[RecoveryPlanRenewed] = asyncio.Queue()
    events.subscribe(lambda e: told.put_nowait(e) if isinstance(e, RecoveryPlanRenewed) else None)
    renewal = PlanRenewal(recovery, runs, events)
    renewal.watch()
    recovery.outdated = frozenset({"kwtui/shop/20261122T080000Z"})
    runs.found = [
        replace(run("a", "shop", -60), path="kwtui/shop/20261122T080000Z"),
        replace(run("b", "plant", -60), path="kwtui/plant/20261122T080000Z"),
    ]
    facts = ServerFacts("KWDB", "c", 1, "root", is_admin=True, tls=False)
    connected = ConnectionStatus(ConnectionState.CONNECTED, datetime.now(UTC), facts=facts)
    for _ in range(2):
        events.publish(connected)
    assert (await asyncio.wait_for(told.get(), 10)).database == "shop"
    await renewal.close()
    assert recovery.kept == ["shop"], "the plan of the other is newer than its drill"


async def test_a_set_that_was_sent_without_a_plan_gets_one() -> None:
    events, runs, recovery = Events(), KnownRuns(), Keeping()
    told: asyncio.Queue[RecoveryPlanRenewed] = asyncio.Queue()
    events.subscribe(lambda e: told.put_nowait(e) if isinstance(e, RecoveryPlanRenewed) else None)
    renewal = PlanRenewal(recovery, runs, events)
    renewal.watch()
    runs.found = [
        replace(run("a", "with", 60, PlanKind.OFFSITE), result={"recovery_plan": ["x"]}),
        replace(run("b", "pruned", 60, PlanKind.OFFSITE), result={"removed": []}),
        replace(run("c", "shop", 60, PlanKind.OFFSITE), result={"recovery_plan": []}),
    ]
    events.publish(RunsChanged())
    assert (await asyncio.wait_for(told.get(), 10)).database == "shop"
    await renewal.close()
    assert recovery.kept == ["shop"]
