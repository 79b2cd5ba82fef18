"""Screens are tested on a controller in memory, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.screens.fake_controller import FakeController
from tests.screens.quick.cheap_styles import styles_found_fast
from tests.screens.quick.parsed_once import each_stylesheet_parsed_once
from tests.screens.quick.settled import waiting_for_the_loop


@pytest.fixture(scope="session", autouse=True)
def _each_application_is_cheap() -> Iterator[None]:
    with each_stylesheet_parsed_once(), styles_found_fast(), waiting_for_the_loop():
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
