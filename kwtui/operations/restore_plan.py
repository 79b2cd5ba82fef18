"""The plan of a restore. Pure: from a source, a request and what is known of the target.

The exact strategy is live-findings.md, section 2, step by step. It works under a scratch name, is
compared there, and only then gets the name that was asked for, so that no half-filled database ever
stands under it. Views come last: a database that holds views cannot be renamed (recording 13).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import msgspec

from kwtui.backups.runbook import TARGET_MARK, RunbookStep
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model import (
    UNFINISHED,
    Finding,
    RestoreRequest,
    RestoreStrategy,
    ServerFacts,
)
from kwtui.operations import restore_objects as objects
from kwtui.operations.cluster_parts import cluster_steps, exported_accounts
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.operations.restore_findings import (
    TargetFacts,
    insert_reason,
    left_out,
    missing_accounts,
    restore_findings,
)
from kwtui.operations.restore_objects import Chosen
from kwtui.operations.restore_source import RestoreSource, choose
from kwtui.operations.restore_staging import (
    older_definitions,
    stage,
    staged_metas,
    staging_of,
    unstage,
)
from kwtui.operations.restore_steps import (
    RestoreScope,
    check_files,
    compare,
    compare_others,
    import_database,
    import_table,
    insert_rows_of,
    sql_if_any,
    sql_step,
    sum_known,
)
from kwtui.server import statements, transfer
from kwtui.text import plural

SCRATCH_SUFFIX = "_kwtui_restoring"
_MAX_NAME = 63


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
    scope = _scope(source, request, facts, plan_id)
    tables = scope.tables
    return Plan(
        id=plan_id,
        kind=PlanKind.RESTORE,
        title=_title(scope),
        created_at=now,
        cluster_id=facts.server.cluster_id,
        node_id=facts.node_id,
        database=scope.target,
        path=source.path,
        steps=tuple(_steps(scope)),
        findings=tuple(ordered(restore_findings(source, tables, request, scope.target, facts))),
        not_included=tuple(
            left_out(source, scope.chosen.names, facts, request.create_missing_users)
        ),
        estimated_rows=sum_known([t.rows for t in tables]),
        estimated_bytes=sum_known([t.bytes for t in tables]),
        estimate_source="the files of the backup",
        request=msgspec.to_builtins(request) | {"scratch": scope.scratch, "staging": scope.staging},
    )


def runbook_steps(
    source: RestoreSource, server: ServerFacts, node_id: int
) -> tuple[RunbookStep, ...]:
    """The same steps for a script that needs only a SQL client, into a database of any name."""
    schema, tables = source.schema, source.tables
    chosen = Chosen(schema, schema.tables, whole=True)
    scope = RestoreScope(
        source=source,
        tables=tables,
        request=RestoreRequest(source=source.path, target=TARGET_MARK),
        facts=TargetFacts(server=server, node_id=node_id),
        target=TARGET_MARK,
        scratch=TARGET_MARK,
        chosen=chosen,
        accounts=frozenset(g.grantee for g in schema.grants),
    )
    steps = (*_make(scope), *_fill(scope), *_complete(scope), *_after_rename(scope))
    return tuple(_runbook_step(step) for step in steps)


def _runbook_step(step: Step) -> RunbookStep:
    if step.kind is not StepKind.INSERT_ROWS:
        return RunbookStep(step.title, step.sql, step.explanation)
    files = ", ".join(step.params["files"])
    return RunbookStep(
        step.title,
        (),
        f"{step.explanation} A SQL client alone cannot do this: make INSERT statements of the "
        f"records in {files}, or use kwtui restore.",
    )


def check_source_dialect(source: RestoreSource) -> None:
    """Raises REFUSED_BY_PLAN for files that KWDB's own reader gets wrong."""
    try:
        transfer.check_dialect(source.dialect)
    except KwtuiError as error:
        raise KwtuiError(
            f"{source.path} is written in a way that KWDB's import reads wrong.",
            cause=error.title,
            hint="If the files are written otherwise, say how: --delimiter, --null-text, "
            "--charset.",
            exit_code=ExitCode.REFUSED_BY_PLAN,
        ) from error


def scratch_name(target: str, taken: frozenset[str]) -> str:
    """A free name that tells what it is; an earlier attempt may have left one behind."""
    number = 1
    while True:
        suffix = SCRATCH_SUFFIX if number == 1 else f"{SCRATCH_SUFFIX}_{number}"
        kept = target.encode()[: _MAX_NAME - len(suffix)].decode("utf-8", "ignore")
        if f"{kept}{suffix}" not in taken:
            return f"{kept}{suffix}"
        number += 1


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
        staged_metas=staged_metas(source, request, scratch),
    )


# -- steps ------------------------------------------------------------------------------------


def _steps(scope: RestoreScope) -> Iterator[Step]:
    if scope.with_data:
        yield check_files(scope)
    if scope.staging:
        yield stage(scope)
    if scope.request.strategy is RestoreStrategy.NATIVE:
        yield import_database(scope)
        yield compare(scope)
        yield from _publish(scope, unfinished=False)
    elif scope.request.strategy is RestoreStrategy.DATA_ONLY:
        yield from _fill_existing(scope)
    else:
        yield from _rebuild(scope)
    if scope.staging:
        yield unstage(scope)


def rehearsal_steps(scope: RestoreScope) -> Iterator[Step]:
    """The same restore into a scratch database that never gets another name, for a drill."""
    if scope.with_data:
        yield stage(scope)
    if scope.request.strategy is RestoreStrategy.NATIVE:
        yield import_database(scope)
        yield compare(scope)
    else:
        yield from _rebuild(scope)


def _rebuild(scope: RestoreScope) -> Iterator[Step]:
    """The exact recipe, step by step (live-findings, section 2)."""
    yield from cluster_steps(scope)
    yield from _create_accounts(scope)
    yield from _make(scope)
    if scope.with_data:
        yield from _fill(scope)
    yield from _complete(scope)
    yield compare(scope)
    late = tuple(_after_rename(scope))
    yield from _publish(scope, unfinished=bool(late))
    yield from late
    if late:
        yield from _finish(scope)
    if not scope.source.adopted:
        yield compare_others(scope)


def _make(scope: RestoreScope) -> Iterator[Step]:
    """Database, schemas, sequences, tables."""
    schema, chosen, name = scope.source.schema, scope.chosen, scope.scratch
    yield sql_step(
        "create-database",
        f"Create the database {name}",
        (statements.create_database(schema, name), statements.use_database(name)),
        "It gets the name that was asked for when everything in it was compared."
        if name != scope.target
        else "",
    )
    if chosen.schemas:
        yield sql_step(
            "create-schemas", "Create the schemas", tuple(objects.create_schemas(chosen, name))
        )
    if chosen.sequences:
        yield sql_step(
            "create-sequences",
            "Create the sequences",
            tuple(objects.create_sequences(chosen, name)),
        )
    yield replace(
        sql_step(
            "create-tables",
            "Create the tables"
            if scope.time_series
            else "Create the tables, without defaults and foreign keys",
            tuple(objects.create_tables(chosen, name)),
            ""
            if scope.time_series
            else "IMPORT INTO refuses tables with defaults and does not check foreign keys; both "
            "are added after the data.",
        ),
        diff=tuple(older_definitions(scope.source)),
    )
    indexes = tuple(objects.create_indexes(chosen, name))
    if indexes:
        yield sql_step("create-indexes", "Create the other indexes", indexes)


def _fill(scope: RestoreScope) -> Iterator[Step]:
    for table in scope.tables:
        if not table.files:
            continue
        reason = insert_reason(scope.source, table, may_stage=scope.facts.may_stage)
        if reason:
            yield insert_rows_of(scope, table, reason)
        else:
            yield import_table(scope, table)


def _complete(scope: RestoreScope) -> Iterator[Step]:
    """Everything that may only come after the data, but for what forbids a rename."""
    chosen, name = scope.chosen, scope.scratch
    yield from sql_if_any(
        "set-defaults",
        "Put the defaults back",
        objects.set_defaults(chosen, name, waiting=False),
        "As SHOW COLUMNS had them: KWDB misprints some in the definition.",
    )
    yield from sql_if_any(
        "add-foreign-keys",
        "Add the foreign keys",
        objects.add_foreign_keys(chosen, name),
        "Adding one checks every row.",
    )
    yield from sql_if_any(
        "validate-checks",
        "Validate the check constraints",
        objects.validate_constraints(chosen, name) if scope.with_data else iter(()),
        "An import leaves them unvalidated.",
    )
    yield from sql_if_any(
        "set-sequences", "Put the sequences where they were", objects.set_sequences(chosen, name)
    )
    yield from sql_if_any(
        "set-zones", "Put the zone configurations back", objects.set_zones(chosen, name)
    )
    yield from sql_if_any(
        "comment-and-grant",
        "Put comments and grants back",
        objects.comment_and_grant(chosen, scope.accounts, name, last=False),
    )


def _publish(scope: RestoreScope, *, unfinished: bool) -> Iterator[Step]:
    """``unfinished``: something is left to be made under the name, so it gets a mark first.

    Whoever finds it there after a power cut can see what it is.
    """
    if scope.scratch == scope.target:
        return
    if scope.request.replace == scope.target and scope.target in scope.facts.databases:
        yield sql_step(
            "drop-replaced",
            f"Drop the database {scope.target} that is replaced",
            (statements.use_database("defaultdb"), statements.drop_database(scope.target)),
            "Only now, when its successor is complete and compared.",
        )
    yield sql_step(
        "publish",
        f"Give it the name {scope.target}",
        (
            statements.use_database("defaultdb"),
            *((statements.comment_on_database(scope.scratch, UNFINISHED),) if unfinished else ()),
            statements.rename_database(scope.scratch, scope.target),
        ),
        "Its comment says that it is not complete, until everything below is done."
        if unfinished
        else "",
    )


def _after_rename(scope: RestoreScope) -> Iterator[Step]:
    chosen, name = scope.chosen, scope.target
    yield from sql_if_any(
        "set-last-defaults",
        "Put back the defaults that use a sequence or name their database",
        objects.set_defaults(chosen, name, waiting=True),
        "What depends on a sequence can forbid to rename its database.",
    )
    yield from sql_if_any(
        "create-views",
        "Create the views",
        objects.create_views(chosen, name),
        "A database with views cannot be renamed, so they come last.",
    )
    yield from sql_if_any(
        "comment-and-grant-last",
        "Put comments of views and grants on views, schemas and the database back",
        objects.comment_and_grant(chosen, scope.accounts, name, last=True),
    )


def _finish(scope: RestoreScope) -> Iterator[Step]:
    """Nothing is left to be made: the mark goes, and the database's own comment comes."""
    if scope.scratch == scope.target:
        return
    comment = objects.database_comment(scope.chosen)
    yield sql_step(
        "finish",
        f"Call {scope.target} complete",
        (statements.comment_on_database(scope.target, comment),),
    )


def _create_accounts(scope: RestoreScope) -> Iterator[Step]:
    if not scope.request.create_missing_users:
        return
    roles = set(scope.source.schema.roles)
    yield from sql_if_any(
        "create-accounts",
        "Create the missing users and roles",
        (
            statements.create_role(name) if name in roles else statements.create_user(name)
            for name in missing_accounts(scope.source, scope.facts)
        ),
        "Without passwords: KWDB never gives those out.",
    )


def _fill_existing(scope: RestoreScope) -> Iterator[Step]:
    """Data only: defaults are taken off for the import and put back (live-findings, row 22)."""
    existing = scope.facts.existing
    if existing is None:
        return
    specs = tuple(spec for t in scope.tables if (spec := existing.table(t.name)) is not None)
    there = Chosen(existing, specs, whole=False)
    if not scope.time_series:
        yield from sql_if_any(
            "drop-defaults",
            "Take the defaults off for the import",
            objects.drop_defaults(there, scope.target),
            "IMPORT INTO refuses tables with defaults. They are put back, also when it fails.",
        )
    yield from _fill(scope)
    if not scope.time_series:
        yield from sql_if_any(
            "set-defaults",
            "Put the defaults back",
            objects.set_all_defaults(there, scope.target),
        )
        yield from sql_if_any(
            "validate-checks",
            "Validate the constraints again",
            objects.validate_all(there, scope.target),
            "An import leaves them unvalidated and lets orphans in.",
        )
    yield compare(scope)


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
