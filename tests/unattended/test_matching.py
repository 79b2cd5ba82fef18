"""Which databases a policy is about, and what is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kwtui.model.database_patterns import exactly
from kwtui.model.policy import NewDatabases, Policy, PolicyLimits, PolicyProof
from kwtui.model.schema import Engine
from kwtui.model.server import DatabaseSummary
from kwtui.protection.facts import BackupFact, DatabaseFacts, RunFact
from kwtui.unattended.cadence import drill_due, in_window, verify_due
from kwtui.unattended.matching import choose
from kwtui.unattended.promises import promises_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def database(name: str, tables: int = 3, *, system: bool = False) -> DatabaseSummary:
    return DatabaseSummary(name, Engine.RELATIONAL, tables=tables, system=system)


SERVER = [
    database("system", system=True),
    database("defaultdb", 0),
    database("shop"),
    database("plant_a"),
    database("plant_test"),
    database("kwtui_drill_af7e2031a2572fec"),
    database("shop_kwtui_restoring"),
]


@pytest.mark.parametrize(
    ("patterns", "exclude", "chosen"),
    [
        (("*",), (), ("plant_a", "plant_test", "shop")),
        (("*",), ("*_test",), ("plant_a", "shop")),
        (("plant_?",), (), ("plant_a",)),
        (("defaultdb",), (), ("defaultdb",)),
        (("SHOP",), (), ()),
    ],
)
def test_patterns_mean_databases_that_hold_something(
    patterns: tuple[str, ...], exclude: tuple[str, ...], chosen: tuple[str, ...]
) -> None:
    policy = Policy("nightly", patterns, exclude)
    assert choose(policy, SERVER, ()).databases == chosen


def test_signs_in_brackets_name_one_database() -> None:
    server = [*SERVER, database("odd*name"), database("odd_name"), database("a[1]?", 0)]
    policy = Policy("nightly", ("odd[*]name", exactly("a[1]?")))
    assert choose(policy, server, ()).databases == ("a[1]?", "odd*name")
    assert choose(policy, SERVER, ()).absent == ("a[1]?", "odd*name")
    assert set(promises_of([policy], [])) == {"odd*name", "a[1]?"}
    assert choose(Policy("wide", ("odd*name",)), server, ()).databases == ("odd*name", "odd_name")


def test_what_is_named_and_gone_is_a_problem() -> None:
    found = choose(Policy("nightly", ("shop", "gone")), SERVER, ())
    assert found.databases == ("shop",)
    assert found.problems == ("there is no database gone",)
    assert choose(Policy("nightly", ("x*",)), SERVER, ()).problems == ("no database matches",)


def test_a_new_database_is_reported_where_the_policy_says_so() -> None:
    policy = Policy("nightly", ("*",), new_databases=NewDatabases.REPORT)
    found = choose(policy, SERVER, {"shop"})
    assert found.databases == ("shop",)
    assert found.undecided == ("plant_a", "plant_test")


def test_a_drill_is_due_when_the_last_good_one_is_old() -> None:
    policy = Policy("nightly", ("*",), proof=PolicyProof(drill_every=timedelta(days=7)))
    week = RunFact("r", NOW - timedelta(days=7), 5.0, True)
    yesterday = replace(week, began=NOW - timedelta(days=1))
    failed = replace(yesterday, succeeded=False)
    assert drill_due(policy, DatabaseFacts("shop"), NOW)
    assert drill_due(policy, DatabaseFacts("shop", drills=(failed, week)), NOW)
    assert not drill_due(policy, DatabaseFacts("shop", drills=(yesterday,)), NOW)
    assert not drill_due(Policy("nightly", ("*",)), DatabaseFacts("shop"), NOW)


def test_backups_that_nobody_read_for_long_are_verified_the_oldest_first() -> None:
    policy = Policy("nightly", ("*",), proof=PolicyProof(verify_every=timedelta(days=7)))
    old = BackupFact("a", NOW - timedelta(days=30), proof_at=NOW - timedelta(days=9))
    older = BackupFact("b", NOW - timedelta(days=40), proof_at=NOW - timedelta(days=20))
    young = BackupFact("c", NOW - timedelta(days=1), proof_at=NOW - timedelta(days=1))
    facts = DatabaseFacts("shop", backups=(young, old, older))
    assert [b.path for b in verify_due(policy, facts, NOW)] == ["b", "a"]


@pytest.mark.parametrize(
    ("window", "hour", "inside"),
    [
        ("22:00-06:00", 23, True),
        ("22:00-06:00", 5, True),
        ("22:00-06:00", 6, False),
        ("08:00-17:00", 8, True),
        ("08:00-17:00", 17, False),
        ("", 12, True),
    ],
)
def test_a_window_may_cross_midnight(window: str, hour: int, inside: bool) -> None:
    assert in_window(PolicyLimits(window=window), NOW.replace(hour=hour)) is inside


def test_of_two_promises_the_stricter_one_counts() -> None:
    hourly = Policy("hourly", ("shop",), proof=PolicyProof(max_age=timedelta(hours=2)))
    daily = Policy("daily", ("*",))
    found = promises_of([daily, hourly], ["shop", "plant"])
    assert found["shop"].max_age == timedelta(hours=2)
    assert found["plant"].max_age == timedelta(hours=26)
