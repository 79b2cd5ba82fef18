"""What an off-site copy says of itself: ``archive.json``, and the names beside it. Pure.

A copy is a folder at the set's own path below the target::

    kwtui/shop/20261122T080000Z/
        00001-public.orders.tar.zst.age   a part: files of one table, at most 256 MB of them
        _set.tar.zst.age                  manifest, schema, restore files: what is no table's data
        SHA256SUMS                        of every part that the copy needs, of earlier copies too
        RESTORE.txt                       three lines of shell
        archive.json                      written last: without it the folder is no copy
        checked-20261123T020000Z-O2-good.json   one for each check

A part is one PAX tar in one zstd frame in one age file. Its members begin with the last folder of
the set that they were packed from (``20261122T080000Z/data/…``), so that parts of several sets can
be unpacked in one place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import PurePosixPath
from typing import Annotated

import msgspec

from kwtui.backups.layout.naming import table_folder
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.json_text import decode, encode_file
from kwtui.model.moments import check_moments
from kwtui.model.proof import ProofLevel
from kwtui.model.schema import Engine, TableName

FORMAT = 1
ARCHIVE_FILE = "archive.json"
SUMS_FILE = "SHA256SUMS"
README_FILE = "RESTORE.txt"
SET_PART = "_set"
JOIN_FILE = "JOIN.tsv"
"""In the set's part, where files must be put together: see `kwtui.offsite.instructions`."""
MOST_RAW = 256_000_000
"""Bytes of raw data in a part."""
LARGEST_ARCHIVE = 256 << 20

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
_CHECKED = re.compile(r"checked-(\d{8}T\d{6}Z)-O([1-4])-(good|bad)\.json\Z")
_STAMP = "%Y%m%dT%H%M%SZ"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]


class CopyLevel(IntEnum):
    """How far an off-site copy was proven."""

    O0 = 0
    """Sent."""
    O1 = 1
    """Every part is there, with its size."""
    O2 = 2
    """Every byte of every part was read back and has its SHA-256; no key is needed."""
    O3 = 3
    """Decrypted and unpacked: every file as in the manifest."""
    O4 = 4
    """Fetched and restored by a drill."""


@dataclass(frozen=True)
class ArchivePart:
    """A file on the target."""

    path: str
    """Relative to the target's root; of an earlier copy's part, in that copy's folder."""
    bytes: Count
    sha256: str
    """Of the file as it lies there, encrypted."""
    raw_bytes: Count


@dataclass(frozen=True)
class Piece:
    """Where a file's bytes are: all of them, or a stretch of a file too large for one part."""

    part: Count
    """Index into the archive's parts."""
    member: str
    """Its name in the tar."""
    bytes: Count


@dataclass(frozen=True)
class ArchivedFile:
    """A file of the set, by its path in the manifest."""

    path: str
    bytes: Count
    sha256: str
    """Of its raw content."""
    pieces: tuple[Piece, ...]
    """In order; put together they are the file."""
    table: str = ""
    """Schema and table; empty for what is no table's data."""


@dataclass(frozen=True)
class Archive:
    """The content of ``archive.json``. Times are UTC."""

    set_id: str
    """The path of the set below extern, and of the copy below the target."""
    database: str
    engine: Engine
    started: datetime
    finished: datetime
    made: datetime
    """When the copy was whole."""
    proof: ProofLevel
    """Of the set when it was sent."""
    tables: Count
    rows: Count | None
    bytes: Count
    """Of the set's files."""
    manifest_sha256: str
    parts: tuple[ArchivePart, ...]
    files: tuple[ArchivedFile, ...]
    only: tuple[str, ...] = ()
    label: str = ""
    recipients: tuple[str, ...] = ()
    """Public keys that it was encrypted for; none: it is not encrypted."""
    kwtui_version: str = ""
    format: int = field(default=FORMAT)

    def __post_init__(self) -> None:
        check_moments(self.started, self.finished, self.made)

    @property
    def own_parts(self) -> tuple[ArchivePart, ...]:
        return tuple(part for part in self.parts if is_within(part.path, self.set_id))

    @property
    def stored_bytes(self) -> int:
        """What the copy itself takes on the target."""
        return sum(part.bytes for part in self.own_parts)


@dataclass(frozen=True)
class CheckMark:
    """A check of a copy, as the name of its file tells."""

    at: datetime
    level: CopyLevel
    good: bool


def encode_archive(archive: Archive) -> bytes:
    return encode_file(archive)


def decode_archive(data: bytes, where: str) -> Archive:
    """Raises KwtuiError (BACKUP_DAMAGED) for what is no such file, or one that makes no sense."""
    try:
        archive = decode(data, Archive)
    except msgspec.DecodeError as error:
        raise _damaged(where, str(error)) from error
    if archive.format > FORMAT:
        raise _damaged(where, f"It has format {archive.format}; a newer kwtui wrote it.")
    problem = _problem(archive)
    if problem:
        raise _damaged(where, problem)
    return archive


def _problem(archive: Archive) -> str:
    """Others may write where copies lie: no path leads out, every piece names a part."""
    paths = [archive.set_id, *(p.path for p in archive.parts), *(f.path for f in archive.files)]
    members = [piece.member for file in archive.files for piece in file.pieces]
    for path in (*paths, *members):
        if not is_safe(path):
            return f"A path in it leads out of the copy: {path!r}."
    for part in archive.parts:
        if not _SHA256.match(part.sha256):
            return f"It has no SHA-256 for {part.path}."
    for file in archive.files:
        if any(piece.part >= len(archive.parts) for piece in file.pieces) or not file.pieces:
            return f"It does not record which part holds {file.path}."
        if sum(piece.bytes for piece in file.pieces) != file.bytes:
            return f"The pieces of {file.path} do not add up."
    return ""


def table_of_file(file: ArchivedFile) -> TableName | None:
    """The table whose data a file holds; None for what is no table's.

    ``table`` does not tell where a schema with a dot in its name ends: the folders do that the
    file lies in.
    """
    if not file.table:
        return None
    parts = file.table.split(".")
    names = [
        TableName(".".join(parts[:dot]), ".".join(parts[dot:])) for dot in range(1, len(parts))
    ]
    folder = f"/{PurePosixPath(file.path).parent}/"
    for name in names:
        if f"/{table_folder(name)}/" in folder:
            return name
    return names[0] if names else TableName("", file.table)


def is_safe(path: str) -> bool:
    """Whether a relative path stays below where it begins, and fits on a line."""
    pure = PurePosixPath(path)
    control = any(ord(character) < 32 or ord(character) == 127 for character in path)
    return bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts and not control


def is_within(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def part_name(number: int, table: str, *, encrypted: bool) -> str:
    """The name of a part's file: its number makes it the only one, the table is for people."""
    words = _UNSAFE.sub("_", table)[:80]
    return f"{number:05d}-{words}{_ending(encrypted)}"


def set_part_name(*, encrypted: bool) -> str:
    return SET_PART + _ending(encrypted)


def _ending(encrypted: bool) -> str:
    return ".tar.zst.age" if encrypted else ".tar.zst"


def check_name(mark: CheckMark) -> str:
    """The name of the file that a check leaves beside the copy."""
    outcome = "good" if mark.good else "bad"
    return f"checked-{mark.at.strftime(_STAMP)}-O{int(mark.level)}-{outcome}.json"


def parse_check_name(name: str) -> CheckMark | None:
    found = _CHECKED.match(name)
    if found is None:
        return None
    from datetime import UTC

    try:
        at = datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return CheckMark(at, CopyLevel(int(found[2])), found[3] == "good")


def standing_level(marks: list[CheckMark]) -> tuple[CopyLevel | None, datetime | None]:
    """What holds by the checks of a copy: the best good one since the last bad one.

    None if the last one was bad and no good one came after it; O0 where nobody checked.
    """
    level: CopyLevel | None = CopyLevel.O0
    when: datetime | None = None
    for mark in sorted(marks, key=lambda m: (m.at, not m.good)):
        if not mark.good:
            level, when = None, mark.at
        elif level is None or mark.level >= level:
            level, when = mark.level, mark.at
    return level, when


def _damaged(where: str, cause: str) -> KwtuiError:
    return KwtuiError(
        f"{where} is damaged.",
        cause=cause,
        hint="The parts beside it may be intact: RESTORE.txt there describes how to unpack them.",
        exit_code=ExitCode.BACKUP_DAMAGED,
    )
