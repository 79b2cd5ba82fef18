"""kwtui restore."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import (
    connect,
    connect_as_run,
    dialect_of,
    set_of,
    table_names,
    usage,
)
from kwtui.commands.shared.output import Output
from kwtui.commands.shared.running import run_or_show

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.model.requests import ExcerptRequest, RestoreRequest


async def restore(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    if args.continues is not None:
        return await _continue(controller, args, output)
    if not args.set:
        raise usage("Name the backup to restore, or give --continue.")
    if args.into or args.since or args.until or args.where:
        excerpt = excerpt_of(args)
        await connect(controller, args)
        plan = await controller.plans.excerpt(excerpt)
    else:
        request = request_of(args)
        await connect(controller, args)
        plan = await controller.plans.restore(request)
    return await run_or_show(controller, args, output, plan)


async def _continue(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.operations.restore.continuation.plan import accepting

    if args.set:
        raise usage("--continue uses the backup of the run; omit SET.")
    run_id = await controller.runs.stopped(args.continues)
    await connect_as_run(controller, args, run_id)
    plan = accepting(await controller.plans.continuation(run_id), args.accept)
    if not (output.json or args.dry_run):
        output.note(plan.findings[0].message)
    return await run_or_show(controller, args, output, plan)


def excerpt_of(args: argparse.Namespace) -> ExcerptRequest:
    """Some rows of one table. Raises KwtuiError (USAGE)."""
    from kwtui.model.requests import ExcerptRequest
    from kwtui.node.logs.time_words import time_of_rows

    of, into = table_names(args.tables), table_names(args.into)
    if len(of) != 1 or len(into) != 1:
        raise usage(
            "To restore some rows name one table (--tables TABLE) and the new table for them "
            "(--into TABLE)."
        )
    _refuse_what_does_not_belong(args)
    return ExcerptRequest(
        source=set_of(args.set),
        table=of[0],
        into=into[0],
        target=args.target,
        since=time_of_rows(args.since),
        until=time_of_rows(args.until),
        where=args.where or "",
        node_id=args.node,
    )


def _refuse_what_does_not_belong(args: argparse.Namespace) -> None:
    given = {
        "--strategy": args.strategy != "exact",
        "--create-users": args.create_users,
        "--with-users": args.with_users,
        "--with-settings": args.with_settings,
        "--yes-replace": args.yes_replace,
        "--accept": args.accept,
        "--leave-out": args.leave_out,
        "--empty": args.empty,
        "--no-header": args.no_header,
        "the options of the file format": dialect_of(args),
    }
    wrong = next((option for option, value in given.items() if value), None)
    if wrong:
        raise usage(f"--into makes a table of some rows of a backup; leave {wrong} out.")


def request_of(args: argparse.Namespace) -> RestoreRequest:
    from kwtui.model.requests import RestoreRequest, RestoreStrategy

    return RestoreRequest(
        source=set_of(args.set),
        target=args.target,
        strategy=RestoreStrategy(args.strategy),
        tables=table_names(args.tables),
        create_missing_users=args.create_users,
        replace=args.yes_replace,
        with_users=args.with_users,
        with_settings=args.with_settings,
        dialect=dialect_of(args),
        node_id=args.node,
        accept=tuple(args.accept),
        leave_out=tuple(args.leave_out or ()),
        empty=table_names(args.empty),
        first_is_row=args.no_header,
    )
