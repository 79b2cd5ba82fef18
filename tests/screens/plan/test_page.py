"""A plan as a person reads it before it is started."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kwtui.operations.plan import PlanKind, Step, StepKind
from kwtui.screens.plan.page import plan_lines
from tests.screens.fake_controller import FakeController

DIFF = (
    "--- meta.sql (found)",
    "+++ meta.sql (used)",
    "@@ -1,2 +1 @@",
    " \tid INT4 NOT NULL ) PRIMARY TAGS(id)",
    "-\t activetime 1d",
    "+[red]\x1b[31m",
)


def test_what_is_left_out_of_an_old_definition_is_shown() -> None:
    """Text of the file stays text: no markup, no escape sequence."""
    create = Step("create-tables", StepKind.SQL, "Create the tables", diff=DIFF)
    plan = FakeController().plans.make_plan(PlanKind.RESTORE, "Restore tsdb", "tsdb", (create,))

    shown = [drawn.text for drawn in plan_lines(plan, "kwtui restore x")]

    at = next(i for i, text in enumerate(shown) if "meta.sql (found)" in text)
    assert [text.strip() for text in shown[at : at + 4]] == [
        "--- meta.sql (found)",
        "+++ meta.sql (used)",
        "@@ -1,2 +1 @@",
        "id INT4 NOT NULL ) PRIMARY TAGS(id)",
    ]
    assert shown[at + 4].strip().startswith("-")
    assert shown[at + 4].endswith("activetime 1d")
    assert shown[at + 5].strip() == "+[red]␛[31m"


@pytest.mark.parametrize(("kind", "told"), [(PlanKind.BACKUP, True), (PlanKind.RESTORE, False)])
def test_only_a_backup_names_the_options_of_a_backup(kind: PlanKind, told: bool) -> None:
    plan = replace(
        FakeController().plans.make_plan(kind, "Of tsdb", "tsdb", ()),
        not_included=("cluster settings (--with-settings)",),
    )

    shown = " ".join(drawn.text for drawn in plan_lines(plan, ""))

    assert ("“Cluster settings”" in shown) is told
    assert "cluster settings" in shown
    assert "--with-settings" not in shown
