"""Proving a copy: O1 by sizes, O2 by every byte that lies there, O3 by what comes out of it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import kwtui
from kwtui.backups.manifest import MANIFEST_FILE, decode_manifest
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.json_text import encode
from kwtui.files.pace import spend
from kwtui.offsite.archive import (
    LARGEST_ARCHIVE,
    Archive,
    ArchivePart,
    CheckMark,
    CopyLevel,
    check_name,
    parse_check_name,
)
from kwtui.offsite.copies import size_problem
from kwtui.offsite.targets.target import Target, write_small
from kwtui.offsite.unpacking import Member, members
from kwtui.text import human_bytes, plural, sentences

_PROBLEMS_KEPT = 100
_DAMAGE = (ExitCode.BACKUP_DAMAGED, ExitCode.NOT_FOUND)
Read = Callable[[int, int], None]
"""Is told bytes that were read, of how many; what it raises ends the check."""


@dataclass(frozen=True)
class CopyCheck:
    """The outcome of a check."""

    path: str
    address: str
    wanted: CopyLevel
    reached: CopyLevel | None
    """None: it is damaged."""
    checked_at: datetime
    seconds: float
    parts: int
    bytes: int
    """Of the parts that it needs, those of earlier copies included."""
    problems: tuple[str, ...] = ()
    recorded: str = ""
    """The file on the target that tells of it; empty where it could not be written."""

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def summary(self) -> str:
        """One line for people."""
        if not self.ok:
            return f"damaged: {self.problems[0]}"
        size = human_bytes(self.bytes)
        return f"proven to O{int(self.wanted)}: {plural(self.parts, 'part')}, {size}"


@dataclass
class _Reading:
    """What one check collects."""

    target: Target
    archive: Archive
    read: Read
    problems: list[str] = field(default_factory=list)
    hashes: dict[tuple[int, str], tuple[int, str]] = field(default_factory=dict)
    """Bytes and SHA-256 of each member, by part and name."""
    joined: dict[str, Any] = field(default_factory=dict)
    """Hashes of files that lie in several pieces, by path."""
    manifest: bytearray = field(default_factory=bytearray)
    in_pieces: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    """Those files, by part and member."""
    _done: int = 0

    def __post_init__(self) -> None:
        for file in self.archive.files:
            if len(file.pieces) > 1:
                for piece in file.pieces:
                    self.in_pieces.setdefault((piece.part, piece.member), []).append(file.path)

    def count(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        total = sum(part.bytes for part in self.archive.parts)
        for chunk in chunks:
            spend(len(chunk))
            self._done += len(chunk)
            self.read(self._done, total)
            yield chunk


def check_copy(
    target: Target,
    archive: Archive,
    level: CopyLevel,
    *,
    identities: Sequence[Any] = (),
    read: Read = lambda done, total: None,
    seen: set[ArchivePart] | None = None,
    record: bool = True,
) -> CopyCheck:
    """Check a copy up to ``level`` (O1 to O3), and ``record`` the outcome beside it.

    ``seen`` are parts that were read and found good a moment ago, with other copies that need
    them; those of this copy are added.
    ``identities`` are the private keys for O3 of an encrypted copy. Raises KwtuiError where the
    target cannot be reached, or no key fits; a damaged copy is an outcome.
    """
    began, at = time.monotonic(), datetime.now(UTC)
    reading = _Reading(target, archive, read)
    folder = str(PurePosixPath(archive.set_id).parent)
    there = {stored.name: stored.bytes for stored in target.files(folder)}
    if problem := size_problem(archive, there):
        reading.problems.append(problem)
    for number, part in enumerate(archive.parts):
        known = seen is not None and part in seen and level is CopyLevel.O2
        if level >= CopyLevel.O2 and there.get(part.path) == part.bytes and not known:
            before = len(reading.problems)
            _read_part(reading, number, part, identities if level >= CopyLevel.O3 else None)
            if seen is not None and len(reading.problems) == before:
                seen.add(part)
    if level >= CopyLevel.O3 and not reading.problems:
        reading.problems += _differences(reading)
    check = CopyCheck(
        path=archive.set_id,
        address=target.address,
        wanted=level,
        reached=None if reading.problems else level,
        checked_at=at,
        seconds=time.monotonic() - began,
        parts=len(archive.parts),
        bytes=sum(part.bytes for part in archive.parts),
        problems=tuple(reading.problems[:_PROBLEMS_KEPT]),
    )
    if not record:
        return check
    mark = CheckMark(at, level, check.ok)
    return replace(check, recorded=mark_check(target, archive.set_id, mark, check.problems))


def mark_check(target: Target, folder: str, mark: CheckMark, problems: tuple[str, ...]) -> str:
    """Leave the outcome beside the copy; its name, or empty where nobody may write there."""
    name = f"{folder}/{check_name(mark)}"
    content = {
        "at": mark.at,
        "level": f"O{int(mark.level)}",
        "good": mark.good,
        "problems": problems,
        "kwtui_version": kwtui.__version__,
    }
    try:
        write_small(target, name, encode(content) + b"\n")
    except KwtuiError as error:
        if error.exit_code is not ExitCode.NAME_TAKEN:
            return ""
    if mark.good:
        _forget_older(target, folder, mark)
    return name


def _forget_older(target: Target, folder: str, mark: CheckMark) -> None:
    """Good checks that say no more than this one: else daily checks would fill the target."""
    # A name tells whole seconds: the check itself is not older than it was.
    now = mark.at.replace(microsecond=0)
    with suppress(KwtuiError):
        for stored in target.files(folder):
            older = parse_check_name(PurePosixPath(stored.name).name)
            if older and older.good and older.level <= mark.level and older.at < now:
                target.delete(stored.name)


def _read_part(
    reading: _Reading, number: int, part: ArchivePart, identities: Sequence[Any] | None
) -> None:
    """``identities`` None: its bytes alone."""
    digest, size = hashlib.sha256(), 0

    def stored(chunks: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal size
        for chunk in reading.count(chunks):
            digest.update(chunk)
            size += len(chunk)
            yield chunk

    problem = ""
    try:
        with reading.target.read(part.path) as chunks:
            if identities is None:
                for _ in stored(chunks):
                    continue
            else:
                keys = identities if reading.archive.recipients else None
                with closing(members(stored(chunks), part.path, keys)) as found:
                    for member in found:
                        _hash(reading, number, member)
    except KwtuiError as error:
        if error.exit_code not in _DAMAGE:
            raise
        problem = sentences(error.title, error.cause)
    if not problem and (size, digest.hexdigest()) != (part.bytes, part.sha256):
        problem = f"{part.path} differs from what was sent: its SHA-256 does not match."
    if problem:
        reading.problems.append(problem)


def _hash(reading: _Reading, number: int, member: Member) -> None:
    digest = hashlib.sha256()
    stamp = PurePosixPath(reading.archive.set_id).name
    is_manifest = member.name == f"{stamp}/{MANIFEST_FILE}" and member.size <= LARGEST_ARCHIVE
    joined = [
        reading.joined.setdefault(path, hashlib.sha256())
        for path in reading.in_pieces.get((number, member.name), ())
    ]
    for chunk in member.chunks:
        for each in (digest, *joined):
            each.update(chunk)
        if is_manifest:
            reading.manifest += chunk
    reading.hashes[number, member.name] = (member.size, digest.hexdigest())


def _differences(reading: _Reading) -> Iterator[str]:
    """How what was unpacked differs from the archive, and the archive from the manifest in it."""
    archive = reading.archive
    for file in archive.files:
        if len(file.pieces) > 1:
            found = reading.joined[file.path].hexdigest() if file.path in reading.joined else ""
        else:
            piece = file.pieces[0]
            found = reading.hashes.get((piece.part, piece.member), (0, ""))[1]
        if found != file.sha256:
            yield f"{file.path} was not unpacked as it was sent: its SHA-256 does not match."
    if hashlib.sha256(reading.manifest).hexdigest() != archive.manifest_sha256:
        yield f"{MANIFEST_FILE} is not the one that was sent."
        return
    try:
        manifest = decode_manifest(bytes(reading.manifest), MANIFEST_FILE)
    except KwtuiError as error:
        yield sentences(*error.lines())
        return
    held = {file.path: file.sha256 for file in archive.files}
    for entry in (*manifest.files, *(f for table in manifest.tables for f in table.files)):
        if held.get(entry.path) != entry.sha256:
            yield f"{entry.path} is not in the copy as the manifest lists it."
