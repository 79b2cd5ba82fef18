"""What listings are told of the runs that are at work."""

from __future__ import annotations

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.operations.plan import PlanKind
from kwtui.operations.shared.known_runs import KnownRun, with_writers

PATH = "kwtui/shop/20261122T080000Z"


def run(kind: PlanKind, *, alive: bool, path: str = PATH) -> KnownRun:
    return KnownRun("20261122T080000Z-abcd", kind, path, "shop", "c", alive=alive)


def kind_of(*runs: KnownRun) -> EntryKind:
    unfinished = BackupEntry(PATH, EntryKind.INCOMPLETE, problem="It has no manifest.")
    ((entry),) = with_writers([unfinished], runs)
    assert bool(entry.problem) is (entry.kind is EntryKind.INCOMPLETE)
    return entry.kind


def test_a_set_that_a_run_is_making_is_no_leftover() -> None:
    assert kind_of(run(PlanKind.BACKUP, alive=True)) is EntryKind.WRITING


def test_what_a_dead_run_left_is_one() -> None:
    assert kind_of(run(PlanKind.BACKUP, alive=False)) is EntryKind.INCOMPLETE


def test_whoever_cleans_it_up_is_not_making_it() -> None:
    assert kind_of(run(PlanKind.CLEANUP, alive=True)) is EntryKind.INCOMPLETE


def test_another_backup_says_nothing_of_it() -> None:
    assert kind_of(run(PlanKind.BACKUP, alive=True, path="kwtui/x/1")) is EntryKind.INCOMPLETE
