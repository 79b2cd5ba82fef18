"""Looking after sets, the doctor and drills in memory; plans are made by the real planners."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kwtui.backups.difference import (
    Change,
    ColumnChange,
    Content,
    ObjectChange,
    SetDifference,
    TableDifference,
)
from kwtui.backups.layout.annotations import Annotation
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.manifest import Manifest, Totals
from kwtui.backups.removing import SetContents
from kwtui.backups.retention import decide_all, is_last_proven, relied_on, stand_in
from kwtui.controller.events import StorageChanged
from kwtui.doctor import Check, CheckState
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod, Dialect, DrillRequest
from kwtui.model.retention import RetentionPolicies, RetentionPolicy
from kwtui.model.schema import Engine, TableName
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.operations.removal.leftovers import Leftover, LeftoverKind, plan_cleanup
from kwtui.operations.removal.plan import (
    PrunePreview,
    Removable,
    Staying,
    plan_delete,
    prune_preview,
)
from kwtui.operations.removal.planning import Leftovers

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
PLAN = "20261122T120000Z-2"

POLICY = RetentionPolicy(keep_last=1, keep_daily=2, keep_monthly=2)

LEFT = (
    Leftover(
        LeftoverKind.UNFINISHED, "kwtui/shop/20261120T020000Z", run="20261120T020000Z-ab12",
        files=3, bytes=900_000, started=NOW - timedelta(days=2),
    ),
    Leftover(LeftoverKind.SCRATCH, "shop_kwtui_restoring", target="shop"),
    Leftover(LeftoverKind.SCRATCH, "kwtui_drill_77", busy="run 20261122T115900Z-cd34 works in it"),
)  # fmt: skip

CHECKS = (
    Check("connection", "Connection", CheckState.OK, "root at 127.0.0.1:26257."),
    Check(
        "extern", "extern", CheckState.FAILED, "extern cannot be read: permission denied.",
        "Add this account to the group kaiwudb.", ("/var/lib/kaiwudb/extern is 0700, kaiwudb",),
    ),
    Check("space", "Free space", CheckState.WARNING, "3 GiB free of 100 GiB."),
    Check("runs", "Runs", CheckState.OK, "No run goes on."),
)  # fmt: skip


def nightly(days: int) -> tuple[BackupEntry, ...]:
    """A proven set of shop for each night, the newest first."""
    times = [NOW - timedelta(days=day, hours=10) for day in range(days)]
    return tuple(
        BackupEntry(
            path=f"kwtui/shop/{at:%Y%m%dT%H%M%SZ}", kind=EntryKind.SET, database="shop",
            engine=Engine.RELATIONAL, started=at, tables=4, rows=21_500, files=9,
            bytes=1_000_000, proof=ProofLevel.P2, proof_at=at,
        )
        for at in times
    )  # fmt: skip


class FakeStorageCare:
    """A base of the controller in memory; what stands last is given by it."""

    entries: tuple[BackupEntry, ...]

    def stage_storage(self) -> None:
        self.left: tuple[Leftover, ...] = LEFT
        self.checks: tuple[Check, ...] = CHECKS
        self.policies = RetentionPolicies(default=POLICY)
        self.annotated: list[tuple[str, dict[str, bool | str]]] = []
        self.reports: list[tuple[str, Path]] = []
        self.drills: list[DrillRequest] = []
        self.asked_again: list[str] = []
        self.asked: list[str] = []
        self.made_by = ""
        """The run that every set's manifest names; empty: sets have no manifest."""

    def manifest_of(self, entry: BackupEntry) -> Manifest:
        return Manifest(
            entry.path, "shop", Engine.RELATIONAL, BackupMethod.SNAPSHOT, NOW, NOW, "5c1f2e9a", 1,
            "V3.2.1", "0.1.0", Dialect(), (), Totals(4, 100, 9, 1000), run_id=self.made_by,
            notices=("slow disk" + self.note,),
        )  # fmt: skip

    async def free_bytes(self) -> int | None:
        return 40_000_000_000

    async def annotate(
        self,
        path: str,
        *,
        pinned: bool | None = None,
        remark: str | None = None,
        label: str | None = None,
    ) -> Annotation:
        given = {"pinned": pinned, "remark": remark, "label": label}
        changes = {name: value for name, value in given.items() if value is not None}
        self.annotated.append((path, changes))
        self.entries = tuple(
            replace(each, **changes) if each.path == path else each  # type: ignore[arg-type]
            for each in self.entries
        )
        self.tell(StorageChanged())
        return Annotation(pinned=bool(pinned))

    async def save_report(self, path: str, file: Path) -> None:
        self.reports.append((path, file))

    async def compare_sets(self, before: str, after: str) -> SetDifference:
        old, new = self._entry(before), self._entry(after)
        tables = (
            TableDifference(TableName("public", "customers"), Change.SAME, Content.SAME, 10, 10),
            TableDifference(
                TableName("public", "orders" + self.note), Change.CHANGED, Content.DIFFERENT,
                6_000, 6_100, 900_000, 915_000,
                (ColumnChange("state" + self.note, Change.ADDED, after="STRING NOT NULL"),),
                ("@@ -1 +1 @@", "-id INT8", "+id INT8 NOT NULL" + self.note),
            ),
            TableDifference(TableName("public", "old"), Change.REMOVED, rows_before=3),
        )  # fmt: skip
        objects = (ObjectChange("view", "public.open_orders", Change.ADDED, after=self.note),)
        return SetDifference(old, new, tables, objects, ("What lies in neither." + self.note,))

    # -- removing --------------------------------------------------------------------------------

    async def plan_delete(self, path: str, confirmed: str | None = None) -> Plan:
        entry = self._entry(path)
        found = Removable(entry, SetContents(entry.files or 0, entry.bytes or 0, 0.0))
        last = is_last_proven(entry, self.entries)
        other = stand_in(entry, self.entries)
        stays = Staying(other, "") if other else None
        found = replace(found, last_proven=last)
        return plan_delete(found, stays, confirmed, ProofLevel.P2, NOW, PLAN)

    def retention_policies(self) -> RetentionPolicies:
        return self.policies

    def save_retention(self, database: str | None, policy: RetentionPolicy | None) -> None:
        if database is None:
            self.policies = replace(self.policies, default=policy)
        else:
            others = {k: v for k, v in self.policies.databases.items() if k != database}
            own = {database: policy} if policy else {}
            self.policies = replace(self.policies, databases=others | own)

    async def preview_prune(
        self, database: str | None = None, policies: RetentionPolicies | None = None
    ) -> PrunePreview:
        rules = policies or self.policies
        sets = [e for e in self.entries if e.kind is EntryKind.SET]
        decisions = decide_all([e for e in sets if database in (None, e.database)], rules, NOW)
        going = [
            Removable(d.entry, SetContents(d.entry.files or 0, d.entry.bytes or 0, 0.0))
            for d in decisions
            if not d.keep
        ]
        staying = [Staying(entry, "") for entry in relied_on(decisions)]
        return prune_preview(decisions, going, staying, rules, database, NOW, PLAN)

    async def leftovers(self) -> Leftovers:
        removables = {
            each.name: Removable(
                BackupEntry(each.name, EntryKind.INCOMPLETE), SetContents(3, each.bytes or 0, 0.0)
            )
            for each in self.left
        }
        return Leftovers(self.left, removables, "5c1f2e9a")

    async def plan_cleanup(self, leftovers: Leftovers, names: Iterable[str] = ()) -> Plan:
        return plan_cleanup(
            leftovers.found, leftovers.removables, tuple(names), leftovers.cluster_id, NOW, PLAN
        )

    async def plan_drill(self, request: DrillRequest) -> Plan:
        self.drills.append(request)
        steps = (
            Step("create", StepKind.SQL, "Create kwtui_drill_1" + self.note),
            Step("compare", StepKind.COMPARE, "Compare with the manifest"),
        )
        level = int(request.level)
        return self.make_plan(
            PlanKind.DRILL, f"Drill {request.source} to P{level}", "shop", steps, request.source
        )

    # -- diagnosis -------------------------------------------------------------------------------

    async def doctor(self, failure: KwtuiError | None = None) -> list[Check]:
        return [replace(check, detail=check.detail + self.note) for check in self.checks]

    async def check_again(self, identity: str) -> list[Check]:
        self.asked_again.append(identity)
        return [check for check in self.checks if check.id == identity]

    async def run_check(self, name: str) -> list[str]:
        self.asked.append(name)
        return [f"answer to {name}{self.note}"]

    # -- given by the controller -----------------------------------------------------------------

    note: str
    tell: Callable[[object], None]
    make_plan: Callable[..., Plan]

    def _entry(self, path: str) -> BackupEntry:
        found = next((e for e in self.entries if e.path == path), None)
        if found is None:
            raise KwtuiError(f"There is no {path}.", exit_code=ExitCode.NOT_FOUND)
        return found
