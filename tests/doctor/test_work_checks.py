"""What the doctor says of runs and of what broken ones left."""

from __future__ import annotations

from kwtui.doctor import CheckState
from kwtui.doctor.work_checks import leftovers_check, runs_check
from kwtui.operations.plan import PlanKind
from kwtui.operations.removal.leftovers import Leftover, LeftoverKind
from kwtui.operations.shared.known_runs import KnownRun

LIVING = KnownRun("20261122T080000Z-1a2b", PlanKind.BACKUP, "kwtui/shop/x", "shop", "c", alive=True)
LOST = KnownRun("20261122T070000Z-3c4d", PlanKind.BACKUP, "kwtui/shop/y", "shop", "c", lost=True)
FOLDER = Leftover(LeftoverKind.UNFINISHED, "kwtui/shop/y", run=LOST.id)
SCRATCH = Leftover(LeftoverKind.SCRATCH, "shop_kwtui_restoring")


def test_a_run_at_work_is_no_problem_and_a_lost_one_is() -> None:
    assert runs_check([]).state is CheckState.OK
    living = runs_check([LIVING])
    assert living.state is CheckState.OK
    assert LIVING.id in living.more[0]
    lost = runs_check([LIVING, LOST])
    assert lost.state is CheckState.WARNING
    assert LOST.id in lost.hint
    assert runs_check("closed").state is CheckState.UNKNOWN


def test_leftovers_are_named_with_the_way_to_remove_them() -> None:
    check = leftovers_check([FOLDER, SCRATCH], with_databases=True, with_folders=True)
    assert check.state is CheckState.WARNING
    assert "1 folder and 1 scratch database" in check.detail
    assert "kwtui cleanup" in check.hint
    assert len(check.more) == 2


def test_what_somebody_works_on_is_no_leftover() -> None:
    busy = Leftover(LeftoverKind.SCRATCH, "kwtui_drill_1", busy="root works in it")
    check = leftovers_check([busy], with_databases=True, with_folders=True)
    assert check.state is CheckState.OK
    assert "root works in it" in check.more[0]


def test_what_was_not_looked_at_is_said() -> None:
    assert "not searched for" in leftovers_check([], with_databases=False, with_folders=True).detail
    assert "extern" in leftovers_check([], with_databases=True, with_folders=False).detail
    nothing = leftovers_check([], with_databases=False, with_folders=False)
    assert nothing.state is CheckState.UNKNOWN
    assert leftovers_check("closed", with_databases=True, with_folders=True).state is (
        CheckState.UNKNOWN
    )
