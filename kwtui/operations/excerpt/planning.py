"""Gathering what the plan of an excerpt needs: the set, and the database that it goes into."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from kwtui.backups.layout.staging import can_stage
from kwtui.backups.listing.contents import open_set
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import ExcerptRequest, RestoreRequest
from kwtui.model.schema import DatabaseSchema
from kwtui.model.server import ServerFacts
from kwtui.node.place import NodePlace
from kwtui.operations.excerpt.plan import ExcerptTarget, plan_excerpt
from kwtui.operations.plan import Plan
from kwtui.operations.restore.planning import read_source
from kwtui.operations.shared.extern_access import NOWHERE, extern_problem
from kwtui.operations.shared.refusals import error_of
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.server import Server


async def make_excerpt_plan(
    server: Server,
    facts: ServerFacts,
    place: NodePlace | None,
    state: Path,
    request: ExcerptRequest,
    plan_id: str,
) -> Plan:
    """Look into the set, ask the server what is there, plan.

    Raises KwtuiError: EXTERN_NOT_FOUND and the like, NOT_FOUND, BACKUP_INCOMPLETE, BACKUP_DAMAGED,
    USAGE.
    """
    extern = place.extern if place is not None else NOWHERE
    problem = extern_problem(extern)
    if problem is not None or extern.path is None:
        raise error_of(problem)
    whole = RestoreRequest(request.source, tables=(request.table,))
    source = await asyncio.to_thread(read_source, extern.path, whole, state)
    details = await asyncio.to_thread(open_set, extern.path, source.path, state)
    if details.manifest is None:
        raise KwtuiError(
            f"{source.path} is an export not made by kwtui: nothing records what its files "
            "should hold.",
            hint="Restore it under another name, and copy what is needed from there.",
            exit_code=ExitCode.REFUSED_BY_PLAN,
        )
    target = request.target or source.schema.database
    existing: DatabaseSchema | None = None
    if target in {database.name for database in await catalogue.databases(server)}:
        existing = await catalogue.read_schema(server, target)
    known = ExcerptTarget(
        server=facts,
        node_id=request.node_id or facts.node_id,
        name=target,
        existing=existing,
        store_free_bytes=place.store.free_bytes if place is not None else None,
        read_only=server.target.read_only,
        may_stage=await asyncio.to_thread(can_stage, extern.path),
    )
    return plan_excerpt(source, details.manifest, request, known, datetime.now(UTC), plan_id)
