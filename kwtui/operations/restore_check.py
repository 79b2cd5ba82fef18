"""The first step of a restore: the files are what the manifest says, before a byte is written."""

from __future__ import annotations

import asyncio

import msgspec

from kwtui.backups.proof import VerifyReport, verify
from kwtui.backups.sealing import SealProgress
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model import Dialect, ProofLevel, Severity
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Step
from kwtui.operations.runner import StepOutcome


async def check_source(context: RunContext, step: Step) -> StepOutcome:
    """Raises KwtuiError: BACKUP_DAMAGED with the files that are not as sealed.

    A set is hashed (P1). An adopted tree has no manifest: its records are read (P2).
    """
    dialect = context.plan.request.get("dialect")

    def tell(progress: SealProgress) -> None:
        context.reporter.progress(
            step, bytes=progress.bytes, bytes_total=progress.bytes_total, basis="bytes read"
        )

    report = await asyncio.to_thread(
        verify,
        context.extern,
        step.subject,
        ProofLevel.P2 if step.params.get("records") else ProofLevel.P1,
        state=context.state,
        dialect=msgspec.convert(dialect, Dialect) if dialect else None,
        record=False,
        progress=tell,
        cancelled=context.halt.requested.is_set,
    )
    check_report(report)
    counted = {str(t.name): t.rows_found for t in report.tables if t.rows_found is not None}
    return StepOutcome(
        summary=f"{report.files} files, as they should be",
        bytes=report.bytes,
        details={"counted": counted if report.adopted else {}},
    )


def check_report(report: VerifyReport) -> None:
    """Raises BACKUP_DAMAGED for a set that is not whole."""
    bad = [f for f in report.findings if f.severity is Severity.REFUSAL]
    if bad:
        words = [f"{f.subject}: {f.message}" for f in bad]
        raise KwtuiError(
            f"The backup {report.path} is damaged: {words[0]}",
            cause="\n".join(words[1:10]),
            hint=f"See everything that is wrong: kwtui verify {report.path}",
            exit_code=ExitCode.BACKUP_DAMAGED,
        )
