"""How long backups are kept, so that they fit the disk. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil

from kwtui.advice.facts import DAY, Answers, DatabaseFigures, Demand, Importance, Measured
from kwtui.advice.recommendation import Schedule, Space
from kwtui.model.requests import ANEW_AFTER
from kwtui.model.retention import RetentionPolicy

SPARE_SHARE = 0.2
"""Of the free disk that stays free: the node writes to it too, and an EXPORT onto a full disk is
cut without an error (live findings, 23 and 29)."""
BEST_PROOF = 1
"""Besides what the counts keep, the newest backup of the highest proof stays."""
_KEEP_LAST = 3
_MOST_DAILY = 400
_SHORTER = (365, 180, 90, 60, 30, 21, 14, 10, 7, 5, 3, 2, 1)
_IN_ORDER = (Importance.LOW, Importance.NORMAL, Importance.CRITICAL)


@dataclass(frozen=True)
class Wish:
    """The databases that share their answers, with the schedule that suits them."""

    databases: tuple[DatabaseFigures, ...]
    answers: Answers
    schedule: Schedule


@dataclass(frozen=True)
class Fit:
    """What each wish keeps, and what all of it needs."""

    retentions: tuple[RetentionPolicy, ...]
    space: Space


def fit(wishes: Sequence[Wish], measured: Measured) -> Fit | None:
    """The richest retentions that fit the disk together; the least important databases are thinned
    out first. None where the thinnest do not fit, or a size or the free space is not known."""
    budget = budget_of(measured)
    if budget is None or any(_size(each) is None for each in _all(wishes)):
        return None
    options = [retentions(wish.answers) for wish in wishes]
    at = [0] * len(wishes)
    while True:
        chosen = [each[i] for each, i in zip(options, at, strict=True)]
        needed = needs(wishes, chosen)
        if needed <= budget:
            return Fit(tuple(chosen), Space(needed, budget, _days_to_spare(wishes, needed, budget)))
        thinner = [i for i in range(len(wishes)) if at[i] + 1 < len(options[i])]
        if not thinner:
            return None
        rank = {i: (_IN_ORDER.index(wishes[i].answers.importance), at[i]) for i in thinner}
        at[min(thinner, key=rank.__getitem__)] += 1


def longest_that_fits(wishes: Sequence[Wish], measured: Measured) -> timedelta | None:
    """How long backups could be kept at most, where what is demanded does not fit; None: even a
    day does not."""
    for days in _SHORTER:
        keep = timedelta(days=days)
        shorter = [
            replace(w, answers=replace(w.answers, keep=min(keep, w.answers.keep))) for w in wishes
        ]
        if any(w.answers.keep > keep for w in wishes) and fit(shorter, measured) is not None:
            return keep
    return None


def thinnest_needs(wishes: Sequence[Wish]) -> int:
    """Bytes; of databases whose size is known."""
    return needs(wishes, [retentions(wish.answers)[-1] for wish in wishes])


def budget_of(measured: Measured) -> int | None:
    """The bytes that backups may take."""
    free = measured.free_bytes.value
    if free is None:
        return None
    return int(free * (1 - SPARE_SHARE) + (measured.held_bytes.value or 0))


# -- what is kept ---------------------------------------------------------------------------------


def retentions(answers: Answers) -> tuple[RetentionPolicy, ...]:
    """All that keep what is demanded, the one that keeps most first.

    A count is of periods that hold a backup, the current one included, and of each the newest
    stays: what is left of the oldest can be almost two periods younger than so many periods.
    """
    days = max(1, ceil(answers.keep / DAY))
    no_longer = Demand.NO_LONGER in answers.demands
    daily = days if no_longer else days + 2
    found = [_keep(daily=daily)] if days <= _MOST_DAILY or _every_day(answers) else []
    if _every_day(answers) or days <= 7:
        return tuple(found)
    weeks = days // 7 if no_longer else ceil(days / 7) + 2
    months = days // 31 if no_longer else ceil((days + 3) / 30.4) + 2
    fortnight = min(14, days) if no_longer else 14
    found += [_keep(daily=fortnight, weekly=weeks), _keep(daily=7, weekly=weeks)]
    if days > 60:
        found += [_keep(daily=7, weekly=4, monthly=months), _keep(daily=2, monthly=months)]
    found.append(_keep(daily=2, weekly=weeks))
    return tuple(sorted(set(found), key=most_kept, reverse=True))


def most_kept(retention: RetentionPolicy) -> int:
    """The most backups of a database that it ever keeps, going by its counts."""
    counts = (retention.keep_last, retention.keep_daily, retention.keep_weekly)
    return sum((*counts, retention.keep_monthly, retention.keep_yearly)) + BEST_PROOF


def _every_day(answers: Answers) -> bool:
    return Demand.EVERY_DAY in answers.demands


def _keep(daily: int, weekly: int = 0, monthly: int = 0) -> RetentionPolicy:
    return RetentionPolicy(
        keep_last=_KEEP_LAST, keep_daily=daily, keep_weekly=weekly, keep_monthly=monthly
    )


# -- what it takes --------------------------------------------------------------------------------


def needs(wishes: Sequence[Wish], chosen: Sequence[RetentionPolicy]) -> int:
    """Bytes when everything is kept that these retentions ever keep, the next backup is being
    written, and a drill has restored the largest database onto the same disk."""
    held = sum(
        held_by(each, retention, wish)
        for wish, retention in zip(wishes, chosen, strict=True)
        for each in wish.databases
    )
    return held + work_space(wishes)


def work_space(wishes: Sequence[Wish]) -> int:
    """For the next backup of the largest database, and its drill."""
    return 2 * max((grown(d, w.answers) for w in wishes for d in w.databases), default=0)


def held_by(database: DatabaseFigures, retention: RetentionPolicy, wish: Wish) -> int:
    """All its backups at the end of the time that they are kept."""
    size = grown(database, wish.answers)
    whole = most_kept(retention) * size
    if database.new_bytes.value is None:
        return whole
    # The oldest backup, and all that was written since.
    days = reach(retention)
    anew = ceil(days / ANEW_AFTER)
    written = database.new_bytes.value * len(wish.schedule.minutes) * days
    return min(whole, size * (1 + anew) + ceil(written))


def grown(database: DatabaseFigures, answers: Answers) -> int:
    """The size of a backup when the first one that is kept is the oldest."""
    growth = max(0.0, database.growth.value or 0.0)
    return ceil((_size(database) or 0.0) + growth * (answers.keep / DAY))


def reach(retention: RetentionPolicy) -> int:
    """The most days that its oldest backup is old, where backups are made every day."""
    return max(
        retention.keep_last,
        retention.keep_daily,
        retention.keep_weekly * 7,
        retention.keep_monthly * 31,
        retention.keep_yearly * 366,
    )


def _days_to_spare(wishes: Sequence[Wish], needed: int, budget: int) -> int | None:
    """Every backup that is kept grows as the database does."""
    databases = list(_all(wishes))
    if any(each.growth.value is None for each in databases):
        return None
    size = sum(grown(d, w.answers) for w in wishes for d in w.databases)
    growth = sum(max(0.0, each.growth.value or 0.0) for each in databases)
    if not growth or not size:
        return None
    return int((budget - needed) / (growth * needed / size))


def _all(wishes: Iterable[Wish]) -> Iterable[DatabaseFigures]:
    return (database for wish in wishes for database in wish.databases)


def _size(database: DatabaseFigures) -> float | None:
    return database.size.value
