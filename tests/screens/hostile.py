"""Texts that a terminal or a markup parser would obey, put everywhere where foreign text shows."""

from __future__ import annotations

from dataclasses import replace

from kwtui.model.findings import Finding, Severity
from kwtui.operations.plan import PlanKind, Step, StepKind
from tests.screens.fake_controller import FakeController, log_lines, run_beginning
from tests.screens.fake_log import FakeLog

HOSTILE = (
    "[bold red]\x1b[0] [/ [@click=app.quit]x[/]"
    "\x1b]0;TITLE-STOLEN\x07\x1b[2J\x1b[31mRED\x1b]52;c;UE5E\x07\x9b31m\x7f\u202etxet\x00\x08"
)
"""Markup, title, clear, colour, clipboard, C1, DEL, bidi override, NUL, backspace."""

OBEYED = (b"\x1b]0;TITLE", b"\x1b[2J\x1b[31mRED", b"\x1b]52;", b"\x9b31m", "\u202e".encode())
"""Bytes that show that a terminal was told to do something."""


def make_hostile(controller: FakeController) -> None:
    """Let every answer of the controller hold such text."""
    controller.saved = [replace(controller.saved[0], name=f"p{HOSTILE}", host=f"h{HOSTILE}")]
    facts = replace(controller.facts, version=HOSTILE, cluster_id=HOSTILE, user=HOSTILE)
    controller.current = replace(
        controller.current, facts=facts, target=HOSTILE, notes=(HOSTILE,), title=HOSTILE
    )
    controller.entries = tuple(
        replace(
            entry,
            database=f"d{n}{HOSTILE}",
            label=HOSTILE,
            note=HOSTILE,
            remark=HOSTILE,
            problem=HOSTILE,
        )
        for n, entry in enumerate(controller.entries)
    )
    controller.left = tuple(
        replace(each, name=f"{each.name}{HOSTILE}", target=HOSTILE) for each in controller.left
    )
    controller.database_list = [
        replace(each, name=f"{each.name}{HOSTILE}", comment=HOSTILE)
        for each in controller.database_list
    ]
    controller.findings = (Finding(Severity.WARNING, "x", HOSTILE, HOSTILE, HOSTILE),)
    controller.log = FakeLog([f"{text} {HOSTILE}" for text in log_lines(60)])
    controller.note = HOSTILE
    steps = (Step("one", StepKind.EXPORT_TABLE, HOSTILE, HOSTILE, (HOSTILE,), HOSTILE),)
    plan = controller.make_plan(PlanKind.BACKUP, HOSTILE, HOSTILE, steps)
    controller.plans[plan.id] = plan
    controller.events[plan.id] = run_beginning(plan, HOSTILE)
