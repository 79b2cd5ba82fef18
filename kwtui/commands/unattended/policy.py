"""kwtui policy and notify: backups that nobody has to remember."""

from __future__ import annotations

import argparse
import asyncio
import signal
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kwtui.commands.shared.arguments import connect, connect_or_find_files, usage
from kwtui.commands.shared.output import Output, table
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.model.policy import Policy
    from kwtui.unattended.history import PolicyEvent

_HOW = {"cancelled": "Cancelled"}


async def policy(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    actions = {
        "list": _list,
        "show": _show,
        "check": _check,
        "run": _run,
        "watch": _watch,
        "next": _next,
        "add": _add,
        "edit": _edit,
        "remove": _remove,
    }
    return await actions[args.action](controller, args, output)


# -- looking --------------------------------------------------------------------------------------


async def _list(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Every policy, its next run and how the last one ended; a broken file is a line of its own."""
    items = [await _summary(controller, name) for name in controller.policies.names()]
    broken = any(item["problem"] for item in items)
    if output.json:
        output.object("policies", {"policies": items})
        return int(ExitCode.USAGE) if broken else 0
    if not items:
        output.line("There is no policy yet. Create one: kwtui policy add NAME --databases '*'")
        return 0
    rows: list[tuple[str, ...]] = [("POLICY", "DATABASES", "NEXT RUN", "LAST RUN", "")]
    for item in items:
        last = f"{item['last_at'] or 'never'}"
        how = "" if item["last_ok"] is None else ("ok" if item["last_ok"] else "FAILED")
        rows.append(
            (
                str(item["name"]),
                ", ".join(item["databases"]),
                str(item["next"] or ""),
                f"{last} {how}".strip(),
                str(item["problem"] or item["next_problem"]),
            )
        )
    for line in table(rows):
        output.line(line)
    return int(ExitCode.USAGE) if broken else 0


async def _summary(controller: Controller, name: str) -> dict[str, Any]:
    found = await controller.policies.summary(name)
    return {
        "name": name,
        "databases": found.databases,
        "next": _moment(found.next) if found.next else None,
        "last_at": _moment(found.last.at) if found.last else None,
        "last_ok": found.last.ok if found.last else None,
        "last_words": found.last.words if found.last else "",
        "problem": found.problem,
        "next_problem": found.next_problem,
    }


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"


async def _show(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.config.policy_file import policy_text

    text = policy_text(args.name)
    history = (await controller.policies.history(args.name))[-args.lines :]
    if output.json:
        output.object("policy", {"policy": controller.policies.load(args.name), "history": history})
        return 0
    for line in text.splitlines():
        output.line(line)
    output.line()
    output.line("History:" if history else "It never ran.")
    for event in history:
        how = "ok" if event.ok else "FAILED"
        output.line(f"  {_moment(event.at)}  {event.event:8} {how:6} {event.words}")
        for outcome in event.databases:
            output.line(f"    {outcome.database}: {outcome.words}")
    return 0


async def _check(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Whether the file can be used, what is unwise in it, and what it would do now."""
    from kwtui.config.policies import read_policy

    found = (
        read_policy(Path(args.name))
        if args.name.endswith(".toml")
        else controller.policies.load(args.name)
    )
    warnings = controller.policies.warnings(found)
    if output.json:
        output.object("policy-check", {"policy": found, "warnings": warnings})
        return 0
    output.line(f"The policy {found.name} is valid.")
    for words in warnings:
        output.line(f"warning  {words}")
    return 0


async def _next(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    found = controller.policies.load(args.name)
    times = controller.policies.next_times(found, args.count)
    if output.json:
        output.object("policy-next", {"policy": found.name, "times": times})
        return 0
    if not times:
        output.line(f"The policy {found.name} has no schedule.")
    for time in times:
        output.line(_moment(time))
    return 0


# -- doing ----------------------------------------------------------------------------------------


async def _run(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    found = controller.policies.load(args.name)
    if args.missed and not await controller.policies.owes_a_run(found):
        if output.json:
            output.object("policy-run", {"policy": found.name, "chosen": None, "event": None})
        else:
            output.line("No run was missed.")
        return 0
    try:
        await _reach(controller, args, found)
    except KwtuiError as error:
        if error.exit_code is not ExitCode.USAGE and not args.dry_run:
            await controller.policies.did_not_begin(found, error, output.note)
        raise
    if args.dry_run:
        chosen = await controller.policies.choose(found)
        if output.json:
            output.object("policy-run", {"policy": found.name, "chosen": chosen, "event": None})
            return 0
        output.line("It would back up: " + (", ".join(chosen.databases) or "nothing"))
        for words in (*chosen.problems, *(f"no database matches {p}" for p in chosen.idle)):
            output.line(f"warning  {words}")
        return 0
    event = await _carry_out(controller, found, output)
    if output.json:
        output.object("policy-run", {"policy": found.name, "chosen": None, "event": event})
    elif event.event == "skipped":
        output.line(f"Skipped: {event.words}.")
    else:
        output.line(f"{_HOW.get(event.event, 'Done' if event.ok else 'Failed')}: {event.words}.")
    if event.event == "cancelled":
        return int(ExitCode.CANCELLED)
    return 0 if event.ok or event.event == "skipped" else int(ExitCode.FAILED)


async def _carry_out(controller: Controller, found: Policy, output: Output) -> PolicyEvent:
    """Run it. Ctrl+C and SIGTERM cancel what is at work, and the run ends once that has ended.

    A terminal that is closed changes nothing: what was begun is finished.
    """
    from kwtui.commands.shared.follow import handled_signals

    controller.policies.be_gentle(found)
    stopping: list[asyncio.Task[None]] = []

    def tell(words: str) -> None:
        if not output.json:
            try:
                output.line(words)
            except OSError:
                output.go_unread()

    def interrupted(number: int) -> None:
        if number == signal.SIGHUP:
            output.go_unread()
        elif not stopping:
            words = f"cancelled by {signal.Signals(number).name}"
            stopping.append(asyncio.ensure_future(controller.policies.stop(words)))
            with suppress(OSError):
                output.note("Cancelling; what the server does for it is cancelled too.")

    with handled_signals(interrupted):
        event = await controller.policies.run(found, tell)
        await asyncio.gather(*stopping)
    return event


async def _watch(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Judge it, and tell who wants to know. Without a server the files are judged."""
    found = controller.policies.load(args.name)
    _name_server(args, found)
    try:
        unreachable = await connect_or_find_files(controller, args)
    except KwtuiError as error:
        # Nothing can be seen at all: somebody must be told of that too.
        unreachable = error.title
    if unreachable:
        output.note(f"Not known: {unreachable}")
    words, sent = await controller.policies.watch(found)
    if output.json:
        output.object("policy-watch", {"policy": found.name, "verdict": words, "sent": sent})
    else:
        output.line(words)
        for each in sent:
            output.line(f"Told by {each.way}." if not each.problem else each.problem)
    return int(ExitCode.FAILED) if any(each.problem for each in sent) else 0


async def _reach(controller: Controller, args: argparse.Namespace, found: Policy) -> None:
    """Connect to the server that the options name, else to the policy's."""
    _name_server(args, found)
    if not (args.dsn or args.profile or args.sandbox):
        raise usage(
            f"The policy {found.name} names no server.",
            f'Name one with --profile NAME, or write profile = "NAME" into the policy: '
            f"kwtui policy edit {found.name}",
        )
    await connect(controller, args)


def _name_server(args: argparse.Namespace, found: Policy) -> None:
    """The policy's server counts where the options name none."""
    if not (args.dsn or args.profile or args.sandbox):
        args.profile = found.profile or None


# -- writing --------------------------------------------------------------------------------------


async def _add(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.config.policy_file import PolicyDraft

    if args.dsn or args.sandbox:
        raise usage("A policy names its server by a profile: save one, then give --profile NAME.")
    draft = PolicyDraft(
        databases=args.databases.split(","),
        profile=args.profile or "",
        on_calendar=args.on_calendar or "",
        cron=args.cron or "",
        drill_every=args.drill_every or PolicyDraft.drill_every,
    )
    path = controller.policies.add(args.name, controller.policies.draft(args.name, draft))
    found = controller.policies.load(args.name)
    if output.json:
        output.object("policy", {"policy": found, "history": []})
        return 0
    output.line(f"Written: {path}")
    for words in controller.policies.warnings(found):
        output.line(f"warning  {words}")
    output.line(f"Try it: kwtui policy run {args.name} --dry-run")
    output.line(f"Run it automatically: kwtui schedule install {args.name}")
    return 0


async def _edit(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    changed = controller.policies.edit(args.name)
    output.line(f"The policy {args.name} {'was changed' if changed else 'is as it was'}.")
    return 0


async def _remove(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    controller.policies.text(args.name)
    if not args.yes:
        output.line(f"The policy {args.name} and its timers would be removed; its backups stay.")
        output.line("Nothing was removed. Add --yes to do it.")
        return 0
    controller.policies.remove(args.name)
    output.line(f"The policy {args.name} was removed; its backups stay.")
    return 0


# -- notices --------------------------------------------------------------------------------------


async def notify(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    found = controller.policies.load(args.name)
    sent = await controller.policies.test_notice(found)
    if output.json:
        output.object("notify", {"policy": args.name, "sent": sent})
    elif not sent:
        output.line(f"The policy {args.name} notifies nobody: set command, webhook or mail_to.")
    for each in () if output.json else sent:
        output.line(f"{each.way}: {f'FAILED: {each.problem}' if each.problem else 'taken'}")
    return int(ExitCode.FAILED) if any(each.problem for each in sent) else 0
