"""The plan of a drill: a restore into a scratch database, compared with the backup and dropped.

Pure. The steps are those of a restore (live-findings, section 2), so that what is rehearsed is what
would be done. The files are always read through a staging folder: nothing that a server does can
reach the backup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from kwtui.backups.layout.staging import staging_path
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.checks import CheckLevel
from kwtui.model.findings import Finding, Severity
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import DrillRequest, RestoreRequest, RestoreStrategy
from kwtui.model.server import ServerFacts
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.operations.restore.broken_objects import isolated
from kwtui.operations.restore.expected_content import again
from kwtui.operations.restore.findings import missing_accounts, restore_findings
from kwtui.operations.restore.plan import check_source_dialect, ordered
from kwtui.operations.restore.recipe import rehearsal_steps
from kwtui.operations.restore.source import RestoreSource
from kwtui.operations.restore.staging_steps import staged_metas, unstage
from kwtui.operations.restore.steps import RestoreScope, check_files, sql_step, sum_known
from kwtui.operations.restore.target import TargetFacts
from kwtui.operations.shared.scratch_names import DRILL_PREFIX
from kwtui.operations.shared.selection import Chosen
from kwtui.operations.shared.sent_statements import checked
from kwtui.sql import statements
from kwtui.text import plural

LEVELS = (ProofLevel.P3, ProofLevel.P4)
STRATEGIES = (RestoreStrategy.EXACT, RestoreStrategy.NATIVE)
_SILENT = frozenset({"account_missing", "account_created", "rows_inserted"})
"""Findings of a restore that mean nothing for a database that is dropped again."""


@dataclass(frozen=True)
class DrillLeftovers:
    """What earlier drills and restores of this account left, whose processes are gone."""

    databases: tuple[str, ...] = ()
    stagings: tuple[str, ...] = ()
    """Relative to extern."""
    sandboxes: tuple[str, ...] = ()
    """Names of folders in the state directory."""

    def __bool__(self) -> bool:
        return bool(self.databases or self.stagings or self.sandboxes)


@dataclass(frozen=True)
class DrillTarget:
    """Where a drill restores."""

    facts: TargetFacts
    leftovers: DrillLeftovers = field(default_factory=DrillLeftovers)


def sandbox_target() -> TargetFacts:
    """What is known of a sandbox that is not started yet: nobody and nothing is there."""
    server = ServerFacts(
        version="sandbox", cluster_id="", node_id=1, user="root", is_admin=True, tls=False
    )
    return TargetFacts(server=server, node_id=1, accounts=frozenset({"root", "admin"}))


def plan_drill(
    source: RestoreSource,
    request: DrillRequest,
    target: DrillTarget,
    now: datetime,
    plan_id: str,
) -> Plan:
    """The plan, refusals included.

    Raises KwtuiError: USAGE for a level or strategy that is no drill's, REFUSED_BY_PLAN for files
    in a dialect that KWDB's own reader gets wrong, META_DAMAGED.
    """
    _check_request(request)
    check_source_dialect(source)
    return isolated(lambda part, _: _planned(part, request, target, now, plan_id), source)


def _planned(
    source: RestoreSource,
    request: DrillRequest,
    target: DrillTarget,
    now: datetime,
    plan_id: str,
) -> Plan:
    scope = _scope(source, request, target.facts, plan_id)
    plan = Plan(
        id=plan_id,
        kind=PlanKind.DRILL,
        title=f"Drill {source.path} to P{int(request.level)}{_where(request)}",
        created_at=now,
        cluster_id="" if request.on_sandbox else target.facts.server.cluster_id,
        node_id=target.facts.node_id,
        database=source.schema.database,
        path=source.path,
        steps=tuple(_steps(scope, request, target.leftovers)),
        findings=tuple(_findings(scope, request)),
        estimated_rows=sum_known([t.rows for t in scope.tables]),
        estimated_bytes=sum_known([t.bytes for t in scope.tables]),
        estimate_source="the files of the backup",
        request=msgspec.to_builtins(request)
        | {
            "scratch": scope.scratch,
            "staging": scope.staging,
            "sandbox": plan_id if request.on_sandbox else "",
        },
    )
    return checked(plan)


def scratch_request(request: DrillRequest, scratch: str) -> RestoreRequest:
    """The restore that a drill rehearses."""
    return RestoreRequest(
        source=request.source,
        target=scratch,
        strategy=_strategy(request),
        create_missing_users=request.on_sandbox,
        dialect=request.dialect,
        node_id=request.node_id,
        accept=request.accept,
        leave_out=request.leave_out,
        empty=request.empty,
        first_is_row=request.first_is_row,
    )


def drill_database(plan_id: str) -> str:
    """The scratch database of a drill; cleaning up knows it by its name."""
    return f"{DRILL_PREFIX}{plan_id}"


# -- inside -----------------------------------------------------------------------------------


def _check_request(request: DrillRequest) -> None:
    if request.level not in LEVELS:
        raise KwtuiError(
            f"A drill reaches P3 or P4, not P{int(request.level)}.",
            hint="P1 and P2 need no restore: kwtui verify.",
            exit_code=ExitCode.USAGE,
        )
    native = request.strategy is RestoreStrategy.NATIVE
    if request.strategy not in STRATEGIES or (native and request.level is ProofLevel.P3):
        raise KwtuiError(
            "A drill rehearses the exact restore, or with its data the native one.",
            hint="Choose --strategy exact, or native with --level P4.",
            exit_code=ExitCode.USAGE,
        )


def _strategy(request: DrillRequest) -> RestoreStrategy:
    return RestoreStrategy.SCHEMA_ONLY if request.level is ProofLevel.P3 else request.strategy


def _scope(
    source: RestoreSource, request: DrillRequest, facts: TargetFacts, plan_id: str
) -> RestoreScope:
    scratch = drill_database(plan_id)
    restore = scratch_request(request, scratch)
    accounts = set(facts.accounts)
    if restore.create_missing_users:
        accounts.update(missing_accounts(source, facts))
    with_data = request.level is ProofLevel.P4
    return RestoreScope(
        source=source,
        tables=source.tables,
        request=restore,
        facts=facts,
        target=scratch,
        scratch=scratch,
        chosen=Chosen(source.schema, tuple(t.spec for t in source.tables), whole=True),
        accounts=frozenset(accounts),
        staging=staging_path(plan_id) if with_data else "",
        comparing=staging_path(plan_id) if with_data else "",
        staged_metas=staged_metas(source, restore, scratch),
    )


def _steps(scope: RestoreScope, request: DrillRequest, leftovers: DrillLeftovers) -> Iterator[Step]:
    if leftovers:
        yield _sweep(leftovers)
    checked = check_files(scope)
    # A backup is proven level by level: what does not hold on disk is not worth a restore.
    yield replace(
        checked,
        title="Check every file and every record",
        explanation="Size and SHA-256 as in the manifest, every record parsed and counted."
        if not scope.source.adopted
        else checked.explanation,
        params=checked.params | {"records": True},
    )
    yield from rehearsal_steps(scope)
    yield sql_step(
        "drop-scratch",
        f"Drop the scratch database {scope.scratch}",
        (statements.use_database("defaultdb"), statements.drop_database(scope.scratch)),
        "This drill created it. It is also dropped if the drill fails or is cancelled.",
    )
    if scope.staging:
        yield unstage(scope)


def _sweep(leftovers: DrillLeftovers) -> Step:
    names = [*leftovers.databases, *leftovers.stagings]
    names += [f"sandbox {name}" for name in leftovers.sandboxes]
    return Step(
        id="sweep",
        kind=StepKind.SWEEP,
        title="Remove the leftovers of earlier drills",
        explanation=f"Their processes have ended: {', '.join(names)}. Each is checked again first.",
        sql=tuple(statements.drop_database(name) for name in leftovers.databases),
        params={
            "databases": list(leftovers.databases),
            "stagings": list(leftovers.stagings),
            "sandboxes": list(leftovers.sandboxes),
        },
    )


def _findings(scope: RestoreScope, request: DrillRequest) -> Iterator[Finding]:
    source = scope.source
    found = restore_findings(source, scope.tables, scope.request, scope.target, scope.facts)
    kept = [f for f in ordered(found) if f.code not in _SILENT]
    yield from kept
    if scope.staging and not scope.facts.may_stage:
        yield Finding(
            Severity.REFUSAL,
            "extern_not_readable",
            source.path,
            "This account cannot create a staging folder in extern, and a drill never lets a "
            "server "
            "write into a backup.",
            "Run kwtui as the database's own account, or drill on a sandbox: --on sandbox",
        )
    if not scope.tables and not source.adopted:
        yield Finding(
            Severity.REFUSAL,
            "no_table",
            source.path,
            "The backup holds no table, so a drill of it would prove nothing.",
            "Restore it: views, sequences and the rest are compared there.",
        )
    rowless = not any(t.files for t in scope.tables) and not source.undefined and not source.unread
    if source.adopted and scope.staging and rowless:
        yield Finding(
            Severity.REFUSAL,
            "no_rows",
            source.path,
            "No table of this export has a data file, and nothing shows whether they were "
            "empty: restoring 0 rows proves nothing.",
            "Prove its definitions alone: --level P3",
        )
    unknown = [
        str(t.name)
        for t in scope.tables
        if t.level is CheckLevel.COUNTS
        and not again(t, source.dialect, scope.facts.node_id, scope.comparing)
    ]
    if unknown and request.level is ProofLevel.P4:
        yield Finding(
            Severity.WARNING,
            "only_counted",
            source.path,
            f"For {_some(unknown)} the backup holds only row counts: these tables are compared "
            "by count, and the drill reaches P3.",
            "A backup made with a --check other than counts, while nobody writes, can be "
            "compared by content.",
        )
    if source.adopted:
        yield Finding(
            Severity.INFO,
            "not_recorded",
            source.path,
            "This export was not made by kwtui: the drill shows whether it can be restored, and "
            "records nothing in it.",
        )


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed) if len(listed) <= 3 else plural(len(listed), "table")


def _where(request: DrillRequest) -> str:
    native = (
        " with KWDB's own IMPORT DATABASE" if request.strategy is RestoreStrategy.NATIVE else ""
    )
    return f"{native} on a private sandbox" if request.on_sandbox else native
