"""Showing a plan, or running it and watching: the same for backups and restores."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.shared.follow import held_signals, start_and_follow
from kwtui.commands.shared.output import Output
from kwtui.errors import KwtuiError
from kwtui.model.findings import Severity
from kwtui.operations.shared.refusals import check_allowed

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.operations.plan import Plan


async def run_or_show(
    controller: Controller,
    args: argparse.Namespace,
    output: Output,
    plan: Plan,
    passphrase: str | None = None,
) -> int:
    """With --dry-run the plan and the exit code that it would be refused with; else the run."""
    if args.dry_run:
        return show_plan(controller, output, plan)
    if not output.json:
        for finding in plan.findings:
            if finding.severity is Severity.WARNING:
                about = f"{finding.subject}: " if finding.subject else ""
                output.note(f"warning  {about}{finding.message}")
    if not args.detach:
        return await start_and_follow(controller, plan, output, passphrase)
    with held_signals():
        # What ends this command would not end the run: its id must be told.
        run_id = await controller.runs.start(plan, passphrase)
        if output.json:
            output.object("run", {"run": run_id, "path": plan.path})
        else:
            output.line(f"{run_id} runs. Follow it: kwtui runs follow {run_id}")
    return 0


def show_plan(controller: Controller, output: Output, plan: Plan) -> int:
    command = controller.commands.of_plan(plan)
    if output.json:
        output.object("plan", {"plan": plan, "command": command})
    else:
        from kwtui.commands.shared.plan_text import plan_lines

        for line in plan_lines(plan, command):
            output.line(line)
    try:
        check_allowed(plan)
    except KwtuiError as error:
        if not output.json:
            output.error(error)
        return int(error.exit_code)
    return 0
