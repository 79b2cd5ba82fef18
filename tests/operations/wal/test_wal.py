"""What the WAL page tells, and the plan that changes level or interval."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Severity
from kwtui.model.server import NodeFacts, ServerFacts
from kwtui.node.wal.files import AreaKind, Role, WalArea, WalFile, WalFiles
from kwtui.node.wal.log import WalAlarm, WalLog
from kwtui.operations.plan import Plan
from kwtui.operations.shared.command_line import command_for
from kwtui.operations.wal.plan import WalChange, plan_wal_change
from kwtui.operations.wal.report import WalReport, alarms, protection, recovery
from kwtui.server.state.settings import ALL_SETTINGS
from kwtui.server.state.wal_settings import WalSettings, duration_seconds, wal_settings
from tests.server.recorded import answer

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
FACTS = ServerFacts("V3.2.1", "ca164d7c-fd84", 1, "root", True, False, (NodeFacts(1, "a", True),))
BLOCK = 4096


def area(name: str, blocks: int = 0, *extra: WalFile) -> WalArea:
    current = WalFile("kwdb_wal.cur", Role.CURRENT, BLOCK * (1 + blocks), NOW)
    return WalArea(name, AreaKind.VGROUP, Path("/s"), (current, *extra))


def report(**more: object) -> WalReport:
    values: dict[str, object] = {
        "at": NOW,
        "settings": recorded_settings(),
        "files": WalFiles(Path("/s"), (area("vg_001", 2), area("vg_002", 5)), 3, 9000),
        "log": WalLog(last_complete=NOW - timedelta(seconds=40), completed=3, level=2),
        **more,
    }
    return WalReport(**values)  # type: ignore[arg-type]


def recorded_settings() -> WalSettings:
    values = {str(r["variable"]): str(r["value"]) for r in answer("01", ALL_SETTINGS).dicts()}
    effective = int(answer("12", "SELECT * FROM kwdb_internal.kwdb_tse_info").scalar() or 0)
    return wal_settings(values, effective)


def test_the_settings_of_a_node_as_it_is_delivered() -> None:
    settings = recorded_settings()
    assert (settings.level, settings.interval, settings.effective) == (2, "1m0s", 2)
    assert settings.interval_seconds == 60
    assert settings.atomicity is False


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1m0s", 60), ("1h2m3s", 3723), ("500ms", 0.5), ("abc", None), ("", None), ("1m x", None)],
)
def test_durations_in_kwdbs_words(text: str, seconds: float | None) -> None:
    assert duration_seconds(text) == seconds


def test_recovery_is_told_with_this_nodes_own_numbers() -> None:
    words = " ".join(recovery(report()))
    assert "28.0 KiB" in words
    assert "2 folders" in words
    assert "vg_002 (20.0 KiB)" in words
    assert "40 s ago" in words
    assert "every 1m0s" in words
    assert "3 WAL files" in words
    assert "Reset ALL WAL" in words


def test_recovery_says_what_cannot_be_known() -> None:
    blind = report(files=None, no_files="The store is closed.", log=None, no_log="No log.")
    words = " ".join(recovery(blind))
    assert "unknown: The store is closed." in words
    assert "No log." in words


@pytest.mark.parametrize(
    ("level", "word"), [(0, "lost"), (1, "synced"), (2, "power failure"), (3, "raft"), (9, "9")]
)
def test_each_level_is_told_by_what_it_loses(level: int, word: str) -> None:
    settings = replace(recorded_settings(), level=level, effective=level)
    assert word in protection(report(settings=settings))[0]


def test_a_healthy_node_has_no_alarms() -> None:
    assert alarms(report()) == []


def test_alarms_are_told_with_where_and_when() -> None:
    old = NOW - timedelta(hours=2)
    left = WalFile("kwdb_wal.chk", Role.CHECKPOINT, BLOCK, old)
    alarm = WalAlarm(
        old, "Recover fail. Now Reset ALL WAL.", "Lost.", Path("/l/TsEngine.log"), True
    )
    found = alarms(
        report(
            settings=replace(recorded_settings(), level=1),
            files=WalFiles(Path("/s"), (area("vg_001", 0, left),)),
            log=WalLog(last_complete=old, alarms=(alarm,)),
        )
    )
    text = "\n".join(found)
    assert "the engine works with 2" in text
    assert "never ended" in text
    assert "Reset ALL WAL" in text
    assert "TsEngine.log" in text
    assert "No checkpoint for 2 h" in text


def test_an_old_ring_is_not_measured_but_named() -> None:
    ring = WalFile("kwdb_wal0", Role.RING, 64 << 20, NOW)
    files = WalFiles(Path("/s"), (WalArea("vg_001", AreaKind.VGROUP, Path("/s"), (ring,)),))
    assert "older layout" in " ".join(recovery(report(files=files)))


# -- changing -------------------------------------------------------------------------------------


def plan(
    change: WalChange, *, facts: ServerFacts = FACTS, read_only: bool = False, **more: object
) -> Plan:
    return plan_wal_change(change, report(**more), facts, NOW, "p1", read_only=read_only)


def codes(made: Plan, severity: Severity) -> set[str]:
    return {f.code for f in made.findings if f.severity is severity}


def test_a_change_is_a_plan_with_its_statements_and_consequences() -> None:
    made = plan(WalChange(level=1, interval="30s"))
    assert [sql for step in made.steps for sql in step.sql] == [
        "SET CLUSTER SETTING ts.wal.wal_level = 1",
        "SET CLUSTER SETTING ts.wal.checkpoint_interval = '30s'",
    ]
    assert codes(made, Severity.WARNING) == {"slower", "shorter_interval"}
    assert codes(made, Severity.REFUSAL) == set()
    back = next(f.remedy for f in made.findings if f.code == "whole_cluster")
    assert back == "To undo: kwtui wal set --level 2 --interval 1m0s"
    told = command_for(made, ["--profile", "prod"])
    assert told == "kwtui wal set --level 1 --interval 30s --yes ca164d7c --profile prod"


def test_switching_off_is_told_with_what_it_loses_and_that_it_blocks() -> None:
    made = plan(WalChange(level=0))
    assert codes(made, Severity.WARNING) == {"wal_off", "blocks"}
    blocks = next(f for f in made.findings if f.code == "blocks")
    assert "28.0 KiB" in blocks.message


@pytest.mark.parametrize(
    ("change", "more", "code"),
    [
        (WalChange(), {}, "nothing_asked"),
        (WalChange(level=7), {}, "unknown_level"),
        (WalChange(level=2), {}, "no_change"),
        (WalChange(level=1), {"facts": replace(FACTS, is_admin=False)}, "admin_required"),
        (WalChange(level=1), {"read_only": True}, "read_only"),
        (WalChange(level=1), {"settings": WalSettings()}, "no_setting"),
        (WalChange(interval="1ms"), {}, "interval_range"),
        (WalChange(interval="48h"), {}, "interval_range"),
        (
            WalChange(level=3),
            {"settings": replace(recorded_settings(), atomicity=True)},
            "atomicity",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(change: WalChange, more: dict[str, Any], code: str) -> None:
    assert code in codes(plan(change, **more), Severity.REFUSAL)


def test_what_is_no_duration_is_refused_before_there_is_a_plan() -> None:
    with pytest.raises(KwtuiError) as caught:
        plan(WalChange(interval="1 minute'; DROP TABLE x"))
    assert caught.value.exit_code is ExitCode.USAGE
