"""What the method page says holds for the engine of the chosen database."""

from __future__ import annotations

import pytest

from kwtui.model.schema import Engine
from kwtui.screens.backup.options import method_lines, methods_of


def words(engine: Engine) -> list[str]:
    return [
        f"{option.label} {option.explanation} "
        + " ".join(line.text for line in method_lines(option, engine))
        for option in methods_of(engine)
    ]


def test_relational_tables_are_of_one_instant() -> None:
    assert "as of the same instant" in words(Engine.RELATIONAL)[0]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_no_method_promises_an_instant_of_time_series(number: int) -> None:
    text = words(Engine.TIME_SERIES)[number]
    assert "no method makes tables of one instant" in text
    for promise in ("same instant", "one instant too", "Table by table, one instant"):
        assert promise not in text


def test_the_ways_are_the_same_for_both_engines() -> None:
    ways = [[option.value for option in methods_of(engine)] for engine in Engine]
    assert ways[0] == ways[1]
