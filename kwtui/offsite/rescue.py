"""Copies where nothing else is left: found, ranked, checked, brought back whole or a table alone.

A machine that is rescued to may know neither the target nor the sets: all that is needed stands in
``archive.json`` beside each copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from kwtui.backups.layout.naming import inside, parse_set_path
from kwtui.backups.layout.tree import is_there
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.manifest import MANIFEST_FILE, read_sidecar
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.walking import walk
from kwtui.model.offsite import TargetSettings
from kwtui.model.schema import TableName
from kwtui.offsite.archive import ARCHIVE_FILE, Archive, is_within, table_of_file
from kwtui.offsite.copies import (
    Contents,
    Copy,
    read_archive,
    read_contents,
    unreadable_archives,
)
from kwtui.offsite.fetching import Read, fetch
from kwtui.offsite.recovery_plans import KeptPlan, no_plan, plans_in, read_plan
from kwtui.offsite.targets.folder import FolderTarget
from kwtui.offsite.targets.opening import opened
from kwtui.text import plural, shell_quoted

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class FoundCopies:
    """What a target holds. ``copies`` are ranked, the best of each database first."""

    settings: TargetSettings
    address: str
    copies: tuple[Copy, ...]
    """Each with its archive; one with a problem may still hold what is wanted."""
    problem: str = ""
    plans: tuple[KeptPlan, ...] = ()
    """The recovery plans that lie there, the newest of each database and language."""

    @property
    def entries(self) -> tuple[BackupEntry, ...]:
        """As a listing of sets has them."""
        return tuple(_entry(copy.archive, copy) for copy in self.copies if copy.archive)

    def plan(self, database: str, language: str) -> KeptPlan:
        """Raises KwtuiError (NOT_FOUND)."""
        for plan in self.plans:
            if (plan.database, plan.language) == (database, language):
                return plan
        raise no_plan(database, language, self.address)

    def archive(self, path: str) -> Archive:
        """Raises KwtuiError (NOT_FOUND)."""
        for copy in self.copies:
            if copy.path == path and copy.archive is not None:
                return copy.archive
        raise KwtuiError(
            f"{path} is not a copy on {self.address}.",
            hint=f"List what exists: kwtui rescue {shell_quoted(self.settings.words)} --list",
            exit_code=ExitCode.NOT_FOUND,
        )


def find_copies(settings: TargetSettings, below: str = "") -> FoundCopies:
    """Every copy on a target, or those at or below one folder of it; only archives are read.

    Raises KwtuiError as the target does.
    """
    with opened(settings) as target:
        contents = read_contents(target)
    here = [c for c in contents.copies if not below or c.path == below or is_within(c.path, below)]
    plans = tuple(
        plan
        for plan in plans_in(contents.there)
        if not below or is_within(plan.path, below) or is_within(below, plan.folder)
    )
    return FoundCopies(settings, contents.address, ranked(here), _problem(here, contents), plans)


def read_found_plan(
    found: FoundCopies, database: str, language: str, identities: Sequence[Any]
) -> str:
    """The recovery plan of a database (Markdown).

    Raises KwtuiError: NOT_FOUND, AUTHENTICATION_FAILED, BACKUP_DAMAGED, and as the target does.
    """
    plan = found.plan(database, language)
    with opened(found.settings) as target:
        return read_plan(target, plan, identities)


def find_copies_in(folder: Path) -> FoundCopies | None:
    """The copies at or below a folder, wherever in a target it lies; None where there are none.

    Raises KwtuiError (EXTERN_NOT_READABLE).
    """
    folder = folder.resolve()
    try:
        archives = [e.path for e in walk(claim(folder)) if e.is_file and e.name == ARCHIVE_FILE]
    except OSError as error:
        raise KwtuiError(
            f"{folder} cannot be searched.",
            cause=error.strerror or str(error),
            exit_code=ExitCode.EXTERN_NOT_READABLE,
        ) from error
    for path in archives:
        place = (folder / path).parent
        root = _root_of(place)
        if root is not None:
            settings = TargetSettings(f"file://{quote(str(root))}")
            return find_copies(settings, _below(folder, root))
    return None


def _below(folder: Path, root: Path) -> str:
    """The folder relative to the target's root; empty where it lies above it."""
    return folder.relative_to(root).as_posix() if root in folder.parents else ""


def _root_of(place: Path) -> Path | None:
    """Where the target of a copy begins: its archive tells at which path below it the copy lies."""
    for depth in range(3, len(place.parts)):
        path = PurePosixPath(*place.parts[-depth:]).as_posix()
        if parse_set_path(path) is None:
            return None
        root = place.parents[depth - 1]
        try:
            read_archive(FolderTarget(root), path)
        except KwtuiError as error:
            if error.exit_code is ExitCode.BACKUP_DAMAGED:
                continue
            return None
        return root
    return None


def ranked(copies: Sequence[Copy]) -> tuple[Copy, ...]:
    """By database; first what is whole and new, last what misses parts. Without archive: not."""
    return tuple(sorted((c for c in copies if c.archive is not None), key=_rank))


def _rank(copy: Copy) -> tuple[object, ...]:
    archive = copy.archive
    started = archive.started if archive is not None else _BEGINNING
    only = archive is not None and bool(archive.only)
    return (copy.database, bool(copy.problem), only, -started.timestamp(), copy.path)


def _problem(here: Sequence[Copy], contents: Contents) -> str:
    """What lies there and cannot be used, in words."""
    unreadable = set(unreadable_archives(contents))
    lost = [copy for copy in here if copy.path in unreadable]
    if not lost:
        return ""
    copies = plural(len(lost), "copy", "copies")
    return f"{copies} cannot be used. {lost[0].path}: {lost[0].problem}"


def _entry(archive: Archive, copy: Copy) -> BackupEntry:
    encrypted = "encrypted" if archive.recipients else "not encrypted"
    return BackupEntry(
        copy.path,
        EntryKind.SET,
        database=archive.database,
        engine=archive.engine,
        started=archive.started,
        tables=archive.tables,
        rows=archive.rows,
        files=len(archive.files),
        bytes=archive.bytes,
        proof=archive.proof,
        label=archive.label,
        only=archive.only,
        note=f"off-site copy, {encrypted}",
        problem=copy.problem,
    )


# -- the tables of a copy -----------------------------------------------------------------------


def tables_of(archive: Archive) -> tuple[TableName, ...]:
    """The tables that have rows in the copy, in its order."""
    names = dict.fromkeys(table_of_file(file) for file in archive.files)
    return tuple(name for name in names if name is not None)


def table_of(archive: Archive, name: str) -> TableName:
    """The table of this name, with or without its schema. Raises KwtuiError (NOT_FOUND)."""
    tables = tables_of(archive)
    for table in tables:
        if name in (str(table), f"{table.schema}.{table.name}", table.name):
            return table
    known = ", ".join(map(str, tables[:10]))
    raise KwtuiError(
        f"The copy of {archive.set_id} holds no rows of a table {name}.",
        hint=f"It holds those of {known}." if known else "All its tables are empty.",
        exit_code=ExitCode.NOT_FOUND,
    )


def take_table(
    found: FoundCopies,
    path: str,
    table: TableName,
    work: Path,
    identities: Sequence[Any],
    read: Read = lambda done, total: None,
) -> None:
    """Bring a set of this table alone into an empty folder, proven to P2.

    The parts of other tables are not read. Raises KwtuiError as `fetch` does.
    """
    archive = found.archive(path)
    with opened(found.settings) as target:
        fetch(target, archive, work, work, tables=(table,), identities=identities, read=read)


def bring_copy(
    found: FoundCopies,
    path: str,
    extern: Path,
    state: Path,
    identities: Sequence[Any],
    read: Read = lambda done, total: None,
) -> str:
    """Fetch a whole copy into the extern of a node, proven to P2; its path there.

    Nothing is read where the same set is there already. Raises KwtuiError as `fetch` does.
    """
    archive = found.archive(path)
    if _is_there(archive, extern):
        return archive.set_id
    with opened(found.settings) as target:
        return fetch(target, archive, extern, state, identities=identities, read=read).path


def _is_there(archive: Archive, extern: Path) -> bool:
    manifest = inside(claim(extern), archive.set_id) / MANIFEST_FILE
    if not is_there(manifest):
        return False
    return hashlib.sha256(read_sidecar(manifest)).hexdigest() == archive.manifest_sha256
