"""The plan of a backup: what is exported how, what is captured beside it, what is left out.

Pure: from a survey, a request and what is known of the destination to a `Plan`. The order of steps
is the one of design.md, section 4; the per-table snapshot is the recipe proven in live-findings.md,
section 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from kwtui.backups.layout.naming import DATA_FOLDER, table_folder
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.checks import CheckLevel
from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import BackupMethod, BackupRequest, Incremental
from kwtui.model.schema import DatabaseSchema, Engine, TableSpec
from kwtui.model.server import Survey
from kwtui.operations.backup.destination import Destination
from kwtui.operations.backup.findings import (
    account_findings,
    definition_findings,
    destination_findings,
    request_findings,
)
from kwtui.operations.backup.series_export import bounded_export, needs_select
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.operations.shared.chosen import part_of
from kwtui.server.catalogue.coverage import coverage
from kwtui.server.catalogue.findings import HASH_POINTS
from kwtui.sql import content, statements, transfer
from kwtui.sql.transfer import ExportOptions

TIMESTAMP = "{timestamp}"
"""Stands in a plan's SQL for the instant that is only known when the run begins."""
UNTIL = "{until}"
"""Stands for the newest time that a time-series table holds when its export begins."""


@dataclass(frozen=True)
class _Scope:
    """What this backup is about, and where it goes."""

    schema: DatabaseSchema
    tables: tuple[TableSpec, ...]
    request: BackupRequest
    destination: Destination

    @property
    def database(self) -> str:
        return self.schema.database

    @property
    def data_path(self) -> str:
        return f"{self.destination.path}/{DATA_FOLDER}"

    @property
    def options(self) -> ExportOptions:
        return ExportOptions(self.request.dialect, self.request.chunk_rows)

    @property
    def is_snapshot(self) -> bool:
        """Whether one instant is the same for every table (live-findings, row 30)."""
        relational = self.schema.engine is Engine.RELATIONAL
        return relational and self.request.method is BackupMethod.SNAPSHOT

    @property
    def level(self) -> CheckLevel:
        return self.request.level(self.schema.engine)

    def is_bounded(self, table: TableSpec) -> bool:
        """Whether the table is cut at its time column, the only cut that there is (row 30)."""
        return table.time_column is not None and self.request.method is BackupMethod.SNAPSHOT


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
        if not survey.server.is_admin:
            user = survey.server.user
            error.cause = f"Or {user} may not see it: KWDB shows what a user has a right on."
        raise
    scope = _Scope(survey.schema, tables, request, destination)
    whole = request.is_whole
    estimated_bytes = _sum_known(t.bytes for t in tables)
    return Plan(
        id=plan_id,
        kind=PlanKind.BACKUP,
        title=f"Back up {_scope_words(scope, whole)}",
        created_at=now,
        cluster_id=survey.server.cluster_id,
        node_id=destination.node_id,
        database=scope.database,
        path=destination.path,
        steps=tuple(_steps(scope)),
        findings=once_each(
            *destination_findings(survey, destination, _space(scope)),
            *account_findings(destination, request),
            *definition_findings(survey.schema.engine, tables),
            *request_findings(survey, request),
            *(f for f in survey.findings if whole or _concerns(f, scope)),
        ),
        coverage=coverage(_captured(scope, whole), survey.server),
        not_included=_not_included(scope, whole),
        estimated_rows=_sum_known(t.rows for t in tables),
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


def choose_tables(schema: DatabaseSchema, request: BackupRequest) -> tuple[TableSpec, ...]:
    """The tables that were asked for, in the catalogue's order; all of them if none was.

    Raises KwtuiError: NOT_FOUND, STATEMENT_REFUSED, or USAGE where every table is left out.
    """
    unread = {table.name: table.why for table in schema.unread}
    for name in (*request.tables, *request.without):
        known = schema.table(name) is not None or (name in unread and name in request.without)
        if not known:
            why = f"Its definition cannot be read: {unread[name]}" if name in unread else ""
            raise KwtuiError(
                f"The database {schema.database} has no table {name}."
                if not why
                else f"{name} cannot be backed up.",
                cause=why,
                hint=f"See what it has: kwtui survey {schema.database}",
                exit_code=ExitCode.STATEMENT_REFUSED if why else ExitCode.NOT_FOUND,
            )
    wanted = request.tables or tuple(table.name for table in schema.tables)
    chosen = tuple(
        t for t in schema.tables if t.name in set(wanted) and t.name not in request.without
    )
    if request.without and not chosen:
        raise KwtuiError(
            f"No table of {schema.database} is left to back up.",
            cause="--without leaves out every one.",
            hint="Choose at least one table.",
            exit_code=ExitCode.USAGE,
        )
    return chosen


def export_statements(
    schema: DatabaseSchema, request: BackupRequest, node_id: int, path: str
) -> tuple[str, ...]:
    """The EXPORT statements of a plan for this schema; a run compares them with its own plan's."""
    tables = choose_tables(schema, request)
    steps = _export_steps(_Scope(schema, tables, request, Destination(node_id, path)))
    return tuple(sql for step in steps for sql in step.sql)


# -- steps ------------------------------------------------------------------------------------


def _steps(scope: _Scope) -> Iterator[Step]:
    yield _first_step(scope)
    yield from _export_steps(scope)
    yield from _other_exports(scope)
    sources = "the server's result rows, its notices"
    if not scope.request.unseen:
        sources += " and the files on disk"
    yield Step(
        id="reconcile",
        kind=StepKind.RECONCILE,
        title="Compare what was written with what is there",
        explanation=f"The catalogue before and after, {sources} must tell the same. A difference "
        "names the table and fails the run.",
    )
    if scope.request.unseen:
        yield _draft_step(scope)
        return
    yield Step(
        id="seal",
        kind=StepKind.SEAL,
        title="Hash and count every file, then write the manifest",
        explanation="One pass over every file gives SHA-256 and the exact number of records. "
        f"{_level_words(scope)} Where that can be, it is read while the next tables are exported. "
        "schema.json, SHA256SUMS, RESTORE.md, restore.sql and restore.sh are written beside the "
        "data, the manifest last.",
        sql=tuple(_content_sql(scope)),
        params={"check": scope.level.value},
    )


def _level_words(scope: _Scope) -> str:
    """The level of the content check, and what it would miss."""
    level = scope.level
    return f"Content check: {level} ({level.compares}). It would miss: {level.misses}."


def _space(scope: _Scope) -> int | None:
    """Bytes that the set will take, as far as KWDB's statistics tell."""
    return _sum_known(table.bytes for table in scope.tables)


def _other_exports(scope: _Scope) -> Iterator[Step]:
    """What belongs to the cluster and not to the database, where it was asked for."""
    node, path = scope.destination.node_id, scope.destination.path
    if scope.request.with_users:
        yield Step(
            id="export-users",
            kind=StepKind.EXPORT_OTHER,
            title="Export the users and roles",
            explanation="With who is in which role; KWDB never gives passwords out.",
            sql=(transfer.export_users(transfer.nodelocal(node, f"{path}/users")),),
            params={"folder": "users", "file": "users.sql"},
        )
    if scope.request.with_settings:
        yield Step(
            id="export-settings",
            kind=StepKind.EXPORT_OTHER,
            title="Export the cluster settings",
            explanation="Those that were ever set, without the cluster's secrets and version.",
            sql=(transfer.export_settings(transfer.nodelocal(node, f"{path}/settings")),),
            params={"folder": "settings", "file": "clustersetting.sql"},
        )


def _draft_step(scope: _Scope) -> Step:
    return Step(
        id="seal",
        kind=StepKind.SEAL,
        title="Write the draft of the manifest",
        explanation="The files cannot be seen from here. What only this run can learn (schema, "
        "what the server said of rows and contents) is written to one file, to be carried to node "
        f"{scope.destination.node_id}: kwtui seal there proves the backup. {_level_words(scope)}",
        sql=tuple(_content_sql(scope)),
        params={"check": scope.level.value},
    )


def _export_steps(scope: _Scope) -> Iterator[Step]:
    if scope.request.method is BackupMethod.DATABASE:
        yield _export_database(scope)
    else:
        yield from (_export_table(scope, table) for table in scope.tables)


def _first_step(scope: _Scope) -> Step:
    if scope.is_snapshot:
        explanation = "Every table is exported as it is at this one instant."
    elif any(scope.is_bounded(table) for table in scope.tables):
        explanation = (
            "Time series have no snapshot: each table is exported up to "
            "the newest time that it holds then, and read before and after, so that rows which "
            "come late or change meanwhile are counted and named."
            + _incremental_words(scope.request)
        )
    else:
        explanation = "Notes when the export began; there is no common instant for the tables."
    return Step(
        id="snapshot",
        kind=StepKind.SNAPSHOT,
        title="Read the catalogue again and take the time",
        explanation=f"{explanation} If tables or columns changed since the plan was made, the run "
        "stops here.",
        sql=(statements.logical_timestamp(),),
    )


def _incremental_words(request: BackupRequest) -> str:
    if request.unseen:
        return ""
    if request.incremental is Incremental.FULL:
        return " Everything is written anew."
    return (
        " Days whose counts, sums and text lengths are those of the last proven backup are not "
        "exported again: its files are linked, once their SHA-256 was compared. What this cannot "
        "see is a text that was replaced by one of the same length, or values exchanged within a "
        "day"
        + (
            ": everything is written anew every 30 days."
            if request.incremental is Incremental.AUTO
            else "."
        )
    )


def _export_table(scope: _Scope, table: TableSpec) -> Step:
    folder = f"{scope.data_path}/{table_folder(table.name)}"
    uri = transfer.nodelocal(scope.destination.node_id, folder)
    if scope.is_snapshot:
        sql = transfer.export_select(
            uri,
            scope.database,
            table.name,
            table.visible_columns,
            timestamp=TIMESTAMP,
            options=scope.options,
        )
    elif scope.is_bounded(table):
        sql = bounded_export(uri, scope.database, table, UNTIL, scope.options)
    elif table.time_column is not None and needs_select(scope.database, table):
        sql = bounded_export(uri, scope.database, table, None, scope.options)
    else:
        sql = transfer.export_table(uri, scope.database, table.name, scope.options)
    return Step(
        id=f"export:{table.name}",
        kind=StepKind.EXPORT_TABLE,
        title=f"Export {table.name}",
        sql=(sql,),
        subject=str(table.name),
        params={
            "schema": table.name.schema,
            "table": table.name.name,
            "folder": table_folder(table.name),
            "rows": table.rows,
            "bytes": table.bytes,
        },
    )


def _export_database(scope: _Scope) -> Step:
    uri = transfer.nodelocal(scope.destination.node_id, scope.data_path)
    return Step(
        id="export",
        kind=StepKind.EXPORT_DATABASE,
        title=f"Export the whole database {scope.database}",
        explanation="One statement writes every table. A table that fails is only a notice here, "
        "so the next step looks for each of them.",
        sql=(transfer.export_database(uri, scope.database, scope.options),),
        subject=scope.database,
        params={
            "rows": _sum_known(t.rows for t in scope.tables),
            "bytes": _sum_known(t.bytes for t in scope.tables),
        },
    )


def _content_sql(scope: _Scope) -> Iterator[str]:
    """What is asked of each table. Which rows a sample holds is only known when it is taken."""
    level, relational = scope.level, scope.schema.engine is Engine.RELATIONAL
    timestamp = TIMESTAMP if relational else None
    for table in scope.tables:
        bounded = scope.is_bounded(table)
        time_column, until = table.time_column, UNTIL if bounded else None
        if not relational or level is CheckLevel.AGGREGATES:
            counts = level is CheckLevel.COUNTS
            yield content.window_aggregates(
                scope.database,
                table.name,
                content.times_of(table) if counts else content.aggregates_of(table),
                time_column=time_column,
                width=content.DAY,
                timestamp=timestamp,
                until=until,
            )
        if level is CheckLevel.FULL:
            yield statements.content_checksum(
                scope.database,
                table.name,
                table.visible_columns,
                timestamp=timestamp,
                time_column=time_column if bounded else None,
                until=until,
            )


# -- what is in it, and what is not ---------------------------------------------------------------


def _captured(scope: _Scope, whole: bool) -> DatabaseSchema:
    return scope.schema if whole else part_of(scope.schema, scope.tables)


def _not_included(scope: _Scope, whole: bool) -> tuple[str, ...]:
    """In words, for the plan, the manifest and the runbook."""
    words = list(scope.schema.not_captured)
    words += [f"table {table.name}: {table.why}" for table in scope.schema.unread]
    by_hand = (p for p in scope.schema.programs if not p.is_made_again)
    words += [f"{p}: only its text, to be run by hand" for p in by_hand]
    if scope.schema.engine is Engine.TIME_SERIES:
        words.append(f"{HASH_POINTS[0].lower()}{HASH_POINTS[1:]}, which no statement of KWDB tells")
    if not whole:
        left = len(scope.schema.tables) - len(scope.tables)
        words.append(f"{left} other table{_s(left)} of {scope.database}, as asked")
    words.append("passwords of users, which KWDB never gives out")
    if not scope.request.with_users:
        words.append("users and roles themselves: only the names that grants have (--with-users)")
    if not scope.request.with_settings:
        words.append("cluster settings (--with-settings)")
    words.append("other databases")
    return tuple(words)


def _scope_words(scope: _Scope, whole: bool) -> str:
    if whole:
        return scope.database
    count = len(scope.tables)
    return f"{count} table{_s(count)} of {scope.database}"


def _concerns(finding: Finding, scope: _Scope) -> bool:
    """Whether a finding of the survey is about the whole database or one of the chosen tables."""
    names = {f"{scope.database}.{table.name}" for table in scope.tables}
    return finding.subject in {"", scope.database, *names}


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _sum_known(values: Iterable[int | None]) -> int | None:
    known = list(values)
    if any(value is None for value in known):
        return None
    return sum(value for value in known if value is not None)
