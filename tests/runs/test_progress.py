"""Somebody waits for a run: its share and the time at which it will end are worth trusting."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.operations.plan import Plan, Step, StepKind
from kwtui.runs.events import (
    AnyEvent,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kwtui.runs.pace import MOST_SPANS, Course
from kwtui.runs.progress import MOST_SHARE, earlier_run, left_of
from kwtui.runs.reducing import initial_state, reduce, reduce_all
from kwtui.runs.state import RunState
from tests.runs.conftest import PLAN, at

ORDERS, ITEMS, SEAL = "export:public.orders", "export:public.items", "seal"


def begun(plan: Plan, *events: AnyEvent) -> RunState:
    first = RunStarted(at=at(0), run="r1", plan=plan.id, title=plan.title, pid=1)
    return reduce_all(plan, [first, *events])


def exporting(plan: Plan) -> RunState:
    """500 of 4,000 bytes in ten seconds."""
    return begun(
        plan,
        StepStarted(at=at(0), step=ORDERS, title=""),
        StepProgress(at=at(10), step=ORDERS, rows=50, bytes=500, phase="exporting"),
    )


@pytest.fixture
def sealed(plan: Plan) -> Plan:
    """A backup as it is: two tables are exported, then everything is read again."""
    data = [step for step in plan.steps if step.kind is StepKind.EXPORT_TABLE]
    return replace(plan, steps=(*data, Step(id=SEAL, kind=StepKind.SEAL, title="Hash")))


def events_of_a_whole_run() -> list[AnyEvent]:
    return [
        StepStarted(at=at(0), step=ORDERS, title=""),
        StepFinished(at=at(10), step=ORDERS, bytes=1_000),
        StepStarted(at=at(10), step=ITEMS, title=""),
        StepFinished(at=at(40), step=ITEMS, bytes=3_000),
        StepStarted(at=at(40), step=SEAL, title=""),
        StepFinished(at=at(60), step=SEAL, bytes=4_000),
    ]


def test_half_of_the_work_is_left_when_everything_is_exported(sealed: Plan) -> None:
    state = begun(sealed, *events_of_a_whole_run()[:4])
    assert state.share == pytest.approx(0.5)


def test_what_follows_is_named_and_never_guessed(sealed: Plan) -> None:
    left = left_of(exporting(sealed), at(10))
    assert (left.seconds, left.whole, left.then) == (70.0, False, "sealing")
    assert left.ends_at == at(80)


def test_an_earlier_run_tells_how_long_what_follows_takes(sealed: Plan) -> None:
    earlier = earlier_run(sealed, events_of_a_whole_run())
    left = left_of(exporting(sealed), at(10), earlier)
    assert (left.seconds, left.whole, left.then) == (90.0, True, "")
    assert "the last 15 seconds" in left.basis
    assert f"from the run of {at(0):%Y-%m-%d %H:%M}" in left.basis


def test_an_earlier_run_of_half_the_size_took_half_the_time(sealed: Plan) -> None:
    earlier = earlier_run(sealed, events_of_a_whole_run())
    assert earlier is not None
    left = left_of(exporting(sealed), at(10), replace(earlier, bytes=2_000))
    assert left.seconds == 70.0 + 2 * 20.0


def test_a_phase_without_figures_takes_as_long_as_the_last_time(sealed: Plan) -> None:
    earlier = earlier_run(sealed, events_of_a_whole_run())
    sealing = begun(sealed, *events_of_a_whole_run()[:5])
    assert left_of(sealing, at(44), earlier).seconds == pytest.approx(16.0)
    longer = replace(sealing, updated_at=at(70))
    assert left_of(longer, at(70), earlier).seconds is None


def test_a_phase_that_reads_files_has_a_pace_of_its_own(sealed: Plan) -> None:
    state = begun(
        sealed,
        *events_of_a_whole_run()[:5],
        StepProgress(at=at(41), step=SEAL, phase="hashing", bytes=0, bytes_total=4_000),
        StepProgress(at=at(45), step=SEAL, phase="hashing", bytes=2_000, bytes_total=4_000),
    )
    assert state.bytes_per_second == 500.0
    left = left_of(state, at(45))
    assert (left.seconds, left.whole) == (4.0, True)
    assert state.share == pytest.approx(0.75)


def test_rows_do_where_nobody_knows_the_bytes(plan: Plan) -> None:
    insert = Step(id="i", kind=StepKind.INSERT_ROWS, title="", params={"rows": 100, "bytes": None})
    state = begun(
        replace(plan, steps=(insert,)),
        StepStarted(at=at(0), step="i", title=""),
        StepProgress(at=at(10), step="i", rows=20),
    )
    assert state.rows_per_second == 2.0
    assert left_of(state, at(10)).seconds == 40.0
    assert state.share == pytest.approx(0.2)


def test_the_time_left_goes_down_between_two_events_and_never_reaches_nothing(plan: Plan) -> None:
    state = exporting(plan)
    assert left_of(state, at(13)).seconds == 67.0
    full = begun(
        plan,
        StepStarted(at=at(0), step=ITEMS, title=""),
        StepProgress(at=at(10), step=ITEMS, bytes=9_999),
    )
    assert left_of(full, at(10)).seconds == 1.0


def test_of_a_run_that_is_silent_nothing_is_known(plan: Plan) -> None:
    left = left_of(exporting(plan), at(130))
    assert (left.seconds, left.ends_at) == (None, None)
    assert left.basis == "the run sends no events"


@given(st.lists(st.tuples(st.sampled_from([ORDERS, ITEMS, SEAL]), st.integers(0, 9_000))))
def test_the_share_never_shrinks_and_is_never_whole_while_it_runs(
    moves: list[tuple[str, int]],
) -> None:
    steps = (
        Step(id=ORDERS, kind=StepKind.EXPORT_TABLE, title="", params={"bytes": 1_000}),
        Step(id=ITEMS, kind=StepKind.EXPORT_TABLE, title="", params={"bytes": 3_000}),
        Step(id=SEAL, kind=StepKind.SEAL, title=""),
    )
    plan = replace(PLAN, steps=steps)
    events: list[AnyEvent] = [StepStarted(at=at(0), step=step.id, title="") for step in steps]
    for second, (step, size) in enumerate(moves):
        events.append(
            StepProgress(at=at(second), step=step, bytes=size, bytes_total=8_000, phase="x")
        )
    events += [StepFinished(at=at(99), step=step.id) for step in steps]
    states = accumulate(events, reduce, initial=initial_state(plan))
    known = [state.share for state in states if state.share is not None]
    assert known == sorted(known)
    assert all(0 <= share <= MOST_SHARE for share in known)


def test_a_run_that_succeeded_is_whole(plan: Plan) -> None:
    end = RunFinished(at=at(9), status=RunStatus.SUCCEEDED, summary="")
    assert begun(plan, end).share == 1.0


def test_the_course_of_hours_has_no_more_spans_than_that_of_a_minute() -> None:
    course = Course()
    for second in range(0, 7_200, 7):
        course = course.add(at(0) + timedelta(seconds=second), 10)
    assert len(course.moved) <= MOST_SPANS
    assert sum(course.moved) == 10 * len(range(0, 7_200, 7))
