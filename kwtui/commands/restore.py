"""kwtui restore."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.common import connect, dialect_of, set_of, table_names
from kwtui.commands.output import Output
from kwtui.commands.running import run_or_show

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.model import RestoreRequest


async def restore(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    request = request_of(args)
    await connect(controller, args)
    plan = await controller.plan_restore(request)
    return await run_or_show(controller, args, output, plan)


def request_of(args: argparse.Namespace) -> RestoreRequest:
    from kwtui.model import RestoreRequest, RestoreStrategy

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
    )
