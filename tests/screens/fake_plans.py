"""Plans and the commands that do the same, in memory; removals by the real planners."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from kwtui.backups.removing import SetContents
from kwtui.backups.retention import is_last_proven, stand_in
from kwtui.controller.commands import CommandLines
from kwtui.controller.plans import Plans
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupRequest, DrillRequest, ExcerptRequest, RestoreRequest
from kwtui.operations.backup.destination_nodes import DestinationNode
from kwtui.operations.plan import REMOVALS, Plan, PlanKind, Step, StepKind
from kwtui.operations.removal.leftovers import plan_cleanup
from kwtui.operations.removal.plan import Removable, Staying, plan_delete
from kwtui.operations.removal.planning import Leftovers
from kwtui.operations.shared.command_line import command_for
from kwtui.operations.wal.plan import WalChange, plan_wal_change
from tests.screens.fake_connection import FakeConnection, FakeFolders
from tests.screens.fake_runs import FakeRuns
from tests.screens.fake_server import FakeServerPages
from tests.screens.fake_storage import FakeStorage
from tests.screens.staged import FACTS, NOW, PLAN, TABLES


class FakeCommands(CommandLines):
    def __init__(self) -> None:
        """Of the profile shop-test."""

    def options(self, extern: Path | None = None) -> list[str]:
        return ["--profile", "shop-test"]

    def of_plan(self, plan: Plan) -> str:
        if plan.kind is PlanKind.BACKUP:
            return f"kwtui backup {plan.database} --profile shop-test"
        if plan.kind is PlanKind.RESTORE:
            return f"kwtui restore {plan.path} --as {plan.database} --profile shop-test"
        if plan.kind in REMOVALS:
            return command_for(plan, ["--profile", "shop-test"])
        return f"kwtui verify {plan.path} --profile shop-test"

    def of_run(self, run_id: str, plan: Plan) -> str:
        return self.of_plan(plan)


class FakePlans(Plans):
    _connection: FakeConnection
    _folders: FakeFolders
    _storage: FakeStorage
    _server: FakeServerPages

    def __init__(
        self,
        connection: FakeConnection,
        folders: FakeFolders,
        storage: FakeStorage,
        server: FakeServerPages,
        runs: FakeRuns,
    ) -> None:
        self._connection = connection
        self._folders = folders
        self._storage = storage
        self._server = server
        self._runs = runs
        self.requests: list[object] = []
        self._state = Path("/state")
        self.seals: list[tuple[str, Path]] = []
        self.drills: list[DrillRequest] = []
        self.not_seen = ""
        """Why the files of the connected node cannot be seen."""
        self.other_nodes: tuple[DestinationNode, ...] = ()
        self.note = ""
        """Put into the steps of a drill."""

    async def backup(self, request: BackupRequest) -> Plan:
        self._connection.need()
        self.requests.append(request)
        steps = tuple(
            Step(
                f"export-{name}",
                StepKind.EXPORT_TABLE,
                f"Export public.{name}",
                "All rows as of the snapshot's instant.",
                (
                    f"EXPORT INTO CSV 'nodelocal://1/kwtui/shop/data/public/{name}' FROM SELECT id,"
                    f" name FROM shop.public.{name} AS OF SYSTEM TIME '{{timestamp}}'"
                    " WITH nullas = '\\N'",
                ),
                f"public.{name}",
                {"rows": 1000, "bytes": 150_000},
            )
            for name in TABLES
        )
        return self.make_plan(
            PlanKind.BACKUP, f"Back up {request.database}", request.database, steps
        )

    async def restore(self, request: RestoreRequest) -> Plan:
        self.requests.append(request)
        target = request.target or "shop"
        steps = (
            Step("create", StepKind.SQL, f"Create {target}", sql=(f"CREATE DATABASE {target}",)),
            Step(
                "import-orders",
                StepKind.IMPORT_TABLE,
                "Import public.orders",
                subject="public.orders",
                params={"rows": 1000, "bytes": 150_000},
            ),
            Step("compare", StepKind.COMPARE, "Compare with the manifest"),
        )
        return self.make_plan(
            PlanKind.RESTORE, f"Restore {request.source} as {target}", target, steps
        )

    async def excerpt(self, request: ExcerptRequest) -> Plan:
        self.requests.append(request)
        target = request.target or "shop"
        steps = (Step("create", StepKind.SQL, "Create", sql=(f"CREATE TABLE {request.into} ()",)),)
        return self.make_plan(PlanKind.EXCERPT, f"Restore rows of {request.table}", target, steps)

    async def continuation(self, run_id: str) -> Plan:
        self.requests.append(f"continue {run_id}")
        plan = self._runs.plans[run_id]
        return self.make_plan(
            PlanKind.RESTORE, f"{plan.title}, continued", plan.database, plan.steps[1:]
        )

    async def verify(self, path: str, level: ProofLevel) -> Plan:
        steps = (Step("check", StepKind.CHECK_FILES, "Check every file"),)
        return self.make_plan(PlanKind.VERIFY, f"Verify {path}", "shop", steps, path)

    async def drill(self, request: DrillRequest) -> Plan:
        self.drills.append(request)
        steps = (
            Step("create", StepKind.SQL, "Create kwtui_drill_1" + self.note),
            Step("compare", StepKind.COMPARE, "Compare with the manifest"),
        )
        level = int(request.level)
        return self.make_plan(
            PlanKind.DRILL, f"Drill {request.source} to P{level}", "shop", steps, request.source
        )

    async def seal(self, path: str, draft: Path | None = None) -> Plan:
        self.seals.append((path, draft or self.draft_of(path)))
        steps = (Step("seal", StepKind.SEAL, "Hash and count every file"),)
        return self.make_plan(PlanKind.SEAL, f"Seal {path}", "shop", steps, path)

    async def delete(self, path: str, confirmed: str | None = None) -> Plan:
        entry = self._storage.entry(path)
        found = Removable(entry, SetContents(entry.files or 0, entry.bytes or 0, 0.0))
        last = is_last_proven(entry, self._storage.entries)
        other = stand_in(entry, self._storage.entries)
        stays = Staying(other, "") if other else None
        found = replace(found, last_proven=last)
        return plan_delete(found, stays, confirmed, ProofLevel.P2, NOW, PLAN)

    async def cleanup(self, leftovers: Leftovers, names: Iterable[str] = ()) -> Plan:
        return plan_cleanup(
            leftovers.found, leftovers.removables, tuple(names), leftovers.cluster_id, NOW, PLAN
        )

    async def wal(self, change: WalChange) -> Plan:
        return plan_wal_change(
            change, await self._server.wal(), self._connection.server_facts, NOW, "p-wal"
        )

    async def destinations(self) -> tuple[DestinationNode, ...]:
        here = self._connection.server_facts.node_id
        address = f"127.0.0.1:2625{6 + here}"
        return (
            DestinationNode(here, address, True, True, self._folders.place, self.not_seen),
            *self.other_nodes,
        )

    def make_plan(
        self,
        kind: PlanKind,
        title: str,
        database: str,
        steps: tuple[Step, ...],
        path: str = "kwtui/shop/20261122T120000Z",
    ) -> Plan:
        return Plan(
            id="20261122T120000Z-1",
            kind=kind,
            title=title,
            created_at=NOW,
            cluster_id=FACTS.cluster_id,
            node_id=1,
            database=database,
            path=path,
            steps=steps,
            findings=self._server.findings,
            not_included=("Passwords of users: KWDB does not give them out.",),
            estimated_rows=21_500,
            estimated_bytes=3_225_000,
            estimate_source="row counts and a sample of row lengths",
        )
