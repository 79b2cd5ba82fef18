"""Where a backup will be written: looked at once, before the plan, so that planning stays pure."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass, replace
from pathlib import Path

from kwtui.backups.layout.location import new_location
from kwtui.backups.layout.naming import inside
from kwtui.errors import KwtuiError
from kwtui.files.foreign.reading import folder_status, is_folder, is_there
from kwtui.model.findings import Finding
from kwtui.model.requests import BackupRequest
from kwtui.model.schema import Engine
from kwtui.model.server import ServerFacts
from kwtui.node.mounts import file_system_of
from kwtui.node.place import FolderState
from kwtui.operations.backup.earlier_set import EarlierSet, find_earlier
from kwtui.operations.shared.extern_access import extern_problem

_WITHOUT_LINKS = frozenset({"vfat", "msdos", "exfat"})


@dataclass(frozen=True)
class Destination:
    """A folder below the extern of one node, and what is known of it."""

    node_id: int
    path: str
    """Of the new set, relative to extern."""
    extern: str = ""
    """The absolute path of extern on this machine; empty where it was not found."""
    taken: bool = False
    """Something lies there already."""
    free_bytes: int | None = None
    sidecars_beside: bool = True
    """Whether manifest and runbook can be written into the set itself."""
    owner: str = ""
    """Another account that owns extern, which alone can read a ``meta.sql`` there (facts.md, 1.7);
    empty where that is this account, or this account reads everything."""
    unseen: bool = False
    """Its files cannot be seen from here, and the person knows."""
    problem: Finding | None = None
    """Why the files could not be checked after the export."""
    earlier: EarlierSet | None = None
    """The backup whose files may be linked into this one."""
    no_links: str = ""
    """Why no hard links can be made, in words: what is linked elsewhere is copied here."""


def look_at_destination(extern: FolderState, node_id: int, path: str, state: Path) -> Destination:
    """Never raises: what is wrong is told by `Destination.problem`."""
    problem = extern_problem(extern)
    if problem is not None or extern.path is None:
        return Destination(node_id, path, problem=problem)
    return Destination(
        node_id=node_id,
        path=path,
        extern=str(extern.path),
        taken=_is_taken(extern.path, path),
        free_bytes=extern.free_bytes,
        sidecars_beside=not extern.exists or new_location(extern.path, path, state).beside,
        owner=_other_owner(extern.path),
    )


def with_earlier(
    destination: Destination,
    request: BackupRequest,
    facts: ServerFacts,
    engine: Engine,
    state: Path,
) -> Destination:
    """With the backup that files may be linked to; the run looks for it again. Blocking."""
    if not destination.extern or not destination.sidecars_beside:
        return destination
    extern = Path(destination.extern)
    found = find_earlier(
        extern, state, request, facts, engine, destination.node_id, destination.path
    )
    if found is None:
        return destination
    return replace(destination, earlier=found, no_links=_why_no_links(extern, found))


def _why_no_links(extern: Path, earlier: EarlierSet) -> str:
    """Nothing is tried, as nothing is written before a plan was seen."""
    kind = file_system_of(extern)
    if kind in _WITHOUT_LINKS:
        return f"file system {kind}"
    taken = [each for table in earlier.manifest.tables for each in table.segments if each.linked]
    if taken and all(each.copied for each in taken):
        return f"{earlier.manifest.set_id} had to copy them, too"
    return ""


def _is_taken(extern: Path, path: str) -> bool:
    """Also where this account may not look, or a link stands."""
    try:
        return is_there(inside(extern, path))
    except (OSError, KwtuiError):
        return True


def _other_owner(extern: Path) -> str:
    """Whose extern it is, or will be: KWDB makes it with its first export."""
    try:
        folder = extern if is_folder(extern) else extern.parent
        owner = folder_status(folder).st_uid
    except OSError:
        return ""
    if os.geteuid() in (0, owner):
        return ""
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return str(owner)
