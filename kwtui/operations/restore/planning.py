"""Gathering what the pure planners need: from the server, the node's files and the source."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from kwtui.backups.layout.naming import inside
from kwtui.backups.layout.staging import can_stage
from kwtui.backups.layout.tree import META_FILE
from kwtui.backups.listing.contents import ColumnInfo, SetDetails, open_with_definitions
from kwtui.backups.listing.definitions import Definitions, DefinitionsReader
from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.scanning import describe
from kwtui.backups.listing.selection import PartTable, TreePart, narrowed
from kwtui.backups.metasql.meta_file import MetaFile
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.reading import cannot_read, read_regular
from kwtui.model.requests import RestoreRequest, RestoreStrategy
from kwtui.model.schema import DatabaseSchema
from kwtui.model.server import ServerFacts
from kwtui.node.place import NodePlace
from kwtui.operations.plan import Plan
from kwtui.operations.restore.accepting import check_accepted, check_nothing_accepted
from kwtui.operations.restore.leaving_out import without_given
from kwtui.operations.restore.live_tables import live_tables
from kwtui.operations.restore.plan import plan_restore
from kwtui.operations.restore.replaced import id_of
from kwtui.operations.restore.source import RestoreSource, source_of
from kwtui.operations.restore.target import TargetFacts
from kwtui.operations.shared.extern_access import NOWHERE, extern_problem
from kwtui.operations.shared.refusals import error_of
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.catalogue.dependents import dependents
from kwtui.server.connection.server import Server
from kwtui.sql import inspection

_LARGEST_EXTRA = 16 << 20
"""Bytes of a file of accounts or settings, a line each."""


async def make_restore_plan(
    server: Server,
    facts: ServerFacts,
    place: NodePlace | None,
    state: Path,
    request: RestoreRequest,
    plan_id: str,
) -> Plan:
    """Look into the source, ask the server what is there, plan.

    Raises KwtuiError: EXTERN_NOT_FOUND and the like, NOT_FOUND, BACKUP_INCOMPLETE, BACKUP_DAMAGED,
    META_DAMAGED.
    """
    extern = place.extern if place is not None else NOWHERE
    problem = extern_problem(extern)
    if problem is not None or extern.path is None:
        raise error_of(problem)
    engines = {d.name: d.engine for d in await catalogue.databases(server)}
    names = frozenset(engines)
    existing: DatabaseSchema | None = None
    if request.strategy is RestoreStrategy.DATA_ONLY:
        wanted = request.target or await asyncio.to_thread(
            _database_of, extern.path, request.source.rstrip("/"), state
        )
        if wanted in names:
            existing = (await catalogue.survey(server, facts, wanted)).schema
    source = await asyncio.to_thread(read_source, extern.path, request, state, existing)
    target = request.target or source.schema.database
    replaced = request.replace == target and target in names
    known = TargetFacts(
        server=facts,
        node_id=request.node_id or facts.node_id,
        databases=names,
        dependents=await dependents(server, target, sorted(names - {target})) if replaced else (),
        replaced_id=await id_of(server, target) if replaced else "",
        replaced_engine=engines[target] if replaced else None,
        accounts=await accounts_of(server),
        existing=existing,
        live_tables=await live_tables(server, source, names),
        store_free_bytes=place.store.free_bytes if place is not None else None,
        read_only=server.target.read_only,
        may_stage=await asyncio.to_thread(can_stage, extern.path),
    )
    return plan_restore(source, request, known, datetime.now(UTC), plan_id)


def _database_of(extern: Path, path: str, state: Path) -> str:
    """The database that was backed up; of a tree that does not say it the name of its folder."""
    return describe(extern, path, state).database or path.rpartition("/")[2]


def read_source(
    extern: Path, request: RestoreRequest, state: Path, existing: DatabaseSchema | None = None
) -> RestoreSource:
    """The set or tree that the request names, with its meta.sql files read.

    ``existing`` is the database that rows go into, if that is all that is wanted.
    """
    path = request.source.rstrip("/")
    details, definitions = open_with_definitions(extern, path, state)
    if details.entry.kind is EntryKind.TREE:
        check_nothing_accepted(request.accept)
        return _read_tree(extern, details, definitions, request, existing)
    if request.empty:
        raise KwtuiError(
            "Only tables of an export not made by kwtui can be declared empty.",
            hint="A backup records which tables were empty: omit --empty.",
            exit_code=ExitCode.USAGE,
        )
    needed = details.schema is None or request.strategy is RestoreStrategy.NATIVE
    source = source_of(details, _metas(extern, details, definitions, needed=needed), request)
    check_accepted(source.schema, request.accept, source.path)
    source = without_given(source, request.leave_out)
    held = {file.path for file in details.manifest.files} if details.manifest else set()
    return replace(
        source,
        users_sql=_extra(extern, details, "users/users.sql", held),
        settings_sql=_extra(extern, details, "settings/clustersetting.sql", held),
    )


def _read_tree(
    extern: Path,
    details: SetDetails,
    definitions: Sequence[Definitions],
    request: RestoreRequest,
    existing: DatabaseSchema | None,
) -> RestoreSource:
    part = part_of_tree(details, request, existing)
    details = narrowed(details, part)
    metas = _metas(extern, details, definitions, needed=False)
    root, raw = details.entry.path, {}
    wanted = {f"{root}/{file.path}" for file in details.others}
    for read in definitions:
        path = f"{root}/{read.path}"
        if path in wanted and read.error is not None:
            if read.text is None:
                raise read.error
            raw[path] = read.text
    source = source_of(details, metas, request, existing)
    return replace(source, part=part, raw_metas=raw)


def part_of_tree(
    details: SetDetails, request: RestoreRequest, existing: DatabaseSchema | None = None
) -> TreePart:
    """What of a tree is wanted, and the columns of what goes into tables that are there. Pure."""
    tables = []
    for table in details.tables:
        name, columns = table.name, tuple[ColumnInfo, ...]()
        alone = len(details.tables) == len(request.tables) == 1
        if not table.columns and not table.folder and alone:
            # EXPORT FROM SELECT says nowhere what it was; the person does.
            name = request.tables[0]
        there = existing.table(name) if existing is not None and not table.columns else None
        if there is not None:
            visible = (c for c in there.columns if not c.hidden)
            columns = tuple(ColumnInfo(c.name, c.type, c.nullable, c.tag) for c in visible)
        if not request.tables or name in request.tables:
            tables.append(PartTable(table.folder, name, columns))
    return TreePart(
        tables=tuple(tables),
        whole=not request.tables,
        leave_out=request.leave_out,
        dialect=request.dialect,
        first_is_row=request.first_is_row,
        definitions=request.strategy in (RestoreStrategy.EXACT, RestoreStrategy.SCHEMA_ONLY),
    )


def _extra(extern: Path, details: SetDetails, path: str, held: set[str]) -> str | None:
    """The text of a file beside the data, if the set has it. Raises EXTERN_NOT_READABLE."""
    if path not in held:
        return None
    file = inside(extern, f"{details.entry.path}/{path}")
    try:
        return read_regular(file, _LARGEST_EXTRA).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise cannot_read(file, error) from error


def _metas(
    extern: Path, details: SetDetails, definitions: Sequence[Definitions], *, needed: bool
) -> dict[str, MetaFile]:
    """Every meta.sql of the source, by its path below extern.

    A set's definitions are in its schema.json. KWDB prints some metas that nobody can read
    (live-findings, row 9), which only matters where they are ``needed``: then it raises
    META_DAMAGED.
    """
    root, reader = details.entry.path, DefinitionsReader()
    inner = {t.meta for t in details.tables if t.meta}
    inner.update(f.path for f in details.others if f.path.rpartition("/")[2] == META_FILE)
    known = {read.path: read for read in definitions}
    found = {}
    for path in sorted(inner):
        where = f"{root}/{path}"
        read = known.get(path) or reader.read(inside(extern, where), where)
        if read.meta is not None:
            found[where] = replace(read.meta, path=where)
        elif needed and read.error is not None:
            raise read.error
    return found


async def accounts_of(server: Server) -> frozenset[str]:
    """Users and roles; none where the server does not tell (then every grant counts as missing)."""
    try:
        answer = await server.query(inspection.users())
    except KwtuiError:
        return frozenset()
    return frozenset(row[0] for row in answer.rows if row[0])
