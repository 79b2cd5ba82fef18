"""What board and command say of a database: short, and nothing made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kwtui.model.proof import ProofLevel
from kwtui.protection import words
from kwtui.protection.facts import BackupFact, DatabaseFacts, Measure, RunFact
from kwtui.protection.judging import Judgement, judge
from kwtui.protection.report import NodeState
from kwtui.protection.space import Growth
from kwtui.text import human_age, sparkline

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def told(*backups: BackupFact, drills: tuple[RunFact, ...] = ()) -> tuple[str, ...]:
    facts = DatabaseFacts("shop", backups=backups, drills=drills)
    found: Judgement = judge(facts, NOW)
    return (
        words.last_backup(found, NOW),
        words.proof(found),
        words.proof_age(found, NOW),
        words.would_lose(found),
        words.restore_takes(found),
    )


def test_a_database_is_told_in_five_cells() -> None:
    drills = tuple(RunFact("d", NOW - 3 * HOUR, seconds, True) for seconds in (20.0, 40.0, 90.0))
    good = BackupFact("s", NOW - 2 * HOUR, ProofLevel.P2, NOW - HOUR, bytes=2048)
    assert told(good, drills=drills) == ("2 h", "P2", "1 h", "2 h", "40 s (20 s to 1 min 30 s)")
    assert told(good) == ("2 h", "P2", "1 h", "2 h", "never drilled")
    never = ("never", "", "", "everything", "")
    assert told(drills=drills) == never, "there is nothing to restore, however long it took once"
    damaged = BackupFact("s", NOW - 2 * HOUR, problem="orders.csv is truncated")
    assert told(damaged)[1:4] == ("damaged", "", "everything")
    assert told(BackupFact("s", NOW, closed=True))[1] == "not readable"
    assert told(BackupFact("s", NOW))[1] == "none"


def test_rows_that_came_since_are_told_where_somebody_counted() -> None:
    good = BackupFact("s", NOW - 2 * HOUR, ProofLevel.P2, NOW - HOUR, rows=100, bytes=2048)

    def told(rows: int | None, at: datetime = NOW) -> tuple[str, str]:
        facts = DatabaseFacts("shop", backups=(good,), now=Measure(at, rows, 4096))
        found = judge(facts, NOW)
        return words.rows_since(found, facts), words.size(found, facts)

    assert told(112) == ("12 rows more now", "4.0 KiB")
    assert told(99) == ("1 row fewer now", "4.0 KiB")
    assert told(100)[0] == "as many rows now"
    assert told(None)[0] == ""
    assert told(50, NOW - 3 * HOUR)[0] == "", "counted before the backup was begun"


def test_the_disk_and_the_node_are_told_with_what_is_not_known() -> None:
    full = Growth(2048, "written in 14 days", NOW + 9 * 24 * HOUR)
    assert words.growth_words(full) == (
        "grows 2.0 KiB a day (written in 14 days), full on 2026-12-09 at this rate"
    )
    assert words.growth_words(Growth(0, "x")) == "does not grow (x)"
    assert words.growth_words(Growth(None, "not known before")) == "growth not known before"
    assert words.node_words(NodeState()) == "WAL level unknown; last checkpoint unknown"
    assert words.node_words(NodeState(2, 61.0)) == "WAL level 2; last checkpoint 1 min 1 s ago"


def test_a_sparkline_reaches_from_the_smallest_to_the_largest_value() -> None:
    assert sparkline([0, 1, 2, 4, 8], 5) == "▁▂▃▅█"
    assert sparkline([0, 1, 2, 4, 8], 2) == "▁█"
    assert sparkline([0, 0], 5) == "▄▄"
    assert sparkline([100, 101, 103], 5) == "▄▄▄", "noise is no growth"
    assert sparkline([], 5) == ""
    assert human_age(59) == "now"
    assert human_age(3 * 86_400 + 5) == "3 d"
