"""Checking a set as a plan and a run of its own: P1 and P2 (P3 and more need a server)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec

from kwtui.backups.proof.verify import VerifyReport, verify
from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.model.findings import Severity
from kwtui.model.proof import ProofLevel
from kwtui.operations.context import RunContext, RunResult
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.operations.runner import StepOutcome, run_steps
from kwtui.operations.shared.command_line import shell_line
from kwtui.text import plural

OFFERED = (ProofLevel.P1, ProofLevel.P2)


def plan_verify(
    path: str, level: ProofLevel, now: datetime, plan_id: str, *, database: str = ""
) -> Plan:
    """The plan of a check. Raises KwtuiError (USAGE) for a level that needs a restore."""
    if level not in OFFERED:
        raise KwtuiError(
            f"A check reaches P1 or P2, not P{int(level)}.",
            hint="P3 and P4 are reached by restoring the backup and comparing.",
            exit_code=ExitCode.USAGE,
        )
    words = {
        ProofLevel.P1: "Every file must exist, with the size and SHA-256 of the manifest.",
        ProofLevel.P2: "Besides, every record is parsed and counted, and every meta.sql read.",
    }
    return Plan(
        id=plan_id,
        kind=PlanKind.VERIFY,
        title=f"Check {path} up to P{int(level)}",
        created_at=now,
        cluster_id="",
        node_id=0,
        database=database,
        path=path,
        steps=(
            Step(
                id="verify",
                kind=StepKind.CHECK_FILES,
                title="Read every file",
                explanation=" ".join(words[lv] for lv in OFFERED if lv <= level),
                subject=path,
                params={"level": int(level)},
            ),
        ),
        request={"path": path, "level": int(level)},
    )


async def run_verify(context: RunContext) -> RunResult:
    """Run the check; the outcome is written to the set's ``proofs.jsonl`` either way.

    Raises KwtuiError: BACKUP_DAMAGED when the set has changed since it was sealed.
    """
    reports: list[VerifyReport] = []

    async def check(step: Step) -> StepOutcome:
        report = await asyncio.to_thread(
            verify,
            context.extern,
            context.plan.path,
            ProofLevel(step.params["level"]),
            state=context.state,
            progress=context.tell_of(step, "reading files"),
            cancelled=context.halt.requested.is_set,
        )
        reports.append(report)
        check_report(report, context.options)
        return StepOutcome(
            summary=f"{plural(report.files, 'file')}, {in_words(report)}",
            rows=report.rows,
            bytes=report.bytes,
            details=msgspec.to_builtins(report),
        )

    executors = {StepKind.CHECK_FILES: check}
    await run_steps(context.plan, executors, context.reporter, context.halt)
    return RunResult(
        summary=f"Checked {context.plan.path}: {in_words(reports[0])}.",
        result=msgspec.to_builtins(reports[0]),
    )


def in_words(report: VerifyReport) -> str:
    if not report.ok:
        return "damaged"
    if report.reached is None:
        return "readable; nothing to compare it with"
    return f"proven to P{int(report.reached)}"


def check_report(report: VerifyReport, options: Sequence[str] = ()) -> None:
    """Raises BACKUP_DAMAGED for a set that is not whole.

    ``options`` are those of a command for the same server and files.
    """
    bad = [f for f in report.findings if f.severity is Severity.REFUSAL]
    if bad:
        words = [f"{f.subject}: {f.message}" for f in bad]
        raise KwtuiError(
            f"The backup {report.path} is damaged: {words[0]}",
            cause=lines_of(*words[1:10]),
            hint="List all problems: " + shell_line("verify", report.path, options=options),
            exit_code=ExitCode.BACKUP_DAMAGED,
        )
