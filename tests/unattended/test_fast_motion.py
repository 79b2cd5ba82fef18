"""Four hundred days of a policy, quiet and not: what must hold whatever goes wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kwtui.model.policy import (
    NoticeOn,
    Policy,
    PolicyLimits,
    PolicyNotice,
    PolicyProof,
    PolicySchedule,
)
from kwtui.model.retention import RetentionPolicy
from kwtui.protection.judging import Severity
from tests.unattended.fast_motion import DAY, HOUR, START, Faults, World, live

SPACE = 1200
NIGHTLY = Policy(
    "nightly",
    ("shop",),
    schedule=PolicySchedule(on_calendar="*-*-* 01:15:00"),
    proof=PolicyProof(verify_every=7 * DAY, drill_every=7 * DAY, max_age=26 * HOUR),
    retention=RetentionPolicy(keep_last=2, keep_daily=5, keep_weekly=2, keep_monthly=2),
    notice=PolicyNotice(command=("tell",)),
    limits=PolicyLimits(max_space=SPACE),
)


def faults(days: int, most: int) -> st.SearchStrategy[Faults]:
    some = st.frozensets(st.integers(1, days - 4), max_size=most)
    runs = st.tuples(st.integers(1, days - 8), st.integers(2, 6)).map(
        lambda span: frozenset(range(span[0], span[0] + span[1]))
    )
    return st.builds(
        Faults,
        off=st.one_of(some, runs),
        no_server=st.one_of(some, runs),
        disk_full=st.one_of(some, runs),
        drill_fails=some,
        rots=some,
    )


class Watched(World):
    """Checks after each day what must always hold."""

    proven_once = False

    def _watch(self) -> None:
        super()._watch()
        good = [e for e in self.entries if e.proof is not None and not e.problem]
        self.proven_once = self.proven_once or bool(good)
        assert not self.proven_once or good, f"day {self.day}: no proven backup is left"
        assert sum(e.bytes or 0 for e in self.entries) <= SPACE
        found = self.judged()
        if found.severity is Severity.OK:
            assert found.proven is not None
            assert self.at - found.proven.at <= NIGHTLY.proof.max_age
        else:
            since = max(at for at, _ in self.told) if self.told else START
            assert self.at - since <= NIGHTLY.notice.repeat, f"day {self.day}: nobody was told"


def test_a_quiet_year_is_quiet_and_bounded() -> None:
    world = live(Watched(NIGHTLY, Faults()), 400)
    assert world.told == []
    assert len(world.entries) <= 9
    assert len(world.drills) == 400 // 7 + 1
    assert world.most_space <= SPACE
    assert all(event.event != "missed" for event in world.history)


def test_a_timer_that_never_fires_again_is_told_the_next_morning() -> None:
    """The worst failures in the field are runs that never started, with everything green."""
    world = live(Watched(NIGHTLY, Faults(off=frozenset(range(100, 144)))), 150)
    first, telling = world.told[0]
    assert telling.event is NoticeOn.OVERDUE
    assert first - (START + 100 * DAY) < 6 * HOUR
    assert world.kinds()[NoticeOn.OVERDUE] >= 43, "and again each day"
    assert world.kinds()[NoticeOn.RECOVERY] == 1
    assert world.told[-1][1].event is NoticeOn.RECOVERY, "then it is quiet"
    assert sum(event.event == "missed" for event in world.history) == 1


def test_a_disk_that_was_full_for_a_month_is_told_each_day_and_recovers() -> None:
    world = live(Watched(NIGHTLY, Faults(disk_full=frozenset(range(100, 130)))), 150)
    kinds = world.kinds()
    assert kinds[NoticeOn.FAILURE] >= 29
    assert kinds[NoticeOn.RECOVERY] == 1
    # Once as failure and once as overdue a day, and no more.
    assert sum(kinds.values()) <= 2 * 30 + 2


def test_a_file_that_rots_is_found_within_the_promised_time() -> None:
    world = live(Watched(NIGHTLY, Faults(rots=frozenset({50}))), 70)
    found = next(at for at, telling in world.told if telling.event is NoticeOn.FAILURE)
    assert timedelta(0) < found - (START + 50 * DAY) <= 8 * DAY


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(faults(40, 3))
def test_whatever_goes_wrong_something_proven_stays_and_somebody_knows(found: Faults) -> None:
    live(Watched(NIGHTLY, found), 40)


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(faults(400, 40))
def test_whatever_goes_wrong_in_400_days(found: Faults) -> None:
    live(Watched(NIGHTLY, found), 400)
