"""kwtui runs: list, show, follow, cancel."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.shared.follow import follow
from kwtui.commands.shared.output import Output, fitted_table, table

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.runs.state import RunState


async def runs(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    actions = {"list": _list, "show": _show, "follow": _follow, "cancel": _cancel}
    return await actions[args.action](controller, args, output)


async def _list(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    found = await controller.runs.all()
    if output.json:
        output.object("runs", {"runs": found})
        return 0
    if not found:
        output.line("There are no runs yet.")
        return 0
    rows = [("RUN", "STATUS", "WHAT", "RESULT")]
    rows += [(r.id, r.status.value, r.title, r.summary) for r in found]
    for line in fitted_table(rows, output.out_width):
        output.line(line)
    return 0


async def _show(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    state = await controller.runs.state(args.run)
    plan = await controller.runs.plan(args.run)
    if output.json:
        output.object("run", {"state": state, "plan": plan})
        return 0
    for line in _state_lines(state, plan.path):
        output.line(line)
    if args.plan:
        from kwtui.commands.shared.plan_text import plan_lines

        for line in plan_lines(plan, controller.commands.of_run(args.run, plan)):
            output.line(line)
    return 0


def _state_lines(state: RunState, path: str) -> list[str]:
    """``path`` is that of the set or export that it is about; empty where it is about none."""
    from kwtui.runs.events import RunStatus
    from kwtui.text import human_duration

    lines = [f"{state.title}: {state.status.value}"]
    if state.started_at is not None:
        began = state.started_at.isoformat(timespec="seconds")
        took = "at work for" if state.status is RunStatus.RUNNING else "took"
        lines.append(f"  began {began}, {took} {human_duration(state.seconds or 0.0)}")
    lines += [f"  path  {path}"] if path else []
    lines += [f"  now   {state.now_in_words}"] if state.now_in_words else []
    lines += [f"  {text}" for text in (state.summary, state.cause, state.hint) if text]
    rows = [("STEP", "STATUS", "ROWS", "SUMMARY")]
    for step in state.steps:
        about = "about " if step.estimated else ""
        rows_done = "" if step.rows is None else f"{about}{step.rows}"
        rows.append((step.title, step.status.value, rows_done, step.summary))
    lines += ["", *(f"  {line}" for line in table(rows, right=frozenset({2})))]
    if state.notices:
        lines += ["", "  Notices:", *(f"    {n.severity}: {n.message}" for n in state.notices)]
    return lines


async def _follow(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    run_id = args.run or (await _newest(controller))
    return await follow(controller, run_id, output, owner=False)


async def _newest(controller: Controller) -> str:
    found = await controller.runs.all()
    if not found:
        from kwtui.errors import ExitCode, KwtuiError

        raise KwtuiError("There are no runs yet.", exit_code=ExitCode.NOT_FOUND)
    return found[0].id


async def _cancel(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    await controller.runs.cancel(args.run, sweep=args.sweep)
    if args.no_wait:
        output.note("It was asked to stop.")
        return 0
    await follow(controller, args.run, output, owner=False)
    return 0
