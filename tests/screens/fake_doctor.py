"""The doctor and what interrupted runs left, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.removing import SetContents
from kwtui.controller.doctor import Doctor
from kwtui.controller.leftovers import LeftoverSearch
from kwtui.doctor import Check, CheckState
from kwtui.errors import KwtuiError
from kwtui.operations.removal.leftovers import Leftover, LeftoverKind
from kwtui.operations.removal.plan import Removable
from kwtui.operations.removal.planning import Leftovers
from tests.screens.staged import NOW

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


class FakeLeftovers(LeftoverSearch):
    def __init__(self) -> None:
        self.left: tuple[Leftover, ...] = LEFT

    async def find(self) -> Leftovers:
        removables = {
            each.name: Removable(
                BackupEntry(each.name, EntryKind.INCOMPLETE), SetContents(3, each.bytes or 0, 0.0)
            )
            for each in self.left
        }
        return Leftovers(self.left, removables, "5c1f2e9a")


class FakeDoctor(Doctor):
    def __init__(self) -> None:
        self.found: tuple[Check, ...] = CHECKS
        self.asked_again: list[str] = []
        self.asked: list[str] = []
        self.note = ""
        """Put into every answer."""

    async def checks(self, failure: KwtuiError | None = None) -> list[Check]:
        return [replace(check, detail=check.detail + self.note) for check in self.found]

    async def again(self, identity: str) -> list[Check]:
        self.asked_again.append(identity)
        return [check for check in self.found if check.id == identity]

    async def answer(self, name: str) -> list[str]:
        self.asked.append(name)
        return [f"answer to {name}{self.note}"]
