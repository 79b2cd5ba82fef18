"""What the header tells of a run that works."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from kwtui.app.run_at_work import RunAtWork
from kwtui.model.requests import BackupRequest
from tests.screens.fake_controller import FakeController


async def test_a_run_in_its_middle_is_never_told_with_the_share_of_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kwtui.app.run_at_work.LEAST_SECONDS", 0.0)
    fake = FakeController()
    fake.connection.set_connected()
    plan = await fake.plans.backup(BackupRequest("shop"))
    await fake.runs.start(plan)
    told: list[tuple[str, str]] = []
    header = RunAtWork(fake, lambda: told.append(header.words))
    for _ in range(2):
        # The second time as when the list of runs changed: it is read from its beginning again.
        look = asyncio.create_task(header.look())
        for _ in range(20):
            await asyncio.sleep(0)
        look.cancel()
        with suppress(asyncio.CancelledError):
            await look
    assert told == [(plan.title, "42%")]
