"""kwtui backup."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import connect, dialect_of, table_names
from kwtui.commands.shared.output import Output
from kwtui.commands.shared.running import run_or_show

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.model.requests import BackupRequest


async def backup(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    request = request_of(args)
    await connect(controller, args)
    plan = await controller.plans.backup(request)
    return await run_or_show(controller, args, output, plan)


def request_of(args: argparse.Namespace) -> BackupRequest:
    from kwtui.model.checks import CheckLevel
    from kwtui.model.requests import BackupMethod, BackupRequest, Dialect, Incremental

    return BackupRequest(
        database=args.database,
        tables=table_names(args.tables),
        without=table_names(args.without),
        method=BackupMethod(args.method),
        prefix=args.prefix,
        node_id=args.node,
        dialect=dialect_of(args) or Dialect(),
        chunk_rows=args.chunk_rows,
        parallel=args.parallel,
        check=CheckLevel(args.check) if args.check else None,
        incremental=Incremental(args.incremental),
        anew_after=args.anew_after,
        label=args.label,
        with_users=args.with_users,
        with_settings=args.with_settings,
        unseen=args.unseen,
        sweep=args.sweep,
    )
