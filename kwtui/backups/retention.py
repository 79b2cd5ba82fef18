"""Which backups stay and which may go, and why. Pure: the same answer is preview and action.

Days, ISO weeks, months and years are those of UTC, as everything in a manifest is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import groupby

from kwtui.backups.layout.naming import parse_set_path
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.model.proof import ProofLevel
from kwtui.model.retention import RetentionPolicies, RetentionPolicy

PROVEN = ProofLevel.P2
"""What counts as proven where no policy says otherwise: sealing reaches it."""


class Rule(StrEnum):
    """Why a set stays, or goes. Stable, for scripts."""

    LAST = "last"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"
    LAST_PROVEN = "last-proven"
    """The newest of its database that counts."""
    BEST_PROVEN = "best-proven"
    """The newest of those that are proven to the highest level that any reaches."""
    PINNED = "pinned"
    NO_SET = "no-set"
    """An adopted tree, a leftover or a foreign file: not for retention to decide."""
    DAMAGED = "damaged"
    """Its last check failed, or it cannot be read."""
    FUTURE = "future"
    """It was made later than now: some clock is wrong."""
    NOT_YET_PROVEN = "not-yet-proven"
    """Below the level, and newer than every set that reaches it."""
    NO_POLICY = "no-policy"
    IN_USE = "in-use"
    STRAYS = "strays"
    """Files lie in it that kwtui did not write."""
    NOT_NAMED = "not-named"
    """Its folder has no name that kwtui gives: somebody copied or renamed it."""
    UNNEEDED = "unneeded"
    """Goes: it is proven, and no rule keeps it."""
    BELOW_LEVEL = "below-level"
    """Goes: it does not reach the level, and a newer one does."""


@dataclass(frozen=True)
class Reason:
    """One rule with its words; ``period`` is the day, week, month or year that it stands for."""

    rule: Rule
    text: str
    period: str = ""


@dataclass(frozen=True)
class Decision:
    """What retention does with one entry of a listing."""

    entry: BackupEntry
    keep: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class CalendarDay:
    """What stays and what goes of one day; None for entries without a time."""

    day: date | None
    stays: tuple[Decision, ...]
    goes: tuple[Decision, ...]


_Group = tuple[str | None, tuple[str, ...]]
_PERIODS: tuple[tuple[Rule, str, Callable[[datetime], str]], ...] = (
    (Rule.DAILY, "keep_daily", lambda at: at.strftime("%Y-%m-%d")),
    (Rule.WEEKLY, "keep_weekly", lambda at: at.strftime("%G-W%V")),
    (Rule.MONTHLY, "keep_monthly", lambda at: at.strftime("%Y-%m")),
    (Rule.YEARLY, "keep_yearly", lambda at: at.strftime("%Y")),
)
_PERIOD_WORDS = {
    Rule.DAILY: "the day",
    Rule.WEEKLY: "the week",
    Rule.MONTHLY: "the month",
    Rule.YEARLY: "the year",
}


def decide(
    entries: Iterable[BackupEntry],
    policy: RetentionPolicy,
    now: datetime,
    *,
    scale: str = "P",
) -> list[Decision]:
    """What the policy does with each entry, newest first. ``scale`` names the levels in reasons.

    Each database is decided for itself, and so are sets of the same chosen tables: they are no
    substitute for a whole backup. The newest proven set always stays, and so do the newest of the
    highest proof and a pinned one; whatever is not a readable, proven set is not touched. A set
    whose folder somebody named, and a copy, take no place.
    """
    decisions = []
    for group in _groups(entries):
        counted = [e for e in group if _counts(e, policy, now)]
        rules = _places(counted, policy)
        newest = max(map(_time, counted), default=None)
        best = max(counted, key=lambda e: (e.proof or 0, _time(e), e.path), default=None)
        decisions += [
            _decision(e, policy, now, rules.get(e.path, ()), newest, best, scale) for e in group
        ]
    return newest_first(decisions)


def decide_all(
    entries: Iterable[BackupEntry], policies: RetentionPolicies, now: datetime
) -> list[Decision]:
    """`decide` for every database by its own policy; without one, everything stays."""
    by_database: dict[str, list[BackupEntry]] = {}
    for entry in entries:
        by_database.setdefault(entry.database or "", []).append(entry)
    decisions = []
    for database, found in by_database.items():
        policy = policies.of(database) or RetentionPolicy()
        decisions += decide(found, policy, now)
    return newest_first(decisions)


def hold_back(decisions: Iterable[Decision], reasons: Mapping[str, Reason]) -> list[Decision]:
    """The same decisions, but what has a reason here stays after all. By path."""
    return [
        replace(d, keep=True, reasons=(reasons[d.entry.path],))
        if not d.keep and d.entry.path in reasons
        else d
        for d in decisions
    ]


def calendar(decisions: Iterable[Decision]) -> tuple[CalendarDay, ...]:
    """The decisions by day, newest first; entries without a time come last."""
    days = groupby(newest_first(decisions), key=lambda d: _day(d.entry))
    found = []
    for day, group in days:
        of_day = tuple(group)
        stays = tuple(d for d in of_day if d.keep)
        found.append(CalendarDay(day, stays, tuple(d for d in of_day if not d.keep)))
    return tuple(found)


def is_last_proven(
    entry: BackupEntry, entries: Iterable[BackupEntry], minimum: ProofLevel = PROVEN
) -> bool:
    """Whether its database has no other set as good as this one, or as good as ``minimum``.

    A set of some tables only does not stand for a whole one, nor does a copy under another name.
    """
    return is_proven(entry, ProofLevel.P1) and stand_in(entry, entries, minimum) is None


def stand_in(
    entry: BackupEntry, entries: Iterable[BackupEntry], minimum: ProofLevel = PROVEN
) -> BackupEntry | None:
    """The newest other set that is as good as this one, or as good as ``minimum``.

    None as well for a set of which nothing is proven: its removal takes no proof away.
    """
    if not is_proven(entry, ProofLevel.P1) or entry.proof is None:
        return None
    wanted = min(entry.proof, minimum)
    others = [
        other
        for other in entries
        if other.path != entry.path
        and other.database == entry.database
        and other.only in ((), entry.only)
        and is_proven(other, wanted)
        and _is_named(other)
    ]
    return max(others, key=lambda e: (_time(e), e.path), default=None)


def relied_on(decisions: Iterable[Decision]) -> tuple[BackupEntry, ...]:
    """The sets that let others go: the newest proven one of each group that loses a set."""
    ordered = newest_first(decisions)
    losing = {_group(d.entry) for d in ordered if not d.keep}
    found: dict[_Group, BackupEntry] = {}
    for decision in ordered:
        group = _group(decision.entry)
        if group in losing and any(r.rule is Rule.LAST_PROVEN for r in decision.reasons):
            found.setdefault(group, decision.entry)
    return tuple(found.values())


def is_proven(entry: BackupEntry, level: ProofLevel) -> bool:
    """Whether it is a set that nothing is known to be wrong with, proven to the level."""
    whole = entry.kind is EntryKind.SET and not entry.problem and entry.started is not None
    return whole and entry.proof is not None and entry.proof >= level


def newest_first(decisions: Iterable[Decision]) -> list[Decision]:
    """In the order of a listing: by time, those without one last."""
    by_path = sorted(decisions, key=lambda d: d.entry.path)
    return sorted(by_path, key=lambda d: _time(d.entry), reverse=True)


# -- inside -----------------------------------------------------------------------------------


def _groups(entries: Iterable[BackupEntry]) -> list[list[BackupEntry]]:
    groups: dict[_Group, list[BackupEntry]] = {}
    for entry in entries:
        groups.setdefault(_group(entry), []).append(entry)
    return list(groups.values())


def _group(entry: BackupEntry) -> _Group:
    """Sets of the same group can stand for each other."""
    return entry.database, entry.only


def _of_these(entry: BackupEntry) -> str:
    """Partial sets are counted apart: what was chosen tells their groups from each other."""
    return f" with only {_chosen(entry)}" if entry.only else ""


def _newest_of(entry: BackupEntry) -> str:
    if entry.only:
        return f"the newest partial one of {entry.database} with only {_chosen(entry)}"
    return f"the newest of {entry.database}"


def _chosen(entry: BackupEntry) -> str:
    """At most three tables by name, so that the reason stays one line."""
    more = len(entry.only) - 3
    return ", ".join(entry.only[:3]) + (f" and {more:,} more" if more > 0 else "")


def _is_named(entry: BackupEntry) -> bool:
    return parse_set_path(entry.path) is not None and not entry.copy_of


def _counts(entry: BackupEntry, policy: RetentionPolicy, now: datetime) -> bool:
    return (
        is_proven(entry, policy.min_proof)
        and entry.database is not None
        and entry.started is not None
        and entry.started <= now
        and _is_named(entry)
    )


def _places(
    counted: Sequence[BackupEntry], policy: RetentionPolicy
) -> dict[str, tuple[Reason, ...]]:
    """Which rules need which set, by path."""
    newest = sorted(counted, key=lambda e: (_time(e), e.path), reverse=True)
    found: dict[str, list[Reason]] = {entry.path: [] for entry in newest}
    for number, entry in enumerate(newest[: policy.keep_last], 1):
        words = f"{number} of the last {policy.keep_last}{_of_these(entry)}"
        found[entry.path].append(Reason(Rule.LAST, words))
    for rule, count_of, period_of in _PERIODS:
        taken: set[str] = set()
        for entry in newest:
            period = period_of(_utc(entry))
            if period in taken or len(taken) >= getattr(policy, count_of):
                continue
            taken.add(period)
            words = f"newest of {_PERIOD_WORDS[rule]} {period}{_of_these(entry)}"
            found[entry.path].append(Reason(rule, words, period))
    return {path: tuple(reasons) for path, reasons in found.items()}


def _decision(
    entry: BackupEntry,
    policy: RetentionPolicy,
    now: datetime,
    rules: tuple[Reason, ...],
    newest: float | None,
    best: BackupEntry | None,
    scale: str,
) -> Decision:
    reasons = list(_protections(entry, policy, now)) or list(rules)
    if _counts(entry, policy, now) and _time(entry) == newest:
        level = int(policy.min_proof)
        words = f"{_newest_of(entry)} that is proven to {scale}{level}"
        reasons.append(Reason(Rule.LAST_PROVEN, words))
    elif entry is best and entry.proof is not None:
        words = f"{_newest_of(entry)} that is proven to {scale}{int(entry.proof)}"
        reasons.append(Reason(Rule.BEST_PROVEN, f"{words}, the highest level of its backups"))
    if entry.pinned:
        reasons.append(Reason(Rule.PINNED, "pinned"))
    if reasons:
        return Decision(entry, True, tuple(reasons))
    return _undecided(entry, policy, newest, scale)


def _protections(entry: BackupEntry, policy: RetentionPolicy, now: datetime) -> Iterable[Reason]:
    """Why an entry is none of retention's business."""
    if entry.kind is not EntryKind.SET or entry.database is None:
        yield Reason(Rule.NO_SET, "not a backup set: retention does not touch it")
    elif not _is_named(entry):
        words = f"a copy of {entry.copy_of}" if entry.copy_of else "not named by kwtui"
        yield Reason(Rule.NOT_NAMED, f"{words}: never removed by a rule")
    elif entry.problem or entry.proof is None or entry.started is None:
        yield Reason(Rule.DAMAGED, "its last check failed or it cannot be read: check it")
    elif entry.started > now:
        yield Reason(Rule.FUTURE, "made in the future: check the clock of the node")
    elif policy.keeps_nothing:
        yield Reason(Rule.NO_POLICY, "no retention rule says what to keep")


def _undecided(
    entry: BackupEntry, policy: RetentionPolicy, newest: float | None, scale: str
) -> Decision:
    level = f"{scale}{int(policy.min_proof)}"
    if is_proven(entry, policy.min_proof):
        reason = Reason(Rule.UNNEEDED, "no rule keeps it")
        return Decision(entry, False, (reason,))
    if newest is not None and newest > _time(entry):
        reason = Reason(Rule.BELOW_LEVEL, f"not proven to {level}, and a newer one is")
        return Decision(entry, False, (reason,))
    reason = Reason(Rule.NOT_YET_PROVEN, f"not proven to {level}, and no newer one is")
    return Decision(entry, True, (reason,))


def _utc(entry: BackupEntry) -> datetime:
    return entry.started.astimezone(UTC) if entry.started else datetime.min.replace(tzinfo=UTC)


def _time(entry: BackupEntry) -> float:
    return entry.started.timestamp() if entry.started else float("-inf")


def _day(entry: BackupEntry) -> date | None:
    return _utc(entry).date() if entry.started else None
