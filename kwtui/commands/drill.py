"""kwtui drill and kwtui seal."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import connect, dialect_of, find_files, set_of, table_names
from kwtui.commands.shared.output import Output
from kwtui.commands.shared.running import run_or_show
from kwtui.errors import KwtuiError

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.model.requests import DrillRequest
    from kwtui.operations.plan import Plan


async def drill(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    request = request_of(args)
    await (find_files if request.on_sandbox else connect)(controller, args)
    plan = await controller.plans.drill(request)
    code = await run_or_show(controller, args, output, plan)
    if not (code or args.dry_run or args.detach):
        await _renew_recovery_plan(controller, output, plan)
    return code


async def _renew_recovery_plan(controller: Controller, output: Output, plan: Plan) -> None:
    """It tells how long the drill took. Of a foreign export there is none."""
    from kwtui.backups.layout.naming import parse_set_path
    from kwtui.controller import RecoveryPlanRenewed

    if parse_set_path(plan.path) is None:
        return
    try:
        renewed = await controller.recovery.renew(plan.database)
    except KwtuiError as error:
        # What the drill proved is proven all the same.
        told = RecoveryPlanRenewed(plan.database, error.title)
    else:
        told = RecoveryPlanRenewed(plan.database, targets=renewed.targets, unsent=renewed.problems)
    output.note(told.words)


async def seal(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    await find_files(controller, args)
    plan = await controller.plans.seal(set_of(args.set), _file(args.draft))
    return await run_or_show(controller, args, output, plan)


def _file(text: str | None) -> Path | None:
    return Path(text).expanduser().absolute() if text else None


def request_of(args: argparse.Namespace) -> DrillRequest:
    from kwtui.model.proof import ProofLevel
    from kwtui.model.requests import DrillRequest, RestoreStrategy

    return DrillRequest(
        source=set_of(args.set),
        level=ProofLevel(args.level),
        on_sandbox=args.on == "sandbox",
        strategy=RestoreStrategy(args.strategy),
        dialect=dialect_of(args),
        node_id=args.node,
        accept=tuple(args.accept),
        leave_out=tuple(args.leave_out or ()),
        empty=table_names(args.empty),
        first_is_row=args.no_header,
    )
