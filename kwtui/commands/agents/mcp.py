"""kwtui mcp: the MCP server for AI agents, on standard input and output."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import path_of, target_of
from kwtui.commands.shared.output import Output
from kwtui.errors import KwtuiError
from kwtui.files.extras import how_to_add

if TYPE_CHECKING:
    from kwtui.controller import Controller


async def mcp(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Serve until the input ends. Raises KwtuiError where the extra is missing."""
    try:
        from kwtui.agents.server import make_server
    except ImportError as error:
        raise KwtuiError(
            "kwtui mcp needs the official MCP SDK.",
            cause=str(error),
            hint=how_to_add("mcp"),
        ) from error
    import kwtui
    from kwtui.agents.desk import Desk

    named = bool(args.dsn or args.profile or args.sandbox)
    target = await target_of(args) if named else None
    if args.extern or args.store or args.logs:
        await controller.folders.use(
            extern=path_of(args.extern), store=path_of(args.store), logs=path_of(args.logs)
        )

    async def connect() -> None:
        if target is None:
            raise KwtuiError(
                "No server is named.", hint="Start it with one: kwtui mcp --profile NAME"
            )
        # Passwords come from where nobody must be asked: standard input speaks another language.
        await controller.connection.connect(target)

    desk = Desk(controller, connect, asked_by=args.agent)
    desk.hold_key()
    await make_server(desk, kwtui.__version__).run_stdio_async()
    return 0
