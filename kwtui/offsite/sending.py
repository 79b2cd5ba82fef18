"""Sending a set: what must go is found out, packed and written; the archive comes last."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec

import kwtui
from kwtui.backups.layout.location import SetLocation
from kwtui.backups.layout.tree import is_there
from kwtui.backups.manifest import (
    MANIFEST_FILE,
    PROOFS_FILE,
    FileEntry,
    Manifest,
    decode_manifest,
    read_sidecar,
)
from kwtui.files.foreign.reading import cannot_read, open_regular
from kwtui.model.proof import ProofLevel
from kwtui.offsite.archive import (
    ARCHIVE_FILE,
    JOIN_FILE,
    README_FILE,
    SUMS_FILE,
    Archive,
    ArchivePart,
    encode_archive,
    is_within,
)
from kwtui.offsite.copies import Contents, read_contents, size_problem, unreadable_archives
from kwtui.offsite.instructions import checksums, joins, restore_text
from kwtui.offsite.keys import recipients_of
from kwtui.offsite.packing import SourceFiles, pack
from kwtui.offsite.planning import CopyPlan, PlannedPart, known_contents, plan_copy
from kwtui.offsite.sent_for import remember_recipients
from kwtui.offsite.sent_parts import SentParts, key_of
from kwtui.offsite.targets.target import Target, write_small
from kwtui.offsite.unpacking import damaged


@dataclass(frozen=True)
class Outgoing:
    """A set and what of it must be sent."""

    location: SetLocation
    manifest: Manifest
    plan: CopyPlan
    texts: Mapping[str, bytes]
    """Files that are written from memory: the manifest, the proofs, the joins."""
    contents: Contents
    """Of the database's folder on the target."""
    recipients: tuple[str, ...]

    @property
    def is_there(self) -> bool:
        """The target has a whole copy."""
        return any(c.path == self.plan.folder and c.is_whole for c in self.contents.copies)


def prepare(target: Target, location: SetLocation, recipients: tuple[str, ...]) -> Outgoing:
    """Look at the set and at the target; nothing is read of the set's data, nothing is written.

    Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE, BACKUP_DAMAGED, and as the target does.
    """
    raw = read_sidecar(location.manifest)
    manifest = decode_manifest(raw, str(location.manifest))
    texts = {MANIFEST_FILE: raw}
    if is_there(location.proofs):
        texts[PROOFS_FILE] = read_sidecar(location.proofs)
    folder = location.path
    contents = read_contents(target, str(PurePosixPath(folder).parent))
    archives = [c.archive for c in contents.copies if c.archive is not None and not c.problem]
    others = [archive for archive in archives if archive.set_id != folder]
    known = known_contents(others, contents.there, recipients)
    needed = contents.needed_by_others(folder)
    if unreadable_archives(contents):
        # Nobody knows which parts such a copy needs: nothing that is there is replaced.
        needed |= {name for name in contents.there if is_within(name, folder)}

    def planned() -> CopyPlan:
        encrypted = bool(recipients)
        beside = _entries(texts)
        return plan_copy(manifest, folder, beside, known, encrypted=encrypted, taken=needed)

    plan = planned()
    if listed := joins(plan):
        texts[JOIN_FILE] = listed
        plan = planned()
    return Outgoing(location, manifest, plan, texts, contents, recipients)


def _entries(texts: Mapping[str, bytes]) -> dict[str, FileEntry]:
    return {
        name: FileEntry(name, len(text), hashlib.sha256(text).hexdigest())
        for name, text in texts.items()
    }


@dataclass(frozen=True)
class SendProgress:
    """How far it is: raw bytes that were read and packed, and parts that are there."""

    part: int
    parts: int
    bytes: int
    bytes_total: int


Tell = Callable[[SendProgress], None]
"""Is called often; what it raises ends the sending."""


@dataclass(frozen=True)
class Sent:
    """What was done."""

    archive: Archive
    parts_sent: int
    parts_kept: int
    """They were sent by a run that was cut off."""
    stored_bytes: int
    """What went over the line."""


def send(target: Target, outgoing: Outgoing, proof: ProofLevel, state: Path, tell: Tell) -> Sent:
    """Send what the target does not have, then the files beside it, and the archive at last.

    Raises KwtuiError; parts that were sent are kept for the next try.
    """
    plan = outgoing.plan
    done = SentParts(state, target.address, plan.folder)
    source = _Source(outgoing, tell)
    recipients = recipients_of(outgoing.recipients)
    stored: dict[str, ArchivePart] = {}
    sent = kept = size = 0
    digests = {file.path: file.sha256 for file in plan.files}
    # Of a copy that was damaged: from here on it is none, until it is whole again.
    target.delete(f"{plan.folder}/{ARCHIVE_FILE}")
    for number, part in enumerate(plan.parts, 1):
        key = key_of(part, digests, outgoing.recipients)
        found = done.find(key, outgoing.contents.there)
        source.begin(number, part, found is not None)
        if found is None:
            if part.path in outgoing.contents.there:
                target.delete(part.path)
            with target.write(part.path) as sink:
                packed = pack(part, source.files, sink, recipients)
            found = ArchivePart(part.path, packed.bytes, packed.sha256, part.raw_bytes)
            done.add(key, found)
            sent += 1
            size += packed.bytes
        else:
            kept += 1
        stored[part.path] = found
    archive = _archive(outgoing, stored, proof)
    _finish(target, archive, outgoing.contents)
    done.forget()
    folder = str(PurePosixPath(plan.folder).parent)
    remember_recipients(state, target.address, folder, outgoing.recipients)
    return Sent(archive, sent, kept, size)


def _archive(outgoing: Outgoing, stored: dict[str, ArchivePart], proof: ProofLevel) -> Archive:
    manifest = outgoing.manifest
    parts, files = outgoing.plan.archived(stored)
    return Archive(
        set_id=outgoing.plan.folder,
        database=manifest.database,
        engine=manifest.engine,
        started=manifest.started,
        finished=manifest.finished,
        made=datetime.now(UTC),
        proof=proof,
        tables=manifest.totals.tables,
        rows=manifest.totals.rows,
        bytes=manifest.totals.bytes,
        manifest_sha256=hashlib.sha256(outgoing.texts[MANIFEST_FILE]).hexdigest(),
        parts=parts,
        files=files,
        only=tuple(sorted(str(table) for table in manifest.only)),
        label=manifest.label,
        recipients=outgoing.recipients,
        kwtui_version=kwtui.__version__,
    )


def _finish(target: Target, archive: Archive, contents: Contents) -> None:
    """The sizes are looked at before the archive says that it is a copy."""
    folder = archive.set_id
    there = {
        stored.name: stored.bytes for stored in target.files(str(PurePosixPath(folder).parent))
    }
    if problem := size_problem(archive, there):
        raise damaged(f"The copy of {folder}", f"Right after it was sent: {problem}.")
    for name, content in (
        (SUMS_FILE, checksums(archive)),
        (README_FILE, restore_text(archive)),
        (ARCHIVE_FILE, encode_archive(archive)),
    ):
        path = f"{folder}/{name}"
        if path in there:
            target.delete(path)
        write_small(target, path, content)


class _Source:
    """The set's files with the progress of reading them."""

    def __init__(self, outgoing: Outgoing, tell: Tell) -> None:
        self._outgoing, self._tell = outgoing, tell
        self._part = self._bytes = 0
        self.files = SourceFiles(
            self._open,
            {file.path: (file.bytes, file.sha256) for file in outgoing.plan.files},
            int(outgoing.manifest.finished.timestamp()),
            self._read,
        )

    def begin(self, number: int, part: PlannedPart, is_there: bool) -> None:
        self._part = number
        self._read(part.raw_bytes if is_there else 0)

    def _read(self, size: int) -> None:
        self._bytes += size
        plan = self._outgoing.plan
        self._tell(SendProgress(self._part, len(plan.parts), self._bytes, plan.raw_bytes))

    def _open(self, path: str) -> BinaryIO:
        text = self._outgoing.texts.get(path)
        if text is not None:
            return BytesIO(text)
        file = self._outgoing.location.absolute(path)
        try:
            return open_regular(file, buffering=0)
        except OSError as error:
            raise cannot_read(file, error) from error


def as_json(sent: Sent) -> dict[str, object]:
    """For scripts: without the list of files."""
    archive = sent.archive
    return {
        "path": archive.set_id,
        "parts": len(archive.parts),
        "parts_sent": sent.parts_sent,
        "parts_kept": sent.parts_kept,
        "parts_shared": len(archive.parts) - len(archive.own_parts),
        "sent_bytes": sent.stored_bytes,
        "stored_bytes": archive.stored_bytes,
        "recipients": msgspec.to_builtins(archive.recipients),
    }
