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
    from kwtui.model.requests import RestoreRequest


async def restore(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    if args.continues is not None:
        return await _continue(controller, args, output)
    if not args.set:
        raise usage("Name the backup that is to be restored, or say --continue.")
    request = request_of(args)
    await connect(controller, args)
    plan = await controller.plans.restore(request)
    return await run_or_show(controller, args, output, plan)


async def _continue(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.operations.restore.continuation.plan import accepting

    if args.set:
        raise usage("--continue goes on with a run's own backup; leave SET out.")
    run_id = await controller.runs.stopped(args.continues)
    await connect_as_run(controller, args, run_id)
    plan = accepting(await controller.plans.continuation(run_id), args.accept)
    if not (output.json or args.dry_run):
        output.note(plan.findings[0].message)
    return await run_or_show(controller, args, output, plan)


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
