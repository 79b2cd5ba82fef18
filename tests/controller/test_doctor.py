"""The doctor looks at no more than it was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.controller import Controller
from kwtui.diagnosis import known
from kwtui.doctor import Check


async def test_a_check_of_files_needs_no_server_to_be_asked_again(tmp_path: Path) -> None:
    controller = Controller(state=tmp_path / "state", in_background=False)
    found = {check.id for check in await controller.doctor.again("space")}
    assert {"space", "extern", "logs"} <= found
    assert "connection" not in found
    assert [check.id for check in await controller.doctor.again("runs")] == ["runs"]
    assert [check.id for check in await controller.doctor.again("leftovers")] == ["leftovers"]


async def test_one_check_of_an_explanation_is_not_the_whole_doctor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def whole(failure: object = None) -> list[Check]:
        raise AssertionError("everything was looked at")

    controller = Controller(state=tmp_path / "state", in_background=False)
    monkeypatch.setattr(controller.doctor, "checks", whole)
    names = [check.name for check in known().checks.values() if check.doctor]
    for name in names:
        assert await controller.doctor.answer(name)
    assert set(await controller.doctor.answers(names)) == set(names)
