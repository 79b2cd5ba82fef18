"""Hands that only remember what a policy's run asked of them, and a clock that somebody sets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.policy import Policy
from kwtui.protection.facts import DatabaseFacts
from kwtui.unattended.load import Load
from kwtui.unattended.matching import Chosen
from kwtui.unattended.run_services import AfterBackup, Standing, Work

CALM = Load(0, timedelta(milliseconds=2))
START = datetime(2026, 3, 1, 1, 15, tzinfo=UTC)


@dataclass
class RecordingHands:
    """Carries nothing out. ``fails`` says why something fails; ``blocks`` lets a backup work until
    it is cancelled."""

    databases: tuple[str, ...] = ("shop",)
    facts: Mapping[str, DatabaseFacts] = field(default_factory=dict)
    fails: Callable[[str], str] = lambda what: ""
    blocks: frozenset[str] = frozenset()
    loads: list[Load] = field(default_factory=list)
    """What the server tells, look by look; then it is calm."""
    space: int = 0
    frees: int = 0
    """Bytes that retention removes."""
    after_backup: Sequence[AfterBackup] = ()
    done: list[str] = field(default_factory=list)
    at: datetime = START
    most_at_once: int = 0
    _at_work: int = 0
    _cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> datetime:
        return self.at

    async def pause(self, time: timedelta) -> None:
        self.at += time
        await asyncio.sleep(0)

    async def standing(self, policy: Policy) -> Standing:
        return Standing(Chosen(self.databases), self.facts)

    async def load(self) -> Load:
        return self.loads.pop(0) if self.loads else CALM

    async def used(self) -> int:
        return self.space

    async def back_up(self, policy: Policy, work: Work) -> tuple[str, str]:
        self._at_work += 1
        self.most_at_once = max(self.most_at_once, self._at_work)
        try:
            if work.database in self.blocks:
                await self._cancelled.wait()
                raise KwtuiError("Cancelled.", exit_code=ExitCode.CANCELLED)
            await asyncio.sleep(0)
            return f"{work.database}/new", self._carried_out(f"back up {work.database}")
        finally:
            self._at_work -= 1

    async def drill(self, policy: Policy, path: str, work: Work) -> str:
        return self._carried_out(f"drill {path}")

    async def verify(self, path: str, work: Work) -> str:
        return self._carried_out(f"verify {path}")

    async def thin_out(self, policy: Policy, work: Work) -> str:
        self.space -= self.frees
        return self._carried_out(f"thin out {work.database}")

    async def cancel(self) -> None:
        self._cancelled.set()

    def _carried_out(self, what: str) -> str:
        problem = self.fails(what)
        if problem:
            raise KwtuiError(problem)
        self.done.append(what)
        return f"did {what}"
