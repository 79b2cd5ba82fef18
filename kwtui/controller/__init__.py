"""The one async object that screens and commands talk to.

It makes the services, each with what it needs handed in: they hold the connection, ask `server`,
`node` and `backups`, start and follow runs, and tell subscribers what changed. They know no
widgets, no SQL and open no files; screens and commands know no SQL, no paths and no threads.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kwtui.config.directories import state_dir
from kwtui.controller.account_runs import AccountRuns
from kwtui.controller.advice import Advice
from kwtui.controller.approvals import Approvals
from kwtui.controller.background import Background
from kwtui.controller.commands import CommandLines
from kwtui.controller.connection import Connection
from kwtui.controller.doctor import Doctor
from kwtui.controller.events import (
    Events,
    RecoveryPlanRenewed,
    RunsChanged,
    StorageChanged,
    StorageWatched,
)
from kwtui.controller.evidence import Evidence
from kwtui.controller.folders import NodeFolders
from kwtui.controller.leftovers import LeftoverSearch
from kwtui.controller.logs import Logs
from kwtui.controller.offsite import Offsite
from kwtui.controller.plans import Plans
from kwtui.controller.policies import Policies
from kwtui.controller.policy_changes import PolicyChanges
from kwtui.controller.policy_work import PolicyWork
from kwtui.controller.profiles import Profiles
from kwtui.controller.recovery.copies import RescueCopies
from kwtui.controller.recovery.plan import Recovery
from kwtui.controller.recovery.renewing import PlanRenewal
from kwtui.controller.recovery.rescue import Rescue
from kwtui.controller.retention import Retention
from kwtui.controller.runs import Runs
from kwtui.controller.server import ServerPages
from kwtui.controller.sql import SqlConsole
from kwtui.controller.status import Status
from kwtui.controller.storage import Storage
from kwtui.operations.backup.planned import Planned

__all__ = ["Controller", "RecoveryPlanRenewed", "RunsChanged", "StorageChanged", "StorageWatched"]


class Controller:
    """Everything behind one door; each part is a service.

    All their methods raise `kwtui.errors.KwtuiError` with a message for people; nothing else
    escapes.
    """

    def __init__(self, *, state: Path | None = None, in_background: bool = True) -> None:
        """``state`` is where runs are kept; ``in_background`` is `Background.is_on`.

        Nothing is read, asked or watched yet.
        """
        home = state or state_dir()
        background, events = Background(in_background), Events()
        account_runs = AccountRuns(home, background)
        self._events = events
        self.profiles = Profiles()
        self.folders = NodeFolders(events, background)
        self.connection = Connection(events, self.folders)
        self.commands = CommandLines(self.connection, self.folders, self.profiles, account_runs)
        self.evidence = Evidence(account_runs, background, home)
        self.storage = Storage(self.folders, account_runs, background, events, self.evidence, home)
        self.rescue = Rescue(self.folders, self.evidence, background, events)
        self.retention = Retention(self.folders, account_runs, background, home)
        self.leftovers = LeftoverSearch(
            self.folders, self.connection, account_runs, background, home
        )
        self.offsite = Offsite(
            self.folders, self.storage, account_runs, self.evidence, background, home
        )
        self.rescue_copies = RescueCopies(
            self.rescue, self.offsite, self.folders, self.evidence, background, events, home
        )
        self.server = ServerPages(self.connection, self.folders)
        self.sql = SqlConsole(self.connection, home)
        planned = self.planned = Planned()
        self.plans = Plans(
            self.connection,
            self.folders,
            self.storage,
            self.retention,
            self.server,
            account_runs,
            self.commands,
            background,
            planned,
            home,
        )
        self.runs = Runs(
            self.connection,
            self.folders,
            account_runs,
            self.commands,
            background,
            events,
            planned,
            home,
        )
        self.status = Status(
            self.connection,
            self.folders,
            self.storage,
            self.server,
            self.runs,
            background,
            home,
        )
        work = PolicyWork(self.plans, self.runs, self.retention, self.server, self.status)
        changes = PolicyChanges(self.evidence, background)
        self.policies = Policies(work, changes, self.status, self.commands, background, home)
        self.approvals = Approvals(
            self.connection, self.runs, self.sql, self.evidence, background, home
        )
        self.recovery = Recovery(
            self.connection,
            self.folders,
            self.commands,
            self.storage,
            self.status,
            background,
            home,
        )
        self._renewal = PlanRenewal(self.recovery, self.runs, events)
        self.policies.after_backup(self.recovery.after_backup)
        self.policies.after_backup(self.offsite.after_backup(work.run))
        self.advice = Advice(self.connection, self.storage, self.status, self.server)
        self.logs = Logs(self.connection, self.folders, background)
        self.doctor = Doctor(
            self.connection, self.folders, account_runs, self.leftovers, background, home
        )

    def subscribe(self, listener: Callable[[object], None]) -> Callable[[], None]:
        """Call ``listener`` with every event from now on; returns the way to stop it.

        Events: ConnectionStatus, StorageChanged, StorageWatched, RunsChanged, RecoveryPlanRenewed.
        """
        stop = self._events.subscribe(listener)
        self.runs.watch()
        self._renewal.watch()
        return stop

    async def close(self) -> None:
        """Close the connection and stop watching. Runs go on: they are processes of their own."""
        self.logs.forget()
        await self._renewal.close()
        await self.folders.close()
        await self.runs.close()
        await self.connection.disconnect()
