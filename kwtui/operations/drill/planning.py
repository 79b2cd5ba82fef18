"""Gathering what the planner of drills needs: the source, the server, what earlier ones left."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from kwtui.backups.layout.staging import can_stage, find_stagings
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import DrillRequest, RestoreRequest
from kwtui.model.server import ServerFacts
from kwtui.node.place import NodePlace
from kwtui.operations.drill.plan import DrillLeftovers, DrillTarget, plan_drill, sandbox_target
from kwtui.operations.plan import Plan
from kwtui.operations.removal.planning import find_scratch_databases
from kwtui.operations.removal.work_folders import dead_sandboxes, dead_stagings, sandboxes
from kwtui.operations.restore.live_tables import live_tables
from kwtui.operations.restore.planning import accounts_of, read_source
from kwtui.operations.restore.source import RestoreSource
from kwtui.operations.restore.target import TargetFacts
from kwtui.operations.shared.known_runs import KnownRun
from kwtui.operations.shared.scratch_names import DRILL_PREFIX
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.server import Server


def make_sandbox_drill_plan(
    extern: Path, state: Path, request: DrillRequest, runs: Sequence[KnownRun], plan_id: str
) -> Plan:
    """A drill that needs files alone. Blocking. Raises KwtuiError as `make_drill_plan`."""
    source = _read(extern, request, state)
    left = find_leftover_folders(extern, state, runs)
    return plan_drill(
        source, request, DrillTarget(sandbox_target(), left), datetime.now(UTC), plan_id
    )


async def make_drill_plan(
    server: Server,
    facts: ServerFacts,
    place: NodePlace | None,
    extern: Path,
    state: Path,
    request: DrillRequest,
    runs: Sequence[KnownRun],
    plan_id: str,
) -> Plan:
    """Look into the source, ask the server what is there, plan.

    Raises KwtuiError: EXTERN_NOT_FOUND and the like, NOT_FOUND, BACKUP_INCOMPLETE, BACKUP_DAMAGED,
    META_DAMAGED, USAGE.
    """
    source = await asyncio.to_thread(_read, extern, request, state)
    left = await asyncio.to_thread(find_leftover_folders, extern, state, runs)
    left = replace(left, databases=await find_leftover_databases(server, facts.cluster_id, runs))
    databases = frozenset(d.name for d in await catalogue.databases(server))
    known = TargetFacts(
        server=facts,
        node_id=request.node_id or facts.node_id,
        databases=databases,
        live_tables=await live_tables(server, source, databases),
        accounts=await accounts_of(server),
        store_free_bytes=place.store.free_bytes if place is not None else None,
        read_only=server.target.read_only,
        may_stage=await asyncio.to_thread(can_stage, extern),
    )
    return plan_drill(source, request, DrillTarget(known, left), datetime.now(UTC), plan_id)


def _read(extern: Path, request: DrillRequest, state: Path) -> RestoreSource:
    """Raises KwtuiError also (USAGE) for tables of a set that are to be left out."""
    source = read_source(extern, _as_restore(request), state)
    if request.leave_out and not source.adopted:
        raise KwtuiError(
            "A drill proves a whole backup: files can be left out only of an export not made by "
            "kwtui.",
            hint="Restore the other tables: kwtui restore SET --leave-out TABLE",
            exit_code=ExitCode.USAGE,
        )
    return source


def _as_restore(request: DrillRequest) -> RestoreRequest:
    """For reading the source, which is the same as for a restore."""
    return RestoreRequest(
        source=request.source,
        strategy=request.strategy,
        dialect=request.dialect,
        leave_out=request.leave_out,
        accept=request.accept,
        empty=request.empty,
        first_is_row=request.first_is_row,
    )


def find_leftover_folders(extern: Path, state: Path, runs: Sequence[KnownRun]) -> DrillLeftovers:
    """Staging folders and sandboxes of runs that are gone. Blocking, and reads no data."""
    return DrillLeftovers(
        stagings=dead_stagings(find_stagings(extern), runs),
        sandboxes=dead_sandboxes(sandboxes(state), runs),
    )


async def find_leftover_databases(
    server: Server, cluster_id: str, runs: Sequence[KnownRun]
) -> tuple[str, ...]:
    """Scratch databases of drills that are gone. Raises KwtuiError as `Server.query`."""
    found = await find_scratch_databases(server, cluster_id, runs)
    return tuple(
        lo.name for lo in found if lo.name.startswith(DRILL_PREFIX) and lo.explained and not lo.busy
    )
