"""Listing what lies under extern: sets, foreign exports, leftovers and foreign files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path

from kwtui.backups.layout.annotations import annotated_folder, read_annotation
from kwtui.backups.layout.location import SetLocation, all_proofs, sidecar_root
from kwtui.backups.layout.naming import LOCK_FILE, inside, is_recovery_plan, parse_set_path
from kwtui.backups.layout.staging import is_staging
from kwtui.backups.layout.trash import is_trash, original_path
from kwtui.backups.layout.tree import (
    META_FILE,
    FileRole,
    is_folder,
    is_there,
    packed_as,
    role_of,
    walk,
)
from kwtui.backups.layout.unfinished import read_mark
from kwtui.backups.listing.entries import BackupEntry, EntryKind, StorageListing
from kwtui.backups.listing.lines import foreign_file, foreign_folder, set_entry, tree_entry
from kwtui.backups.listing.presence import files_of, presence_of
from kwtui.backups.listing.shape import TreeShape, read_shape
from kwtui.backups.listing.space import SpaceCount
from kwtui.backups.manifest import (
    MANIFEST_FILE,
    SetSummary,
    decode_summary,
    read_sidecar,
    standing_proof,
)
from kwtui.backups.manifest_fields import decode_files
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.grounds import at_once, claim, hold
from kwtui.files.foreign.reading import cannot_read, names_in, open_regular
from kwtui.files.foreign.walking import Entry, entries_in
from kwtui.text import sentences

_DEEPEST = 12
_NEVER = datetime.fromtimestamp(0, UTC)
_LEFTOVER_WORDS = {
    EntryKind.INCOMPLETE: "It has no manifest: the backup did not finish and is not valid.",
    EntryKind.DELETED: "It was being deleted and is no longer a backup: see kwtui cleanup.",
}
_LONGEST_READING = 60
"""Seconds of this thread's work: of all exports in a listing, whose definitions are read."""
_NOT_READ = (
    f"Not read: the exports before it took {_LONGEST_READING} seconds. kwtui show reads this one."
)
_STAGING_WORDS = "links that a restore or drill uses or left behind: see kwtui cleanup"


def scan(extern: Path, state: Path | None = None) -> StorageListing:
    """List everything under ``extern``, without reading data files. Blocking: call it in a thread.

    ``state`` is kwtui's state directory, where sidecars lie that could not be written in extern.

    Never raises for what it finds: what cannot be read is an entry, or the listing, with a problem.
    """
    began = time.monotonic()
    mirror = sidecar_root(extern, state) if state else None
    scanner = _Scanner(extern, mirror)
    problem = ""
    try:
        with hold(mirror.parent if mirror else extern), hold(extern):
            entries = [scanner.with_space(entry) for entry in list(scanner.entries())]
    except KwtuiError as error:
        entries = []
        gone = error.exit_code is ExitCode.NOT_FOUND
        problem = f"{extern} was not found." if gone else _words(error)
    entries.sort(key=attrgetter("path"))
    entries.sort(key=lambda e: e.started or _NEVER, reverse=True)
    return StorageListing(
        extern=extern,
        entries=tuple(entries),
        seconds=time.monotonic() - began,
        scanned=scanner.scanned,
        problem=problem,
    )


def describe(extern: Path, path: str, state: Path | None = None) -> BackupEntry:
    """The entry of one set or tree.

    Raises KwtuiError: NOT_FOUND, also for a file, and EXTERN_NOT_READABLE.
    """
    return look_at(extern, path, state)[0]


def look_at(
    extern: Path, path: str, state: Path | None = None
) -> tuple[BackupEntry, TreeShape | None]:
    """As `describe`, and what of a tree was read for that."""
    claim(extern)
    folder = inside(extern, path)
    with hold(extern):
        if not is_folder(folder):
            raise _no_folder(extern, path, folder)
        scanner = _Scanner(extern, sidecar_root(extern, state) if state else None)
        with at_once(extern):
            found = scanner.recognise(path, folder, scanner.listing(folder))
        return scanner.with_space(found or foreign_folder(path)), scanner.shape


def _no_folder(extern: Path, path: str, place: Path) -> KwtuiError:
    """Why a path names no set and no tree: it is a file, or nothing at all."""
    if not is_there(place):
        return cannot_read(place, FileNotFoundError(2, "No such file or directory"))
    parent = path.rpartition("/")[0]
    if packed_as(place.name):
        hint = f"Unpack it below {extern}, then name the resulting folder."
    elif parent:
        hint = f"Name the folder of the backup or export, for example {parent}."
    else:
        hint = "`kwtui list` shows the folders that hold backups and exports."
    unpack = ": unpack it first" if packed_as(place.name) else ""
    return KwtuiError(
        f"{path} is a file, not a folder{unpack}.", hint=hint, exit_code=ExitCode.NOT_FOUND
    )


class _Scanner:
    """Recognises what a folder is; looks into it if it is nothing yet."""

    def __init__(self, extern: Path, mirror: Path | None) -> None:
        self._extern = extern
        self._mirror = mirror
        self._space = SpaceCount()
        self.scanned = 0
        self.shape: TreeShape | None = None
        """Of the last tree."""
        self._deadline = time.thread_time() + _LONGEST_READING

    def with_space(self, entry: BackupEntry) -> BackupEntry:
        """With what it takes of the disk: right once all that may share a file was scanned."""
        return replace(entry, disk_bytes=self._space.of(entry.path))

    def listing(self, folder: Path) -> list[Entry]:
        try:
            entries = entries_in(folder)
        except OSError as error:
            raise cannot_read(folder, error) from error
        self.scanned += len(entries)
        return entries

    def entries(self) -> Iterator[BackupEntry]:
        """Everything that is there; in folders that are nothing by themselves, what is in them.

        Raises KwtuiError if extern itself cannot be listed.
        """
        waiting = [""]
        while waiting:
            path = waiting.pop()
            try:
                with at_once(self._extern):
                    found, below = self._look_into(path)
            except KwtuiError as error:
                if not path:
                    raise
                found, below = [replace(foreign_folder(path), problem=_words(error))], []
            waiting += reversed(below)
            yield from found

    def _look_into(self, path: str) -> tuple[list[BackupEntry], list[str]]:
        """What a folder is, or holds; and the folders to be looked into next."""
        folder = self._extern / path if path else self._extern
        listing = self.listing(folder)
        entry = self.recognise(path, folder, listing) if path else None
        if entry:
            return [entry], []
        found: list[BackupEntry] = []
        deeper: list[str] = []
        if path and not listing:
            found.append(replace(foreign_folder(path), note="an empty folder"))
        names = {child.name for child in listing}
        for child in listing:
            below = f"{path}/{child.name}" if path else child.name
            if annotated_folder(child.name) in names or below == LOCK_FILE:
                continue
            if not child.is_folder:
                if not is_recovery_plan(below):
                    found.append(foreign_file(below, child))
                if not child.is_link:
                    self._space.add(below, [child])
            elif is_staging(below):
                found.append(replace(foreign_folder(below), note=_STAGING_WORDS))
            elif below.count("/") > _DEEPEST:
                found.append(replace(foreign_folder(below), problem="Too deep to scan."))
            else:
                deeper.append(below)
        return found, deeper

    def recognise(self, path: str, folder: Path, listing: list[Entry]) -> BackupEntry | None:
        """The entry of a folder that is a set, a leftover of one, or an export."""
        if is_trash(path):
            return self._leftover(path, folder)
        entry = self._recognise(path, folder, listing)
        return self._annotated(entry) if entry else None

    def _recognise(self, path: str, folder: Path, listing: list[Entry]) -> BackupEntry | None:
        names = {e.name for e in listing}
        if MANIFEST_FILE in names:
            return self._set(SetLocation(self._extern, path, folder))
        if self._mirror and is_there(self._mirror / path / MANIFEST_FILE):
            return self._set(SetLocation(self._extern, path, self._mirror / path))
        name = parse_set_path(path)
        if name is not None:
            return self._leftover(path, folder)
        if _is_export(folder, listing):
            return self._tree(path, folder)
        return None

    def _set(self, location: SetLocation) -> BackupEntry:
        where = str(location.manifest)
        try:
            data = read_sidecar(location.manifest)
            summary, named = decode_summary(data, where), decode_files(data, where)
        except KwtuiError as error:
            name = parse_set_path(location.path)
            return BackupEntry(
                location.path,
                EntryKind.SET,
                database=name.database if name else None,
                started=name.started if name else None,
                problem=_words(error),
                closed=_is_closed(error),
            )
        entry = _with_proof(set_entry(location, summary), summary, location, self._mirror)
        if entry.problem:
            return entry
        try:
            files = files_of(location)
        except KwtuiError as error:
            problem = _words(error)
            return replace(entry, problem=problem, proof=None, closed=_is_closed(error))
        self.scanned += len(files)
        self._space.add(location.path, files if location.beside else walk(location.root))
        found = presence_of(named, files)
        if found.problem:
            # A proof was of the files that the manifest names, and those are not here as they were.
            return replace(entry, problem=found.problem, proof=None)
        return replace(entry, note="; ".join(filter(None, (entry.note, found.note))))

    def _annotated(self, entry: BackupEntry) -> BackupEntry:
        """With what people said about it."""
        told = read_annotation(self._extern, entry.path, self._mirror)
        label = entry.label if told.label is None else told.label
        words = [entry.note]
        if told.problem:
            words.append(f"kept like a pinned one because its notes cannot be read: {told.problem}")
        elif told.pinned and told.private:
            words.append("pinned for this account only")
        note = "; ".join(filter(None, words))
        return replace(entry, pinned=told.pinned, remark=told.remark, label=label, note=note)

    def _leftover(self, path: str, folder: Path) -> BackupEntry:
        """What a backup that did not finish left, or a deletion that did not."""
        name = parse_set_path(original_path(path))
        kind = EntryKind.DELETED if is_trash(path) else EntryKind.INCOMPLETE
        entry = BackupEntry(
            path,
            kind,
            database=name.database if name else None,
            started=name.started if name else None,
            problem=_leftover_words(kind, folder),
        )
        try:
            files = list(walk(folder))
        except KwtuiError as error:
            return replace(entry, problem=f"{entry.problem} {error.title}")
        self.scanned += len(files)
        self._space.add(path, files)
        return replace(entry, files=len(files), bytes=sum(f.bytes for f in files))

    def _tree(self, path: str, folder: Path) -> BackupEntry:
        if time.thread_time() > self._deadline:
            return BackupEntry(path, EntryKind.TREE, problem=_NOT_READ)
        try:
            self.shape = shape = read_shape(folder)
        except KwtuiError as error:
            problem = _words(error)
            return BackupEntry(path, EntryKind.TREE, problem=problem, closed=_is_closed(error))
        self.scanned += len(shape.files)
        self._space.add(path, shape.files)
        return tree_entry(path, shape)


def _words(error: KwtuiError) -> str:
    return sentences(*error.lines())


def _is_closed(error: KwtuiError) -> bool:
    return error.exit_code is ExitCode.EXTERN_NOT_READABLE


def _leftover_words(kind: EntryKind, folder: Path) -> str:
    if kind is not EntryKind.INCOMPLETE:
        return _LEFTOVER_WORDS[kind]
    try:
        mark = read_mark(folder)
    except KwtuiError as error:
        return f"{_LEFTOVER_WORDS[kind]} {_words(error)}"
    if mark is None:
        return _LEFTOVER_WORDS[kind]
    how = "was cancelled" if mark.outcome == "cancelled" else "failed"
    return f"It is not a backup: run {mark.run} {how}. {mark.reason}"


def _is_export(folder: Path, listing: list[Entry]) -> bool:
    """Whether EXPORT wrote here: a meta.sql, data files, or schemas with tables (``data_only``)."""
    for entry in listing:
        if role_of(entry.name) is not FileRole.STRAY and entry.is_file:
            return True
    return any(e.is_folder and _is_schema(folder / e.name) for e in listing)


def _is_schema(folder: Path) -> bool:
    """Whether a folder is a schema: ``public`` with table folders, or with CREATE SCHEMA."""
    try:
        if folder.name == "public":
            tables = (folder / entry.name for entry in entries_in(folder) if entry.is_folder)
            return any(map(_holds_a_table, tables))
        with open_regular(folder / META_FILE) as file:
            return file.read(16).upper().startswith(b"CREATE SCHEMA")
    except OSError:
        return False


def _holds_a_table(folder: Path) -> bool:
    return any(role_of(name) is not FileRole.STRAY for name in names_in(folder))


def _with_proof(
    entry: BackupEntry, summary: SetSummary, location: SetLocation, mirror: Path | None
) -> BackupEntry:
    try:
        proofs = all_proofs(location, mirror)
    except KwtuiError as error:
        return replace(entry, problem=_words(error), closed=_is_closed(error))
    standing = standing_proof(summary.proof, summary.finished, proofs)
    if not standing.ok:
        found = standing.problems[0] if standing.problems else standing.summary
        what = "The result of the last check is lost" if standing.torn else "The last check failed"
        problem = f"{what}: {found}"
        return replace(entry, proof_at=standing.at, problem=entry.problem or problem)
    return replace(entry, proof=standing.level, proof_at=standing.at)
