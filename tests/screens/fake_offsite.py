"""Places for copies whose settings are real files and whose contents are in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from kwtui.controller.offsite import Offsite
from kwtui.errors import KwtuiError
from kwtui.model.proof import ProofLevel
from kwtui.model.retention import RetentionPolicy
from kwtui.model.schema import Engine, TableName
from kwtui.offsite.archive import Archive, ArchivedFile, ArchivePart, CopyLevel, Piece
from kwtui.offsite.checking import CopyCheck
from kwtui.offsite.copies import Contents, Copy
from kwtui.offsite.pruning import decide_copies
from kwtui.operations.offsite.plan import (
    FetchFacts,
    PushFacts,
    Removal,
    plan_fetch,
    plan_prune,
    plan_push,
)
from kwtui.operations.offsite.planning import PrunePreview
from kwtui.operations.plan import Plan
from tests.screens.staged import NOW, PLAN

KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


def copy(
    started: datetime,
    level: CopyLevel | None,
    *,
    label: str = "",
    recipients: tuple[str, ...] = (KEY,),
    problem: str = "",
) -> Copy:
    """A copy of a backup of shop, checked an hour after it was made."""
    path = f"kwtui/shop/{started:%Y%m%dT%H%M%SZ}"
    part = ArchivePart(f"{path}/00001-public.orders.tar.zst.age", 900_000, "ab" * 32, 3_400_000)
    files = (
        ArchivedFile(
            "data/public/orders/n1.0.csv", 3_400_000, "cd" * 32,
            (Piece(0, "data/public/orders/n1.0.csv", 3_400_000),), "public.orders",
        ),
    )  # fmt: skip
    archive = Archive(
        path, "shop", Engine.RELATIONAL, started, started, started + timedelta(hours=1),
        ProofLevel.P2, 4, 21_500, 3_400_000, "ef" * 32, (part,), files,
        label=label, recipients=recipients,
    )  # fmt: skip
    checked = None if level is CopyLevel.O0 else started + timedelta(hours=1)
    return Copy(path, archive, 901_000, level, checked, problem)


def copies() -> tuple[Copy, ...]:
    """Of four nights, each in another state, and what a sending that was cut off left."""
    night = timedelta(days=1)
    first = NOW - timedelta(hours=10)
    cut_off = f"kwtui/shop/{first - 4 * night:%Y%m%dT%H%M%SZ}"
    return (
        copy(first, CopyLevel.O0, label="nightly"),
        copy(first - night, CopyLevel.O4, label="nightly"),
        copy(first - 2 * night, CopyLevel.O2, recipients=()),
        copy(first - 3 * night, None, problem="the check O2 of 2026-11-20 found it damaged"),
        Copy(cut_off, None, 4_000, None, None, "it has no archive.json: it was not finished"),
    )


class FakeOffsite(Offsite):
    """``lying`` is what lies on each place, by its name; ``failures`` why one is not reached."""

    lying: dict[str, tuple[Copy, ...]]
    failures: dict[str, KwtuiError]
    checks: list[tuple[str, str, int, tuple[Path, ...], str | None]]
    drills: list[tuple[str, str, str | None]]
    during_check: Callable[[Callable[[int, int], None]], None]
    protected: frozenset[Path]
    problems: tuple[str, ...]

    def __init__(self, *services: object) -> None:
        super().__init__(*services)  # type: ignore[arg-type]
        self.lying, self.failures = {}, {}
        self.checks, self.drills = [], []
        self.during_check = lambda read: read(100, 200)
        self.protected = frozenset()
        self.problems = ()

    async def contents(self, target: str) -> Contents:
        if target in self.failures:
            raise self.failures[target]
        found = self.lying.get(target, ())
        return Contents(f"file:///mnt/{target}", found, {})

    async def push_plan(
        self, path: str, target: str, recipients: tuple[str, ...], level: CopyLevel
    ) -> Plan:
        facts = PushFacts(
            path, "shop", target, f"file:///mnt/{target}", (KEY,), False, 3, 3_400_000, 0, None,
            is_there=False,
        )  # fmt: skip
        return plan_push(facts, level, NOW, PLAN)

    async def fetch_plan(
        self,
        path: str,
        target: str,
        tables: tuple[TableName, ...],
        identities: Sequence[Path],
    ) -> Plan:
        archive = next(c.archive for c in self.lying[target] if c.path == path)
        assert archive is not None
        facts = FetchFacts(
            archive, target, f"file:///mnt/{target}", "", tables, tuple(map(str, identities)),
            900_000, 3_400_000, None, is_here=False,
        )  # fmt: skip
        return plan_fetch(facts, NOW, PLAN)

    async def check(
        self,
        target: str,
        path: str,
        level: CopyLevel,
        identities: Sequence[Path],
        read: Callable[[int, int], None] = lambda done, total: None,
        seen: set[ArchivePart] | None = None,
        passphrase: str | None = None,
    ) -> CopyCheck:
        import asyncio

        await asyncio.to_thread(self.during_check, read)
        self.checks.append((target, path, int(level), tuple(identities), passphrase))
        reached = None if self.problems else level
        return CopyCheck(
            path, f"file:///mnt/{target}", level, reached, NOW, 1.5, 3, 900_000, self.problems,
            f"{path}/checked",
        )  # fmt: skip

    def is_protected(self, identity: Path) -> bool:
        return identity in self.protected

    async def start_drill(
        self, target: str, path: str, identities: Sequence[Path], passphrase: str | None = None
    ) -> str:
        self.drills.append((target, path, passphrase))
        return ""

    async def prune_preview(
        self, target: str, database: str | None, policy: RetentionPolicy | None
    ) -> PrunePreview:
        lying = self.lying[target]
        decisions = decide_copies(lying, policy, NOW) if policy is not None else []
        goes = [d.copy for d in decisions if not d.keep]
        goes = goes if policy is not None else [c for c in lying if c.archive is None]
        removals = [Removal(c.path, c.database, 4, c.stored_bytes, "the rules") for c in goes]
        address = f"file:///mnt/{target}"
        plan = plan_prune(removals, target, address, policy, (), NOW, PLAN)
        return PrunePreview(address, tuple(decisions), plan)
