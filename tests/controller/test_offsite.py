"""A copy is drilled from where it lies, in a process that outlives the interface."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from kwtui.controller import Controller
from kwtui.errors import KwtuiError
from kwtui.model.proof import ProofLevel
from kwtui.offsite.sending import prepare, send
from kwtui.operations.plan import PlanKind
from kwtui.runs.events import RunFinished, RunStatus
from tests.backups.builder import make_set
from tests.offsite.copying import target_in


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"KWTUI_{kind}_DIR", str(tmp_path / kind.lower()))
    return tmp_path / "state"


async def test_a_drill_that_does_not_begin_says_why(tmp_path: Path, state: Path) -> None:
    controller = Controller(state=state)
    with pytest.raises(KwtuiError) as raised:
        await controller.offsite.start_drill(
            f"file://{tmp_path}/gone", "kwtui/shop/20261122T080000Z", ()
        )
    assert "did not begin" in raised.value.title
    assert "gone" in raised.value.cause
    await controller.close()


@pytest.mark.slow
async def test_its_first_run_fetches_and_can_be_followed(tmp_path: Path, state: Path) -> None:
    (tmp_path / "extern").mkdir()
    location = make_set(tmp_path / "extern", state)
    target = target_in(tmp_path / "away")
    send(target, prepare(target, location, ()), ProofLevel.P2, state, lambda _: None)
    controller = Controller(state=state)
    run = await controller.offsite.start_drill(f"file://{tmp_path}/away", location.path, ())
    async with asyncio.timeout(60):
        ends = [e async for e in controller.runs.follow(run) if isinstance(e, RunFinished)]
    assert [end.status for end in ends] == [RunStatus.SUCCEEDED]
    assert (await controller.runs.plan(run)).kind is PlanKind.FETCH
    await controller.close()
    end = time.monotonic() + 120
    while list((state / "offsite").glob("drill-*")):
        assert time.monotonic() < end, "what was fetched goes with the drill"
        await asyncio.sleep(0.2)
