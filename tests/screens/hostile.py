"""Texts that a terminal or a markup parser would obey, put everywhere where foreign text shows."""

from __future__ import annotations

from dataclasses import replace

from kwtui.model.findings import Finding, Severity
from kwtui.operations.plan import PlanKind, Step, StepKind
from tests.screens.fake_controller import FakeController
from tests.screens.fake_log import FakeLog, log_lines
from tests.screens.fake_runs import run_beginning

HOSTILE = (
    "[bold red]\x1b[0] [/ [@click=app.quit]x[/]"
    "\x1b]0;TITLE-STOLEN\x07\x1b[2J\x1b[31mRED\x1b]52;c;UE5E\x07\x9b31m\x7f\u202etxet\x00\x08"
)
"""Markup, title, clear, colour, clipboard, C1, DEL, bidi override, NUL, backspace."""

OBEYED = (b"\x1b]0;TITLE", b"\x1b[2J\x1b[31mRED", b"\x1b]52;", b"\x9b31m", "\u202e".encode())
"""Bytes that show that a terminal was told to do something."""


def make_hostile(controller: FakeController) -> None:
    """Let every answer of the controller hold such text."""
    controller.profiles.saved = [
        replace(controller.profiles.saved[0], name=f"p{HOSTILE}", host=f"h{HOSTILE}")
    ]
    facts = replace(
        controller.connection.server_facts, version=HOSTILE, cluster_id=HOSTILE, user=HOSTILE
    )
    controller.connection.current = replace(
        controller.connection.current, facts=facts, target=HOSTILE, notes=(HOSTILE,), title=HOSTILE
    )
    controller.storage.entries = tuple(
        replace(
            entry,
            database=f"d{n}{HOSTILE}",
            label=HOSTILE,
            note=HOSTILE,
            remark=HOSTILE,
            problem=HOSTILE,
        )
        for n, entry in enumerate(controller.storage.entries)
    )
    controller.leftovers.left = tuple(
        replace(each, name=f"{each.name}{HOSTILE}", target=HOSTILE)
        for each in controller.leftovers.left
    )
    controller.server.database_list = [
        replace(each, name=f"{each.name}{HOSTILE}", comment=HOSTILE)
        for each in controller.server.database_list
    ]
    controller.server.findings = (Finding(Severity.WARNING, "x", HOSTILE, HOSTILE, HOSTILE),)
    controller.logs.log = FakeLog([f"{text} {HOSTILE}" for text in log_lines(60)])
    controller.storage.note = controller.plans.note = controller.runs.note = HOSTILE
    controller.server.note = controller.doctor.note = HOSTILE
    steps = (Step("one", StepKind.EXPORT_TABLE, HOSTILE, HOSTILE, (HOSTILE,), HOSTILE),)
    plan = controller.plans.make_plan(PlanKind.BACKUP, HOSTILE, HOSTILE, steps)
    controller.runs.plans[plan.id] = plan
    controller.runs.events[plan.id] = run_beginning(plan, HOSTILE)
