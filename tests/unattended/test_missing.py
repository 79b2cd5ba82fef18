"""Times at which nothing ran: seen once, and made up for where the policy wants it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kwtui.model.policy import Missed, Policy, PolicySchedule
from kwtui.unattended.history import PolicyEvent
from kwtui.unattended.missing import missed_event, missed_times, owes_a_run

SCHEDULE = PolicySchedule(on_calendar="*-*-* 01:15:00")
NIGHTLY = Policy("nightly", ("*",), schedule=SCHEDULE)
BEGAN = PolicyEvent(datetime(2026, 3, 1, 1, 17, tzinfo=UTC), "began")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_a_machine_that_slept_for_three_nights_missed_three_runs() -> None:
    assert missed_times(NIGHTLY, [BEGAN], at(2, 1, 25)) == [], "it may be late by its delay"
    found = missed_times(NIGHTLY, [BEGAN], at(4, 8))
    assert [f"{time:%d %H:%M}" for time in found] == ["02 01:15", "03 01:15", "04 01:15"]
    event = missed_event(found, at(4, 8))
    assert event.words == "nothing ran at 3 times, the first was 2026-03-02 01:15Z"
    assert missed_times(NIGHTLY, [BEGAN, event], at(4, 9)) == [], "it is written down once"


def test_a_policy_that_never_ran_missed_nothing() -> None:
    assert missed_times(NIGHTLY, [], at(4, 8)) == []
    assert missed_times(Policy("manual", ("*",)), [BEGAN], at(4, 8)) == []


def test_a_missed_run_is_owed_until_one_begins_or_is_skipped_by_choice() -> None:
    missed = missed_event([at(2, 1, 15)], at(2, 8))
    assert owes_a_run(NIGHTLY, [BEGAN, missed], at(2, 9))
    assert owes_a_run(NIGHTLY, [BEGAN], at(2, 9)), "also before anybody wrote it down"
    again = PolicyEvent(at(2, 9), "began")
    assert not owes_a_run(NIGHTLY, [BEGAN, missed, again], at(2, 10))
    skips = Policy("n", ("*",), schedule=PolicySchedule("*-*-* 01:15:00", missed=Missed.SKIP))
    assert not owes_a_run(skips, [BEGAN, missed], at(2, 9))


def test_a_clock_that_went_back_misses_nothing() -> None:
    future = PolicyEvent(at(1, 1) + timedelta(days=400), "began")
    assert missed_times(NIGHTLY, [BEGAN, future], at(1, 9)) == []
