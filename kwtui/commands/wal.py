"""kwtui wal: what protects data between backups, and changing it by a plan."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import connect, usage
from kwtui.commands.shared.output import Output, table
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kwtui.controller import Controller
    from kwtui.operations.wal.report import WalReport


async def wal(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    await connect(controller, args)
    if args.action == "set":
        return await _set(controller, args, output)
    return await _show(controller, output)


async def _show(controller: Controller, output: Output) -> int:
    """Exit code 1 when something alarming was found, for watchers."""
    from kwtui.operations.wal.report import alarms, protection, recovery

    report = await controller.server.wal()
    found = alarms(report)
    if output.json:
        output.object(
            "wal",
            {
                "report": report,
                "level": report.level,
                "bytes": report.files.bytes if report.files else None,
                "logged_bytes": report.files.logged_bytes if report.files else None,
                "seconds_since_checkpoint": report.since_checkpoint,
                "alarms": found,
                "protection": protection(report),
                "recovery": recovery(report),
            },
        )
    else:
        for line in _lines(report, found):
            output.line(line)
    return int(ExitCode.FAILED if found else ExitCode.OK)


def _lines(report: WalReport, found: list[str]) -> Iterator[str]:
    from kwtui.operations.wal.report import protection, recovery
    from kwtui.server.state.wal_settings import level_words

    for words in found:
        yield f"! {words}"
    if found:
        yield ""
    settings = report.settings
    engine = level_words(settings.effective)
    yield f"level       {level_words(settings.level)}, the engine: {engine}"
    yield f"checkpoint  every {settings.interval or '(unknown)'}"
    if settings.refused:
        yield f"not told    {settings.refused}"
    yield ""
    yield from _files(report)
    for heading, told in (
        ("What protects data between backups:", protection(report)),
        ("If the node died now:", recovery(report)),
    ):
        yield ""
        yield heading
        yield from (f"  {words}" for words in told)


def _files(report: WalReport) -> Iterator[str]:
    from kwtui.node.wal.files import Layout
    from kwtui.text import human_bytes, human_duration

    files = report.files
    if files is None:
        yield f"files       {report.no_files}"
        return
    rows = [("WAL", "SIZE", "SINCE CHECKPOINT", "WRITTEN", "")]
    for area in files.areas:
        age = (report.at - area.written).total_seconds() if area.written else None
        rows.append(
            (
                area.name,
                human_bytes(area.bytes),
                "?" if files.layout is Layout.RING else human_bytes(area.logged_bytes),
                f"{human_duration(age)} ago" if age is not None else "",
                area.problem or ("checkpoint runs" if area.checkpoint_file else ""),
            )
        )
    yield from table(rows, right=frozenset({1, 2, 3}))


async def _set(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.commands.shared.running import run_or_show
    from kwtui.operations.wal.plan import WalChange

    if args.level is None and args.interval is None:
        raise usage("Give --level or --interval.")
    plan = await controller.plans.wal(WalChange(args.level, args.interval))
    names = {controller.connection.confirmation_name, plan.cluster_id[:8]}
    if args.yes is None:
        args.dry_run = True
        code = await run_or_show(controller, args, output, plan)
        if not code and not output.json:
            name = controller.connection.confirmation_name
            output.note(f"kwtui: nothing was changed. To run it: --yes {name}")
        return code
    if args.yes not in names:
        raise KwtuiError(
            f"{args.yes!r} is not the name of this server; nothing was changed.",
            hint=f"Give --yes {controller.connection.confirmation_name}",
            exit_code=ExitCode.USAGE,
        )
    return await run_or_show(controller, args, output, plan)
