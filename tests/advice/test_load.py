"""The quiet hours of a node, from rows and jobs by the hour."""

from __future__ import annotations

from dataclasses import replace

from kwtui.advice.facts import Load
from kwtui.advice.load import load_line, quietest
from tests.advice.situations import database

_DAY = (10.0,) * 24


def _rows(**hours: float) -> Load:
    at = {int(name[1:]): value for name, value in hours.items()}
    return Load(tuple(at.get(hour, 10.0) for hour in range(24)), "time columns, the last 7 days")


def test_the_quietest_hours_may_cross_midnight() -> None:
    assert quietest(_rows(h23=1, h0=0, h1=2).by_hour) == 23
    assert quietest(_DAY) == 0


def test_quiet_hours_are_told_with_their_share_and_the_option() -> None:
    plant = replace(database("plant"), load=_rows(h2=0, h3=0, h4=2, h12=100))
    told = load_line([plant], Load(), "")
    assert told.advice == "least from 02:00 to 05:00 UTC"
    assert told.because == (
        "plant: 1% of its rows from 02:00 to 05:00, 40% of its rows from 10:00 to 13:00"
        " (time columns, the last 7 days).",
        "Backups begin only then with --window 02:00-05:00.",
    )
    assert load_line([plant], Load(), "22:00-06:00").because == told.because[:1]


def test_an_even_day_has_no_quiet_hours() -> None:
    told = load_line([replace(database("plant"), load=_rows())], Load(), "")
    assert told.advice == "about the same at all hours"


def test_what_nothing_tells_is_not_known() -> None:
    shop = replace(
        database(), load=Load(source="relational rows do not tell when they were written")
    )
    jobs = Load((0.0,) * 23 + (2.0,), "SHOW JOBS, the last 7 days")
    told = load_line([shop], jobs, "")
    assert told.advice == "by hour: not known"
    assert told.because == (
        "2 jobs began, most of them between 23:00 and 00:00 (SHOW JOBS, the last 7 days).",
        "shop: relational rows do not tell when they were written.",
    )
