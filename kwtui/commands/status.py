"""kwtui status: whether every database can come back, for people, scripts and monitoring."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import connect_or_find_files
from kwtui.commands.shared.output import Output, table
from kwtui.errors import ExitCode, KwtuiError
from kwtui.text import sentences

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.model.policy import Policy
    from kwtui.protection.facts import Promise
    from kwtui.protection.judging import Judgement, Severity
    from kwtui.protection.report import StatusReport


_HEADING: tuple[str, ...] = (
    "DATABASE",
    "STATE",
    "LAST BACKUP",
    "PROOF",
    "WOULD LOSE",
    "RESTORE TAKES",
    "SIZE",
)


async def status(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """The verdict, a line a database, and what could not be known."""
    from kwtui.protection.judging import worst

    unreachable = await connect_or_find_files(controller, args)
    policies, broken = _policies(controller)
    report = await controller.status.report(_promise(args), policies, args.database)
    if args.database and not report.judgements and report.extern is not None:
        raise KwtuiError(
            f"No database and no backup is named {args.database!r}.",
            hint="See all of them: kwtui status",
            exit_code=ExitCode.NOT_FOUND,
        )
    severity = worst(report.judgements)
    if args.nagios:
        from kwtui.protection.forms import nagios

        output.line(nagios(report.judgements))
        return int(severity)
    if args.prometheus:
        from kwtui.protection.forms import prometheus

        for line in prometheus(report.judgements, report.taken_at):
            output.line(line)
        return 0
    if output.json:
        output.object("status", {"status": report, "severity": severity.name.lower()})
        return _exit_code(severity)
    for line in _lines(report):
        output.line(line)
    for words in filter(None, (*broken, unreachable, *report.unknown)):
        output.note(f"Not known: {words}")
    return _exit_code(severity)


def _policies(controller: Controller) -> tuple[list[Policy], list[str]]:
    """Those that can be read; what is wrong with the others is said and hides nothing."""
    found, broken = [], []
    for name in controller.policies.names():
        try:
            found.append(controller.policies.load(name))
        except KwtuiError as error:
            broken.append(f"what the policy {name} promises. {sentences(*error.lines())}")
    return found, broken


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


def _lines(report: StatusReport) -> Iterator[str]:
    from kwtui.text import human_bytes, plural

    yield report.verdict
    if report.judgements:
        yield ""
        rows: list[tuple[str, ...]] = [_HEADING]
        rows += (_row(judgement, report) for judgement in report.judgements)
        yield from table(rows, right=frozenset({6}))
    if report.extern is not None:
        yield ""
        free = f", {human_bytes(report.free_bytes)} free" if report.free_bytes is not None else ""
        yield f"Backups take {human_bytes(report.extern_bytes)} in {report.extern}{free}."
    if report.running:
        names = ", ".join(f"{run.title} ({run.id})" for run in report.running)
        yield f"{plural(len(report.running), 'run')} at work: {names}"


def _row(judgement: Judgement, report: StatusReport) -> tuple[str, ...]:
    from kwtui.text import human_bytes, human_duration

    newest, now = judgement.newest, report.taken_at
    last = "never"
    proof = ""
    if newest is not None:
        last = f"{human_duration(max((now - newest.at).total_seconds(), 0))} ago"
        proof = f"P{int(newest.proof)}" if newest.proof is not None else "none"
    lose = "everything"
    if judgement.exposed_seconds is not None:
        lose = human_duration(judgement.exposed_seconds)
    takes = "never drilled"
    if judgement.restore_seconds is not None:
        takes = human_duration(judgement.restore_seconds)
    size = human_bytes(newest.bytes) if newest is not None and newest.bytes is not None else ""
    return (judgement.name, judgement.state.value, last, proof, lose, takes, size)
