"""What a policy with a target does with each new set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kwtui.config.offsite import add_target, targets_path
from kwtui.controller import Controller
from kwtui.errors import KwtuiError
from kwtui.model.offsite import TargetSettings
from kwtui.model.policy import Policy, PolicyOffsite
from kwtui.offsite.archive import CopyLevel
from kwtui.offsite.checking import check_copy
from kwtui.operations.plan import Plan, StepKind
from kwtui.unattended.run_services import Work
from tests.offsite.copying import push, target_in, two_sets

POLICY = Policy("nightly", ("shop",), offsite=PolicyOffsite("vault", level=2))


@pytest.fixture
def controller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Controller:
    monkeypatch.setenv("KWTUI_CONFIG_DIR", str(tmp_path / "config"))
    (tmp_path / "away").mkdir()
    add_target(TargetSettings(f"file://{tmp_path / 'away'}", "vault"))
    return Controller(state=tmp_path / "state", in_background=False)


async def test_the_set_is_sent_proven_and_the_target_thinned_out(
    controller: Controller, tmp_path: Path
) -> None:
    first, second = two_sets(tmp_path / "extern", tmp_path / "state")
    away = target_in(tmp_path / "away")
    check_copy(away, push(away, first, tmp_path / "state").archive, CopyLevel.O1)
    await controller.folders.use(extern=tmp_path / "extern")
    plans: list[Plan] = []

    async def run(plan: Plan, work: Work) -> str:
        plans.append(plan)
        return f"{plan.title}."

    step = controller.offsite.after_backup(run)(POLICY, "shop", second.path)
    assert step is not None
    said = await step.carry_out(Work("shop", print))
    assert [s.kind for s in plans[0].steps] == [StepKind.SEND, StepKind.CHECK_COPY]
    assert plans[0].steps[1].params == {"level": 2}
    assert len(plans) == 1
    assert said == f"{plans[0].title}."

    with targets_path().open("a") as file:
        file.write("[target.vault.retention]\nkeep_last = 1\n")
    check_copy(away, push(away, second, tmp_path / "state").archive, CopyLevel.O1)
    await step.carry_out(Work("shop", print))
    assert [(s.kind, s.subject) for s in plans[-1].steps] == [(StepKind.REMOVE_COPY, first.path)]


async def test_a_target_that_is_gone_fails_the_step(controller: Controller, tmp_path: Path) -> None:
    _, newest = two_sets(tmp_path / "extern", tmp_path / "state")
    await controller.folders.use(extern=tmp_path / "extern")
    (tmp_path / "away").rmdir()

    async def run(plan: Plan, work: Work) -> str:
        raise AssertionError(plan)

    step = controller.offsite.after_backup(run)(POLICY, "shop", newest.path)
    assert step is not None
    with pytest.raises(KwtuiError, match="was not found"):
        await step.carry_out(Work("shop", print))


@pytest.mark.parametrize(
    "policy", [replace(POLICY, offsite=None), replace(POLICY, unseen=True)], ids=["none", "unseen"]
)
def test_others_send_nothing(controller: Controller, policy: Policy) -> None:
    async def run(plan: Plan, work: Work) -> str:
        raise AssertionError(plan)

    assert controller.offsite.after_backup(run)(policy, "shop", "kwtui/shop/x") is None
