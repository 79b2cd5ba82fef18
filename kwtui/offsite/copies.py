"""What lies on a target: whole copies with what is known of them, and what is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from kwtui.backups.layout.naming import parse_set_path
from kwtui.errors import KwtuiError
from kwtui.offsite.archive import (
    ARCHIVE_FILE,
    LARGEST_ARCHIVE,
    Archive,
    CheckMark,
    CopyLevel,
    decode_archive,
    is_within,
    parse_check_name,
    standing_level,
)
from kwtui.offsite.targets.target import Stored, Target, missing, read_small
from kwtui.text import plural, sentences

_UNFINISHED = "it has no archive.json: it was not finished"


@dataclass(frozen=True)
class Copy:
    """A copy of a set, or what somebody left where one would be."""

    path: str
    archive: Archive | None
    """None: there is no archive that can be read, so it is no copy."""
    stored_bytes: int
    """Of the files in its folder."""
    level: CopyLevel | None
    """What holds by its checks; None: the last one was bad, or it is no copy."""
    checked_at: datetime | None
    problem: str = ""

    @property
    def database(self) -> str:
        """As its path names it: it is known of what is no copy, too."""
        name = parse_set_path(self.path)
        return name.database if name is not None else ""

    @property
    def is_whole(self) -> bool:
        """As far as one can see without reading it."""
        return self.archive is not None and not self.problem

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a list says of it, in words."""
        archive = self.archive
        if archive is None:
            return (self.problem,)
        shared = len(archive.parts) - len(archive.own_parts)
        told = (
            self.problem,
            f"partial: {len(archive.only):,} of its tables" if archive.only else "",
            archive.label,
            "" if archive.recipients else "not encrypted",
            f"shares {shared:,} parts of earlier copies" if shared else "",
        )
        return tuple(filter(None, told))


@dataclass(frozen=True)
class Contents:
    """Everything below a folder of a target."""

    address: str
    copies: tuple[Copy, ...]
    """Newest first; what is no copy last."""
    there: dict[str, int]
    """Bytes by name."""

    def find(self, path: str) -> Copy:
        """Raises KwtuiError (NOT_FOUND)."""
        for copy in self.copies:
            if copy.path == path:
                return copy
        raise missing(path, self.address)

    def of(self, database: str | None) -> list[Copy]:
        """The copies of a database; None: all."""
        return [copy for copy in self.copies if database in (None, copy.database)]

    def needed_by_others(self, path: str) -> set[str]:
        """The parts that copies at other paths need, by their names."""
        return {
            part.path
            for copy in self.copies
            if copy.archive is not None and copy.path != path
            for part in copy.archive.parts
        }


def read_contents(target: Target, folder: str = "") -> Contents:
    """List a target, or one database's folder on it, and read every ``archive.json``.

    Raises KwtuiError as the target does; an archive that is damaged is a copy with a problem.
    """
    listed = target.files(folder)
    there = {stored.name: stored.bytes for stored in listed}
    by_folder: dict[str, list[Stored]] = {}
    for stored in listed:
        parent = str(PurePosixPath(stored.name).parent)
        if parse_set_path(parent) is not None:
            by_folder.setdefault(parent, []).append(stored)
    copies = [_copy(target, path, files, there) for path, files in by_folder.items()]
    copies = _with_keepers(copies)
    copies.sort(key=lambda c: (c.archive is not None, _moment(c), c.path), reverse=True)
    return Contents(target.address, tuple(copies), there)


def unreadable_archives(contents: Contents) -> list[str]:
    """Folders whose ``archive.json`` cannot be read: which parts they need is not known."""
    return [
        copy.path
        for copy in contents.copies
        if copy.archive is None and f"{copy.path}/{ARCHIVE_FILE}" in contents.there
    ]


def _with_keepers(copies: list[Copy]) -> list[Copy]:
    """A folder that only keeps parts for others is no leftover, and is told as that."""
    needed: dict[str, str] = {}
    for copy in copies:
        for part in copy.archive.parts if copy.archive is not None else ():
            if not is_within(part.path, copy.path):
                needed[str(PurePosixPath(part.path).parent)] = copy.path
    return [
        replace(copy, problem=f"it was removed; what is left is needed by {needed[copy.path]}")
        if copy.archive is None and copy.path in needed and copy.problem == _UNFINISHED
        else copy
        for copy in copies
    ]


def _moment(copy: Copy) -> str:
    return PurePosixPath(copy.path).name


def _copy(target: Target, path: str, files: Iterable[Stored], there: dict[str, int]) -> Copy:
    files = list(files)
    names = {PurePosixPath(stored.name).name for stored in files}
    size = sum(stored.bytes for stored in files)
    if ARCHIVE_FILE not in names:
        return Copy(path, None, size, None, None, _UNFINISHED)
    try:
        archive = read_archive(target, path)
    except KwtuiError as error:
        return Copy(path, None, size, None, None, sentences(*error.lines()))
    marks = [mark for name in names if (mark := parse_check_name(name))]
    level, at = standing_level(marks)
    problem = size_problem(archive, there)
    if not problem and level is None:
        problem = _bad_check(marks)
    return Copy(path, archive, size, None if problem else level, at, problem)


def _bad_check(marks: list[CheckMark]) -> str:
    last = max(marks, key=lambda m: m.at)
    return f"the check O{int(last.level)} of {last.at:%Y-%m-%d %H:%M} UTC found it damaged"


def read_archive(target: Target, path: str) -> Archive:
    """Raises KwtuiError: NOT_FOUND, BACKUP_DAMAGED."""
    name = f"{path}/{ARCHIVE_FILE}"
    archive = decode_archive(read_small(target, name, LARGEST_ARCHIVE), name)
    if archive.set_id != path:
        from kwtui.offsite.unpacking import damaged

        raise damaged(name, f"It was written for {archive.set_id}.")
    return archive


def size_problem(archive: Archive, there: dict[str, int]) -> str:
    """How the parts on the target differ from the archive, by their sizes; empty if they do not."""
    wrong = [part for part in archive.parts if there.get(part.path) != part.bytes]
    if not wrong:
        return ""
    first = wrong[0]
    found = there.get(first.path)
    how = "is missing" if found is None else f"has {found:,} bytes instead of {first.bytes:,}"
    more = f", and {plural(len(wrong) - 1, 'other part')} too" if len(wrong) > 1 else ""
    return f"{first.path} {how}{more}"
