"""Times of a schedule at which nothing ran. Pure but for the schedule's package."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from kwtui.model.policy import Missed, Policy
from kwtui.unattended.history import PolicyEvent
from kwtui.unattended.schedule import times_until

_SLACK = timedelta(minutes=10)
_MOST = 100
_LOOKED = ("began", "skipped", "missed")


def missed_times(policy: Policy, history: Sequence[PolicyEvent], now: datetime) -> list[datetime]:
    """The times since anything was last known of the policy at which it should have begun.

    None before its first run: when its timer was installed is not known. Raises as `times_until`.
    """
    last = max((e.at for e in history if e.event in _LOOKED and e.at <= now), default=None)
    if last is None:
        return []
    # A run may begin late by its delay: what is due only since then is no missed one yet.
    until = now - policy.schedule.jitter - _SLACK
    if until <= last:
        return []
    return times_until(policy.schedule, last, until, _MOST)


def missed_event(times: Sequence[datetime], now: datetime) -> PolicyEvent:
    first = f"{times[0]:%Y-%m-%d %H:%M}Z"
    if len(times) == 1:
        words = f"nothing ran at {first}"
    else:
        many = f"{len(times)}" if len(times) < _MOST else f"at least {_MOST}"
        words = f"nothing ran at {many} times, the first was {first}"
    return PolicyEvent(now, "missed", False, words)


def owes_a_run(policy: Policy, history: Sequence[PolicyEvent], now: datetime) -> bool:
    """Whether a run was missed that the policy wants made up for. Raises as `times_until`."""
    if policy.schedule.missed is not Missed.RUN:
        return False
    last = next((e.event for e in reversed(history) if e.event in _LOOKED), "")
    return last == "missed" or bool(missed_times(policy, history, now))
