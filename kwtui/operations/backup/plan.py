"""The plan of a backup: what is exported how, what is captured beside it, what is left out.

Pure: from a survey, a request and what is known of the destination to a `Plan`. The order of steps
is the one of design.md, section 4; the per-table snapshot is the recipe proven in live-findings.md,
section 2.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import BackupRequest
from kwtui.model.schema import DatabaseSchema, Engine
from kwtui.model.server import Survey
from kwtui.operations.backup.choosing import choose_tables
from kwtui.operations.backup.destination import Destination
from kwtui.operations.backup.findings import (
    account_findings,
    definition_findings,
    destination_findings,
    request_findings,
)
from kwtui.operations.backup.linking_words import linkable_bytes, linking_findings
from kwtui.operations.backup.scope import Scope, sum_known
from kwtui.operations.backup.steps import export_steps, steps_of
from kwtui.operations.plan import Plan, PlanKind
from kwtui.operations.shared.selection import part_of
from kwtui.server.catalogue.coverage import coverage
from kwtui.server.catalogue.findings import HASH_POINTS


def plan_backup(
    survey: Survey, request: BackupRequest, destination: Destination, now: datetime, plan_id: str
) -> Plan:
    """The plan, refusals included: it is shown even when it may not be run.

    Raises KwtuiError: NOT_FOUND for a table that the database does not have, USAGE for options that
    no node takes.
    """
    try:
        tables = choose_tables(survey.schema, request)
    except KwtuiError as error:
        if error.exit_code is ExitCode.NOT_FOUND and not survey.server.is_admin:
            user = survey.server.user
            error.cause = f"Or {user} cannot see it: KWDB shows only what a user has privileges on."
        raise
    scope = Scope(survey.schema, tables, request, destination)
    whole = request.is_whole
    estimated_bytes = sum_known(t.bytes for t in tables)
    return Plan(
        id=plan_id,
        kind=PlanKind.BACKUP,
        title=f"Back up {_scope_words(scope, whole)}",
        created_at=now,
        cluster_id=survey.server.cluster_id,
        node_id=destination.node_id,
        database=scope.database,
        path=destination.path,
        steps=tuple(steps_of(scope)),
        findings=once_each(
            *destination_findings(survey, destination, _space(scope), _saved(scope)),
            *linking_findings(scope),
            *account_findings(destination, request),
            *definition_findings(survey.schema.engine, tables),
            *request_findings(survey, request),
            *(f for f in survey.findings if whole or _concerns(f, scope)),
        ),
        coverage=coverage(_captured(scope, whole), survey.server),
        not_included=_not_included(scope, whole),
        estimated_rows=sum_known(t.rows for t in tables),
        estimated_bytes=estimated_bytes,
        estimate_source="row counts and a sample of row lengths",
        request=msgspec.to_builtins(request),
    )


def once_each(*findings: Finding) -> tuple[Finding, ...]:
    """Each finding about the same thing once, refusals before warnings before the rest."""
    first: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        first.setdefault((finding.code, finding.subject), finding)
    order = [Severity.REFUSAL, Severity.WARNING, Severity.INFO]
    return tuple(sorted(first.values(), key=lambda f: order.index(f.severity)))


def export_statements(
    schema: DatabaseSchema, request: BackupRequest, node_id: int, path: str
) -> tuple[str, ...]:
    """The EXPORT statements of a plan for this schema; a run compares them with its own plan's."""
    tables = choose_tables(schema, request)
    steps = export_steps(Scope(schema, tables, request, Destination(node_id, path)))
    return tuple(sql for step in steps for sql in step.sql)


# -- what is in it, and what is not ---------------------------------------------------------------


def _captured(scope: Scope, whole: bool) -> DatabaseSchema:
    return scope.schema if whole else part_of(scope.schema, scope.tables)


def _not_included(scope: Scope, whole: bool) -> tuple[str, ...]:
    """In words, for the plan, the manifest and the runbook."""
    words = list(scope.schema.not_captured)
    words += [f"table {table.name}: {table.why}" for table in scope.schema.unread]
    by_hand = (p for p in scope.schema.programs if not p.is_made_again)
    words += [f"{p}: only its text, to be run manually" for p in by_hand]
    if scope.schema.engine is Engine.TIME_SERIES:
        words.append(f"{HASH_POINTS[0].lower()}{HASH_POINTS[1:]}, which no KWDB statement reports")
    if not whole:
        left = len(scope.schema.tables) - len(scope.tables)
        words.append(f"{left} other table{_s(left)} of {scope.database}, as asked")
    words.append("passwords of users, which KWDB never reveals")
    if not scope.request.with_users:
        words.append("users and roles themselves: only their names in grants (--with-users)")
    if not scope.request.with_settings:
        words.append("cluster settings (--with-settings)")
    words.append("other databases")
    return tuple(words)


def _scope_words(scope: Scope, whole: bool) -> str:
    if whole:
        return scope.database
    count = len(scope.tables)
    return f"{count} table{_s(count)} of {scope.database}"


def _concerns(finding: Finding, scope: Scope) -> bool:
    """Whether a finding of the survey is about the whole database or one of the chosen tables."""
    names = {f"{scope.database}.{table.name}" for table in scope.tables}
    return finding.subject in {"", scope.database, *names}


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _space(scope: Scope) -> int | None:
    """Bytes that the set will take, as far as KWDB's statistics tell."""
    return sum_known(table.bytes for table in scope.tables)


def _saved(scope: Scope) -> int:
    """Bytes that it takes less of, at most, as files are linked."""
    return 0 if scope.destination.no_links else linkable_bytes(scope)
