"""The steps of a backup: what is exported how, compared and sealed. Pure.

Their order is the one of design.md, section 4; the snapshot of each table is the recipe proven in
live-findings.md, section 2.
"""

from __future__ import annotations

from collections.abc import Iterator

from kwtui.backups.layout.naming import table_folder
from kwtui.model.checks import CheckLevel
from kwtui.model.requests import BackupMethod
from kwtui.model.schema import Engine, TableSpec
from kwtui.operations.backup.bounded_export import bounded_export, needs_select
from kwtui.operations.backup.linking_words import days_linked, tables_linked
from kwtui.operations.backup.scope import Scope, sum_known
from kwtui.operations.backup.together import export_together, may_go_together
from kwtui.operations.plan import Step, StepKind
from kwtui.sql import content, statements, transfer

TIMESTAMP = "{timestamp}"
"""Stands in a plan's SQL for the instant that is only known when the run begins."""
UNTIL = "{until}"
"""Stands for the newest time that a time-series table holds when its export begins."""


def steps_of(scope: Scope) -> Iterator[Step]:
    yield _first_step(scope)
    if may_go_together(scope):
        yield export_together(scope)
    yield from export_steps(scope)
    yield from _other_exports(scope)
    sources = "the server's result rows, its notices"
    if not scope.request.unseen:
        sources += " and the files on disk"
    yield Step(
        id="reconcile",
        kind=StepKind.RECONCILE,
        title="Compare the files with the catalogue",
        explanation=f"The catalogue before and after, {sources} must agree. A difference "
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
        f"{scope.level.in_words} Where that can be, it is read while the next tables are exported. "
        "schema.json, SHA256SUMS, RESTORE.md, restore.sql and restore.sh are written beside the "
        "data, the manifest last.",
        sql=tuple(_content_sql(scope)),
        params={"check": scope.level.value},
    )


def _other_exports(scope: Scope) -> Iterator[Step]:
    """What belongs to the cluster and not to the database, where it was asked for."""
    node, path = scope.destination.node_id, scope.destination.path
    if scope.request.with_users:
        yield Step(
            id="export-users",
            kind=StepKind.EXPORT_OTHER,
            title="Export the users and roles",
            explanation="With who is in which role; KWDB never reveals passwords.",
            sql=(transfer.export_users(transfer.nodelocal(node, f"{path}/users")),),
            params={"folder": "users", "file": "users.sql"},
        )
    if scope.request.with_settings:
        yield Step(
            id="export-settings",
            kind=StepKind.EXPORT_OTHER,
            title="Export the cluster settings",
            explanation="All that were ever set, except the cluster's secrets and version.",
            sql=(transfer.export_settings(transfer.nodelocal(node, f"{path}/settings")),),
            params={"folder": "settings", "file": "clustersetting.sql"},
        )


def _draft_step(scope: Scope) -> Step:
    return Step(
        id="seal",
        kind=StepKind.SEAL,
        title="Write the draft of the manifest",
        explanation="The files cannot be seen from here. What only this run can learn (the "
        "schema, and the rows and contents that the server reported) is written to "
        f"one file, to be copied to node {scope.destination.node_id}: kwtui seal "
        f"there proves the backup. {scope.level.in_words}",
        sql=tuple(_content_sql(scope)),
        params={"check": scope.level.value},
    )


def export_steps(scope: Scope) -> Iterator[Step]:
    if scope.request.method is BackupMethod.DATABASE:
        yield _export_database(scope)
    else:
        yield from (_export_table(scope, table) for table in scope.tables)


def _first_step(scope: Scope) -> Step:
    if scope.is_snapshot:
        explanation = "Every table is exported as of this instant." + tables_linked(scope)
    elif any(scope.is_bounded(table) for table in scope.tables):
        explanation = (
            "Time series have no snapshot: each table is exported up to its newest time at that "
            "moment, and read before and after, so that rows that arrive late or change "
            "meanwhile are counted and named." + days_linked(scope)
        )
    else:
        explanation = "Records when the export began; there is no common instant for the tables."
    return Step(
        id="snapshot",
        kind=StepKind.SNAPSHOT,
        title="Read the catalogue again and record the time",
        explanation=f"{explanation} If tables or columns changed since the plan was made, the run "
        "stops here.",
        sql=(statements.logical_timestamp(),),
    )


def _export_table(scope: Scope, table: TableSpec) -> Step:
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


def _export_database(scope: Scope) -> Step:
    uri = transfer.nodelocal(scope.destination.node_id, scope.data_path)
    return Step(
        id="export",
        kind=StepKind.EXPORT_DATABASE,
        title=f"Export the whole database {scope.database}",
        explanation="One statement writes every table. A table that fails is only a notice "
        "here, so the next step checks each table.",
        sql=(transfer.export_database(uri, scope.database, scope.options),),
        subject=scope.database,
        params={
            "rows": sum_known(t.rows for t in scope.tables),
            "bytes": sum_known(t.bytes for t in scope.tables),
        },
    )


def _content_sql(scope: Scope) -> Iterator[str]:
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
