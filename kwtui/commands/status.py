"""kwtui status: whether every database can come back, for people, scripts and monitoring."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import connect_or_find_files
from kwtui.commands.shared.output import Output
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.protection.facts import Promise
    from kwtui.protection.judging import Severity


async def status(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """The verdict, a line a database, what is around them, and what could not be known."""
    from dataclasses import replace

    from kwtui.protection.judging import worst
    from kwtui.protection.report import Board

    unreachable = await connect_or_find_files(controller, args)
    report = await controller.status.report(_promise(args), database=args.database)
    if unreachable:
        report = replace(report, unknown=(unreachable, *report.unknown))
    if args.database and not report.judgements and report.extern is not None:
        raise KwtuiError(
            f"No database and no backup is named {args.database!r}.",
            hint="List all: kwtui status",
            exit_code=ExitCode.NOT_FOUND,
        )
    severity = worst(report.judgements)
    if args.banner:
        from kwtui.protection.forms import banner

        words = banner(report)
        if words:
            output.line(words)
        return _exit_code(severity)
    if args.nagios:
        from kwtui.protection.forms import nagios

        output.line(nagios(report.judgements))
        return int(severity)
    if args.prometheus:
        from kwtui.protection.forms import prometheus, prometheus_of_extern

        metrics = prometheus(report.judgements, report.taken_at)
        for line in (*prometheus_of_extern(report), *metrics):
            output.line(line)
        return 0
    report = replace(report, node=await controller.status.node())
    if args.count:
        report = (await controller.status.measured(Board(report))).report
    if output.json:
        output.object("status", {"status": report, "severity": severity.name.lower()})
        return _exit_code(severity)
    from kwtui.commands.shared.status_text import status_lines

    for line in status_lines(report, output.out_width):
        output.line(line)
    for words in report.unknown:
        output.note(f"Not known: {words}")
    return _exit_code(severity)


def _promise(args: argparse.Namespace) -> Promise:
    from kwtui.model.proof import ProofLevel
    from kwtui.protection.facts import Promise

    return Promise(
        max_age=args.max_age, proof=ProofLevel(args.min_proof), drill_age=args.max_drill_age
    )


def _exit_code(severity: Severity) -> int:
    from kwtui.protection.judging import Severity

    return int(
        {
            Severity.OK: ExitCode.OK,
            Severity.LATE: ExitCode.STATUS_LATE,
            Severity.CRITICAL: ExitCode.STATUS_CRITICAL,
            Severity.UNKNOWN: ExitCode.STATUS_UNKNOWN,
        }[severity]
    )
