"""A controller whose services are in memory: every state of every screen, without server or files.

Tests change the public attributes of a service to stage a situation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from kwtui.config.directories import state_dir
from kwtui.controller import Controller
from kwtui.controller.account_runs import AccountRuns
from kwtui.controller.advice import Advice
from kwtui.controller.background import Background
from kwtui.controller.events import Events
from kwtui.controller.evidence import Evidence
from kwtui.controller.policy_changes import PolicyChanges
from kwtui.controller.recovery.plan import Recovery, Renewed
from kwtui.controller.recovery.renewing import PlanRenewal
from kwtui.controller.status import Status
from tests.screens.fake_approvals import FakeApprovals
from tests.screens.fake_connection import FakeConnection, FakeFolders, FakeProfiles
from tests.screens.fake_doctor import FakeDoctor, FakeLeftovers
from tests.screens.fake_log import FakeLogs
from tests.screens.fake_offsite import FakeOffsite
from tests.screens.fake_plans import FakeCommands, FakePlans
from tests.screens.fake_policies import FakePolicies
from tests.screens.fake_runs import FakeRuns
from tests.screens.fake_server import FakeServerPages, FakeSqlConsole
from tests.screens.fake_storage import FakeRetention, FakeStorage


class FakeRecovery(Recovery):
    """Keeps no plan, and remembers whose was asked for."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    async def plan(self, databases: Sequence[str], language: str) -> str:
        return f"# Recovery plan\n\nOf {', '.join(databases)}."

    async def keep(self, databases: Sequence[str] = ()) -> list[Path]:
        self.kept += databases
        return []

    async def renew(self, database: str) -> Renewed:
        await self.keep([database])
        return Renewed()

    async def is_outdated(self, path: str, since: datetime) -> bool:
        return False


class FakeController(Controller):
    profiles: FakeProfiles
    folders: FakeFolders
    connection: FakeConnection
    storage: FakeStorage
    retention: FakeRetention
    leftovers: FakeLeftovers
    server: FakeServerPages
    sql: FakeSqlConsole
    plans: FakePlans
    runs: FakeRuns
    logs: FakeLogs
    doctor: FakeDoctor
    policies: FakePolicies
    offsite: FakeOffsite
    recovery: FakeRecovery
    approvals: FakeApprovals

    def __init__(self) -> None:
        self._events = events = Events()
        self.profiles = FakeProfiles()
        self.connection = FakeConnection(events)
        self.folders = FakeFolders(self.connection)
        self.commands = FakeCommands()
        self.storage = FakeStorage(events)
        self.retention = FakeRetention(self.storage)
        self.leftovers = FakeLeftovers()
        self.server = FakeServerPages(self.connection)
        self.sql = FakeSqlConsole()
        self.runs = FakeRuns()
        self.plans = FakePlans(self.connection, self.folders, self.storage, self.server, self.runs)
        self.logs = FakeLogs()
        self.status = Status(
            self.connection,
            self.folders,
            self.storage,
            self.server,
            self.runs,
            Background(False),
            state_dir(),
        )
        account_runs = AccountRuns(state_dir(), Background(False))
        self.evidence = Evidence(account_runs, Background(False), state_dir())
        self.offsite = FakeOffsite(
            self.folders,
            self.storage,
            account_runs,
            self.evidence,
            Background(False),
            state_dir(),
        )
        self.approvals = FakeApprovals()
        self.recovery = FakeRecovery()
        self._renewal = PlanRenewal(self.recovery, self.runs, events)
        self.advice = Advice(self.connection, self.storage, self.status, self.server)
        self.doctor = FakeDoctor()
        changes = PolicyChanges(self.evidence, Background(False))
        self.policies = FakePolicies(self.connection, self.server, changes)

    def tell(self, event: object) -> None:
        """Say to all who listen what a service would say."""
        self._events.publish(event)

    async def close(self) -> None:
        return
