"""A person looks at a run: what its journal says must be what the screen says."""

from __future__ import annotations

from dataclasses import replace

from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.runs.events import (
    AnyEvent,
    CancelRequested,
    NoticeReceived,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kwtui.runs.reducing import initial_state, mark_lost, reduce, reduce_all
from kwtui.runs.state import StepStatus
from tests.runs.conftest import at


def started(plan: Plan) -> RunStarted:
    return RunStarted(at=at(0), run="r1", plan=plan.id, title=plan.title, pid=1)


def test_before_the_first_event_everything_waits_and_totals_come_from_the_plan(plan: Plan) -> None:
    state = initial_state(plan)

    assert {step.status for step in state.steps} == {StepStatus.WAITING}
    assert (state.tables_done, state.tables_total) == (0, 2)
    assert (state.rows_total, state.bytes_total) == (400, 4000)


def test_progress_moves_rows_bytes_and_the_time_left(plan: Plan) -> None:
    state = reduce_all(
        plan,
        [
            started(plan),
            StepStarted(at=at(0), step="export:public.orders", title=""),
            StepProgress(at=at(10), step="export:public.orders", rows=50, bytes=500),
        ],
    )

    assert state.rows == 50
    assert state.bytes_per_second == 50.0
    assert state.time_left.seconds == 70.0
    assert "the last 15 seconds" in state.time_left.basis
    assert "KWDB's statistics" in state.time_left.basis


def test_a_time_series_moves_by_estimates_and_counts_as_planned_when_it_is_done(plan: Plan) -> None:
    orders, items = "export:public.orders", "export:public.items"
    events: list[AnyEvent] = [
        started(plan),
        StepStarted(at=at(0), step=orders, title=""),
        StepProgress(at=at(1), step=orders, rows=40, estimated=True, bytes=400),
    ]
    state = reduce_all(plan, events)
    assert (state.rows, state.estimated) == (40, True)

    # Its export answers no count (facts.md, section 1.5); the second was over before a beat.
    events += [
        StepFinished(at=at(2), step=orders, bytes=990),
        StepProgress(at=at(2.1), step=orders, rows=1),
        StepStarted(at=at(3), step=items, title=""),
        StepFinished(at=at(4), step=items, bytes=2_900),
    ]
    state = reduce_all(plan, events)
    assert (state.rows, state.rows_total, state.estimated) == (400, 400, True)


def test_a_check_of_files_counts_what_it_reads(plan: Plan) -> None:
    check = replace(
        plan,
        kind=PlanKind.VERIFY,
        steps=(Step(id="verify", kind=StepKind.CHECK_FILES, title="Read every file"),),
    )
    state = reduce_all(
        check,
        [
            started(check),
            StepStarted(at=at(0), step="verify", title=""),
            StepFinished(at=at(2), step="verify", rows=100_000, bytes=5_000_000),
        ],
    )

    assert (state.rows, state.bytes) == (100_000, 5_000_000)


def test_what_a_finished_step_really_wrote_replaces_its_estimate(plan: Plan) -> None:
    state = reduce_all(
        plan,
        [
            started(plan),
            StepStarted(at=at(0), step="export:public.orders", title=""),
            StepFinished(at=at(2), step="export:public.orders", rows=90, bytes=950, seconds=2),
        ],
    )

    step = state.step("export:public.orders")
    assert step is not None
    assert step.status is StepStatus.DONE
    assert (state.rows, state.rows_total, state.bytes_total) == (90, 390, 3950)
    assert state.tables_done == 1


def test_no_time_left_is_invented_when_a_size_is_unknown(plan: Plan) -> None:
    vague = replace(plan.steps[1], params={"rows": None, "bytes": None})
    plan = replace(plan, steps=(plan.steps[0], vague, plan.steps[2]))

    state = reduce_all(
        plan,
        [
            started(plan),
            StepProgress(at=at(10), step="export:public.items", bytes=500),
        ],
    )

    assert state.bytes_total is None
    assert state.time_left.seconds is None
    assert "is unknown" in state.time_left.basis


def test_a_stalled_run_gives_no_time_left(plan: Plan) -> None:
    events = [started(plan)]
    progress = [
        StepProgress(at=at(second), step="export:public.orders", bytes=500)
        for second in range(1, 40)
    ]

    state = reduce_all(plan, [*events, *progress])

    assert state.bytes_per_second is None
    assert state.time_left.seconds is None


def test_a_failed_step_keeps_its_reason_and_the_run_its_outcome(plan: Plan) -> None:
    state = reduce_all(
        plan,
        [
            started(plan),
            StepStarted(at=at(0), step="export:public.orders", title=""),
            StepStarted(at=at(0), step="export:public.items", title=""),
            StepFailed(at=at(1), step="export:public.orders", title="No space", cause="disk full"),
            RunFinished(at=at(2), status=RunStatus.FAILED, summary="No space", exit_code=22),
        ],
    )

    orders, items = state.step("export:public.orders"), state.step("export:public.items")
    assert orders is not None
    assert items is not None
    assert (orders.status, orders.cause) == (StepStatus.FAILED, "disk full")
    assert items.status is StepStatus.STOPPED
    assert (state.status, state.exit_code) == (RunStatus.FAILED, 22)
    assert state.elapsed_seconds(at(99)) == 2.0


def test_notices_are_kept_in_order_and_cancel_is_remembered(plan: Plan) -> None:
    state = reduce_all(
        plan,
        [
            started(plan),
            NoticeReceived(at=at(1), step="snapshot", severity="NOTICE", message="first"),
            NoticeReceived(at=at(2), step="snapshot", severity="NOTICE", message="second"),
            CancelRequested(at=at(3)),
        ],
    )

    assert [n.message for n in state.notices] == ["first", "second"]
    assert state.cancel_requested
    assert state.status is RunStatus.RUNNING


def test_a_step_that_nobody_knows_changes_nothing(plan: Plan) -> None:
    state = reduce_all(plan, [started(plan)])

    assert reduce(state, StepStarted(at=at(0), step="other", title="")).steps == state.steps


def test_a_lost_run_says_what_to_do(plan: Plan) -> None:
    running = reduce_all(plan, [started(plan), StepStarted(at=at(0), step="snapshot", title="")])

    lost = mark_lost(running, plan)

    assert lost.status is RunStatus.LOST
    assert lost.steps[0].status is StepStatus.STOPPED
    assert plan.path in lost.hint


def test_a_lost_restore_says_where_its_work_may_be(plan: Plan) -> None:
    """Killed before it had its name, or after: nobody who reads it knows which."""
    restore = replace(plan, kind=PlanKind.RESTORE, request={"scratch": "shop_kwtui_restoring"})

    lost = mark_lost(initial_state(restore), restore, "20261122T080000Z-1a2b")

    assert "the database shop_kwtui_restoring" in lost.hint
    assert "its comment" in lost.hint
    assert "kwtui restore --continue 20261122T080000Z-1a2b" in lost.hint
    assert "kwtui cleanup --run 20261122T080000Z-1a2b --yes" in lost.hint
