"""kwtui offsite drill: a copy is fetched into a folder of its own and restored on a sandbox."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.offsite.passphrase import passphrase_for
from kwtui.commands.shared.arguments import path_of, paths_of, set_of
from kwtui.commands.shared.follow import start_and_follow
from kwtui.commands.shared.output import Output
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.operations.plan import Plan


async def drill(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """The exit code of the first run that failed; what was fetched is removed either way.

    A drill that fails because the copy is not what was backed up is written down beside the copy.
    """
    path = set_of(args.set)
    identities = paths_of(args.identity)
    passphrase = passphrase_for(controller, args, output, identities)
    work = controller.offsite.make_workplace(path_of(args.work))
    try:
        await controller.folders.use(extern=work)
        fetching = await controller.offsite.fetch_plan(path, args.target, (), identities)
        code = await start_and_follow(controller, fetching, output, passphrase)
        if code:
            return code
        code = await start_and_follow(controller, await _drill_plan(controller, path), output)
        if code in (ExitCode.OK, ExitCode.RESTORE_DIFFERS, ExitCode.BACKUP_DAMAGED):
            await _write_down(controller, args.target, path, output, good=not code)
    finally:
        controller.offsite.remove_workplace(work)
    return code


async def _drill_plan(controller: Controller, path: str) -> Plan:
    from kwtui.model.requests import DrillRequest

    return await controller.plans.drill(DrillRequest(path, on_sandbox=True))


async def _write_down(
    controller: Controller, target: str, path: str, output: Output, *, good: bool
) -> None:
    try:
        await controller.offsite.mark_drilled(target, path, good=good)
    except KwtuiError as error:
        output.note(f"The drill was not recorded on the target: {error.title}")
        return
    if good:
        output.note(f"{path} on {target} is proven to O4: restored from there.")
