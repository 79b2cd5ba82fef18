"""What is recommended in which situation, and what is refused in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kwtui.advice.advising import advise
from kwtui.advice.facts import Answers, Demand, Figure, Importance, Measured
from kwtui.advice.recommendation import Recommendation
from kwtui.advice.words import advice_lines
from kwtui.model.schema import Engine
from tests.advice.situations import GIB, database, node


def _of_shop(measured: Measured, **answers: Any) -> Recommendation:
    return advise({"shop": replace(Answers(), **answers)}, measured)


@pytest.mark.parametrize(
    ("rpo", "runs", "max_age"),
    [
        ("a day and two hours: one backup a day", 1, 26 * 60),
        ("a day: one a day is late by the time that it takes", 2, 24 * 60),
        ("four hours", 8, 4 * 60),
        ("one hour: two backups of 10 min, 30 min apart", 48, 60),
    ],
)
def test_as_few_runs_as_keep_the_rpo(rpo: str, runs: int, max_age: int) -> None:
    advice = _of_shop(node(), rpo=timedelta(minutes=max_age))
    (strategy,) = advice.strategies
    assert len(strategy.schedule.minutes) == runs, rpo
    assert strategy.max_age == timedelta(minutes=max_age)
    assert not advice.contradictions


def test_an_rpo_shorter_than_a_backup_takes_is_refused_in_words() -> None:
    advice = _of_shop(node(database(backup=14 * 60)), rpo=timedelta(minutes=10))
    (refusal,) = advice.contradictions
    assert "shop: an RPO of 10min cannot be kept: a backup takes 14 min" in refusal
    assert "the slowest of 7" in refusal
    assert "The shortest that can be kept is 49min." in refusal, "30 min + 5 min delay + 14 min"
    assert advice.strategies[0].max_age == timedelta(hours=1), "no promise that is broken at once"


def test_a_window_that_leaves_too_long_a_day_is_refused_in_words() -> None:
    advice = _of_shop(node(), rpo=timedelta(hours=4), window="22:00-06:00")
    (refusal,) = advice.contradictions
    assert "within 22:00-06:00 UTC backups begin up to" in refusal


def test_a_restore_that_takes_longer_than_allowed_is_told_with_its_source() -> None:
    advice = _of_shop(node(database(restore=7200)), rto=timedelta(hours=1))
    (refusal,) = advice.contradictions
    assert refusal.startswith("shop: an RTO of 1h cannot be kept: a restore takes 2 h (")
    assert "the slowest of 2" in refusal


def test_a_lost_node_needs_the_time_of_all_its_databases() -> None:
    both = node(database("shop", restore=2400), database("plant", restore=2400))
    answers = dict.fromkeys(("shop", "plant"), Answers(rto=timedelta(hours=1)))
    (refusal,) = advise(answers, both).contradictions
    assert "All 2 databases one after the other take 1 h 20 min" in refusal


def test_a_restore_that_was_never_measured_is_estimated_from_others_or_not_at_all() -> None:
    never = database(restore=None)
    unknown = _of_shop(node(never), rto=timedelta(hours=1))
    assert not unknown.contradictions
    assert "shop: the time of a restore: the first backup tells." in unknown.unknown
    fast = replace(never, import_speed=Figure(2**20, "a drill of plant"))
    (refusal,) = _of_shop(node(fast), rto=timedelta(hours=1)).contradictions
    assert "10.0 GiB (the backup of 2026-11-29) at 1.0 MiB/s (a drill of plant) = 2 h" in refusal


def test_a_disk_that_is_too_small_gets_no_retention_and_hears_what_fits() -> None:
    advice = _of_shop(node(free=150 * GIB), keep=timedelta(days=90))
    assert advice.space is None
    assert advice.strategies[0].retention is None
    (refusal,) = advice.contradictions
    assert "The disk is too small" in refusal
    assert "What fits: to keep them for 14d" in refusal


def test_linked_files_make_room_for_more() -> None:
    whole = _of_shop(node(free=400 * GIB), keep=timedelta(days=60)).strategies[0].retention
    linked = database(new=0.05 * GIB)
    advice = _of_shop(node(linked, free=400 * GIB), keep=timedelta(days=60))
    assert whole is not None
    assert advice.strategies[0].retention is not None
    assert advice.strategies[0].retention.keep_daily > whole.keep_daily


def test_days_to_spare_come_from_the_growth() -> None:
    advice = _of_shop(node(database(growth=0.01 * GIB)), keep=timedelta(days=7))
    assert advice.space is not None
    # (800 GiB - 15 * 10.07 GiB) / (15 * 0.01 GiB): 13 backups, room for the next and a drill.
    assert advice.space.days_to_spare == 4326
    assert any("days to spare at this growth" in line.advice for line in advice.node)


def test_what_is_not_known_is_never_made_up() -> None:
    nothing = database(size=None, growth=None, backup=None, restore=None)
    advice = _of_shop(node(nothing))
    assert advice.space is None
    assert advice.strategies[0].retention is None
    assert [words.partition(": ")[0] for words in advice.unknown] == [
        *["shop"] * 5,
        "EXPORT and IMPORT speed of this node",
        "Statements by hour",
    ]
    assert not advice.contradictions, "nothing is refused that nobody measured"
    text = "\n".join(advice_lines(advice))
    assert "RPO 26h: is kept if a backup takes no longer than" in text


@pytest.mark.parametrize(
    ("level", "importance", "advised"),
    [
        (2, Importance.NORMAL, "leave level 2"),
        (2, Importance.CRITICAL, "set level 1"),
        (1, Importance.NORMAL, "leave level 1"),
        (0, Importance.NORMAL, "set level 2"),
        (3, Importance.CRITICAL, "leave level 3"),
    ],
)
def test_the_wal_of_time_series(level: int, importance: Importance, advised: str) -> None:
    series = node(database(engine=Engine.TIME_SERIES), wal=level)
    advice = _of_shop(series, importance=importance)
    assert advice.node[-1].advice == advised
    assert bool(advice.contradictions) is (level == 0)
    assert all(line.topic != "WAL" for line in _of_shop(node(wal=level)).node), "relational only"


def test_drills_are_as_frequent_as_it_is_important_and_take_a_tenth_of_the_time() -> None:
    often = _of_shop(node(), importance=Importance.CRITICAL).strategies[0]
    assert often.drill_every == timedelta(days=1)
    long = _of_shop(node(database(restore=8 * 3600)), importance=Importance.CRITICAL)
    assert long.strategies[0].drill_every == timedelta(days=7)


def test_a_demanded_copy_needs_a_target() -> None:
    advice = _of_shop(node(), demands=(Demand.OFF_SITE,))
    assert "no target is named" in advice.contradictions[0]
    kept = _of_shop(node(), demands=(Demand.OFF_SITE,), copies="vault")
    assert not kept.contradictions
    assert not any("off-site" in each for each in kept.cannot)


def test_databases_with_the_same_answers_share_a_policy() -> None:
    three = node(database("a"), database("b"), database("c"))
    strict = Answers(rpo=timedelta(hours=4))
    advice = advise({"a": strict, "c": strict}, three)
    assert [each.databases for each in advice.strategies] == [("a", "c"), ("b",)]
    assert all(
        s.answers == (strict if "a" in s.databases else Answers()) for s in advice.strategies
    )


def test_the_least_important_is_thinned_out_first() -> None:
    two = node(database("a"), database("b"), free=620 * GIB)
    answers = {
        "a": Answers(importance=Importance.LOW),
        "b": Answers(importance=Importance.CRITICAL),
    }
    low, critical = (strategy.retention for strategy in advise(answers, two).strategies)
    assert low is not None
    assert critical is not None
    assert low.keep_daily < critical.keep_daily
