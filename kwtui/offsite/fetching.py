"""Bringing a copy back below extern, through the door, proven before its manifest is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import kwtui
from kwtui.backups.layout.location import SetLocation, record_proof, sidecar_root
from kwtui.backups.layout.naming import inside
from kwtui.backups.layout.tree import is_there
from kwtui.backups.listing.contents import SetDetails
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.manifest import (
    MANIFEST_FILE,
    Manifest,
    Proof,
    decode_manifest,
    encode_manifest,
    read_sidecar,
    totals_of,
)
from kwtui.backups.proof.checking import Check, FileReader, check_set
from kwtui.backups.proof.sealing import SealProgress
from kwtui.backups.schema_file import read_schema
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import cannot_write, write_file
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.making import FoldersBelow, append_to, new_file, sync_file
from kwtui.files.foreign.removing import remove_file, remove_folder
from kwtui.files.pace import spend
from kwtui.model.proof import ProofLevel
from kwtui.model.schema import TableName
from kwtui.offsite.archive import JOIN_FILE, Archive, ArchivedFile, table_of_file
from kwtui.offsite.targets.target import Target
from kwtui.offsite.unpacking import Member, damaged, members
from kwtui.text import sentences, shell_quoted

_FOLDER_MODE = 0o770
_FILE_MODE = 0o640
Read = Callable[[int, int], None]
"""Is told bytes that were read from the target, of how many; what it raises ends the fetching."""


@dataclass(frozen=True)
class Fetched:
    """A set that is back."""

    path: str
    files: int
    bytes: int
    read_bytes: int
    """From the target: of one table, not of the rest."""
    proof: ProofLevel


def wanted_files(archive: Archive, tables: Sequence[TableName]) -> tuple[ArchivedFile, ...]:
    """The files of a whole copy, or of these tables with what belongs to none.

    Raises KwtuiError (NOT_FOUND) for a table that the copy does not hold.
    """
    if not tables:
        return archive.files
    held = [(file, table_of_file(file)) for file in archive.files]
    names = {table for _, table in held if table is not None}
    if missing := sorted(str(table) for table in set(tables) - names):
        known = ", ".join(sorted(map(str, names))[:10])
        raise KwtuiError(
            f"The copy of {archive.set_id} holds no files of {missing[0]}.",
            hint=f"It holds those of: {known}." if known else "All its tables are empty.",
            exit_code=ExitCode.NOT_FOUND,
        )
    return tuple(file for file, table in held if table is None or table in tables)


def needed_parts(files: Sequence[ArchivedFile]) -> list[int]:
    """The parts that hold these files, in the order of reading."""
    return sorted({piece.part for file in files for piece in file.pieces})


def read_bytes(archive: Archive, files: Sequence[ArchivedFile]) -> int:
    """What must be read from the target for these files."""
    return sum(archive.parts[number].bytes for number in needed_parts(files))


def fetch(
    target: Target,
    archive: Archive,
    extern: Path,
    state: Path,
    *,
    tables: Sequence[TableName] = (),
    identities: Sequence[Any] = (),
    read: Read = lambda done, total: None,
    verified: Callable[[SealProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Fetched:
    """Write the set below extern and prove it to P2; only then it gets its manifest.

    Raises KwtuiError: NAME_TAKEN if something lies at its path, BACKUP_DAMAGED, DISK_FULL,
    EXTERN_NOT_READABLE, and as the target does. What was written is removed then.
    """
    files = wanted_files(archive, tables)
    claim(extern)
    root = inside(extern, archive.set_id)
    if is_there(root):
        raise KwtuiError(
            f"{archive.set_id} exists below {extern} already.",
            hint=f"Show it: kwtui show {shell_quoted(archive.set_id)}",
            exit_code=ExitCode.NAME_TAKEN,
        )
    location = SetLocation(extern, archive.set_id, root)
    writer = _Writer(extern, location, files, archive)
    try:
        _read_parts(target, archive, files, identities, writer, read)
        manifest = _manifest(location, archive, tables, target.address)
        with suppress(OSError):
            remove_file(root / JOIN_FILE)
        proof = _prove(location, manifest, verified, cancelled)
        writer.sync()
        write_file(location.manifest, encode_manifest(manifest))
    except BaseException:
        with suppress(OSError, KwtuiError):
            remove_folder(root)
        raise
    record_proof(location, sidecar_root(extern, state), proof)
    size = sum(file.bytes for file in files)
    return Fetched(archive.set_id, len(files), size, read_bytes(archive, files), proof.level)


def _read_parts(
    target: Target,
    archive: Archive,
    files: Sequence[ArchivedFile],
    identities: Sequence[Any],
    writer: _Writer,
    read: Read,
) -> None:
    total, done = read_bytes(archive, files), 0
    keys = identities if archive.recipients else None
    for number in needed_parts(files):
        part = archive.parts[number]
        digest = hashlib.sha256()

        def stored(chunks: Iterator[bytes], digest: Any = digest) -> Iterator[bytes]:
            nonlocal done
            for chunk in chunks:
                spend(len(chunk))
                digest.update(chunk)
                done += len(chunk)
                read(done, total)
                yield chunk

        with (
            target.read(part.path) as chunks,
            closing(members(stored(chunks), part.path, keys)) as found,
        ):
            for member in found:
                writer.take(number, member)
        if digest.hexdigest() != part.sha256:
            raise damaged(part.path, "Its SHA-256 differs from the one in archive.json.")


@dataclass
class _Writer:
    """Puts members where the files that they belong to are, each with the SHA-256 that it must
    have."""

    extern: Path
    location: SetLocation
    files: Sequence[ArchivedFile]
    archive: Archive
    _places: dict[tuple[int, str], list[tuple[ArchivedFile, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._folders = FoldersBelow(self.extern, _FOLDER_MODE)
        for file in self.files:
            offset = 0
            for piece in file.pieces:
                place = (file, offset)
                self._places.setdefault((piece.part, piece.member), []).append(place)
                offset += piece.bytes

    def take(self, part: int, member: Member) -> None:
        """Raises KwtuiError."""
        places = self._places.get((part, member.name), [])
        digest = hashlib.sha256()
        try:
            with ExitStack() as stack:
                outputs = [stack.enter_context(self._open(*place)) for place in places]
                for chunk in member.chunks:
                    digest.update(chunk)
                    for output in outputs:
                        output.write(chunk)
        except OSError as error:
            raise cannot_write(self.location.root, error) from error
        for file, _ in places:
            whole = len(file.pieces) == 1
            if whole and (member.size, digest.hexdigest()) != (file.bytes, file.sha256):
                raise damaged(file.path, "It was not unpacked as it was sent.")

    def _open(self, file: ArchivedFile, offset: int) -> BinaryIO:
        path = inside(self.location.root, file.path)
        if not offset:
            self._folders.make(path.parent)
            return new_file(path, _FILE_MODE)
        return append_to(path, offset)

    def sync(self) -> None:
        """Have everything on disk before the manifest says that it is there."""
        try:
            for file in self.files:
                if file.path not in (MANIFEST_FILE, JOIN_FILE):
                    sync_file(self.location.root / file.path)
            self._folders.sync()
        except OSError as error:
            raise cannot_write(self.location.root, error) from error


def _manifest(
    location: SetLocation, archive: Archive, tables: Sequence[TableName], address: str
) -> Manifest:
    """The manifest that came along, taken away again; of some tables, what it says of those."""
    raw = read_sidecar(location.manifest)
    if hashlib.sha256(raw).hexdigest() != archive.manifest_sha256:
        raise damaged(MANIFEST_FILE, "It is not the one that was sent.")
    manifest = decode_manifest(raw, MANIFEST_FILE)
    try:
        remove_file(location.manifest)
    except OSError as error:
        raise cannot_write(location.manifest, error) from error
    return narrowed_to(manifest, tables, address)


def narrowed_to(manifest: Manifest, tables: Sequence[TableName], address: str) -> Manifest:
    """The manifest of a set that holds only these tables of another one; all without any."""
    if not tables:
        return manifest
    kept = tuple(entry for entry in manifest.tables if entry.name in set(tables))
    words = f"Fetched from {address} with {', '.join(str(t.name) for t in kept)} alone."
    return replace(
        manifest,
        tables=kept,
        only=tuple(entry.name for entry in kept),
        totals=totals_of(kept, manifest.files),
        not_included=(*manifest.not_included, words),
    )


def _prove(
    location: SetLocation,
    manifest: Manifest,
    verified: Callable[[SealProgress], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Proof:
    """Read everything back from the disk and compare it with the manifest, up to P2."""
    details = SetDetails(
        BackupEntry(location.path, EntryKind.SET),
        location,
        (),
        manifest=manifest,
        schema=read_schema(location.schema),
    )
    reader = FileReader(progress=verified, cancelled=cancelled)
    check: Check = check_set(details, manifest, ProofLevel.P2, reader)
    if check.refused():
        found = next(f for f in check.findings if f.severity.value == "refusal")
        raise damaged(location.path, sentences(f"{found.subject}: {found.message}"))
    return Proof(
        at=datetime.now(UTC),
        level=check.reached or ProofLevel.P0,
        wanted=ProofLevel.P2,
        ok=True,
        summary=f"fetched back: {check.files:,} files",
        kwtui_version=kwtui.__version__,
    )
