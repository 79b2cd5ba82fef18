"""A year of a policy in a second: the real decisions, with a world that is made up.

Real are the run's order of work, what is due, retention, the judgement, what is told. Made up are
the clock, the server, the disk, and what goes wrong with them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.retention import decide
from kwtui.errors import KwtuiError
from kwtui.model.policy import NoticeOn, Policy
from kwtui.model.proof import ProofLevel
from kwtui.protection.facts import BackupFact, DatabaseFacts, RunFact
from kwtui.protection.judging import Judgement, judge
from kwtui.unattended.history import PolicyEvent
from kwtui.unattended.load import Load
from kwtui.unattended.matching import Chosen
from kwtui.unattended.missing import missed_event, missed_times
from kwtui.unattended.promises import promise_of
from kwtui.unattended.run_services import AfterBackup, Standing, Work
from kwtui.unattended.running import PolicyRun
from kwtui.unattended.telling import Telling, noticed, of_end, of_watch

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True)
class Faults:
    """What goes wrong, by the number of the day."""

    off: frozenset[int] = frozenset()
    """The timer does not fire."""
    no_server: frozenset[int] = frozenset()
    disk_full: frozenset[int] = frozenset()
    drill_fails: frozenset[int] = frozenset()
    rots: frozenset[int] = frozenset()
    """A file of the newest backup changes in the night; the next check finds it."""


@dataclass
class World:
    """Hands, clock, disk and server of one policy over many days."""

    policy: Policy
    faults: Faults
    size: int = 100
    at: datetime = START
    entries: list[BackupEntry] = field(default_factory=list)
    rotten: set[str] = field(default_factory=set)
    runs: list[RunFact] = field(default_factory=list)
    drills: list[RunFact] = field(default_factory=list)
    history: list[PolicyEvent] = field(default_factory=list)
    told: list[tuple[datetime, Telling]] = field(default_factory=list)
    most_space: int = 0
    after_backup: Sequence[AfterBackup] = ()

    # -- hands ---------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.at

    async def pause(self, time: timedelta) -> None:
        self.at += time

    async def standing(self, policy: Policy) -> Standing:
        if self._is(self.faults.no_server):
            raise KwtuiError("The server cannot be reached.")
        return Standing(Chosen(("shop",)), {"shop": self.facts()})

    async def load(self) -> Load:
        return Load(0, timedelta(0))

    async def used(self) -> int:
        return sum(entry.bytes or 0 for entry in self.entries)

    async def back_up(self, policy: Policy, work: Work) -> tuple[str, str]:
        began = self.at
        failed = self._is(self.faults.disk_full)
        self.runs.insert(0, RunFact(f"r{len(self.runs)}", began, 60.0, not failed))
        if failed:
            raise KwtuiError("The disk is full.")
        self.at += timedelta(minutes=2)
        path = f"kwtui/shop/{began:%Y%m%dT%H%M%SZ}"
        entry = BackupEntry(path, EntryKind.SET, "shop", started=began, bytes=self.size, rows=1000)
        self.entries.append(replace(entry, proof=ProofLevel.P2, proof_at=self.at, tables=1))
        self.most_space = max(self.most_space, await self.used())
        return path, "backed up"

    async def drill(self, policy: Policy, path: str, work: Work) -> str:
        good = not self._is(self.faults.drill_fails) and path not in self.rotten
        self.drills.insert(0, RunFact("d", self.at, 60.0, good))
        if not good:
            raise KwtuiError("The drill failed.")
        self._change(path, proof=ProofLevel.P4, proof_at=self.at)
        return "drilled"

    async def verify(self, path: str, work: Work) -> str:
        if path in self.rotten:
            self._change(path, proof=None, proof_at=self.at, problem="A file was changed.")
            raise KwtuiError("A file was changed.")
        entry = next(e for e in self.entries if e.path == path)
        self._change(path, proof=max(entry.proof or 0, ProofLevel.P2), proof_at=self.at)
        return "verified"

    async def thin_out(self, policy: Policy, work: Work) -> str:
        assert policy.retention is not None
        decisions = decide(self.entries, policy.retention, self.at)
        self.entries = [d.entry for d in decisions if d.keep]
        return ""

    async def cancel(self) -> None:
        raise AssertionError("nobody cancels")

    # -- days ----------------------------------------------------------------------------------

    def facts(self) -> DatabaseFacts:
        backups = sorted(self.entries, key=lambda e: e.started or START, reverse=True)
        return DatabaseFacts(
            "shop",
            backups=tuple(
                BackupFact(
                    e.path,
                    e.started or START,
                    e.proof,
                    e.proof_at,
                    e.rows,
                    e.bytes,
                    problem=e.problem,
                )
                for e in backups
            ),
            backup_runs=tuple(self.runs[:20]),
            drills=tuple(self.drills[:20]),
            promise=promise_of(self.policy),
        )

    def judged(self) -> Judgement:
        return judge(self.facts(), self.at)

    @property
    def day(self) -> int:
        return (self.at - START).days

    async def live(self, days: int) -> None:
        """Each night the run at 01:15; each six hours a look."""
        for day in range(days):
            midnight = START + day * DAY
            if day in self.faults.rots and self.entries:
                self.rotten.add(max(self.entries, key=lambda e: e.started or START).path)
            self.at = midnight + timedelta(hours=1, minutes=15)
            if day not in self.faults.off:
                await self._run()
            for hour in (5, 11, 17, 23):
                self.at = midnight + hour * HOUR
                self._watch()

    async def _run(self) -> None:
        before = list(self.history)
        times = missed_times(self.policy, before, self.at)
        if times:
            self.history.append(missed_event(times, self.at))
        self.history.append(PolicyEvent(self.at, "began"))
        event = await PolicyRun(self.policy, self, lambda words: None).carry_out()
        self.history.append(event)
        self._tell(of_end(self.policy, event, before, self.at))
        del self.history[:-60]

    def _watch(self) -> None:
        for telling in of_watch(self.policy, [self.judged()], None, self.history, self.at):
            self._tell(telling)

    def _tell(self, telling: Telling | None) -> None:
        if telling is not None:
            self.told.append((self.at, telling))
            self.history.append(noticed(telling, self.at))

    def _is(self, days: frozenset[int]) -> bool:
        return self.day in days

    def _change(self, path: str, **values: object) -> None:
        self.entries = [
            replace(e, **values) if e.path == path else e  # type: ignore[arg-type]
            for e in self.entries
        ]

    def kinds(self) -> Mapping[NoticeOn, int]:
        found: dict[NoticeOn, int] = {}
        for _, telling in self.told:
            found[telling.event] = found.get(telling.event, 0) + 1
        return found


def live(world: World, days: int) -> World:
    asyncio.run(world.live(days))
    return world
