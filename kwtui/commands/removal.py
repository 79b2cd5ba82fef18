"""kwtui delete, prune and cleanup."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import (
    connect,
    connect_as_run,
    find_files,
    keep_counts,
    set_of,
    usage,
)
from kwtui.commands.shared.output import Output, table
from kwtui.commands.shared.running import show_plan
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.model.retention import RetentionPolicies, RetentionPolicy
    from kwtui.operations.plan import Plan
    from kwtui.operations.removal.leftovers import Leftover
    from kwtui.operations.removal.plan import PrunePreview


# -- delete -----------------------------------------------------------------------------------


async def delete(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    await find_files(controller, args)
    plan = await controller.plans.delete(set_of(args.set), args.yes_delete)
    if not (args.yes or args.yes_delete):
        code = show_plan(controller, output, plan)
        if not code and not output.json:
            output.line("Nothing was removed. Add --yes to do it.")
        return code
    return await _run(controller, output, plan)


# -- prune ------------------------------------------------------------------------------------


async def prune(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    given = _given_policy(args)
    await find_files(controller, args)
    policies = _policies(controller, args, given)
    preview = await controller.retention.preview(args.database, policies)
    if args.database and not preview.decisions:
        raise KwtuiError(
            f"There is no backup of {args.database} here.",
            hint="List the databases with backups: kwtui list",
            exit_code=ExitCode.NOT_FOUND,
        )
    if args.save and given is not None:
        controller.retention.save(args.database, given)
    if args.yes:
        if preview.plan.steps:
            return await _run(controller, output, preview.plan)
        if not output.json:
            output.line("Nothing goes.")
            return 0
    if output.json:
        output.object("prune", {"preview": preview, "plan": preview.plan})
        return 0
    from kwtui.operations.shared.refusals import refusals

    for line in _preview_lines(preview):
        output.line(line)
    if preview.goes and not refusals(preview.plan):
        output.line("Nothing was removed. Add --yes to do it.")
    return show_refusals(output, preview.plan)


def _given_policy(args: argparse.Namespace) -> RetentionPolicy | None:
    from kwtui.config.retention import check_policy
    from kwtui.model.proof import ProofLevel
    from kwtui.model.retention import RetentionPolicy

    counts = keep_counts(args)
    if not counts:
        if args.min_proof or args.save:
            raise usage("--min-proof and --save belong to counts such as --keep-daily 7.")
        return None
    level = ProofLevel(int((args.min_proof or "P2")[1:]))
    policy = RetentionPolicy(**counts, min_proof=level)
    check_policy(policy)
    return policy


def _policies(
    controller: Controller, args: argparse.Namespace, given: RetentionPolicy | None
) -> RetentionPolicies:
    """The given rules, or the saved ones. Raises KwtuiError (USAGE) if there are none."""
    from kwtui.config.retention import retention_path
    from kwtui.model.retention import RetentionPolicies

    if given is not None:
        return RetentionPolicies(default=given)
    saved = controller.retention.policies()
    wanted = saved.of(args.database) if args.database else saved.default or saved.databases
    if not wanted:
        whose = f" for {args.database}" if args.database else ""
        raise usage(
            f"No retention rules are saved{whose} in {retention_path()}.",
            "Give rules, for example: --keep-daily 7 --keep-weekly 4 --keep-monthly 12",
        )
    return saved


def _preview_lines(preview: PrunePreview) -> Iterator[str]:
    from kwtui.operations.plan import StepKind
    from kwtui.text import human_bytes, plural

    rows = [("DAY", "", "PATH", "PROOF", "SIZE", "WHY")]
    for day in preview.days:
        words = day.day.isoformat() if day.day else ""
        for decision in (*day.stays, *day.goes):
            entry = decision.entry
            proof = f"P{int(entry.proof)}" if entry.proof is not None else ""
            size = human_bytes(entry.bytes) if entry.bytes is not None else ""
            why = ", ".join(reason.text for reason in decision.reasons)
            what = "stays" if decision.keep else "GOES"
            rows.append((words, what, entry.path, proof, size, why))
            words = ""
    if not preview.days:
        yield "There are no backups that the rules could keep or remove."
        return
    yield from table(rows, right=frozenset({4}))
    freed = human_bytes(preview.plan.estimated_bytes)
    yield ""
    stay = "stays" if len(preview.stays) == 1 else "stay"
    go = "goes" if len(preview.goes) == 1 else "go"
    yield f"{plural(len(preview.stays), 'backup')} {stay}, {len(preview.goes)} {go}: {freed}."
    for step in preview.plan.steps:
        if step.kind is StepKind.CHECK_FILES:
            yield f"Before anything goes: {step.title}. {step.explanation}"


def show_refusals(output: Output, plan: Plan) -> int:
    """Say why the plan could not be run; its exit code."""
    from kwtui.operations.shared.refusals import check_allowed

    try:
        check_allowed(plan)
    except KwtuiError as error:
        output.error(error)
        return int(error.exit_code)
    return 0


# -- cleanup ----------------------------------------------------------------------------------


async def cleanup(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    if args.run:
        await connect_as_run(controller, args, args.run)
    elif args.dsn or args.profile or args.sandbox:
        await connect(controller, args)
    else:
        await find_files(controller, args)
    leftovers = await controller.leftovers.find()
    names = [name.strip("/") for name in args.names]
    if args.run:
        names += await controller.leftovers.of_run(leftovers, args.run)
    found = leftovers.found if names or not args.run else ()
    plan = await controller.plans.cleanup(replace(leftovers, found=found), names)
    if args.yes and plan.steps:
        return await _run(controller, output, plan)
    if output.json:
        output.object("cleanup", {"leftovers": found, "plan": plan})
        return 0
    from kwtui.commands.shared.hints import typed_options
    from kwtui.operations.shared.refusals import refusals
    from kwtui.text import shell_quoted

    shown = [lo for lo in found if not names or lo.name in plan.request["names"]]
    for line in _leftover_lines(shown, args.run, connected=bool(leftovers.cluster_id)):
        output.line(line)
    async for line in _ways_on(controller, shown):
        output.line(line)
    if plan.steps and not refusals(plan):
        output.line("Nothing was removed. Add --yes to do it.")
    elif args.yes and found:
        output.note("Nothing was removed: none of it can be removed without its name.")
    named = [lo.name for lo in shown if not lo.explained and not lo.busy]
    if named and not names:
        words = ("kwtui cleanup", shell_quoted(named[0]), "--yes", *typed_options(args))
        output.line(f"To remove one by its name: {' '.join(words)}")
    return show_refusals(output, plan)


def _leftover_lines(
    leftovers: list[Leftover], run: str | None, *, connected: bool
) -> Iterator[str]:
    from kwtui.text import human_bytes

    if not leftovers:
        yield f"Run {run} left nothing." if run else "Interrupted runs left nothing."
    else:
        rows = [("WHAT", "NAME", "SINCE", "FILES", "SIZE", "")]
        for each in leftovers:
            since = each.started.strftime("%Y-%m-%d %H:%M") if each.started else ""
            files = "" if each.files is None else str(each.files)
            size = "" if each.bytes is None else human_bytes(each.bytes)
            rows.append((each.kind.value, each.name, since, files, size, _origin(each)))
        yield from table(rows, right=frozenset({3, 4}))
    for each in leftovers:
        for taken in each.defaults:
            yield f"  {taken} had the default {taken.default}"
    if not connected:
        yield (
            "Databases of restores were not searched for: that requires a server (--dsn, "
            "--profile)."
        )


async def _ways_on(controller: Controller, leftovers: list[Leftover]) -> AsyncIterator[str]:
    """How a stopped restore is continued, also where the backup that it reads is not to be seen."""
    runs = dict.fromkeys(lo.run for lo in leftovers if lo.continues and not lo.busy)
    listing = await controller.storage.listing() if runs else None
    for run in runs:
        yield f"Instead of removing it: kwtui restore --continue {run}"
        path = (await controller.runs.plan(run)).path
        if listing is not None and path not in {entry.path for entry in listing.entries}:
            yield (
                f"  It needs {path}, which is not in {listing.extern} now. If that disk is only "
                "unmounted, mount it first."
            )
            yield f"  If the backup is gone for good: kwtui cleanup --run {run} --yes"


def _origin(leftover: Leftover) -> str:
    from kwtui.operations.removal.leftovers import LeftoverKind

    if leftover.busy:
        return f"may be in use: {leftover.busy}"
    if leftover.kind is LeftoverKind.NAMED:
        origin = f"left by run {leftover.run}" if leftover.run else "of unknown origin"
        return f"{origin}: removed only when it is named"
    if leftover.run:
        return f"left by run {leftover.run}, which has ended"
    if leftover.explained:
        return "was being deleted"
    return "of unknown origin: removed only when it is named"


# -- running ----------------------------------------------------------------------------------


async def _run(controller: Controller, output: Output, plan: Plan) -> int:
    from kwtui.commands.shared.follow import start_and_follow

    return await start_and_follow(controller, plan, output)
