"""The state of a database: one pure function, used by board, command, Nagios form and metrics.

The first of these that holds is the state:

UNKNOWN   the newest backup or run is from the future (a clock is wrong), or this account may not
          read those that would decide
NEVER     there is no backup of the whole database
DAMAGED   the newest backup failed its last check
UNPROVEN  no backup reached the proof that was promised
FAILING   a backup failed or was lost after the newest proven one
LATE      the newest proven backup is older than promised
UNPROVEN  the last successful drill is older than promised, or there was none
SHRUNK    the newest proven backup holds much less than usual
SAFE      none of these

Besides the state there are remarks, such as an older backup that is damaged, or that nobody
verified for longer than promised: the database can come back, and somebody should look all the
same, so its severity is at least LATE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from statistics import median

from kwtui.model.proof import ProofLevel
from kwtui.protection.facts import BackupFact, DatabaseFacts, RunFact
from kwtui.text import human_bytes, human_count, human_duration

_CLOCK_SLACK = timedelta(minutes=5)
_USUAL = 7
"""How many earlier backups tell what is usual."""
_FEWEST = 3


class State(StrEnum):
    SAFE = "SAFE"
    SHRUNK = "SHRUNK"
    LATE = "LATE"
    UNPROVEN = "UNPROVEN"
    FAILING = "FAILING"
    DAMAGED = "DAMAGED"
    NEVER = "NEVER"
    UNKNOWN = "UNKNOWN"


class Severity(IntEnum):
    """As monitoring counts: the numbers are those of a Nagios plugin."""

    OK = 0
    LATE = 1
    CRITICAL = 2
    UNKNOWN = 3


_SEVERITIES = {
    State.SAFE: Severity.OK,
    State.SHRUNK: Severity.LATE,
    State.LATE: Severity.LATE,
    State.UNPROVEN: Severity.LATE,
    State.FAILING: Severity.CRITICAL,
    State.DAMAGED: Severity.CRITICAL,
    State.NEVER: Severity.CRITICAL,
    State.UNKNOWN: Severity.UNKNOWN,
}


@dataclass(frozen=True)
class Judgement:
    """What is said of one database."""

    name: str
    state: State
    severity: Severity
    reason: str
    """Why, in one sentence without the name."""
    newest: BackupFact | None = None
    """The newest backup of the whole database, proven or not."""
    proven: BackupFact | None = None
    """The newest one that keeps the promise of its proof: what can come back."""
    exposed_seconds: float | None = None
    """Age of what can come back: later writes would be lost. None: everything would be."""
    restore_seconds: float | None = None
    """The median of the restores and drills on this server that succeeded; None: none did, or
    there is no backup to restore."""
    restore_spread: tuple[float, float] | None = None
    """The fastest and the slowest of them."""
    drilled_at: datetime | None = None
    """When a backup of it last came back: by drills on this server, or by what a set's proof says
    of one on another."""
    remarks: tuple[str, ...] = ()
    """What is wrong besides, each in a sentence without the name and the full stop."""


def judge(facts: DatabaseFacts, now: datetime) -> Judgement:
    """Never SAFE without a proof as young as promised; never better with fewer facts."""
    whole = [backup for backup in facts.backups if backup.whole]
    newest = whole[0] if whole else None
    proven = next((b for b in whole if _counts(b, facts, now)), None)
    state, reason = _state(facts, newest, proven, whole, now)
    remarks = (*_remarks(facts, newest), *_read_too_long_ago(facts, now))
    severity = _SEVERITIES[state]
    if severity is Severity.OK and remarks:
        severity = Severity.LATE
    exposed = None if proven is None else max((now - proven.at).total_seconds(), 0.0)
    if severity is Severity.LATE and (
        exposed is None or exposed > 2 * facts.promise.max_age.total_seconds()
    ):
        severity = Severity.CRITICAL
    times = [
        run.seconds
        for run in (*facts.drills, *facts.restores)
        if run.succeeded and run.seconds is not None and run.here and newest is not None
    ]
    return Judgement(
        name=facts.name,
        state=state,
        severity=severity,
        reason=reason,
        newest=newest,
        proven=proven,
        exposed_seconds=exposed,
        restore_seconds=median(times) if times else None,
        restore_spread=(min(times), max(times)) if times else None,
        drilled_at=_drilled_at(facts, whole),
        remarks=remarks,
    )


def worst(judgements: Sequence[Judgement]) -> Severity:
    """Of all of them: CRITICAL before UNKNOWN before LATE. Nothing to judge is UNKNOWN."""
    found = {judgement.severity for judgement in judgements}
    for severity in (Severity.CRITICAL, Severity.UNKNOWN, Severity.LATE):
        if severity in found:
            return severity
    return Severity.OK if found else Severity.UNKNOWN


def verdict(judgements: Sequence[Judgement]) -> str:
    """The one sentence that stands above everything."""
    if not judgements:
        return "No database and no backup is known here."
    bad = [j for j in judgements if j.state is not State.SAFE]
    total = len(judgements)
    if not bad:
        remarked = "".join(f" {words}." for words in _remarked(judgements))
        if total == 1:
            return f"{judgements[0].name} can come back.{remarked}"
        return f"{'Both' if total == 2 else f'All {total}'} databases can come back.{remarked}"
    order = sorted(bad, key=lambda j: (-_URGENCY[j.severity], j.name))
    named = order[:_NAMED]
    told = "; ".join(f"{j.name} {j.reason}" for j in named)
    more = f"; and {len(order) - _NAMED} more" if len(order) > _NAMED else ""
    others = [j for j in judgements if j not in named]
    remarked = "".join(f" {words}." for words in _remarked(others))
    return f"{told}." if total == 1 else f"{len(bad)} of {total} cannot: {told}{more}.{remarked}"


def _remarked(judgements: Sequence[Judgement]) -> list[str]:
    """What is remarked, of as many databases as a sentence can name."""
    found = [j for j in judgements if j.remarks]
    told = [f"{j.name} {' and '.join(j.remarks)}" for j in found[:_NAMED]]
    more = len(found) - _NAMED
    if more > 0:
        told.append(f"{more} more {'needs' if more == 1 else 'need'} a look")
    return told


_NAMED = 3
"""Databases that the verdict names."""

_URGENCY = {Severity.CRITICAL: 3, Severity.UNKNOWN: 2, Severity.LATE: 1, Severity.OK: 0}


# -- the rules ----------------------------------------------------------------------------------


def _state(
    facts: DatabaseFacts,
    newest: BackupFact | None,
    proven: BackupFact | None,
    whole: Sequence[BackupFact],
    now: datetime,
) -> tuple[State, str]:
    if newest is None:
        return State.NEVER, _never(facts)
    if newest.at > now + _CLOCK_SLACK:
        return State.UNKNOWN, "has a backup from the future: check the clocks"
    if any(run.began > now + _CLOCK_SLACK for run in facts.backup_runs[:1]):
        return State.UNKNOWN, "has a run from the future: check this machine's clock"
    if newest.problem:
        return State.DAMAGED, "has a damaged newest backup"
    unread = any(b.closed and (proven is None or b.at > proven.at) for b in whole)
    late = proven is None or now - proven.at > facts.promise.max_age
    if unread and late:
        return State.UNKNOWN, "has newer backups that this account may not read"
    if proven is None:
        return State.UNPROVEN, f"has no backup that is proven to P{int(facts.promise.proof)}"
    failed = _failed_since(facts.backup_runs, proven.at)
    if failed is not None:
        return State.FAILING, f"failed to be backed up {_ago(failed.began, now)} ago"
    if late:
        return State.LATE, f"has no proven backup for {_ago(proven.at, now)}"
    return _doubts(facts, proven, whole, now)


def _drilled_at(facts: DatabaseFacts, whole: Sequence[BackupFact]) -> datetime | None:
    drills = [run.began for run in facts.drills if run.succeeded]
    proofs = [b.proof_at for b in whole if b.proof is ProofLevel.P4 and b.proof_at is not None]
    return max((*drills, *proofs), default=None)


def _doubts(
    facts: DatabaseFacts, proven: BackupFact, whole: Sequence[BackupFact], now: datetime
) -> tuple[State, str]:
    promised = facts.promise.drill_age
    if promised is not None:
        drilled = _drilled_at(facts, whole)
        if drilled is None:
            return State.UNPROVEN, "was never drilled"
        if now - drilled > promised:
            return State.UNPROVEN, f"was last drilled {_ago(drilled, now)} ago"
    shrunk = _shrunk(facts, proven, whole, now)
    if shrunk:
        return State.SHRUNK, shrunk
    return State.SAFE, f"can come back as it was {_ago(proven.at, now)} ago"


def _read_too_long_ago(facts: DatabaseFacts, now: datetime) -> tuple[str, ...]:
    """Of the backups that were proven, the one that nobody read for the longest time, if that is
    longer than promised: files rot unseen."""
    promised = facts.promise.verify_age
    checked = [b.proof_at for b in facts.backups if b.proof_at is not None and not b.problem]
    if promised is None or not checked or now - min(checked) <= promised:
        return ()
    return (f"has a backup that was last verified {_ago(min(checked), now)} ago",)


def _never(facts: DatabaseFacts) -> str:
    if facts.backups:
        return "was never backed up as a whole"
    if facts.backup_runs and facts.backup_runs[0].succeeded is False:
        return "has no backup: the last try failed"
    return "was never backed up"


def _remarks(facts: DatabaseFacts, newest: BackupFact | None) -> tuple[str, ...]:
    """A damaged backup that is not the newest does not stop a restore, but what it would have
    brought back is gone, and a disk that lost one file may lose others."""
    damaged = [b for b in facts.backups if b.problem and b is not newest]
    if not damaged:
        return ()
    if len(damaged) == 1:
        return (f"has a damaged backup: {damaged[0].path}",)
    return (f"has {len(damaged)} damaged backups, the newest of them {damaged[0].path}",)


def _counts(backup: BackupFact, facts: DatabaseFacts, now: datetime) -> bool:
    proof = backup.proof
    return (
        proof is not None
        and proof >= facts.promise.proof
        and not backup.problem
        and not backup.closed
        and backup.at <= now + _CLOCK_SLACK
    )


def _failed_since(runs: Sequence[RunFact], since: datetime) -> RunFact | None:
    """The latest backup that failed after this time, if none succeeded after it."""
    for run in runs:
        if run.began <= since:
            return None
        if run.succeeded is False:
            return run
        if run.succeeded:
            return None
    return None


def _shrunk(
    facts: DatabaseFacts, proven: BackupFact, whole: Sequence[BackupFact], now: datetime
) -> str:
    """Why the newest proven backup is doubted: empty tables prove perfectly well."""
    earlier = [b for b in whole if b.at < proven.at and _counts(b, facts, now)][:_USUAL]
    for words, now_there, before in (
        ("rows", proven.rows, [b.rows for b in earlier]),
        ("bytes", proven.bytes, [b.bytes for b in earlier]),
    ):
        known = [value for value in before if value is not None]
        if now_there is None or len(known) < _FEWEST:
            continue
        usual = median(known)
        if now_there < usual * facts.promise.smallest_share:
            show = human_count if words == "rows" else human_bytes
            unit = " rows" if words == "rows" else ""
            return f"shrank: {show(now_there)}{unit} instead of the usual {show(int(usual))}{unit}"
    return _shrunk_table(facts, proven, earlier)


def _shrunk_table(facts: DatabaseFacts, proven: BackupFact, earlier: Sequence[BackupFact]) -> str:
    """The table that lost most, if one holds far less than it always did.

    Small tables, and those whose size went up and down before (a queue), tell nothing.
    """
    before = [b.tables for b in earlier if b.tables is not None]
    if proven.tables is None or len(before) < _FEWEST:
        return ""
    share, worst_loss, words = facts.promise.smallest_share, 0, ""
    for table in set.intersection(*(set(tables) for tables in before)):
        counts = [tables[table] for tables in before]
        usual, now_there = int(median(counts)), proven.tables.get(table, 0)
        steady = min(counts) >= max(usual * share, _LARGE)
        if steady and now_there < usual * share and usual - now_there > worst_loss:
            worst_loss = usual - now_there
            there = f"has {human_count(now_there)} rows" if now_there else "is empty or missing"
            words = f"shrank: {table} {there}, usually {human_count(usual)}"
    return words


_LARGE = 1000
"""Rows of a table; of smaller ones half may go on any day."""


def _ago(then: datetime, now: datetime) -> str:
    return human_duration(max((now - then).total_seconds(), 0.0))
