"""The plan of a backup: what is exported how, what is captured beside it, what is left out.

Pure: from a survey, a request and what is known of the destination to a `Plan`. The order of steps
is the one of design.md, section 4; the per-table snapshot is the recipe proven in live-findings.md,
section 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from kwtui.backups.naming import DATA_FOLDER, table_folder
from kwtui.model import (
    BackupMethod,
    BackupRequest,
    DatabaseSchema,
    Engine,
    Finding,
    Severity,
    Survey,
    TableSpec,
)
from kwtui.operations.backup_findings import destination_findings, request_findings
from kwtui.operations.destination import Destination
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.server import statements

TIMESTAMP = "{timestamp}"
"""Stands in a plan's SQL for the instant that is only known when the run begins."""


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


def plan_backup(
    survey: Survey, request: BackupRequest, destination: Destination, now: datetime, plan_id: str
) -> Plan:
    """The plan, refusals included: it is shown even when it cannot be run.

    Raises KwtuiError (NOT_FOUND) for a table that the database does not have.
    """
    tables = choose_tables(survey.schema, request)
    scope = _Scope(survey.schema, tables, request, destination)
    whole = not request.tables
    return Plan(
        id=plan_id,
        kind=PlanKind.BACKUP,
        title=_title(scope, whole),
        created_at=now,
        cluster_id=survey.server.cluster_id,
        node_id=destination.node_id,
        database=scope.database,
        path=destination.path,
        steps=tuple(_steps(scope)),
        findings=(
            *destination_findings(survey, destination, _sum(t.bytes for t in tables)),
            *request_findings(survey, request, tables),
            *(f for f in survey.findings if whole or _concerns(f, scope)),
        ),
        not_included=_not_included(scope, whole),
        estimated_rows=_sum(t.rows for t in tables),
        estimated_bytes=_sum(t.bytes for t in tables),
        estimate_source="KWDB's own statistics of rows and sizes",
        request=msgspec.to_builtins(request),
    )


def choose_tables(schema: DatabaseSchema, request: BackupRequest) -> tuple[TableSpec, ...]:
    """The tables that were asked for, in the catalogue's order; all of them if none was."""
    if not request.tables:
        return schema.tables
    unknown = [name for name in request.tables if schema.table(name) is None]
    if unknown:
        raise table_not_found(schema, unknown[0])
    return tuple(t for t in schema.tables if t.name in request.tables)
