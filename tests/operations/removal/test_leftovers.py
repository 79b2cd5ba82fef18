"""Leftovers: whose they are, whether somebody may still use them, and what a plan removes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.removing import SetContents
from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import PlanKind, StepKind
from kwtui.operations.removal.leftovers import (
    Leftover,
    LeftoverKind,
    busy_words,
    folder_leftovers,
    plan_cleanup,
    scratch_leftovers,
)
from kwtui.operations.removal.plan import Removable
from kwtui.operations.removal.planning import find_folder_leftovers
from kwtui.operations.shared.known_runs import KnownRun
from kwtui.operations.shared.refusals import check_allowed
from kwtui.operations.shared.scratch_names import is_scratch
from kwtui.server.state.activity import Session

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PATH = "kwtui/shop/20261122T080000Z"
SCRATCH = "copy_kwtui_restoring"
BACKUP = KnownRun("r1", PlanKind.BACKUP, PATH, "shop", "c1")
RESTORE = KnownRun("r2", PlanKind.RESTORE, PATH, "copy", "c1", scratch=SCRATCH)


def unfinished(*, minutes: float = 60, kind: EntryKind = EntryKind.INCOMPLETE) -> Removable:
    newest = (NOW - timedelta(minutes=minutes)).timestamp()
    return Removable(BackupEntry(PATH, kind, database="shop"), SetContents(3, 100, newest))


def leftover(*runs: KnownRun, minutes: float = 60) -> Leftover:
    (found,) = folder_leftovers([unfinished(minutes=minutes)], runs, NOW)
    return found


def session(*, active: str = "", last: str = "") -> Session:
    return Session("s", 1, "bob", "10.0.0.7:4711", "psql", active, last, None, None)


# -- folders ----------------------------------------------------------------------------------


def test_what_a_failed_run_of_this_account_left_may_go_at_once() -> None:
    found = leftover(BACKUP, minutes=0)

    assert (found.run, found.busy, found.explained) == ("r1", "", True)


def test_what_a_living_run_writes_is_in_use() -> None:
    found = leftover(replace(BACKUP, alive=True))

    assert "r1" in found.busy
    assert not found.run


def test_after_a_killed_run_the_node_may_go_on_writing_for_a_while() -> None:
    lost = replace(BACKUP, lost=True)

    assert "written" in leftover(lost, minutes=2).busy
    assert leftover(lost, minutes=11).busy == ""


def test_a_set_without_manifest_of_unknown_origin_may_be_a_whole_one_of_another_account() -> None:
    found = leftover(replace(BACKUP, path="kwtui/shop/20261122T090000Z"))

    assert not found.explained
    assert plan_cleanup([found], {PATH: unfinished()}, [], "", NOW, "p").steps == ()
    assert len(plan_cleanup([found], {PATH: unfinished()}, [PATH], "", NOW, "p").steps) == 1


def test_a_run_that_succeeded_explains_no_leftover() -> None:
    assert not leftover(replace(BACKUP, succeeded=True)).explained


def test_what_was_being_deleted_may_go_unless_a_removal_is_at_work() -> None:
    found = unfinished(kind=EntryKind.DELETED, minutes=0)

    (alone,) = folder_leftovers([found], [], NOW)
    (busy,) = folder_leftovers(
        [found], [KnownRun("r3", PlanKind.PRUNE, "", "", "", alive=True)], NOW
    )

    assert (alone.kind, alone.explained, alone.busy) == (LeftoverKind.DELETED, True, "")
    assert "r3" in busy.busy


@pytest.mark.parametrize("kind", [EntryKind.SET, EntryKind.TREE, EntryKind.FOREIGN])
def test_nothing_else_is_ever_a_leftover(kind: EntryKind) -> None:
    assert folder_leftovers([unfinished(kind=kind)], [BACKUP], NOW) == []


# -- databases --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "scratch"),
    [
        ("copy_kwtui_restoring", True),
        ("copy_kwtui_restoring_2", True),
        ("kwtui_drill_20261122", True),
        ("copy", False),
        ("_kwtui_restoring", False),
        ("copy_kwtui_restoring_old", False),
        ("kwtui", False),
    ],
)
def test_scratch_databases_are_known_by_their_names(name: str, scratch: bool) -> None:
    assert is_scratch(name) is scratch


def test_the_database_of_a_failed_restore_names_its_run_and_its_target() -> None:
    (found,) = scratch_leftovers(["shop", SCRATCH], "c1", [RESTORE], [], [])

    assert (found.name, found.run, found.target, found.busy) == (SCRATCH, "r2", "copy", "")


def test_a_run_on_another_cluster_explains_nothing_here() -> None:
    (found,) = scratch_leftovers([SCRATCH], "c2", [RESTORE], [], [])

    assert (found.run, found.target) == ("", "copy")


@pytest.mark.parametrize(
    ("runs", "sessions", "jobs"),
    [
        ([replace(RESTORE, alive=True)], [], []),
        ([RESTORE], [session(active=f"INSERT INTO {SCRATCH}.public.t VALUES (1)")], []),
        ([RESTORE], [session(last=f'SELECT * FROM "{SCRATCH}".t')], []),
        ([RESTORE], [], [f"IMPORT INTO {SCRATCH}.public.t CSV DATA ('nodelocal://1/x')"]),
    ],
    ids=["run", "active session", "open session", "job"],
)
def test_a_database_that_somebody_works_in_is_never_dropped(
    runs: list[KnownRun], sessions: list[Session], jobs: list[str]
) -> None:
    found = scratch_leftovers([SCRATCH], "c1", runs, sessions, jobs)
    assert found[0].busy

    assert plan_cleanup(found, {}, [], "c1", NOW, "p").steps == ()
    with pytest.raises(KwtuiError) as caught:
        check_allowed(plan_cleanup(found, {}, [SCRATCH], "c1", NOW, "p"))
    assert caught.value.exit_code is ExitCode.RUN_IN_PROGRESS


def test_another_database_with_a_longer_name_is_another_one() -> None:
    assert busy_words(SCRATCH, [("bob", f"SELECT * FROM {SCRATCH}_2.t")]) == ""
    assert busy_words(SCRATCH, [("bob", f"SELECT * FROM my{SCRATCH}.t")]) == ""


def test_a_plan_with_a_database_is_bound_to_its_cluster_and_one_without_is_not() -> None:
    folder = replace(leftover(BACKUP))
    (database,) = scratch_leftovers([SCRATCH], "c1", [RESTORE], [], [])

    both = plan_cleanup([folder, database], {PATH: unfinished()}, [], "c1", NOW, "p")
    one = plan_cleanup([folder, database], {PATH: unfinished()}, [PATH], "c1", NOW, "p")

    assert [s.kind for s in both.steps] == [StepKind.REMOVE, StepKind.DROP_DATABASE]
    assert both.steps[1].sql == (f"DROP DATABASE {SCRATCH} CASCADE",)
    assert (both.cluster_id, one.cluster_id) == ("c1", "")


def test_a_name_that_is_no_leftover_is_not_found() -> None:
    with pytest.raises(KwtuiError) as caught:
        plan_cleanup([leftover(BACKUP)], {PATH: unfinished()}, ["shop"], "c1", NOW, "p")

    assert caught.value.exit_code is ExitCode.NOT_FOUND


def test_one_that_cannot_be_looked_through_hides_none_of_the_others(tmp_path: Path) -> None:
    """Folders without end in what somebody left: it is named, with what is wrong."""
    sets = tmp_path / "extern/kwtui/shop"
    plain, deep = sets / "20261122T080000Z", sets / "20261123T080000Z"
    for folder in (plain, deep):
        (folder / "data").mkdir(parents=True)
        (folder / "data/n1.0.csv").write_text("1\n")
    (deep / "data" / "/".join(["d"] * 90)).mkdir(parents=True)

    found = find_folder_leftovers(tmp_path / "extern", tmp_path / "state", [], NOW).found

    assert {each.name.rpartition("/")[2] for each in found} == {plain.name, deep.name}
