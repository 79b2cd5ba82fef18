"""Reading the backup that stays, right before others go because it does.

A proof says what was true when it was made. Removal cannot be undone, so it does not rely on that.
"""

from __future__ import annotations

import asyncio

from kwtui.backups.listing.scanning import describe
from kwtui.backups.proof.verify import VerifyReport, verify
from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.model.findings import Severity
from kwtui.model.proof import ProofLevel
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Step
from kwtui.operations.removal.planning import read_identity
from kwtui.operations.shared.command_line import shell_line

_FAULTS_NAMED = 10


async def check_what_stays(context: RunContext, step: Step, path: str) -> VerifyReport:
    """Hash every file of the set; the outcome is written down as that of any check (P1).

    A set that fails counts as proven no more, so the next plan relies on another.

    Raises KwtuiError: BACKUP_DAMAGED, NOT_FOUND, EXTERN_NOT_READABLE, REFUSED_BY_PLAN if another
    set lies there than was planned with, CANCELLED.
    """
    try:
        return await asyncio.to_thread(_check, context, step, path)
    except KwtuiError as error:
        if error.exit_code is ExitCode.CANCELLED:
            raise
        raise KwtuiError(
            f"Nothing was removed: the backup to be kept failed its check. {error.title}",
            cause=error.cause,
            hint=_what_to_do(context, path),
            exit_code=error.exit_code,
        ) from error


def _check(context: RunContext, step: Step, path: str) -> VerifyReport:
    extern, state = context.extern, context.state
    if path == step.subject:
        entry = describe(extern, path, state)
        if read_identity(extern, state, entry)[1] != step.params["manifest"]:
            raise KwtuiError(
                f"{path} has changed since the plan was made.",
                exit_code=ExitCode.REFUSED_BY_PLAN,
            )

    report = verify(
        extern,
        path,
        ProofLevel(step.params["level"]),
        state=state,
        progress=context.tell_of(step, "reading files"),
        cancelled=context.halt.requested.is_set,
    )
    if not report.ok or report.reached is None or report.reached < ProofLevel.P1:
        raise _damaged(report)
    return report


def _damaged(report: VerifyReport) -> KwtuiError:
    faults = [
        f"{f.subject}: {f.message}" for f in report.findings if f.severity is Severity.REFUSAL
    ]
    first = faults[0] if faults else "its files cannot be compared with a manifest."
    return KwtuiError(
        f"{report.path} is damaged: {first}",
        cause=lines_of(*faults[1:_FAULTS_NAMED]),
        exit_code=ExitCode.BACKUP_DAMAGED,
    )


def _what_to_do(context: RunContext, path: str) -> str:
    verify_it = shell_line("verify", path, options=context.options)
    return f"List all problems: {verify_it}  Then back up again, and plan the removal again."
