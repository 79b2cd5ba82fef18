"""What monitoring reads of a judgement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from kwtui.model.proof import ProofLevel
from kwtui.protection.facts import BackupFact, DatabaseFacts
from kwtui.protection.forms import banner, nagios, prometheus
from kwtui.protection.judging import judge, verdict
from kwtui.protection.report import StatusReport
from kwtui.protection.space import Growth

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
YOUNG = BackupFact("kwtui/shop/1", NOW - timedelta(hours=1), ProofLevel.P4, bytes=2048)


def test_a_plugin_line_has_the_word_the_verdict_and_ages() -> None:
    found = [
        judge(DatabaseFacts("shop", backups=(YOUNG,)), NOW),
        judge(DatabaseFacts("pl|ant\n=x'"), NOW),
    ]
    line = nagios(found)
    assert line == (
        "KWTUI CRITICAL - 1 of 2 cannot: pl/ant =x' was never backed up. | 'shop_age'=3600s"
    )
    assert nagios([]) == "KWTUI UNKNOWN - No database and no backup is known here."


def test_metrics_leave_out_what_is_not_known_and_quote_names() -> None:
    found = [
        judge(DatabaseFacts("shop", backups=(YOUNG,)), NOW),
        judge(DatabaseFacts('a"b\\c\nd'), NOW),
    ]
    lines = list(prometheus(found, NOW))
    assert 'kwtui_database_state{database="shop",state="safe"} 1' in lines
    assert 'kwtui_database_state{database="a\\"b\\\\c\\nd",state="never"} 1' in lines
    proven = 'kwtui_backup_proven_timestamp_seconds{database="shop"}'
    assert f"{proven} {YOUNG.at.timestamp():.0f}" in lines
    assert not any("restore_seconds" in line for line in lines)
    assert not any(line.startswith('kwtui_backup_bytes{database="a') for line in lines)
    assert lines[-1] == f"kwtui_status_timestamp_seconds {NOW.timestamp():.0f}"


def report(facts: list[DatabaseFacts], full_at: datetime | None = None) -> StatusReport:
    judgements = tuple(judge(each, NOW) for each in facts)
    return StatusReport(
        NOW,
        verdict(judgements),
        judgements,
        tuple(facts),
        Path("/extern"),
        0,
        0,
        Growth(None, "", full_at),
        (),
        unknown=("The backups cannot be seen: closed.",),
    )


def test_a_login_is_told_in_one_line_and_only_of_what_is_wrong() -> None:
    fine = DatabaseFacts("shop", backups=(YOUNG,))
    assert banner(report([fine])) == ""
    assert banner(report([fine], NOW + timedelta(days=30))) == ""
    told = banner(report([fine, DatabaseFacts("plant")], NOW + timedelta(days=2)))
    assert told == (
        "kwtui: 1 of 2 cannot: plant was never backed up. The disk of the backups is full in about"
        " 2 d. See: kwtui status"
    )
    assert banner(report([])).startswith("kwtui: The backups cannot be seen")
