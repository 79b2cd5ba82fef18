"""Steps run in order, side by side where allowed, and stop together when one fails."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.operations.runner import CancelledByPerson, Halt, StepOutcome, run_steps
from tests.operations.conftest import NOW


@dataclass
class Told:
    """A reporter that remembers."""

    lines: list[str] = field(default_factory=list)

    def step_started(self, step: Step, sql: tuple[str, ...]) -> None:
        self.lines.append(f"+{step.id}")

    def progress(self, step: Step, **_: Any) -> None:
        self.lines.append(f"~{step.id}")

    def notice(self, step: Step, severity: str, message: str) -> None:
        self.lines.append(f"!{step.id}")

    def step_finished(self, step: Step, outcome: StepOutcome, seconds: float) -> None:
        self.lines.append(f"-{step.id}")

    def step_failed(self, step: Step, error: KwtuiError, sqlstate: str = "") -> None:
        self.lines.append(f"x{step.id}: {error.title}")


def plan_of(*kinds: StepKind, parallel: int = 2) -> Plan:
    steps = tuple(Step(id=str(n), kind=kind, title="") for n, kind in enumerate(kinds))
    return Plan(
        "p", PlanKind.BACKUP, "", NOW, "c", 1, "d", "p", steps, request={"parallel": parallel}
    )


async def nothing(step: Step) -> StepOutcome:
    await asyncio.sleep(0)
    return StepOutcome()


async def test_steps_run_in_order_and_exports_side_by_side() -> None:
    told = Told()
    plan = plan_of(StepKind.SNAPSHOT, StepKind.EXPORT_TABLE, StepKind.EXPORT_TABLE, StepKind.SEAL)
    both_run = asyncio.Barrier(2)

    async def export(step: Step) -> StepOutcome:
        await asyncio.wait_for(both_run.wait(), 5)
        return StepOutcome()

    executors = {StepKind.SNAPSHOT: nothing, StepKind.EXPORT_TABLE: export, StepKind.SEAL: nothing}
    await run_steps(plan, executors, told, Halt())

    assert told.lines[:4] == ["+0", "-0", "+1", "+2"]
    assert told.lines[-2:] == ["+3", "-3"]


async def test_no_more_run_at_a_time_than_the_plan_allows() -> None:
    plan = plan_of(*[StepKind.EXPORT_TABLE] * 6, parallel=2)
    running, most = 0, 0

    async def export(step: Step) -> StepOutcome:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return StepOutcome()

    await run_steps(plan, {StepKind.EXPORT_TABLE: export}, Told(), Halt())

    assert most == 2


async def test_imports_run_side_by_side_but_those_by_way_of_a_plain_table() -> None:
    """Such a table may be interleaved in the one before it, whose rows must be there."""
    kinds = [StepKind.IMPORT_TABLE] * 4
    plan = plan_of(*kinds)
    steps = [*plan.steps[:2], *(replace(s, params={"through": "x"}) for s in plan.steps[2:])]
    plan = replace(plan, steps=tuple(steps), request={})
    told = Told()

    async def imported(step: Step) -> StepOutcome:
        await asyncio.sleep(0.001)
        return StepOutcome()

    await run_steps(plan, {StepKind.IMPORT_TABLE: imported}, told, Halt(), parallel=2)

    assert told.lines == ["+0", "+1", "-0", "-1", "+2", "-2", "+3", "-3"]


async def test_a_failed_table_stops_its_neighbours_and_keeps_its_own_reason() -> None:
    told, halt = Told(), Halt()
    plan = plan_of(*[StepKind.EXPORT_TABLE] * 3, StepKind.SEAL, parallel=2)

    async def export(step: Step) -> StepOutcome:
        if step.id == "1":
            raise KwtuiError("No space left.", exit_code=ExitCode.DISK_FULL)
        await halt.requested.wait()
        raise KwtuiError("connection closed")

    executors = {StepKind.EXPORT_TABLE: export, StepKind.SEAL: nothing}
    with pytest.raises(KwtuiError) as error:
        await asyncio.wait_for(run_steps(plan, executors, told, halt), 5)

    assert error.value.exit_code is ExitCode.DISK_FULL
    assert "x1: No space left." in told.lines
    assert "x0: Stopped, because another step failed." in told.lines
    assert not any(line.startswith(("+2", "+3")) for line in told.lines)


async def test_what_a_person_cancelled_is_called_cancelled_whatever_the_server_says() -> None:
    told, halt = Told(), Halt()

    async def export(step: Step) -> StepOutcome:
        halt.cancel()
        raise KwtuiError("server closed the connection unexpectedly")

    plan = plan_of(StepKind.EXPORT_TABLE, StepKind.SEAL)
    with pytest.raises(CancelledByPerson):
        await run_steps(plan, {StepKind.EXPORT_TABLE: export}, told, halt)

    assert told.lines == ["+0", "x0: The run was cancelled."]


async def test_a_mistake_of_our_own_is_not_swallowed() -> None:
    async def broken(step: Step) -> StepOutcome:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await run_steps(plan_of(StepKind.SEAL), {StepKind.SEAL: broken}, Told(), Halt())
