"""Policies whose files are real and whose runs, timers and clock are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kwtui.controller.connection import Connection
from kwtui.controller.policies import Policies
from kwtui.controller.policy_changes import PolicyChanges
from kwtui.controller.server import ServerPages
from kwtui.errors import KwtuiError
from kwtui.model.policy import Policy
from kwtui.unattended.history import DatabaseOutcome, PolicyEvent
from kwtui.unattended.installing import Installed
from kwtui.unattended.matching import Chosen, choose
from kwtui.unattended.schedule import next_times
from kwtui.unattended.summary import PolicySummary
from tests.screens.staged import NOW

FAILED = PolicyEvent(
    NOW - timedelta(hours=11),
    "ended",
    False,
    "shop failed",
    (
        DatabaseOutcome("plant", True, "Backed up plant: 3 tables"),
        DatabaseOutcome("shop", False, "The disk is full"),
    ),
)


@dataclass
class FakePolicies(Policies):
    connection: Connection
    server: ServerPages
    _changes: PolicyChanges
    events: dict[str, list[PolicyEvent]] = field(default_factory=dict)
    timers: dict[str, Installed] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    edit_with: Callable[[str], bool] = lambda name: True

    async def history(self, name: str) -> list[PolicyEvent]:
        return self.events.get(name, [])

    async def summary(self, name: str, *, timer: bool = False) -> PolicySummary:
        last = next((e for e in reversed(self.events.get(name, []))), None)
        works = last is not None and last.event == "began"
        last = None if works else last
        found = PolicySummary(
            name, last=last, works=works, timer=self.timers.get(name, Installed(""))
        )
        try:
            policy = self.load(name)
        except KwtuiError as error:
            return PolicySummary(name, problem=" ".join(error.lines()))
        times = self.next_times(policy)
        return PolicySummary(
            name,
            policy.databases,
            times[0] if times else None,
            found.last,
            works,
            timer=found.timer,
        )

    def next_times(self, policy: Policy, count: int = 1) -> list[datetime]:
        return next_times(policy.schedule, NOW, count)

    async def choose(self, policy: Policy) -> Chosen:
        if not self.connection.status.is_connected:
            raise KwtuiError("No server is connected.")
        return choose(policy, await self.server.databases_with_tables(), ())

    def edit(self, name: str) -> bool:
        return self.edit_with(name)

    async def start(self, policy: Policy) -> None:
        self.started.append(policy.name)

    async def install_timer(self, policy: Policy, kind: str = "", user: str = "") -> Installed:
        self.timers[policy.name] = Installed("systemd", running=True)
        return self.timers[policy.name]

    async def remove_timer(self, name: str) -> Installed:
        return self.timers.pop(name)
