"""Staging folders: a set's files under other names, for an IMPORT to read and to write beside.

IMPORT writes rejected rows next to the file that they come from (live-findings, row 15), and reads
a whole folder for time series. In a staging folder it finds exactly the files that it shall read,
and what it writes goes away with the folder. The files are hard links; where those are not allowed
(another owner, another file system) symbolic links, which a node follows (facts.md, 3.3); where
there are none, copies.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from kwtui.backups.layout.naming import inside
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import cannot_write
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.making import copy_file, hard_link, make_folder, new_file, symbolic_link
from kwtui.files.foreign.reading import (
    folder_status,
    is_folder,
    may,
    names_in,
    open_regular,
    status_of,
)
from kwtui.files.foreign.removing import remove_empty, remove_folder

STAGING_FOLDER = ".staging"
DEFAULT_PREFIX = "kwtui"
_ID = re.compile(r"[0-9a-f]{8,32}\Z")
_FOLDER_MODE = 0o770
"""The node's account, which may only share a group with ours, writes rejected rows into it."""
_REJECT_FILE = re.compile(r"reject\..*\.txt", re.DOTALL)
_REJECTED_BYTES = 1 << 20
"""Read of one file; only its first lines are shown."""


class Means(StrEnum):
    """How a file came into a staging folder, the preferred way first."""

    HARD_LINK = "hard links"
    SYMBOLIC_LINK = "symbolic links"
    COPY = "copies"


@dataclass(frozen=True)
class StagedFile:
    """One file to be staged."""

    source: Path
    path: str
    """Relative to the staging folder."""
    rewrite: Callable[[BinaryIO, BinaryIO], None] | None = None
    """Copies the first into the second, changed on the way; None: the file as it is."""


@dataclass(frozen=True)
class Staged:
    """What was made."""

    files: int
    bytes: int
    """Of the files, whether they take space or not."""
    means: frozenset[Means]


_COPY_MODE = 0o640


def staging_path(staging_id: str, prefix: str = DEFAULT_PREFIX) -> str:
    """Where the staging folder of a plan lies, relative to extern."""
    return f"{prefix}/{STAGING_FOLDER}/{staging_id}"


def is_staging(path: str) -> bool:
    """Whether a path relative to extern is that of a staging folder."""
    parts = PurePosixPath(path).parts
    return len(parts) >= 3 and parts[-2] == STAGING_FOLDER and _ID.match(parts[-1]) is not None


def can_stage(extern: Path, prefix: str = DEFAULT_PREFIX) -> bool:
    """Whether this account may make folders where staging folders lie."""
    claim(extern)
    folder = extern / prefix / STAGING_FOLDER
    while not is_folder(folder) and folder != extern:
        folder = folder.parent
    return may(folder, os.W_OK | os.X_OK)


def make_staging(
    extern: Path,
    path: str,
    files: Iterable[StagedFile],
    texts: Mapping[str, str] | None = None,
    *,
    folders: Iterable[str] = (),
) -> Staged:
    """Make the staging folder with links to the files, and with texts that are written anew.

    ``folders`` are made also when no file goes into them. Blocking. Raises KwtuiError: NOT_FOUND
    for a path outside extern, FAILED if it is there already, DISK_FULL, EXTERN_NOT_READABLE.
    """
    root = _root(extern, path)
    group = _group_of(extern)
    try:
        _make_folder(root.parent, group)
        if not make_folder(root, _FOLDER_MODE, group=group, exactly=True):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(root))
        for name in folders:
            _make_folder(root / name, group)
        count = size = 0
        means = set()
        for file in files:
            target = root / file.path
            _make_folder(target.parent, group)
            means.add(_place(file.source, target, file.rewrite))
            count += 1
            size += status_of(file.source).st_size
        for name, text in (texts or {}).items():
            _make_folder((root / name).parent, group)
            with new_file(root / name, 0o640) as written:
                written.write(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise cannot_write(root, error) from error
    return Staged(count, size, frozenset(means))


def remove_staging(extern: Path, path: str) -> bool:
    """Remove a staging folder with everything in it; False if there is none.

    Links are removed, never followed. Blocking. Raises KwtuiError (NOT_FOUND for a path that is no
    staging folder's, EXTERN_NOT_READABLE).
    """
    root = _root(extern, path)
    try:
        if not remove_folder(root):
            return False
        with suppress(OSError):
            # Others may be staging beside it, or have ended at the same moment.
            remove_empty(root.parent)
    except OSError as error:
        raise cannot_write(root, error) from error
    return True


def find_stagings(extern: Path, prefix: str = DEFAULT_PREFIX) -> tuple[str, ...]:
    """The staging folders that are there, by their paths relative to extern."""
    claim(extern)
    try:
        names = names_in(extern / prefix / STAGING_FOLDER)
    except OSError:
        return ()
    return tuple(path for name in names if is_staging(path := staging_path(name, prefix)))


def rejected_lines(folder: Path, limit: int = 10) -> tuple[str, ...]:
    """The first lines of what an IMPORT rejected into a folder: a row, then why, in turn."""
    lines: list[str] = []
    with suppress(OSError):
        for name in filter(_REJECT_FILE.fullmatch, names_in(folder)):
            with open_regular(folder / name) as file:
                text = file.read(_REJECTED_BYTES).decode("utf-8", "surrogateescape")
            found = text.removesuffix("\n").split("\n") if text else []
            lines += [line.rstrip("\r") for line in found[: limit - len(lines)]]
            if len(lines) >= limit:
                break
    return tuple(lines)


# -- inside -----------------------------------------------------------------------------------


def _root(extern: Path, path: str) -> Path:
    if not is_staging(path):
        raise KwtuiError(f"{path!r} is not a staging folder.", exit_code=ExitCode.NOT_FOUND)
    claim(extern)
    return inside(extern, path)


def _make_folder(folder: Path, group: int | None) -> None:
    """With its parents; those that are there stay as they are."""
    if not is_folder(folder):
        _make_folder(folder.parent, group)
        make_folder(folder, _FOLDER_MODE, group=group, exactly=True)


def _group_of(extern: Path) -> int | None:
    with suppress(OSError):
        return folder_status(extern).st_gid
    return None


def _place(
    source: Path, target: Path, rewrite: Callable[[BinaryIO, BinaryIO], None] | None = None
) -> Means:
    if not stat.S_ISREG(status_of(source).st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(source))
    if rewrite is not None:
        return _copied(source, target, rewrite)
    with suppress(OSError):
        hard_link(source, target)
        return Means.HARD_LINK
    with suppress(OSError):
        # Relative: the node may see its extern under another path, in a container.
        symbolic_link(os.path.relpath(source.resolve(), target.parent.resolve()), target)
        return Means.SYMBOLIC_LINK
    copy_file(source, target, _COPY_MODE)
    return Means.COPY


def _copied(source: Path, target: Path, copy: Callable[[BinaryIO, BinaryIO], None]) -> Means:
    with open_regular(source) as read, new_file(target, _COPY_MODE) as written:
        copy(read, written)
    return Means.COPY
