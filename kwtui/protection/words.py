"""What is said of a database, in the words of the board and of the command. Pure.

What is not known is empty or says so; nothing is made up.
"""

from __future__ import annotations

from datetime import datetime

from kwtui.protection.facts import DatabaseFacts
from kwtui.protection.judging import Judgement, State
from kwtui.protection.report import NodeState, StatusReport
from kwtui.protection.space import Growth
from kwtui.text import human_age, human_bytes, human_duration, plural

BARS = 14
"""Backups that a sparkline shows."""


def last_backup(judgement: Judgement, now: datetime) -> str:
    """``2 h``; ``never``."""
    newest = judgement.newest
    return "never" if newest is None else human_age((now - newest.at).total_seconds())


def proof(judgement: Judgement) -> str:
    """The newest backup's level, ``damaged``, ``not readable`` or ``none``; empty without one."""
    newest = judgement.newest
    if newest is None:
        return ""
    if newest.problem:
        return "damaged"
    if newest.closed:
        return "not readable"
    return "none" if newest.proof is None else f"P{int(newest.proof)}"


def proof_age(judgement: Judgement, now: datetime) -> str:
    """How long ago the newest backup was proven; empty where it is not."""
    newest = judgement.newest
    if newest is None or newest.proof is None or newest.proof_at is None or newest.problem:
        return ""
    return human_age((now - newest.proof_at).total_seconds())


def would_lose(judgement: Judgement) -> str:
    """Since when writes would be lost now."""
    if judgement.exposed_seconds is None:
        return "everything"
    return human_duration(judgement.exposed_seconds)


def restore_takes(judgement: Judgement, *, spread: bool = True) -> str:
    """The median of what drills and restores took, with the fastest and the slowest."""
    if judgement.state is State.NEVER:
        return ""
    if judgement.restore_seconds is None or judgement.restore_spread is None:
        return "not measured" if judgement.drilled_at else "never drilled"
    least, most = map(human_duration, judgement.restore_spread)
    words = human_duration(judgement.restore_seconds)
    return f"{words} ({least} to {most})" if spread and least != most else words


def next_run(facts: DatabaseFacts, now: datetime) -> str:
    """``in 5 h``; empty where no policy says."""
    if facts.next_run is None:
        return ""
    return f"in {human_age(max((facts.next_run - now).total_seconds(), 0.0))}"


def size(judgement: Judgement, facts: DatabaseFacts) -> str:
    """Of the database as it is now, where that was measured; else of the newest backup."""
    if facts.now is not None and facts.now.bytes is not None:
        return human_bytes(facts.now.bytes)
    newest = judgement.newest
    return human_bytes(newest.bytes) if newest is not None and newest.bytes is not None else ""


def rows_since(judgement: Judgement, facts: DatabaseFacts) -> str:
    """``12 rows more`` than the newest proven backup holds; empty where nobody counted.

    Rows that were changed or replaced do not show in it.
    """
    counted, proven = facts.now, judgement.proven
    if counted is None or counted.rows is None or proven is None or proven.rows is None:
        return ""
    if counted.at < proven.at:
        return ""
    more = counted.rows - proven.rows
    if more == 0:
        return "as many rows now"
    return f"{plural(abs(more), 'row')} {'more' if more > 0 else 'fewer'} now"


def sizes(facts: DatabaseFacts) -> list[int]:
    """Of the last whole backups, the oldest first."""
    known = [b.bytes for b in facts.backups if b.whole and b.bytes is not None]
    return known[:BARS][::-1]


# -- below the databases ------------------------------------------------------------------------


def extern_words(report: StatusReport) -> str:
    """Used, free, growth, and when it is full."""
    if report.extern is None:
        return "the backups are not visible"
    words = f"{human_bytes(report.extern_bytes)} of backups"
    if report.free_bytes is None:
        words += ", free space is unknown"
    else:
        words += f", {human_bytes(report.free_bytes)} free"
    return f"{words}; {growth_words(report.growth)}"


def leftover_words(report: StatusReport) -> str:
    """What interrupted backups left; empty where there is nothing."""
    if not report.leftovers:
        return ""
    size = human_bytes(report.leftover_bytes)
    return f"{plural(report.leftovers, 'leftover')} of interrupted backups, {size}"


def growth_words(growth: Growth) -> str:
    """The growth a day with what it comes from, and the day on which the disk is full."""
    if growth.bytes_a_day is None:
        return f"growth {growth.basis}"
    if growth.bytes_a_day <= 0:
        return f"does not grow ({growth.basis})"
    words = f"grows {human_bytes(growth.bytes_a_day)} a day ({growth.basis})"
    if growth.full_at is not None:
        words += f", full on {growth.full_at:%Y-%m-%d} at this rate"
    return words


def node_words(node: NodeState) -> str:
    """WAL level and last checkpoint."""
    level = "WAL level unknown" if node.wal_level is None else f"WAL level {node.wal_level}"
    if node.checkpoint_seconds is None:
        return f"{level}; last checkpoint unknown"
    return f"{level}; last checkpoint {human_duration(node.checkpoint_seconds)} ago"
