"""kwtui compare, pin, unpin, note, label, delete, prune and cleanup."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from kwtui.commands.common import connect, connect_as_run, find_files, set_of, usage
from kwtui.commands.output import Output, table
from kwtui.commands.running import show_plan

if TYPE_CHECKING:
    from kwtui.backups.difference import SetDifference, TableDifference
    from kwtui.controller import Controller
    from kwtui.model import RetentionPolicies, RetentionPolicy
    from kwtui.operations.cleanup_plan import Leftover
    from kwtui.operations.plan import Plan
    from kwtui.operations.removal_plan import PrunePreview

_COUNTS = ("keep_last", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly")


# -- pin, note, label -------------------------------------------------------------------------


async def pin(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    return await _annotate(controller, args, output, pinned=True)


async def unpin(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    return await _annotate(controller, args, output, pinned=False)


async def note(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    return await _annotate(controller, args, output, remark=args.text)


async def label(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    return await _annotate(controller, args, output, label=args.text)


async def _annotate(
    controller: Controller,
    args: argparse.Namespace,
    output: Output,
    *,
    pinned: bool | None = None,
    remark: str | None = None,
    label: str | None = None,
) -> int:
    await find_files(controller, args)
    path = set_of(args.set)
    done = await controller.annotate(path, pinned=pinned, remark=remark, label=label)
    if output.json:
        output.object("annotation", {"path": path, "annotation": done})
        return 0
    words = ["pinned" if done.pinned else "not pinned"]
    words += [f"label {done.label!r}"] if done.label is not None else []
    words += [f"note {done.remark!r}"] if done.remark else []
    output.line(f"{path}: {', '.join(words)}")
    if done.private:
        output.note("This account may not write in extern: no other account sees this.")
    return 0


# -- compare ----------------------------------------------------------------------------------


async def compare(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    await find_files(controller, args)
    found = await controller.compare_sets(set_of(args.before), set_of(args.after))
    if output.json:
        output.object("compare", {"same": found.is_same, "difference": found})
        return 0
    for line in _difference_lines(found):
        output.line(line)
    return 0


def _difference_lines(found: SetDifference) -> Iterator[str]:
    yield f"{found.before.path}  ->  {found.after.path}"
    rows: list[tuple[str, ...]] = [("TABLE", "CHANGE", "ROWS", "", "SIZE", "", "CONTENT")]
    rows += [_table_row(each) for each in found.tables]
    yield from (f"  {line}" for line in table(rows, right=frozenset({2, 3, 4, 5})))
    for each in found.changed:
        if each.columns or each.definition:
            yield f"  {each.name}:"
        for column in each.columns:
            words = " -> ".join(filter(None, (column.before, column.after)))
            yield f"    {column.change.value:8} {column.name}: {words}"
        yield from (f"      {line.replace(chr(9), '  ')}" for line in each.definition)
    for other in found.objects:
        words = " -> ".join(filter(None, (other.before, other.after)))
        yield f"  {other.change.value:8} {other.what} {other.name}: {words}"
    yield from (f"  not known  {words}" for words in found.unknown)
    if found.is_same:
        yield "  Nothing is known to be different."


def _table_row(each: TableDifference) -> tuple[str, ...]:
    from kwtui.text import human_bytes, human_count

    counts = [human_count(n) if n is not None else "" for n in (each.rows_before, each.rows_after)]
    sizes = [human_bytes(n) if n is not None else "" for n in (each.bytes_before, each.bytes_after)]
    content = each.content.value if each.change.value in ("same", "changed") else ""
    return (str(each.name), each.change.value, *counts, *sizes, content)


# -- delete -----------------------------------------------------------------------------------


async def delete(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    await find_files(controller, args)
    plan = await controller.plan_delete(set_of(args.set), args.yes_delete)
    if not (args.yes or args.yes_delete):
        code = show_plan(controller, output, plan)
        if not code and not output.json:
            output.note("Nothing was deleted. Add --yes to do it.")
        return code
    return await _run(controller, output, plan)


# -- prune ------------------------------------------------------------------------------------


async def prune(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    given = _given_policy(args)
    await find_files(controller, args)
    policies = _policies(controller, args, given)
    if args.save and given is not None:
        controller.save_retention(args.database, given)
    preview = await controller.preview_prune(args.database, policies)
    if args.yes:
        if preview.plan.steps:
            return await _run(controller, output, preview.plan)
        if not output.json:
            output.line("Nothing goes.")
            return 0
    if output.json:
        output.object("prune", {"preview": preview, "plan": preview.plan})
        return 0
    for line in _preview_lines(preview):
        output.line(line)
    return show_refusals(output, preview.plan)


def _given_policy(args: argparse.Namespace) -> RetentionPolicy | None:
    from kwtui.model import ProofLevel, RetentionPolicy
    from kwtui.retention_config import check_policy

    counts = {name: getattr(args, name) for name in _COUNTS if getattr(args, name) is not None}
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
    from kwtui.model import RetentionPolicies
    from kwtui.retention_config import retention_path

    if given is not None:
        return RetentionPolicies(default=given)
    saved = controller.retention_policies()
    wanted = saved.of(args.database) if args.database else saved.default or saved.databases
    if not wanted:
        whose = f" for {args.database}" if args.database else ""
        raise usage(
            f"No retention is saved{whose} in {retention_path()}. Say what to keep, for example "
            "--keep-daily 7 --keep-weekly 4."
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
    yield from table(rows, right=frozenset({4}))
    freed = human_bytes(preview.plan.estimated_bytes)
    yield ""
    yield f"{plural(len(preview.stays), 'backup')} stay, {len(preview.goes)} go: {freed}."
    for step in preview.plan.steps:
        if step.kind is StepKind.CHECK_FILES:
            yield f"Before anything goes: {step.title}. {step.explanation}"
    if preview.goes:
        yield "Nothing was removed. Add --yes to do it."


def show_refusals(output: Output, plan: Plan) -> int:
    """Say why the plan could not be run; its exit code."""
    from kwtui.errors import KwtuiError
    from kwtui.operations.refusals import check_allowed

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
    leftovers = await controller.leftovers()
    names = [name.strip("/") for name in args.names]
    if args.run:
        names += await controller.leftovers_of_run(leftovers, args.run)
    found = leftovers.found if names or not args.run else ()
    plan = await controller.plan_cleanup(replace(leftovers, found=found), names)
    if args.yes and plan.steps:
        return await _run(controller, output, plan)
    if output.json:
        output.object("cleanup", {"leftovers": found, "plan": plan})
        return 0
    shown = [lo for lo in found if not names or lo.name in plan.request["names"]]
    for line in _leftover_lines(shown, args.run, connected=bool(leftovers.cluster_id)):
        output.line(line)
    if plan.steps:
        output.note("Nothing was removed. Add --yes to do it.")
    elif args.yes and found:
        output.note("Nothing was removed: none of it may go by itself.")
    return show_refusals(output, plan)


def _leftover_lines(
    leftovers: list[Leftover], run: str | None, *, connected: bool
) -> Iterator[str]:
    from kwtui.text import human_bytes

    if not leftovers:
        yield f"Run {run} left nothing." if run else "Broken runs left nothing."
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
    going_on = dict.fromkeys(lo.run for lo in leftovers if lo.continues and not lo.busy)
    yield from (f"Instead of removing it: kwtui restore --continue {each}" for each in going_on)
    if not connected:
        yield "Databases of restores were not looked for: that needs a server (--dsn, --profile)."


def _origin(leftover: Leftover) -> str:
    from kwtui.operations.cleanup_plan import LeftoverKind

    if leftover.busy:
        return f"may be in use: {leftover.busy}"
    if leftover.kind is LeftoverKind.NAMED:
        origin = f"left by run {leftover.run}" if leftover.run else "of unknown origin"
        return f"{origin}: goes only when it is named"
    if leftover.run:
        return f"left by run {leftover.run}, which has ended"
    if leftover.explained:
        return "was being deleted"
    return "of unknown origin: goes only when it is named"


# -- running ----------------------------------------------------------------------------------


async def _run(controller: Controller, output: Output, plan: Plan) -> int:
    from kwtui.commands.follow import follow

    run_id = await controller.start_run(plan)
    return await follow(controller, run_id, output)
