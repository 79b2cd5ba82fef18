"""Where a backup will be written: looked at once, before the plan, so that planning stays pure."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from kwtui.backups.layout.location import new_location
from kwtui.backups.layout.naming import inside
from kwtui.errors import KwtuiError
from kwtui.files.foreign.reading import folder_status, is_folder, is_there
from kwtui.model.findings import Finding
from kwtui.node.place import FolderState
from kwtui.operations.shared.extern_access import extern_problem


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
