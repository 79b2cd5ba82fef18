"""kwtui schedule: the timers of this host that run policies."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from kwtui.commands.shared.arguments import usage
from kwtui.commands.shared.output import Output, table
from kwtui.errors import ExitCode

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.unattended.installing import Installed
    from kwtui.unattended.summary import PolicySummary


async def schedule(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    if args.action == "list" or (args.action == "status" and not args.name):
        return await _list(controller, args, output)
    if not args.name:
        raise usage("Name the policy; `kwtui schedule list` names all.")
    if args.action == "install":
        found = controller.policies.load(args.name)
        done = await controller.policies.install_timer(found, args.timer or "", args.account or "")
    elif args.action == "remove":
        done = await controller.policies.remove_timer(args.name)
    else:
        done = await controller.policies.timer(args.name)
    if not done.kind and args.action != "install":
        # A policy that never was is a slip of the pen, and one with timers may have lost its file.
        controller.policies.text(args.name)
    if output.json:
        output.object("schedule", {"policy": args.name, "installed": done})
        return 0
    if args.action == "remove":
        output.line(f"Removed from {done.kind}." if done.kind else "Nothing fired it.")
        return 0
    output.line(f"{done.kind}: {', '.join(done.places)}" if done.kind else done.words)
    for words in _warnings(done):
        output.line(f"warning  {words}")
    return 0


def _warnings(done: Installed) -> list[str]:
    found = [done.words] if done.kind and done.words else []
    if done.running is False:
        found.append("The timer is not active: systemctl status shows why.")
    if done.running is None and done.kind.startswith("systemd"):
        found.append("systemd is not running here: the timer fires once it is.")
    return found


async def _list(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Every policy with what runs it, and timers whose policy is gone."""
    found = [each for each in await controller.policies.with_timers() if each.timer is not None]
    known = set(controller.policies.names())
    if output.json:
        items = [_object(each, known) for each in found]
        output.object("schedules", {"schedules": items})
    elif not found:
        output.line("No policy exists, and no timer of this host runs one.")
    else:
        rows: list[tuple[str, ...]] = [("POLICY", "RUN BY", "NEXT RUN", "")]
        rows += [_row(each, _problem(each, known)) for each in found]
        for line in table(rows):
            output.line(line)
    broken = any(each.timer.kind and each.problem for each in found if each.timer)
    return int(ExitCode.USAGE) if broken else 0


def _object(found: PolicySummary, known: set[str]) -> dict[str, Any]:
    return {
        "policy": found.name,
        "installed": found.timer,
        "next": f"{found.next:%Y-%m-%d %H:%M}Z" if found.next else None,
        "problem": _problem(found, known),
    }


def _row(found: PolicySummary, problem: str) -> tuple[str, ...]:
    kind = found.timer.kind if found.timer else ""
    due = f"{found.next:%Y-%m-%d %H:%M}Z" if found.next and kind else ""
    return (found.name, kind or "nothing", due, problem)


def _problem(found: PolicySummary, known: set[str]) -> str:
    """What keeps it from running by itself, in words; empty where nothing does."""
    timer = found.timer
    if timer is None or not timer.kind:
        return f"kwtui schedule install {found.name}" if not found.problem else found.problem
    if found.name not in known:
        return f"the policy is gone: kwtui schedule remove {found.name}"
    return " ".join(filter(None, [found.problem or found.next_problem, *_warnings(timer)]))
