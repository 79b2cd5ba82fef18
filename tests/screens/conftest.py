"""Screens are tested on a controller in memory, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from tests.screens.fake_controller import FakeController


@pytest.fixture(scope="session", autouse=True)
def _each_stylesheet_parsed_once() -> Iterator[None]:
    """An application parses some hundred style texts when it opens, and each test opens one."""
    parsed: dict[tuple[object, ...], list[RuleSet]] = {}
    usual = Stylesheet._parse_rules

    def parse(self: Stylesheet, css: str, *where: Any, **more: Any) -> list[RuleSet]:
        variables = frozenset(self._variables.items())
        asked = (css, where, tuple(sorted(more.items())), variables)
        if asked not in parsed:
            parsed[asked] = usual(self, css, *where, **more)
        return parsed[asked]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse)
        yield


@pytest.fixture(autouse=True)
def _private_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("NO_COLOR", "TMUX", "TEXTUAL_THEME"):
        monkeypatch.delenv(variable, raising=False)
    for kind in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"KWTUI_{kind}_DIR", str(tmp_path / kind.lower()))


@pytest.fixture
def controller() -> FakeController:
    """Nothing is connected yet."""
    return FakeController()


@pytest.fixture
def connected() -> FakeController:
    """Connected as root to a node without TLS."""
    controller = FakeController()
    controller.connection.set_connected()
    return controller
