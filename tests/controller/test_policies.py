"""A policy's run beside another one: left out or waited for, and written down."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.controller import Controller
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.policy import Overlap, Policy, PolicyLimits, PolicySchedule
from kwtui.unattended.history import hold


def closed_policy(overlap: Overlap) -> Policy:
    """One whose window is shut now: it asks no server."""
    now = datetime.now(UTC)
    window = f"{now + timedelta(hours=2):%H:%M}-{now + timedelta(hours=3):%H:%M}"
    return Policy(
        "nightly",
        ("*",),
        schedule=PolicySchedule(overlap=overlap),
        limits=PolicyLimits(window=window),
    )


@pytest.fixture
def controller(tmp_path: Path) -> Controller:
    return Controller(state=tmp_path, in_background=False)


async def test_a_run_beside_another_is_left_out_and_remembered(
    controller: Controller, tmp_path: Path
) -> None:
    policy = closed_policy(Overlap.SKIP)
    other = hold(tmp_path, "nightly")
    with pytest.raises(KwtuiError) as error:
        await controller.policies.run(policy, lambda words: None)
    other.close()
    assert error.value.exit_code is ExitCode.RUN_IN_PROGRESS
    (event,) = await controller.policies.history("nightly")
    assert (event.event, event.words) == ("skipped", "another run of this policy was at work")


async def test_a_run_that_waits_begins_when_the_other_ended_and_a_third_is_left_out(
    controller: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kwtui.controller.policies._BETWEEN_TRIES", 0.01)
    policy = closed_policy(Overlap.WAIT)
    other = hold(tmp_path, "nightly")
    waits = asyncio.Event()
    waiting = asyncio.ensure_future(controller.policies.run(policy, lambda words: waits.set()))
    await waits.wait()
    third = Controller(state=tmp_path, in_background=False)
    with pytest.raises(KwtuiError):
        await third.policies.run(policy, lambda words: None)
    other.close()
    event = await waiting
    assert event.words.startswith("outside "), "it had its turn"
    history = await controller.policies.history("nightly")
    assert [e.words.partition(" ")[0] for e in history] == ["another", "outside"]


async def test_a_run_that_waits_can_be_stopped(
    controller: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kwtui.controller.policies._BETWEEN_TRIES", 0.01)
    other = hold(tmp_path, "nightly")
    waits = asyncio.Event()
    waiting = asyncio.ensure_future(
        controller.policies.run(closed_policy(Overlap.WAIT), lambda words: waits.set())
    )
    await waits.wait()
    await controller.policies.stop("cancelled by SIGTERM")
    with pytest.raises(KwtuiError):
        await waiting
    other.close()
