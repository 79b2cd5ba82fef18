"""Gathering what the pure planners need: from the server, the node's files and the source."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from kwtui.backups.layout.naming import set_path
from kwtui.files.foreign.reading import is_there
from kwtui.model.labels import check_label
from kwtui.model.requests import BackupRequest
from kwtui.model.server import ServerFacts
from kwtui.node.place import FolderState, NodePlace
from kwtui.operations.backup.destination import Destination, look_at_destination, with_earlier
from kwtui.operations.backup.plan import plan_backup
from kwtui.operations.plan import Plan
from kwtui.operations.shared.extern_access import NOWHERE
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.catalogue.definitions import Definitions
from kwtui.server.connection.server import Server


async def make_backup_plan(
    server: Server,
    facts: ServerFacts,
    place: NodePlace | None,
    state: Path,
    request: BackupRequest,
    plan_id: str,
    known: Definitions | None = None,
) -> Plan:
    """Read the database, look at the destination, plan. ``known`` takes what was read of its
    definitions.

    Raises KwtuiError (NOT_FOUND, USAGE for a label that is none, ...).
    """
    check_label(request.label)
    survey = await catalogue.survey(server, facts, request.database, known=known)
    now = datetime.now(UTC)
    node = request.node_id or facts.node_id
    extern = place.extern if place is not None else NOWHERE
    if request.unseen:
        extern = NOWHERE
    path = await asyncio.to_thread(_free_path, extern, request, now)
    if request.unseen:
        destination = Destination(node, path, unseen=True)
    else:
        destination = await asyncio.to_thread(look_at_destination, extern, node, path, state)
        engine = survey.schema.engine
        destination = await asyncio.to_thread(
            with_earlier, destination, request, facts, engine, state
        )
    return plan_backup(survey, request, destination, now, plan_id)


def _free_path(extern: FolderState, request: BackupRequest, now: datetime) -> str:
    """A folder of its own, also for the second backup within one second."""
    number = 1
    while True:
        path = set_path(request.prefix, request.database, now, number)
        if extern.path is None or not _is_there(extern.path / path):
            return path
        number += 1


def _is_there(path: Path) -> bool:
    """Not where this account may not look: that is told by the plan."""
    try:
        return is_there(path)
    except OSError:
        return False
