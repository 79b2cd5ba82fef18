"""Gathering what the pure planners of removals need: from extern and, for databases, the server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from kwtui.backups.layout.location import find_location
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.listing.scanning import describe, scan
from kwtui.backups.manifest import Manifest, decode_manifest, read_sidecar
from kwtui.backups.removing import SetContents, check_removable, contents_of
from kwtui.backups.retention import (
    PROVEN,
    Decision,
    Reason,
    decide_all,
    hold_back,
    is_last_proven,
    relied_on,
    stand_in,
)
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.retention import RetentionPolicies
from kwtui.operations.plan import Plan
from kwtui.operations.removal.databases import (
    databases_without_defaults,
    default_leftovers,
    marked_leftovers,
)
from kwtui.operations.removal.leftovers import (
    Leftover,
    folder_leftovers,
    is_leftover,
    plan_cleanup,
    scratch_leftovers,
    told_of,
)
from kwtui.operations.removal.plan import (
    PrunePreview,
    Removable,
    Staying,
    kept_after_all,
    plan_delete,
    prune_preview,
)
from kwtui.operations.removal.work_folders import workplace_leftovers
from kwtui.operations.shared.known_runs import KnownRun, run_at_work_on
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.server import Server
from kwtui.server.state import activity
from kwtui.sql import statements


@dataclass(frozen=True)
class Leftovers:
    """What interrupted runs left, and what is needed to plan its removal."""

    found: tuple[Leftover, ...]
    removables: dict[str, Removable]
    """The folders among them, by path."""
    cluster_id: str = ""
    """Of the server that was asked for databases; empty if none was."""


def make_delete_plan(
    extern: Path,
    state: Path,
    path: str,
    confirmed: str | None,
    runs: Sequence[KnownRun],
    policies: RetentionPolicies,
    now: datetime,
    plan_id: str,
    options: Sequence[str] = (),
) -> Plan:
    """Look at one set and plan its deletion. Raises KwtuiError (NOT_FOUND, ...)."""
    entry = describe(extern, path, state)
    found = look_at(extern, state, entry, runs)
    policy = policies.of(entry.database or "")
    minimum = policy.min_proof if policy else PROVEN
    entries = listed(extern, state)
    found = replace(found, last_proven=is_last_proven(entry, entries, minimum))
    other = stand_in(entry, entries, minimum)
    stays = _staying(extern, state, other) if other else None
    return plan_delete(found, stays, confirmed, minimum, now, plan_id, options)


def make_prune_preview(
    extern: Path,
    state: Path,
    policies: RetentionPolicies,
    database: str | None,
    runs: Sequence[KnownRun],
    now: datetime,
    plan_id: str,
) -> PrunePreview:
    """What retention keeps and lets go. Raises KwtuiError as `listed`."""
    decisions = retention_decisions(extern, state, policies, database, now)
    looked_at = [look_at(extern, state, d.entry, runs) for d in decisions if not d.keep]
    reasons: dict[str, Reason] = {}
    for found in looked_at:
        reason = kept_after_all(found)
        if reason is not None:
            reasons[found.entry.path] = reason
    decisions = hold_back(decisions, reasons)
    going = [r for r in looked_at if r.entry.path not in reasons]
    staying = [_staying(extern, state, entry) for entry in relied_on(decisions)]
    return prune_preview(decisions, going, staying, policies, database, now, plan_id)


def retention_decisions(
    extern: Path, state: Path, policies: RetentionPolicies, database: str | None, now: datetime
) -> list[Decision]:
    """What the policies say about each set; what is no set is left out, they never touch it."""
    sets = [e for e in listed(extern, state) if e.kind is EntryKind.SET]
    chosen = [e for e in sets if database is None or e.database == database]
    return decide_all(chosen, policies, now)


def listed(extern: Path, state: Path) -> tuple[BackupEntry, ...]:
    """Everything in extern. Raises KwtuiError (EXTERN_NOT_READABLE) unless all of it was seen.

    What retention and deletion decide about depends on the other sets.
    """
    listing = scan(extern, state)
    if listing.problem:
        raise KwtuiError(
            f"The contents of {extern} cannot be listed, so nothing is removed.",
            cause=listing.problem,
            hint="Run kwtui as the database's own account.",
            exit_code=ExitCode.EXTERN_NOT_READABLE,
        )
    return listing.entries


def look_at(extern: Path, state: Path, entry: BackupEntry, runs: Sequence[KnownRun]) -> Removable:
    """What lies in the folder, and whether this account may remove it and nobody uses it.

    Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE).
    """
    manifest, fingerprint = read_identity(extern, state, entry)
    problem = None
    try:
        check_removable(extern, entry.path)
    except KwtuiError as error:
        problem = error
    folder = extern / entry.path
    return Removable(
        entry=entry,
        contents=contents_of(folder, manifest),
        fingerprint=fingerprint,
        problem=problem,
        busy=run_at_work_on(entry.path, runs),
    )


def _staying(extern: Path, state: Path, entry: BackupEntry) -> Staying:
    return Staying(entry, read_identity(extern, state, entry)[1])


def read_identity(extern: Path, state: Path, entry: BackupEntry) -> tuple[Manifest | None, str]:
    """The manifest of a set and what tells it from any other; nothing for what has none."""
    if entry.kind is not EntryKind.SET:
        return None, ""
    place = find_location(extern, entry.path, state).manifest
    content = read_sidecar(place)
    fingerprint = hashlib.sha256(content).hexdigest()
    try:
        return decode_manifest(content, str(place)), fingerprint
    except KwtuiError:
        # A set whose manifest is damaged may be deleted; nothing is known of its files.
        return None, fingerprint


def find_folder_leftovers(
    extern: Path, state: Path, runs: Sequence[KnownRun], now: datetime
) -> Leftovers:
    """Unfinished and half-deleted sets. Raises KwtuiError as `listed`."""
    entries = [e for e in listed(extern, state) if is_leftover(e)]
    removables = [_look_at_leftover(extern, state, entry, runs) for entry in entries]
    found = folder_leftovers(removables, runs, now)
    found += workplace_leftovers(extern, state, runs, now)
    return Leftovers(tuple(found), {r.entry.path: r for r in removables})


def _look_at_leftover(
    extern: Path, state: Path, entry: BackupEntry, runs: Sequence[KnownRun]
) -> Removable:
    """One that cannot be looked through is named with that, and hides none of the others."""
    try:
        return look_at(extern, state, entry, runs)
    except KwtuiError as error:
        nothing = SetContents(files=0, bytes=0, newest=0.0)
        return Removable(entry, nothing, "", problem=error, busy=run_at_work_on(entry.path, runs))


async def find_scratch_databases(
    server: Server, cluster_id: str, runs: Sequence[KnownRun]
) -> list[Leftover]:
    """Databases of restores and drills that did not finish. Raises KwtuiError as `Server.query`."""
    names = [d.name for d in await catalogue.databases(server)]
    sessions, jobs = await what_is_at_work(server)
    return scratch_leftovers(names, cluster_id, runs, sessions, jobs)


async def find_database_leftovers(
    server: Server, cluster_id: str, runs: Sequence[KnownRun]
) -> list[Leftover]:
    """Scratch databases, databases that are not complete, and defaults that are off.

    Raises KwtuiError as `Server.query`.
    """
    databases = await catalogue.databases(server)
    sessions, jobs = await what_is_at_work(server)
    found = scratch_leftovers([d.name for d in databases], cluster_id, runs, sessions, jobs)
    found += marked_leftovers(databases, cluster_id, runs, told_of(sessions, jobs))
    there = {d.name for d in databases}
    schemas = {
        name: await catalogue.read_schema(server, name)
        for name in databases_without_defaults(runs, cluster_id)
        if name in there
    }
    return [*found, *default_leftovers(schemas, cluster_id, runs)]


async def what_is_at_work(server: Server) -> tuple[tuple[activity.Session, ...], list[str]]:
    """Every session, and the statements of imports that are not finished."""
    sessions = await activity.read_sessions(server)
    jobs = await server.query(statements.running_jobs("IMPORT"))
    return sessions, [row["description"] or "" for row in jobs.dicts()]


def make_cleanup_plan(
    leftovers: Leftovers, names: Iterable[str], now: datetime, plan_id: str
) -> Plan:
    """Raises KwtuiError (NOT_FOUND) for a name that no leftover has."""
    return plan_cleanup(
        leftovers.found, leftovers.removables, tuple(names), leftovers.cluster_id, now, plan_id
    )
