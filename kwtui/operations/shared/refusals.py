"""A plan that may not run: which of its findings forbid it, and as what error they are told."""

from __future__ import annotations

from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.model.findings import Finding, Severity
from kwtui.operations.plan import Plan
from kwtui.operations.shared.sent_statements import sent_otherwise

_EXIT_CODES = {
    "admin_required": ExitCode.ADMIN_ROLE_REQUIRED,
    "backup_damaged": ExitCode.BACKUP_DAMAGED,
    "backup_incomplete": ExitCode.BACKUP_INCOMPLETE,
    "destination_not_empty": ExitCode.DESTINATION_NOT_EMPTY,
    "disk_full": ExitCode.DISK_FULL,
    "in_use": ExitCode.RUN_IN_PROGRESS,
    "extern_not_found": ExitCode.EXTERN_NOT_FOUND,
    "extern_not_readable": ExitCode.EXTERN_NOT_READABLE,
    "name_taken": ExitCode.NAME_TAKEN,
    "scratch_name": ExitCode.NAME_TAKEN,
    "meta_damaged": ExitCode.META_DAMAGED,
    "no_definition": ExitCode.BACKUP_DAMAGED,
    "no_rows": ExitCode.NOT_FOUND,
    "no_table": ExitCode.NOT_FOUND,
    "not_found": ExitCode.NOT_FOUND,
    "unread_file": ExitCode.BACKUP_DAMAGED,
    "no_data_file": ExitCode.BACKUP_DAMAGED,
    "not_empty": ExitCode.NOT_FOUND,
}


def refusals(plan: Plan) -> tuple[Finding, ...]:
    return tuple(f for f in plan.findings if f.severity is Severity.REFUSAL)


def check_allowed(plan: Plan) -> None:
    """Raise what forbids the plan, with the exit code of the first refusal.

    Also what its statements would do beyond it: a plan was made of what a backup holds.
    """
    found = refusals(plan) or tuple(sent_otherwise(plan))
    if not found:
        return
    first = found[0]
    more = [f"Also: {_text(f)}" for f in found[1:]]
    raise KwtuiError(
        _text(first),
        cause=lines_of(*more),
        hint=first.remedy,
        exit_code=_EXIT_CODES.get(first.code, ExitCode.REFUSED_BY_PLAN),
    )


def error_of(finding: Finding | None) -> KwtuiError:
    """A refusal that is known before there is a plan."""
    if finding is None:
        return KwtuiError("This is not possible.", exit_code=ExitCode.REFUSED_BY_PLAN)
    exit_code = _EXIT_CODES.get(finding.code, ExitCode.REFUSED_BY_PLAN)
    return KwtuiError(_text(finding), hint=finding.remedy, exit_code=exit_code)


def _text(finding: Finding) -> str:
    if finding.subject and finding.subject not in finding.message:
        return f"{finding.subject}: {finding.message}"
    return finding.message
