"""``kwtui runs show`` of a run that works: since when, what it is at, and how that is known."""

from __future__ import annotations

from dataclasses import replace

from kwtui.commands.runs import _state_lines
from kwtui.operations.plan import Plan
from kwtui.runs.events import RunStarted, StepProgress, StepStarted
from kwtui.runs.reducing import reduce_all
from tests.runs.conftest import at, plan

__all__ = ["plan"]


def test_a_live_run_tells_its_phase_and_its_time_up_to_now(plan: Plan) -> None:
    step = plan.steps[2].id
    state = reduce_all(
        plan,
        [
            RunStarted(at=at(0), run="r1", plan=plan.id, title=plan.title, pid=1),
            StepStarted(at=at(1), step=step, title=""),
            StepProgress(
                at=at(2),
                step=step,
                phase="exporting",
                table=2,
                tables=2,
                rows=40,
                estimated=True,
                basis="size of the files so far",
            ),
        ],
    )

    text = "\n".join(_state_lines(replace(state, seconds=75.0), plan.path))

    assert "at work for 1 min 15 s" in text
    assert "now   exporting, table 2 of 2: public.items (size of the files so far)" in text
    assert "about 40" in text
