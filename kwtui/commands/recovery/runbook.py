"""kwtui runbook: the recovery plan of databases, in English or Chinese."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import connect_or_find_files
from kwtui.commands.shared.output import Output

if TYPE_CHECKING:
    from kwtui.controller import Controller


async def runbook(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Raises KwtuiError: NOT_FOUND for an unknown database, USAGE for a file that is there."""
    unreachable = await connect_or_find_files(controller, args)
    if unreachable:
        output.note(f"Not known: {unreachable}")
    if args.keep:
        return await _keep(controller, args, output)
    text = await controller.recovery.plan(args.databases, args.language)
    if output.json:
        output.object("runbook", {"language": args.language, "markdown": text})
    elif args.output is not None:
        from kwtui.files.new_file import write_new

        write_new(Path(args.output), [text.encode("utf-8", "backslashreplace")])
        output.line(f"Written: {args.output}")
    else:
        for line in text.splitlines():
            output.line(line)
    return 0


async def _keep(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    kept = await controller.recovery.keep(args.databases)
    if output.json:
        output.object("runbooks-kept", {"files": kept})
        return 0
    for path in kept:
        output.line(f"Written: {path}")
    return 0
