"""Looking at what a stopped restore left on the server, for the plan that continues it."""

from __future__ import annotations

import asyncio
import time

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import DatabaseSchema, Engine, TableName
from kwtui.operations.plan import StepKind
from kwtui.operations.restore.continuation.stopped_restore import (
    Standing,
    StoppedRestore,
    has_its_name,
    table_of,
)
from kwtui.operations.restore.steps import import_of
from kwtui.operations.shared.blocked_names import being_undone
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.server import Server
from kwtui.server.state.settings import ALL_SETTINGS, parse_settings
from kwtui.sql import statements, transfer

_REPLACING_RULES = frozenset({"override", "merge"})
"""Values of ``ts.dedup.rule`` with which a row that comes again changes nothing (facts.md, 2.8)."""

_PUT_BACK_SECONDS = 30.0
"""How long a table may stay away although no job tells why; nine seconds were seen."""
_PAUSE_SECONDS = 0.5

_MADE_ONCE = frozenset(
    {"add-foreign-keys", "add-unvalidated-keys", "create-views", "create-programs"}
)
"""Steps of which it must be known what they have made."""


async def look_at_standing(server: Server, cluster_id: str, stopped: StoppedRestore) -> Standing:
    """What stands, counted. Changes nothing. Raises KwtuiError as `Server.query`."""
    databases = {d.name: d.comment for d in await catalogue.databases(server)}
    where = _database(stopped, databases)
    if not where or stopped.plan.cluster_id != cluster_id:
        return Standing(cluster_id, databases)
    importing, rows = await _settled(server, where, stopped)
    schema = await _schema(server, where) if stopped.begun & _MADE_ONCE else None
    return Standing(
        cluster_id=cluster_id,
        databases=databases,
        rows=rows,
        foreign_keys=frozenset((t.name, k.name) for t in schema.tables for k in t.foreign_keys)
        if schema
        else frozenset(),
        referenced=frozenset(
            k.target for t in schema.tables for k in t.foreign_keys if k.target != t.name
        )
        if schema
        else frozenset(),
        views=frozenset(v.name for v in schema.views) if schema else frozenset(),
        programs=frozenset(schema.programs) if schema else frozenset(),
        importing=importing,
        replaces_rows=await _replaces_rows(server, stopped),
    )


def _database(stopped: StoppedRestore, databases: dict[str, str | None]) -> str:
    if stopped.scratch in databases:
        return stopped.scratch
    return stopped.target if has_its_name(stopped, databases) else ""


async def _schema(server: Server, database: str) -> DatabaseSchema:
    return await catalogue.read_schema(server, database)


async def _settled(
    server: Server, database: str, stopped: StoppedRestore
) -> tuple[str, dict[TableName, int | None]]:
    """The import that the server still works on, and the rows.

    A table that an import into it was stopped in answers `does not exist` while it is put back
    (live-findings, row 25): then it is counted again until that has ended.
    """
    if stopped.makes_database:
        return "", await _rows(server, database, stopped)
    deadline = time.monotonic() + _PUT_BACK_SECONDS
    while True:
        # Asked before rows are counted: an import that ends in between would look like lost rows.
        importing = await _running_import(server, stopped)
        rows = await _rows(server, database, stopped)
        if importing or None not in rows.values():
            return importing, rows
        if await being_undone(server, database):
            deadline = time.monotonic() + _PUT_BACK_SECONDS
        elif time.monotonic() > deadline:
            return "", rows
        await asyncio.sleep(_PAUSE_SECONDS)


async def _rows(
    server: Server, database: str, stopped: StoppedRestore
) -> dict[TableName, int | None]:
    """Of the tables that were filled, or of which that is not known."""
    found: dict[TableName, int | None] = {}
    for step in stopped.imports:
        half = step.id in stopped.begun and step.id not in stopped.done
        if step.id in stopped.begun and not (
            half and stopped.makes_database and step.kind is StepKind.IMPORT_TABLE
        ):
            found[table_of(step)] = await _count(server, database, table_of(step))
    return found


async def _count(server: Server, database: str, table: TableName) -> int | None:
    try:
        return await catalogue.count_rows(server, database, table)
    except KwtuiError as error:
        if error.exit_code is not ExitCode.STATEMENT_REFUSED:
            raise
        return None


async def _running_import(server: Server, stopped: StoppedRestore) -> str:
    jobs = await server.query(statements.running_jobs("IMPORT"))
    described = [row["description"] or "" for row in jobs.dicts()]
    begun = (step for step in stopped.imports if step.id in stopped.begun)
    sent = [import_of(step) for step in begun if step.kind is StepKind.IMPORT_TABLE]
    return next((s for s in sent for d in described if transfer.is_same_import(s, d)), "")


async def _replaces_rows(server: Server, stopped: StoppedRestore) -> bool:
    if stopped.plan.request.get("engine") != Engine.TIME_SERIES.value:
        return True
    try:
        settings = parse_settings(await server.query(ALL_SETTINGS))
    except KwtuiError as error:
        if error.exit_code is not ExitCode.STATEMENT_REFUSED:
            raise
        return False
    rule = next((s.value for s in settings if s.name == "ts.dedup.rule"), "")
    return rule in _REPLACING_RULES
