"""What is left of a stopped restore, from its journal and from what stands. Pure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import RestoreRequest, RestoreStrategy
from kwtui.model.schema import UNFINISHED, TableName
from kwtui.model.server import ServerFacts
from kwtui.operations.plan import Plan, StepKind
from kwtui.operations.restore.continuation.plan import plan_continuation
from kwtui.operations.restore.continuation.stopped_restore import Standing, StoppedRestore
from kwtui.operations.restore.plan import plan_restore
from kwtui.operations.restore.source import RestoreSource
from kwtui.operations.restore.target import TargetFacts
from kwtui.operations.shared.command_line import command_for
from kwtui.operations.shared.scratch_names import check_names
from kwtui.runs.events import AnyEvent, StepFinished, StepProgress, StepStarted
from kwtui.runs.stopped_restores import reduce_stopped
from tests.operations.conftest import NOW, SHOP

SCRATCH = "shop_kwtui_restoring"
INV, CHILD = TableName("public", "inv"), TableName("archive", "child")
FAST = TableName("public", "fast")


@pytest.fixture
def facts(server: ServerFacts) -> TargetFacts:
    return TargetFacts(server, 1, frozenset({"defaultdb"}), frozenset({"root", "teller"}))


@pytest.fixture
def shop(shop_set: RestoreSource, facts: TargetFacts) -> Plan:
    return plan_restore(shop_set, RestoreRequest(shop_set.path), facts, NOW, "p1")


def stopped_at(plan: Plan, step: str, *, begun: bool = True, **rows: int) -> StoppedRestore:
    """Everything before the step is done."""
    ids = [each.id for each in plan.steps]
    done = frozenset(ids[: ids.index(step)])
    names = {f"import:{key.replace('_', '.', 1)}": count for key, count in rows.items()}
    return StoppedRestore("r1", "r1", plan, done, done | ({step} if begun else set()), names)


def standing(**rows: int | None) -> Standing:
    counts = {TableName(*key.split("_", 1)): count for key, count in rows.items()}
    return Standing("c1", {"defaultdb": None, SCRATCH: None}, counts)


def left(stopped: StoppedRestore, stands: Standing) -> Plan:
    return plan_continuation(stopped, stands, NOW, "p2")


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def refused(stopped: StoppedRestore, stands: Standing) -> ExitCode:
    with pytest.raises(KwtuiError) as error:
        left(stopped, stands)
    return error.value.exit_code


def test_another_cluster_is_refused(shop: Plan) -> None:
    stopped = stopped_at(shop, "compare", public_inv=3, archive_child=2)
    elsewhere = replace(standing(public_inv=3, archive_child=2), cluster_id="c2")

    assert refused(stopped, elsewhere) is ExitCode.WRONG_CLUSTER


def test_only_the_half_filled_table_is_emptied_and_filled_again(shop: Plan) -> None:
    stopped = stopped_at(shop, "import:archive.child", public_inv=3)

    plan = left(stopped, standing(public_inv=3))

    assert ids(plan)[:3] == ["resume", "check-files", "import:archive.child"]
    assert plan.steps[0].sql == (f"TRUNCATE TABLE {SCRATCH}.archive.child",)
    assert plan.steps[0].params["kept"] == [{"schema": "public", "table": "inv", "rows": 3}]
    assert ids(plan)[3:] == ids(shop)[ids(shop).index("set-defaults") :]


def test_definitions_that_were_not_all_made_are_made_anew(shop: Plan) -> None:
    plan = left(stopped_at(shop, "create-tables"), standing())

    assert plan.steps[0].sql == ("USE defaultdb", f"DROP DATABASE {SCRATCH} CASCADE")
    assert ids(plan)[1:] == ids(shop)
    check_names(plan, SCRATCH, {SCRATCH: None})


def test_a_work_database_that_the_run_did_not_make_is_another_ones(shop: Plan) -> None:
    assert refused(stopped_at(shop, "check-files"), standing()) is ExitCode.NAME_TAKEN


def test_a_filled_table_that_is_gone_means_that_nothing_can_be_trusted(shop: Plan) -> None:
    stopped = stopped_at(shop, "set-defaults", public_inv=3, archive_child=2)

    plan = left(stopped, standing(public_inv=None, archive_child=2))

    assert ids(plan)[1:] == ids(shop)


def test_a_foreign_key_that_is_there_is_not_added_again(shop: Plan) -> None:
    stopped = stopped_at(shop, "add-foreign-keys", public_inv=3, archive_child=2)
    stands = standing(public_inv=3, archive_child=2)

    assert "add-foreign-keys" in ids(left(stopped, stands))
    stands = replace(stands, foreign_keys=frozenset({(CHILD, "fk_inv")}))
    assert "add-foreign-keys" not in ids(left(stopped, stands))


def test_what_has_its_name_and_its_mark_lacks_only_what_comes_last(shop: Plan) -> None:
    stopped = stopped_at(shop, "create-views", public_inv=3, archive_child=2)
    named = Standing("c1", {"shop": UNFINISHED})

    plan = left(stopped, named)

    assert ids(plan)[:3] == ["resume", "check-files", "compare"]
    assert all(SCRATCH not in sql for step in plan.steps for sql in step.sql)
    assert "publish" not in ids(plan)
    assert ids(plan)[-2:] == ["finish", "compare-others"]


def test_a_database_of_that_name_without_the_mark_is_somebody_elses(shop: Plan) -> None:
    stopped = stopped_at(shop, "create-views", public_inv=3, archive_child=2)

    assert refused(stopped, Standing("c1", {"shop": "mine"})) is ExitCode.NAME_TAKEN


def test_after_the_last_step_only_the_comparison_is_left(shop: Plan) -> None:
    stopped = stopped_at(shop, "compare-others", public_inv=3, archive_child=2)

    plan = left(stopped, Standing("c1", {"shop": "retail"}))

    assert ids(plan) == ["resume", "check-files", "compare", "compare-others"]


def test_what_was_taken_back_after_a_failure_is_done_again(shop: Plan) -> None:
    """A published database got its scratch name back: the journal says more than is true."""
    stopped = stopped_at(shop, "create-views", public_inv=3, archive_child=2)

    plan = left(stopped, standing(public_inv=3, archive_child=2))

    assert ids(plan)[1:] == ["check-files", *ids(shop)[ids(shop).index("compare") :]]


def test_the_command_that_does_the_same_names_the_run(shop: Plan) -> None:
    stopped = stopped_at(shop, "compare", public_inv=3, archive_child=2)
    plan = left(stopped, standing(public_inv=3, archive_child=2))

    assert command_for(plan, ()) == "kwtui restore --continue r1"


# -- batches ----------------------------------------------------------------------------------


@pytest.fixture
def plant(plant_set: RestoreSource, facts: TargetFacts) -> Plan:
    facts = replace(facts, may_stage=False)
    return plan_restore(plant_set, RestoreRequest(plant_set.path), facts, NOW, "p1")


def half_inserted(plant: Plan, told: int) -> StoppedRestore:
    stopped = stopped_at(plant, "insert:public.fast")
    done = {"insert:public.sensors": 4, "insert:public.fast": told}
    return replace(stopped, rows=done)


def stands_in_plant(rows: int, *, replaces: bool = True) -> Standing:
    return Standing(
        "c1",
        {"plant_kwtui_restoring": None},
        {TableName("public", "sensors"): 4, FAST: rows},
        replaces_rows=replaces,
    )


@pytest.mark.parametrize(
    ("told", "there", "skip"),
    [(1000, 1500, 1500), (1000, 1200, None), (1000, 500, None), (0, 0, None)],
)
def test_batches_are_left_out_only_if_the_server_has_them(
    plant: Plan, told: int, there: int, skip: int | None
) -> None:
    plan = left(half_inserted(plant, told), stands_in_plant(there))

    (insert,) = [step for step in plan.steps if step.kind is StepKind.INSERT_ROWS]
    assert insert.params.get("skip") == skip
    assert plan.steps[0].sql == ()


def test_where_rows_would_be_doubled_everything_begins_anew(plant: Plan) -> None:
    plan = left(half_inserted(plant, 1000), stands_in_plant(1200, replaces=False))

    assert plan.steps[0].sql[-1] == "DROP DATABASE plant_kwtui_restoring CASCADE"
    assert ids(plan)[1:] == ids(plant)


# -- tables that were there -------------------------------------------------------------------


@pytest.fixture
def rows_only(shop_set: RestoreSource, facts: TargetFacts) -> Plan:
    facts = replace(facts, databases=frozenset({"shop"}), existing=SHOP)
    request = RestoreRequest(shop_set.path, strategy=RestoreStrategy.DATA_ONLY)
    return plan_restore(shop_set, request, facts, NOW, "p1")


@pytest.mark.parametrize(("now", "again"), [(10, True), (13, False)], ids=["none came", "all came"])
def test_rows_of_a_half_done_import_are_counted(rows_only: Plan, now: int, again: bool) -> None:
    stopped = stopped_at(rows_only, "import:public.inv")
    stopped = replace(stopped, rows_before={"public.inv": 10, "archive.child": 0})

    plan = left(stopped, Standing("c1", {"shop": None}, {INV: now}))

    assert ("import:public.inv" in ids(plan)) is again
    assert "set-defaults" in ids(plan)
    assert "import:archive.child" in ids(plan)


def test_rows_of_which_nobody_knows_the_origin_are_not_touched(rows_only: Plan) -> None:
    stopped = stopped_at(rows_only, "import:public.inv")
    stopped = replace(stopped, rows_before={"public.inv": 10, "archive.child": 0})

    assert refused(stopped, Standing("c1", {"shop": None}, {INV: 11})) is ExitCode.REFUSED_BY_PLAN


def test_an_import_that_the_server_still_does_is_waited_for(rows_only: Plan) -> None:
    stopped = stopped_at(rows_only, "import:public.inv")
    busy = Standing("c1", {"shop": None}, {INV: None}, importing="IMPORT INTO shop.public.inv")

    assert refused(stopped, busy) is ExitCode.RUN_IN_PROGRESS


# -- the journal ------------------------------------------------------------------------------


def test_what_a_continuation_found_done_counts_for_the_next_one(shop: Plan) -> None:
    first = stopped_at(shop, "import:archive.child", public_inv=3)
    second = left(first, standing(public_inv=3))
    events: list[AnyEvent] = [
        StepStarted(at=NOW, step="resume", title=""),
        StepFinished(at=NOW, step="resume"),
        StepStarted(at=NOW, step="import:archive.child", title=""),
        StepProgress(at=NOW, step="import:archive.child", rows=1),
    ]

    again = reduce_stopped("r2", "r1", shop, second, events)

    assert "import:public.inv" in again.done
    assert "import:archive.child" in again.begun - again.done
    assert again.rows == {"import:public.inv": 3, "import:archive.child": 1}
    plan = left(again, standing(public_inv=3))
    assert plan.request["continues"] == "r2"
    assert plan.request["origin"] == "r1"
    assert ids(plan)[:3] == ["resume", "check-files", "import:archive.child"]


def test_a_table_stays_half_filled_until_somebody_emptied_it(shop: Plan) -> None:
    """The continuation was killed before its first step."""
    first = stopped_at(shop, "import:archive.child", public_inv=3)
    second = left(first, standing(public_inv=3))

    again = reduce_stopped("r2", "r1", shop, second, [])

    assert left(again, standing(public_inv=3)).steps[0].sql == (
        f"TRUNCATE TABLE {SCRATCH}.archive.child",
    )
