"""The plan of a restore. Pure: from a source, a request and what is known of the target.

The work is done under a scratch name, is compared there, and only then gets the name that was asked
for, so that no half-filled database ever stands under it. The steps are in `restore_recipe`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain

import msgspec

from kwtui.backups.layout.staging import staging_path
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Finding
from kwtui.model.requests import RestoreRequest, RestoreStrategy
from kwtui.model.schema import TableName
from kwtui.operations.plan import Plan, PlanKind
from kwtui.operations.restore.broken_objects import isolated
from kwtui.operations.restore.cluster_parts import exported_accounts
from kwtui.operations.restore.findings import left_out, missing_accounts, restore_findings
from kwtui.operations.restore.recipe import restore_steps
from kwtui.operations.restore.source import RestoreSource, choose
from kwtui.operations.restore.staging_steps import staged_metas, staging_of
from kwtui.operations.restore.steps import RestoreScope, sum_known
from kwtui.operations.restore.target import TargetFacts, scratch_findings
from kwtui.operations.shared.scratch_names import scratch_name
from kwtui.operations.shared.selection import Chosen
from kwtui.operations.shared.sent_statements import checked
from kwtui.sql.dialect import check_dialect
from kwtui.text import plural


def plan_restore(
    source: RestoreSource,
    request: RestoreRequest,
    facts: TargetFacts,
    now: datetime,
    plan_id: str,
) -> Plan:
    """The plan, refusals included.

    Raises KwtuiError: NOT_FOUND for a table that is not there, REFUSED_BY_PLAN for files in a
    dialect that KWDB's own reader gets wrong.
    """
    check_source_dialect(source)

    def make(part: RestoreSource, tables: tuple[TableName, ...]) -> Plan:
        return _planned(part, replace(request, tables=tables), facts, now, plan_id)

    return isolated(make, source, request.tables)


def _planned(
    source: RestoreSource,
    request: RestoreRequest,
    facts: TargetFacts,
    now: datetime,
    plan_id: str,
) -> Plan:
    scope = _scope(source, request, facts, plan_id)
    tables = scope.tables
    findings = restore_findings(source, tables, request, scope.target, facts)
    plan = Plan(
        id=plan_id,
        kind=PlanKind.RESTORE,
        title=_title(scope),
        created_at=now,
        cluster_id=facts.server.cluster_id,
        node_id=facts.node_id,
        database=scope.target,
        path=source.path,
        steps=tuple(restore_steps(scope)),
        findings=tuple(ordered(chain(scratch_findings(scope.target), findings))),
        not_included=tuple(left_out(source, scope.chosen, scope.accounts)),
        estimated_rows=sum_known([t.rows for t in tables]),
        estimated_bytes=sum_known([t.bytes for t in tables]),
        estimate_source="the files of the backup",
        request=msgspec.to_builtins(request)
        | {
            "scratch": scope.scratch,
            "staging": scope.staging or scope.comparing,
            "engine": source.schema.engine.value,
        },
    )
    return checked(plan)


def check_source_dialect(source: RestoreSource) -> None:
    """Raises REFUSED_BY_PLAN for files that KWDB's own reader gets wrong."""
    try:
        check_dialect(source.dialect)
    except KwtuiError as error:
        raise KwtuiError(
            f"{source.path} has a format that KWDB's import misreads.",
            cause=error.title,
            hint="If the format is a different one, give it: --delimiter, --null-text, --charset.",
            exit_code=ExitCode.REFUSED_BY_PLAN,
        ) from error


def _scope(
    source: RestoreSource, request: RestoreRequest, facts: TargetFacts, plan_id: str
) -> RestoreScope:
    tables = choose(source, request.tables)
    target = request.target or source.schema.database
    staging = staging_of(source, tables, request, facts, plan_id)
    # IMPORT DATABASE makes the name that a meta.sql says, and only a staged one can say another.
    native_in_place = request.strategy is RestoreStrategy.NATIVE and not staging
    fills = request.strategy is RestoreStrategy.DATA_ONLY or native_in_place
    scratch = target if fills else scratch_name(target, facts.databases)
    accounts = set(facts.accounts)
    if request.create_missing_users:
        accounts.update(missing_accounts(source, facts))
    if request.with_users:
        accounts.update(exported_accounts(source))
    return RestoreScope(
        source=source,
        tables=tables,
        request=request,
        facts=facts,
        target=target,
        scratch=scratch,
        chosen=Chosen(source.schema, tuple(t.spec for t in tables), whole=not request.tables),
        accounts=frozenset(accounts),
        staging=staging,
        comparing=staging_path(plan_id) if facts.may_stage else "",
        staged_metas=staged_metas(source, request, scratch),
    )


# -- words ------------------------------------------------------------------------------------


def _title(scope: RestoreScope) -> str:
    what = {
        RestoreStrategy.EXACT: "Restore",
        RestoreStrategy.NATIVE: "Import with KWDB's own statement",
        RestoreStrategy.SCHEMA_ONLY: "Restore the definitions of",
        RestoreStrategy.DATA_ONLY: "Restore the rows of",
    }[scope.request.strategy]
    subject = scope.source.schema.database
    if scope.request.tables:
        subject = f"{plural(len(scope.tables), 'table')} of {subject}"
    into = f" as {scope.target}" if scope.target != scope.source.schema.database else ""
    return f"{what} {subject}{into}"


def ordered(findings: Iterator[Finding]) -> list[Finding]:
    """Refusals before warnings before the rest."""
    order = {"refusal": 0, "warning": 1, "info": 2}
    return sorted(findings, key=lambda f: order[f.severity.value])
