"""Which parts a copy is sent in, and which contents the target has already. Pure.

What a set shares with an earlier one, as an incremental set does, is known by the SHA-256 of the
raw contents: the archives of the earlier copies name the part that holds it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from kwtui.backups.manifest import FileEntry, Manifest
from kwtui.offsite.archive import (
    MOST_RAW,
    Archive,
    ArchivedFile,
    ArchivePart,
    Piece,
    part_name,
    set_part_name,
)

Known = Mapping[tuple[str, int], tuple["PieceAt", ...]]
"""By SHA-256 and bytes of a content: where its pieces lie on the target."""


@dataclass(frozen=True)
class PieceAt:
    """A stretch of a file in a part, by the part's path on the target."""

    part: str
    member: str
    bytes: int
    stored: ArchivePart | None = None
    """The part, where it is there already."""


@dataclass(frozen=True)
class Stretch:
    """What is read for one member of a part."""

    path: str
    """Of the file, as in the manifest."""
    offset: int
    bytes: int
    member: str


@dataclass(frozen=True)
class PlannedPart:
    """A part that is to be sent."""

    path: str
    """Relative to the target's root."""
    table: str
    stretches: tuple[Stretch, ...]

    @property
    def raw_bytes(self) -> int:
        return sum(stretch.bytes for stretch in self.stretches)


@dataclass(frozen=True)
class PlannedFile:
    path: str
    bytes: int
    sha256: str
    table: str
    pieces: tuple[PieceAt, ...]


@dataclass(frozen=True)
class CopyPlan:
    """What is sent, and what is there."""

    folder: str
    parts: tuple[PlannedPart, ...]
    """Of the tables, in the order of sending; the set's part is last."""
    files: tuple[PlannedFile, ...]
    shared: tuple[ArchivePart, ...]
    """Parts of earlier copies that this one needs, by their paths."""

    @property
    def raw_bytes(self) -> int:
        """To be read and sent, before it is packed."""
        return sum(part.raw_bytes for part in self.parts)

    @property
    def shared_bytes(self) -> int:
        """Raw bytes that the target has already."""
        return sum(f.bytes for f in self.files if f.pieces and f.pieces[0].stored is not None)

    def archived(
        self, stored: Mapping[str, ArchivePart]
    ) -> tuple[tuple[ArchivePart, ...], tuple[ArchivedFile, ...]]:
        """Parts and files as the archive names them, once every part lies there."""
        parts = (*self.shared, *(stored[part.path] for part in self.parts))
        index = {part.path: number for number, part in enumerate(parts)}
        files = tuple(
            ArchivedFile(
                file.path,
                file.bytes,
                file.sha256,
                tuple(Piece(index[p.part], p.member, p.bytes) for p in file.pieces),
                file.table,
            )
            for file in self.files
        )
        return parts, files


def known_contents(
    archives: Iterable[Archive], there: Mapping[str, int], recipients: tuple[str, ...]
) -> Known:
    """The contents that a new copy need not send.

    Only of copies that whoever may open the new one can open too, and of parts that lie there
    with the size that their archive tells (``there``: bytes by path). The newest copy counts.
    """
    known: dict[tuple[str, int], tuple[PieceAt, ...]] = {}
    for archive in sorted(archives, key=lambda a: a.made):
        if bool(recipients) != bool(archive.recipients):
            continue
        if not set(recipients) <= set(archive.recipients):
            continue
        for file in archive.files:
            parts = [archive.parts[piece.part] for piece in file.pieces]
            if not file.table or not file.bytes:
                continue
            if any(there.get(part.path) != part.bytes for part in parts):
                continue
            known[file.sha256, file.bytes] = tuple(
                PieceAt(part.path, piece.member, piece.bytes, part)
                for part, piece in zip(parts, file.pieces, strict=True)
            )
    return known


def plan_copy(
    manifest: Manifest,
    folder: str,
    beside: Mapping[str, FileEntry],
    known: Known,
    *,
    encrypted: bool,
    taken: Collection[str] = (),
    most: int = MOST_RAW,
) -> CopyPlan:
    """The parts of a copy. ``beside`` are files that no manifest names: itself, and the proofs.

    ``taken`` are parts in its folder that other copies need: no part of its own has their name.
    """
    stamp = PurePosixPath(folder).name
    cutter = _Cutter(folder, stamp, encrypted, most, taken)
    files: list[PlannedFile] = []
    seen: dict[tuple[str, int], tuple[PieceAt, ...]] = {}
    for table in manifest.tables:
        name = f"{table.name.schema}.{table.name.name}"
        for entry in table.files:
            key = (entry.sha256, entry.bytes)
            pieces = known.get(key) or seen.get(key) or cutter.take(name, entry)
            if entry.bytes:
                seen[key] = pieces
            files.append(PlannedFile(entry.path, entry.bytes, entry.sha256, name, pieces))
        cutter.close()
    others = {entry.path: entry for entry in manifest.files} | dict(beside)
    set_part = f"{folder}/{set_part_name(encrypted=encrypted)}"
    stretches = tuple(
        Stretch(entry.path, 0, entry.bytes, f"{stamp}/{entry.path}") for entry in others.values()
    )
    for entry in others.values():
        piece = PieceAt(set_part, f"{stamp}/{entry.path}", entry.bytes)
        files.append(PlannedFile(entry.path, entry.bytes, entry.sha256, "", (piece,)))
    stored = {p.part: p.stored for f in files for p in f.pieces if p.stored is not None}
    return CopyPlan(
        folder,
        (*cutter.parts, PlannedPart(set_part, "", stretches)),
        tuple(files),
        tuple(part for _, part in sorted(stored.items())),
    )


@dataclass
class _Cutter:
    """Fills parts with files of one table; a file that is too large goes into several."""

    folder: str
    stamp: str
    encrypted: bool
    most: int
    taken: Collection[str]
    parts: list[PlannedPart] = field(default_factory=list)
    _open: list[Stretch] = field(default_factory=list)
    _room: int = 0
    _table: str = ""
    _number: int = 0
    _path: str = ""

    def take(self, table: str, entry: FileEntry) -> tuple[PieceAt, ...]:
        self._table = table
        if entry.bytes <= self.most:
            return (self._add(Stretch(entry.path, 0, entry.bytes, f"{self.stamp}/{entry.path}")),)
        pieces = []
        for number, offset in enumerate(range(0, entry.bytes, self.most), 1):
            member = f"{self.stamp}/{entry.path}.piece-{number:05d}"
            size = min(self.most, entry.bytes - offset)
            pieces.append(self._add(Stretch(entry.path, offset, size, member)))
        return tuple(pieces)

    def _add(self, stretch: Stretch) -> PieceAt:
        if self._open and stretch.bytes > self._room:
            self.close()
        if not self._open:
            self._room = self.most
            self._path = self._next_path()
        self._open.append(stretch)
        self._room -= stretch.bytes
        return PieceAt(self._path, stretch.member, stretch.bytes)

    def _next_path(self) -> str:
        while True:
            self._number += 1
            name = part_name(self._number, self._table, encrypted=self.encrypted)
            if f"{self.folder}/{name}" not in self.taken:
                return f"{self.folder}/{name}"

    def close(self) -> None:
        """End the part; the next file begins another one."""
        if self._open:
            self.parts.append(PlannedPart(self._path, self._table, tuple(self._open)))
            self._open = []
