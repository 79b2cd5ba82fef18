"""When somebody is told of what, and when not again. Pure.

The history of a policy remembers what was told; what is decided here needs nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kwtui.model.policy import NoticeOn, Policy
from kwtui.protection.forms import full_soon
from kwtui.protection.judging import Judgement, Severity, State, verdict
from kwtui.unattended.history import PolicyEvent

_OVERDUE = (State.LATE, State.FAILING, State.NEVER)
"""What the next run that succeeds cures."""


@dataclass(frozen=True)
class Telling:
    """What is to be told."""

    event: NoticeOn
    title: str
    lines: tuple[str, ...] = ()
    key: str = ""
    """The trouble without its times: the same key is the same trouble."""


def of_end(
    policy: Policy, event: PolicyEvent, history: Sequence[PolicyEvent], now: datetime
) -> Telling | None:
    """What a run's end is to those who want to hear of it. ``history`` is from before it.

    Whoever cancelled a run knows of it.
    """
    if event.event == "cancelled":
        return None
    if not event.ok:
        kind = NoticeOn.FAILURE
    elif _in_trouble(history) and NoticeOn.RECOVERY in policy.notice.on:
        kind = NoticeOn.RECOVERY
    else:
        kind = NoticeOn.SUCCESS
    failed = sorted(outcome.database for outcome in event.databases if not outcome.ok)
    telling = Telling(
        kind,
        f"{policy.name} {'succeeded' if event.ok else 'failed'}: {event.words}",
        tuple(f"{outcome.database}: {outcome.words}" for outcome in event.databases),
        "" if event.ok else f"failed: {', '.join(failed) or 'all'}",
    )
    return telling if _may_tell(policy, telling, history, now) else None


def of_watch(
    policy: Policy,
    judgements: Sequence[Judgement],
    full_at: datetime | None,
    history: Sequence[PolicyEvent],
    now: datetime,
) -> list[Telling]:
    """What a look at the policy's databases finds: one is overdue, or not proven, or the disk will
    be full. A database that a failed run was told of an hour ago is not told again as overdue."""
    bad = [j for j in judgements if j.severity is not Severity.OK]
    late = [j for j in bad if j.state in _OVERDUE]
    proof = [j for j in bad if j.state not in _OVERDUE]
    found = [_of_states(NoticeOn.OVERDUE, late), _of_states(NoticeOn.PROOF, proof)]
    if not judgements:
        found.append(Telling(NoticeOn.OVERDUE, verdict(judgements), key="nothing is known"))
    full = full_soon(full_at, now)
    if full:
        found.append(Telling(NoticeOn.SPACE, full, key="space"))
    return [t for t in found if t is not None and _may_tell(policy, t, history, now)]


def _of_states(kind: NoticeOn, bad: Sequence[Judgement]) -> Telling | None:
    if not bad:
        return None
    return Telling(
        kind,
        verdict(bad),
        tuple(f"{j.name} {j.reason}" for j in bad),
        "; ".join(sorted(f"{j.name} {j.state.value} {int(j.severity)}" for j in bad)),
    )


def noticed(telling: Telling, now: datetime) -> PolicyEvent:
    """What the history remembers of it."""
    ok = telling.event in (NoticeOn.SUCCESS, NoticeOn.RECOVERY)
    return PolicyEvent(
        now, "noticed", ok, telling.title, notice=telling.event.value, key=telling.key
    )


def _in_trouble(history: Sequence[PolicyEvent]) -> bool:
    """Whether a run failed, or somebody was told that one is overdue, and none succeeded since."""
    for event in reversed(history):
        if event.event == "noticed" and event.notice in (NoticeOn.PROOF, NoticeOn.SPACE):
            continue
        if event.event in ("noticed", "ended"):
            return not event.ok
    return False


def _may_tell(
    policy: Policy, telling: Telling, history: Sequence[PolicyEvent], now: datetime
) -> bool:
    """Whether it is wanted, new (or long ago) and not one too many.

    Good news is never held back as a repetition: it is about one run. A history from the future
    (the clock went back) holds nothing back.
    """
    notice = policy.notice
    if telling.event not in notice.on:
        return False
    told = [e for e in history if e.event == "noticed" and e.at <= now]
    if len(_since(told, now - timedelta(hours=1))) >= notice.per_hour:
        return False
    if not telling.key:
        return True
    begin = max(now - notice.repeat, _last_good(history, telling.event, now))
    return not any(
        e.notice == telling.event.value and e.key == telling.key for e in _since(told, begin)
    )


def _since(events: Iterable[PolicyEvent], begin: datetime) -> list[PolicyEvent]:
    return [event for event in events if event.at > begin]


def _last_good(history: Sequence[PolicyEvent], kind: NoticeOn, now: datetime) -> datetime:
    """When the trouble was last over: what comes after that is new trouble."""
    if kind is NoticeOn.FAILURE:
        good = [e.at for e in history if e.event == "ended" and e.ok and e.at <= now]
    elif kind is NoticeOn.OVERDUE:
        good = [e.at for e in history if e.notice == NoticeOn.RECOVERY and e.at <= now]
    else:
        good = []
    return max(good, default=datetime.min.replace(tzinfo=now.tzinfo))
