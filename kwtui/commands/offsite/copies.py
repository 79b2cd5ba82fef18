"""kwtui offsite push, list, check, fetch and prune."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kwtui.commands.offsite import targets
from kwtui.commands.offsite.drill import drill
from kwtui.commands.offsite.passphrase import passphrase_for
from kwtui.commands.shared.arguments import (
    find_files,
    keep_counts,
    paths_of,
    set_of,
    table_names,
    usage,
)
from kwtui.commands.shared.output import Output, table
from kwtui.commands.shared.running import run_or_show, show_plan
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.model.retention import RetentionPolicy
    from kwtui.offsite.archive import ArchivePart
    from kwtui.offsite.checking import CopyCheck
    from kwtui.offsite.copies import Copy
    from kwtui.operations.offsite.planning import PrunePreview
    from kwtui.operations.plan import Plan


async def offsite(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    actions = {
        "push": _push,
        "list": _list,
        "check": _check,
        "fetch": _fetch,
        "drill": drill,
        "prune": _prune,
        "targets": targets.show_all,
        "show": targets.show,
        "add": targets.add,
        "edit": targets.edit,
        "remove": targets.remove,
        "keygen": targets.keygen,
    }
    return await actions[args.action](controller, args, output)


# -- sending and fetching -------------------------------------------------------------------------


async def _push(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.offsite.archive import CopyLevel

    if bool(args.set) == bool(args.database):
        raise usage("Name a backup set, or a database by --database.")
    await find_files(controller, args)
    path = set_of(args.set) if args.set else await controller.offsite.newest(args.database)
    recipients, level = tuple(args.recipient), CopyLevel(args.level)
    plan = await controller.offsite.push_plan(path, args.target, recipients, level)
    if args.yes:
        try:
            await controller.recovery.keep_missing(path)
        except KwtuiError as error:
            # The set goes all the same.
            output.note(f"No recovery plan goes with it: {error.title}")
    return await _run(controller, args, output, plan, "Nothing was sent. Add --yes to do it.")


async def _fetch(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    await find_files(controller, args)
    tables, identities = table_names(args.tables), paths_of(args.identity)
    plan = await controller.offsite.fetch_plan(set_of(args.set), args.target, tables, identities)
    passphrase = passphrase_for(controller, args, output, identities) if args.yes else None
    words = "Nothing was fetched. Add --yes to do it."
    return await _run(controller, args, output, plan, words, passphrase)


async def _run(
    controller: Controller,
    args: argparse.Namespace,
    output: Output,
    plan: Plan,
    words: str,
    passphrase: str | None = None,
) -> int:
    if args.yes:
        return await run_or_show(controller, args, output, plan, passphrase)
    code = show_plan(controller, output, plan)
    if not code and not output.json:
        output.line(words)
    return code


# -- looking --------------------------------------------------------------------------------------


async def _list(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    contents = await controller.offsite.contents(args.target)
    copies = contents.of(args.database)
    if output.json:
        output.object(
            "offsite-list",
            {"target": contents.address, "copies": [_copy_object(copy) for copy in copies]},
        )
        return 0
    if not copies:
        output.line(f"There are no copies on {contents.address}.")
        return 0
    for line in table([_HEADING, *(_row(copy) for copy in copies)], right=frozenset({2, 3, 4})):
        output.line(line)
    return 0


_HEADING = ("PATH", "DATABASE", "AGE", "SIZE", "STORED", "PROOF", "NOTE")


def _row(copy: Copy) -> tuple[str, ...]:
    from kwtui.text import human_bytes, human_duration

    archive = copy.archive
    if archive is None:
        size = human_bytes(copy.stored_bytes)
        return (copy.path, "", "", "", size, "NO COPY", "; ".join(copy.remarks))
    age = max((datetime.now(UTC) - archive.started).total_seconds(), 0.0)
    return (
        copy.path,
        archive.database,
        human_duration(age),
        human_bytes(archive.bytes),
        human_bytes(copy.stored_bytes),
        _proof(copy),
        "; ".join(copy.remarks),
    )


def _proof(copy: Copy) -> str:
    from kwtui.text import human_duration

    if copy.level is None:
        return "DAMAGED"
    if copy.checked_at is None:
        return f"O{int(copy.level)}"
    age = max((datetime.now(UTC) - copy.checked_at).total_seconds(), 0.0)
    return f"O{int(copy.level)}, {human_duration(age)} ago"


def _copy_object(copy: Copy) -> dict[str, object]:
    """Without the list of files, which archive.json on the target holds."""
    archive = copy.archive
    return {
        "path": copy.path,
        "database": archive.database if archive else "",
        "started": archive.started.isoformat() if archive else None,
        "bytes": archive.bytes if archive else None,
        "stored_bytes": copy.stored_bytes,
        "parts": len(archive.parts) if archive else None,
        "encrypted": bool(archive.recipients) if archive else None,
        "level": None if copy.level is None else int(copy.level),
        "checked_at": copy.checked_at.isoformat() if copy.checked_at else None,
        "problem": copy.problem,
    }


async def _check(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Exit code 31 if a copy is damaged; the others are checked all the same."""
    from kwtui.offsite.archive import CopyLevel

    if args.set:
        paths = [set_of(args.set)]
    else:
        contents = await controller.offsite.contents(args.target)
        paths = [copy.path for copy in contents.copies if copy.archive is not None]
    checks = []
    level, identities = CopyLevel(args.level), paths_of(args.identity)
    seen: set[ArchivePart] = set()
    for path in paths:
        check = await controller.offsite.check(
            args.target, path, level, identities, _progress(output, path), seen
        )
        output.clear_status()
        checks.append(check)
        if not output.json:
            for line in _check_lines(check):
                output.line(line)
    if output.json:
        ok = all(check.ok for check in checks)
        output.object("offsite-check", {"checks": checks, "ok": ok})
    elif not checks:
        output.line("There are no copies to check.")
    return 0 if all(check.ok for check in checks) else int(ExitCode.BACKUP_DAMAGED)


def _check_lines(check: CopyCheck) -> Iterator[str]:
    yield f"{check.path}: {check.summary} ({check.seconds:.1f} s)"
    yield from (f"  {problem}" for problem in check.problems[1:])
    if not check.recorded:
        yield "  This check was not recorded: nothing may be written there."


def _progress(output: Output, path: str) -> Callable[[int, int], None]:
    from kwtui.text import human_bytes

    def show(done: int, total: int) -> None:
        if output.is_terminal:
            output.status(f"{path}  {human_bytes(done)} of {human_bytes(total)}")

    return show


# -- removing -------------------------------------------------------------------------------------


async def _prune(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    policy = None if args.leftovers else _policy(args)
    preview = await controller.offsite.prune_preview(args.target, args.database, policy)
    if args.yes and preview.plan.steps:
        from kwtui.commands.shared.follow import start_and_follow

        return await start_and_follow(controller, preview.plan, output)
    if output.json:
        output.object("offsite-prune", {"plan": preview.plan, "stays": _stays(preview)})
        return 0
    for line in _preview_lines(preview):
        output.line(line)
    if not preview.plan.steps:
        output.line("Nothing goes.")
        return 0
    code = show_plan(controller, output, preview.plan)
    if not code:
        output.line("Nothing was removed. Add --yes to do it.")
    return code


def _stays(preview: PrunePreview) -> list[str]:
    return [decision.copy.path for decision in preview.decisions if decision.keep]


def _policy(args: argparse.Namespace) -> RetentionPolicy:
    """The given rules, or those of the saved target. Raises KwtuiError (USAGE) without any."""
    from kwtui.config.offsite import find_target
    from kwtui.config.retention import check_policy
    from kwtui.model.proof import ProofLevel
    from kwtui.model.retention import RetentionPolicy

    counts = keep_counts(args)
    if counts:
        policy = RetentionPolicy(**counts, min_proof=ProofLevel(args.min_proof or 1))
        check_policy(policy)
        return policy
    saved = find_target(args.target).retention
    if args.min_proof or saved is None:
        raise KwtuiError(
            f"No retention rule is set for the copies on {args.target}.",
            hint="For example: --keep-daily 30 --keep-monthly 12. Or set them in offsite.toml: "
            "[target.NAME.retention]",
            exit_code=ExitCode.USAGE,
        )
    return saved


def _preview_lines(preview: PrunePreview) -> Iterator[str]:
    rows = [("PATH", "", "PROOF", "WHY")]
    for decision in preview.decisions:
        copy = decision.copy
        proof = _proof(copy) if copy.archive is not None else "NO COPY"
        stays = "stays" if decision.keep else "GOES"
        rows.append((copy.path, stays, proof, ", ".join(decision.reasons)))
    if len(rows) > 1:
        yield from table(rows)
        yield ""
