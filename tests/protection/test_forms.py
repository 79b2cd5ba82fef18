"""What monitoring reads of a judgement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kwtui.model.proof import ProofLevel
from kwtui.protection.facts import BackupFact, DatabaseFacts
from kwtui.protection.forms import nagios, prometheus
from kwtui.protection.judging import judge

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
