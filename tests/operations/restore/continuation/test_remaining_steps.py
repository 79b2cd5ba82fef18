"""What steps become when they are done again after a restore was stopped."""

from __future__ import annotations

from kwtui.model.schema import ProgramSpec, TableName
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.restore.continuation.remaining_steps import without_what_stands
from kwtui.operations.restore.continuation.stopped_restore import Standing
from kwtui.operations.restore.recipe import NOTHING_MADE

USE, PROCEDURE, TRIGGER = "USE again", "CREATE PROCEDURE pr() …", "CREATE TRIGGER tg …"
STEP = Step(
    id="create-programs",
    kind=StepKind.SQL,
    title="",
    sql=(USE, PROCEDURE, TRIGGER),
    params={
        "makes": [NOTHING_MADE, [":procedure", "pr", ""], [":trigger", "tg", "public.t"]],
    },
)
MADE = (ProgramSpec("procedure", "pr"), ProgramSpec("trigger", "tg", table="public.t"))


def test_procedures_and_triggers_that_stand_are_not_made_twice() -> None:
    left = without_what_stands(STEP, Standing("c", programs=frozenset(MADE[:1])))
    assert left is not None
    assert left.sql == (USE, TRIGGER), "still in the right database"
    assert without_what_stands(STEP, Standing("c", programs=frozenset(MADE))) is None
    assert without_what_stands(STEP, Standing("c")) == STEP


def test_a_view_of_the_name_of_a_procedure_is_none() -> None:
    standing = Standing("c", views=frozenset({TableName("procedure", "pr")}))
    assert without_what_stands(STEP, standing) == STEP
