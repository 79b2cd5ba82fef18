"""The write-ahead log of a store, read from its files. Nothing here writes.

Layouts (facts.md, section 6.2): since 3.0 ``kwdb_wal.{cur,chk,meta}`` in folders of ``tsdb/wal``
(``vg_001``…, ``engine``, ``ddl``); before, a ring of three files of 64 MiB, ``kwdb_wal<number>``.
The relational WAL are the ``*.log`` files in the store's root.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from kwtui.files.foreign.reading import is_folder, read_start, status_of
from kwtui.files.foreign.walking import entries_in

BLOCK_BYTES = 4096
"""Files are made of blocks of this size; the first one is a header."""

RING_FILES, RING_BYTES = 3, 64 << 20
"""Of the older layout."""

_META = struct.Struct("<Q8xI8x")
"""The current LSN and the number of the checkpoint, without the LSNs of block and checkpoint."""
_RING = re.compile(r"kwdb_wal(\d+)\Z")
_RELATIONAL = re.compile(r"\d+\.log\Z")
_DEPTH = 3
"""Folders below ``tsdb`` that are looked into."""


class Layout(StrEnum):
    CURRENT = "two files a folder"
    """``kwdb_wal.cur``, and ``kwdb_wal.chk`` while a checkpoint runs (3.0 and later)."""
    RING = "a ring of three files a folder"
    """``kwdb_wal<number>`` (2.2 and before)."""
    MIXED = "both layouts"
    """Files of both: an upgrade left the old ones behind."""
    NONE = "no WAL files"


class Role(StrEnum):
    CURRENT = "current"
    CHECKPOINT = "checkpoint"
    """There only while a checkpoint runs, or when one was cut off."""
    META = "meta"
    RING = "ring"
    OTHER = "other"


class AreaKind(StrEnum):
    VGROUP = "vgroup"
    ENGINE = "engine"
    DDL = "ddl"


@dataclass(frozen=True)
class WalFile:
    name: str
    role: Role
    bytes: int
    modified: datetime

    @property
    def logged_bytes(self) -> int:
        """What is written in it after its header."""
        if self.role in (Role.CURRENT, Role.CHECKPOINT):
            return max(0, self.bytes - BLOCK_BYTES)
        return 0


@dataclass(frozen=True)
class WalMeta:
    """The content of ``kwdb_wal.meta``."""

    current_lsn: int
    checkpoint_no: int


@dataclass(frozen=True)
class WalArea:
    """One folder with WAL files."""

    name: str
    """``vg_001``, ``engine``, ``ddl``; of an older layout the path below ``tsdb``."""
    kind: AreaKind
    path: Path
    files: tuple[WalFile, ...] = ()
    meta: WalMeta | None = None
    problem: str = ""

    @property
    def layout(self) -> Layout:
        ring = any(f.role is Role.RING for f in self.files)
        current = any(f.role in (Role.CURRENT, Role.CHECKPOINT) for f in self.files)
        if ring and current:
            return Layout.MIXED
        return Layout.RING if ring else Layout.CURRENT if current else Layout.NONE

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    @property
    def logged_bytes(self) -> int:
        """Bytes that a restart would read: what was written since the last checkpoint.

        Of the older layout nothing but the size of the ring is known, which is reused in turn.
        """
        return sum(file.logged_bytes for file in self.files)

    @property
    def written(self) -> datetime | None:
        """When something was written in it last."""
        times = [f.modified for f in self.files if f.role in (Role.CURRENT, Role.RING)]
        return max(times, default=None)

    @property
    def checkpoint_file(self) -> WalFile | None:
        return next((f for f in self.files if f.role is Role.CHECKPOINT), None)


@dataclass(frozen=True)
class WalFiles:
    """All WAL files of one store."""

    root: Path
    areas: tuple[WalArea, ...] = ()
    relational_files: int = 0
    relational_bytes: int = 0
    problem: str = ""
    """Why nothing could be read; empty otherwise."""

    @property
    def layout(self) -> Layout:
        found = {area.layout for area in self.areas} - {Layout.NONE}
        if not found:
            return Layout.NONE
        return found.pop() if len(found) == 1 else Layout.MIXED

    @property
    def bytes(self) -> int:
        return sum(area.bytes for area in self.areas)

    @property
    def logged_bytes(self) -> int:
        return sum(area.logged_bytes for area in self.areas)

    @property
    def vgroups(self) -> tuple[WalArea, ...]:
        return tuple(area for area in self.areas if area.kind is AreaKind.VGROUP)


def read_wal(store: Path) -> WalFiles:
    """Look at the WAL of a store. Blocking, but quick. Never raises: what is wrong says why."""
    root = store / "tsdb"
    try:
        areas = tuple(sorted(_areas(root), key=_order))
    except OSError as error:
        return WalFiles(root, problem=_words(root, error))
    count, size = _relational(store)
    problem = "" if areas else f"There are no WAL files below {root}."
    return WalFiles(root, areas, count, size, problem)


def _areas(root: Path) -> Iterator[WalArea]:
    for folder, names in _folders(root, _DEPTH):
        wal_names = [name for name in names if name.startswith("kwdb_wal")]
        if wal_names:
            yield _area(root, folder, wal_names)
        elif names is _UNREADABLE and "wal" in folder.relative_to(root).parts:
            yield WalArea(_name(root, folder), _kind(folder), folder, problem=_closed(folder))


_UNREADABLE: list[str] = []


def _folders(folder: Path, depth: int) -> Iterator[tuple[Path, list[str]]]:
    """Folders with the names of their files; a vgroup may be a link to another disk."""
    try:
        entries = entries_in(folder)
    except PermissionError:
        if depth == _DEPTH:
            raise
        yield folder, _UNREADABLE
        return
    yield folder, [entry.name for entry in entries if entry.is_file]
    if depth == 0:
        return
    for entry in entries:
        below = folder / entry.name
        if entry.name != "schema" and (entry.is_folder or (entry.is_link and is_folder(below))):
            yield from _folders(below, depth - 1)


def _area(root: Path, folder: Path, names: Iterable[str]) -> WalArea:
    files, problem, meta = [], "", None
    for name in names:
        path = folder / name
        try:
            status = status_of(path)
            if name == "kwdb_wal.meta":
                meta = parse_meta(read_start(path, _META.size + 1))
        except FileNotFoundError:
            continue  # a checkpoint ended between listing and looking
        except OSError as error:
            problem = _words(path, error)
            continue
        modified = datetime.fromtimestamp(status.st_mtime, UTC)
        files.append(WalFile(name, _role(name), status.st_size, modified))
    return WalArea(_name(root, folder), _kind(folder), folder, tuple(files), meta, problem)


def parse_meta(data: bytes) -> WalMeta | None:
    """The packed record of ``kwdb_wal.meta``; None for another length, of another version."""
    if len(data) != _META.size:
        return None
    return WalMeta(*_META.unpack(data))


def _role(name: str) -> Role:
    if _RING.match(name):
        return Role.RING
    suffixes = {"cur": Role.CURRENT, "chk": Role.CHECKPOINT, "meta": Role.META}
    return suffixes.get(name.rpartition(".")[2], Role.OTHER)


def _name(root: Path, folder: Path) -> str:
    parts = folder.relative_to(root).parts
    return "/".join(parts[1:] if parts[:1] == ("wal",) and len(parts) > 1 else parts)


def _kind(folder: Path) -> AreaKind:
    names = folder.parts[-2:]
    if "engine" in names:
        return AreaKind.ENGINE
    return AreaKind.DDL if "ddl" in names else AreaKind.VGROUP


def _order(area: WalArea) -> tuple[int, str]:
    return (list(AreaKind).index(area.kind), area.name)


def _relational(store: Path) -> tuple[int, int]:
    try:
        sizes = [e.bytes for e in entries_in(store) if e.is_file and _RELATIONAL.match(e.name)]
    except OSError:
        return 0, 0
    return len(sizes), sum(sizes)


def _closed(folder: Path) -> str:
    return f"{folder} is closed to this account."


def _words(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path} is not there: the node has no time-series store, or its store is elsewhere."
    if isinstance(error, PermissionError):
        return (
            f"{path} is closed to this account. Run kwtui as the database's own account, or as a"
            " member of its group."
        )
    return f"{path} cannot be read: {error.strerror or error}."
