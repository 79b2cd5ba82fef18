"""From what was seen of a node to what the board says, on one cluster among several."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.model.proof import ProofLevel
from kwtui.model.schema import Engine
from kwtui.model.server import DatabaseSummary
from kwtui.operations.plan import PlanKind
from kwtui.protection.facts import Measure, NextRun
from kwtui.protection.judging import Severity, State, worst
from kwtui.protection.overview import (
    MOST_ROWS,
    Promised,
    Seen,
    make_board,
    with_measures,
    worth_counting,
)
from kwtui.protection.space import growth
from kwtui.runs.events import RunStatus
from kwtui.runs.history import RunSummary

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HERE, THERE = "cluster-1", "cluster-2"
MB = 1_000_000


def backup_set(age: timedelta, database: str = "shop", **more: object) -> BackupEntry:
    at = NOW - age
    entry = BackupEntry(
        f"kwtui/{database}/{at:%Y%m%dT%H%M%SZ}", EntryKind.SET, database, Engine.RELATIONAL, at,
        rows=100, bytes=MB, proof=ProofLevel.P2, proof_at=at,
    )  # fmt: skip
    return replace(entry, **more)  # type: ignore[arg-type]


def run(kind: PlanKind, age: timedelta, **more: object) -> RunSummary:
    began = NOW - age
    summary = RunSummary(
        "r", kind, "a run", "shop", "", RunStatus.SUCCEEDED, began, began,
        began + timedelta(seconds=60), cluster_id=HERE,
    )  # fmt: skip
    return replace(summary, **more)  # type: ignore[arg-type]


SERVER = (DatabaseSummary("shop", Engine.RELATIONAL, tables=3),)
FAILED = run(PlanKind.BACKUP, HOUR, status=RunStatus.FAILED, summary="no space left")


def seen(*entries: BackupEntry, **more: object) -> Seen:
    found = Seen(NOW, entries, (), SERVER, HERE, free_bytes=100 * MB)
    return replace(found, **more)  # type: ignore[arg-type]


def state(seen: Seen) -> State:
    (judgement,) = make_board(seen, Promised()).report.judgements
    return judgement.state


def test_a_run_on_another_cluster_says_nothing_of_a_database_of_the_same_name() -> None:
    good = backup_set(2 * HOUR)
    assert state(seen(good, runs=(FAILED,))) is State.FAILING
    elsewhere = replace(FAILED, cluster_id=THERE)
    assert state(seen(good, runs=(elsewhere,))) is State.SAFE
    assert make_board(seen(good, runs=(elsewhere,)), Promised()).report.went_wrong is None
    made = run(PlanKind.BACKUP, 2 * HOUR, path=good.path)
    alone = seen(good, runs=(elsewhere, made), databases=None, cluster_id="")
    assert state(alone) is State.SAFE, "the set's own run tells the cluster where no server does"


def test_a_restore_under_another_name_tells_how_long_the_database_takes() -> None:
    good = backup_set(HOUR)
    restored = run(PlanKind.RESTORE, HOUR, database="shop_restored", path=good.path)
    (judgement,) = make_board(seen(good, runs=(restored,)), Promised()).report.judgements
    assert judgement.restore_seconds == 60.0


def test_a_drill_in_a_sandbox_proves_and_is_no_measure_of_the_server() -> None:
    good = backup_set(HOUR)
    drill = run(PlanKind.DRILL, HOUR, path=good.path, cluster_id="")
    board = make_board(seen(good, runs=(drill,)), Promised())
    assert board.report.facts[0].drills
    assert board.report.judgements[0].restore_seconds is None
    other = replace(drill, path="kwtui/shop/of-another-node")
    assert not make_board(seen(good, runs=(other,)), Promised()).report.facts[0].drills


def test_what_went_wrong_last_is_told_until_it_was_made_good() -> None:
    good = backup_set(2 * HOUR)
    later = run(PlanKind.BACKUP, HOUR / 2)
    board = make_board(seen(good, runs=(FAILED,)), Promised())
    assert board.report.went_wrong == FAILED
    assert make_board(seen(good, runs=(later, FAILED)), Promised()).report.went_wrong is None
    other = replace(later, database="plant")
    assert make_board(seen(good, runs=(other, FAILED)), Promised()).report.went_wrong == FAILED


def test_what_cannot_be_seen_is_not_judged_and_never_fine() -> None:
    report = make_board(seen(entries=None), Promised()).report
    assert report.judgements == ()
    assert report.extern_bytes is None
    assert report.free_bytes is None
    assert worst(report.judgements) is Severity.UNKNOWN


def test_the_sets_of_a_database_are_handed_on_with_those_that_broke_and_without_copies() -> None:
    good, copy = backup_set(HOUR), backup_set(DAY, copy_of="kwtui/shop/x")
    broken = backup_set(2 * HOUR, kind=EntryKind.INCOMPLETE, proof=None)
    board = make_board(seen(good, broken, copy), Promised())
    assert board.entries == {"shop": (good, broken)}


def test_the_next_run_of_a_policy_stands_at_its_databases() -> None:
    promised = Promised(next_runs={"shop": NextRun(NOW + HOUR, "nightly")})
    (facts,) = make_board(seen(backup_set(HOUR)), promised).report.facts
    assert (facts.next_run, facts.policy) == (NOW + HOUR, "nightly")


def test_only_what_is_small_and_on_the_server_is_counted() -> None:
    small = backup_set(HOUR)
    report = make_board(seen(small), Promised()).report
    assert worth_counting(report) == [("shop", small.started)]
    counted = Measure(NOW, 120, 2048)
    assert with_measures(report, {"shop": counted}).facts[0].now == counted
    for seen_otherwise in (seen(replace(small, rows=MOST_ROWS + 1)), seen(small, databases=())):
        assert worth_counting(make_board(seen_otherwise, Promised()).report) == []


# -- the disk -------------------------------------------------------------------------------------


def test_growth_is_what_was_written_less_what_was_removed_of_what_was_there() -> None:
    nightly = [backup_set(n * DAY + HOUR) for n in range(20)]
    found = growth(nightly, (), 70 * MB, NOW)
    assert found.bytes_a_day == MB
    assert found.full_at == NOW + 70 * DAY
    assert "14 days" in found.basis
    old, young = backup_set(19 * DAY).path, backup_set(3 * DAY).path
    result = {"removed": [old, young], "freed_bytes": 2 * 14 * MB}
    prune = run(PlanKind.PRUNE, HOUR, result=result)
    even = growth(nightly, (prune,), 70 * MB, NOW)
    assert even.bytes_a_day == 0, "half of it was older; the other half was not counted as written"
    assert even.full_at is None


def test_a_backup_counts_with_what_it_wrote_and_not_with_what_it_links() -> None:
    linked = [backup_set(n * DAY + HOUR, new_bytes=10_000) for n in range(4)]
    first = backup_set(4 * DAY + HOUR)
    assert growth([*linked, first], (), None, NOW).bytes_a_day == round(
        4 * 10_000 / ((4 * DAY + HOUR) / DAY)
    )


def test_growth_is_not_made_up_from_backups_of_one_day() -> None:
    for entries in ((), (backup_set(HOUR),), (backup_set(HOUR), backup_set(3 * HOUR))):
        found = growth(entries, (), 10 * MB, NOW)
        assert found.bytes_a_day is None
        assert found.full_at is None
    slow = growth([backup_set(3 * DAY), backup_set(HOUR, bytes=1)], (), 10**18, NOW)
    assert slow.full_at is None, "in more than ten years"


def test_what_a_drill_or_a_restore_makes_and_drops_is_not_judged() -> None:
    names = ("shop", "kwtui_drill_af7e2031a2572fec", "shop_kwtui_restoring_2")
    databases = tuple(DatabaseSummary(name, Engine.RELATIONAL, tables=3) for name in names)
    report = make_board(seen(backup_set(HOUR), databases=databases), Promised()).report
    assert [judgement.name for judgement in report.judgements] == ["shop"]
