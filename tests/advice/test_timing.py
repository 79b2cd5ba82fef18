"""When backups begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kwtui.advice.timing import INTERVALS, densest, longest, schedule_of, window_problem
from kwtui.model.policy import PolicyLimits, PolicySchedule
from kwtui.unattended.cadence import in_window
from kwtui.unattended.schedule import next_times


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("window", ["", "22:00-06:00", "08:30-17:10"])
def test_the_calendar_is_due_at_these_times_and_no_further_apart(
    interval: int, window: str
) -> None:
    schedule = schedule_of(interval, window)
    assert schedule is not None
    midnight = datetime(2026, 11, 30, tzinfo=UTC)
    due = next_times(PolicySchedule(schedule.on_calendar), midnight - timedelta(seconds=1), 200)
    limits = PolicyLimits(window=window)
    today = [at for at in due if at < midnight + timedelta(days=1) and in_window(limits, at)]
    minutes = [int((at - midnight) / timedelta(minutes=1)) for at in today]
    assert set(schedule.minutes) <= set(minutes)
    around = [minutes[-1] - 1440, *minutes]
    gaps = [later - earlier for earlier, later in zip(around, minutes, strict=False)]
    assert timedelta(minutes=max(gaps)) <= schedule.gap


def test_a_window_shorter_than_the_delay_has_no_time() -> None:
    assert schedule_of(15, "10:00-10:04") is None
    assert longest(timedelta(days=2), "10:00-10:04", timedelta()) is None
    assert densest("10:00-10:04", timedelta()).on_calendar == "*-*-* 10:00:00"


@pytest.mark.parametrize(
    ("window", "problem"),
    [
        ("", ""),
        ("22:00-06:00", ""),
        ("22-6", "no window"),
        ("25:00-06:00", "no window"),
        ("06:00-06:00", "begins when it ends"),
    ],
)
def test_a_window_as_it_is_typed(window: str, problem: str) -> None:
    found = window_problem(window)
    assert problem in found
    assert bool(found) is bool(problem)
