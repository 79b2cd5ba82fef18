"""Removing a set: moved aside by one rename, then removed file by file.

Every step down is taken from the folder above it, without following links: what is removed lies
under extern whatever anybody does to the folders meanwhile. A crash leaves either the whole set
under its name, or something that every listing names as being deleted.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from kwtui.backups.layout.annotations import forget
from kwtui.backups.layout.location import sidecar_root
from kwtui.backups.layout.naming import parse_set_path
from kwtui.backups.layout.trash import is_trash, original_path, trash_path
from kwtui.backups.layout.tree import walk
from kwtui.backups.manifest import SIDECAR_FILES, Manifest
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign import walking
from kwtui.files.foreign.grounds import claim, hold
from kwtui.files.foreign.making import rename_beside
from kwtui.files.foreign.reading import folder_status, may
from kwtui.files.foreign.removing import remove_empty, remove_folder


@dataclass(frozen=True)
class SetContents:
    """What lies in a set's folder now."""

    files: int
    bytes: int
    newest: float
    """When the youngest file was changed, in seconds since the epoch; 0 if there is none."""
    strays: tuple[str, ...] = ()
    """Files that the manifest does not name, relative to the set. Without one: none."""
    shared: tuple[SharedFile, ...] = ()
    """Files with other names elsewhere: other backups hold them too."""

    @property
    def freed(self) -> int:
        """What the disk gets back when this set alone goes."""
        return freed_by([self])


class SharedFile(NamedTuple):
    """One name of a file that has several."""

    inode: tuple[int, int]
    bytes: int
    links: int


def freed_by(going: Iterable[SetContents]) -> int:
    """Bytes that the disk gets back when these go: of a file that several share, only when all of
    its names go."""
    total = 0
    names: Counter[SharedFile] = Counter()
    for contents in going:
        total += contents.bytes - sum(file.bytes for file in contents.shared)
        names.update(contents.shared)
    return total + sum(file.bytes for file, count in names.items() if count >= file.links)


@dataclass(frozen=True)
class Removed:
    files: int
    bytes: int


Progress = Callable[[Removed], None]


def contents_of(folder: Path, manifest: Manifest | None = None) -> SetContents:
    """Look at every file without reading it. Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE)."""
    known = _known_files(manifest) if manifest else None
    files = size = 0
    newest = 0.0
    strays = []
    shared = []
    for file in walk(folder):
        files += 1
        if file.links > 1:
            shared.append(SharedFile(file.inode, file.bytes, file.links))
        size += file.bytes
        newest = max(newest, file.modified)
        if known is not None and (file.path not in known or not file.regular):
            strays.append(file.path)
    return SetContents(files, size, newest, tuple(strays), tuple(shared))


def check_removable(extern: Path, path: str) -> None:
    """Raises KwtuiError if the set is not where sets lie, or this account may not remove it.

    REFUSED_BY_PLAN for a path that is no set's, NOT_FOUND, EXTERN_NOT_READABLE.
    """
    _check_path(path)
    claim(extern)
    root = extern / path
    try:
        with hold(extern):
            folder_status(root)
            below = (root / entry.path for entry in walking.walk(root) if entry.is_folder)
            for folder in (root.parent, root, *below):
                if not may(folder, os.W_OK | os.X_OK):
                    shown = folder.relative_to(extern)
                    raise PermissionError(errno.EACCES, f"{shown} may not be changed")
    except OSError as error:
        raise _cannot_remove(path, error) from error


def remove_set(
    extern: Path,
    path: str,
    state: Path | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Removed:
    """Move aside, then remove: the set, its sidecars and notes wherever they lie. Blocking.

    Then the folders of its database and prefix, as far as they are empty. Also goes on with what an
    earlier call left. When ``cancelled`` says so it stops between two
    files; the rest keeps its hidden name.

    Raises KwtuiError: REFUSED_BY_PLAN for a path that is no set's, NOT_FOUND, EXTERN_NOT_READABLE,
    CANCELLED.
    """
    _check_path(path)
    claim(extern)
    aside = PurePosixPath(trash_path(path)).name
    mirror = sidecar_root(extern, state) if state else None
    counter = _Counter(progress, cancelled)
    root = extern / path
    try:
        folder_status(root)
        if root.name != aside:
            rename_beside(root, aside)
        _remove_private_parts(extern, original_path(path), mirror)
        remove_folder(root.with_name(aside), counter.count)
    except OSError as error:
        raise _cannot_remove(path, error) from error
    _remove_empty_parents(extern, root.parent)
    return counter.removed


def _remove_empty_parents(extern: Path, parent: Path) -> None:
    """The folders of prefix and database were made for sets; without one they go too.

    One that holds anything, a set that is being made as well, cannot be removed and stays. So does
    one that this account may not remove: the set itself is gone, which is what was asked for.
    """
    with suppress(OSError):
        while parent != extern:
            remove_empty(parent)
            parent = parent.parent


def _check_path(path: str) -> None:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or str(pure) != path or not _is_sets(path):
        raise KwtuiError(
            f"{path} does not have the name of a kwtui backup.",
            cause="Only folders of the form <prefix>/<database>/<time> are ever removed, with a "
            "time such as 20261122T080000Z.",
            hint="A copy, or one that was renamed, is removed with system tools. See the paths "
            "of the backups: kwtui list",
            exit_code=ExitCode.REFUSED_BY_PLAN,
        )


def _is_sets(path: str) -> bool:
    return is_trash(path) or parse_set_path(path) is not None


def _known_files(manifest: Manifest) -> set[str]:
    listed = {f.path for f in manifest.files}
    listed.update(f.path for table in manifest.tables for f in table.files)
    return listed | set(SIDECAR_FILES)


def _remove_private_parts(extern: Path, path: str, mirror: Path | None) -> None:
    """Sidecars in the state directory, and the notes. Before the files: they name the set."""
    forget(extern, path, mirror)
    if mirror is not None:
        remove_folder(mirror / path)


class _Counter:
    """Counts what is removed, tells it, and stops where that is asked for."""

    def __init__(self, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
        self._progress = progress
        self._cancelled = cancelled
        self.removed = Removed(0, 0)

    def count(self, size: int) -> None:
        if self._cancelled is not None and self._cancelled():
            raise KwtuiError("The removal was cancelled.", exit_code=ExitCode.CANCELLED)
        self.removed = Removed(self.removed.files + 1, self.removed.bytes + size)
        if self._progress is not None:
            self._progress(self.removed)


def _cannot_remove(path: str, error: OSError) -> KwtuiError:
    reason = error.strerror or str(error)
    if error.errno == errno.ENOENT:
        return KwtuiError(
            f"{path} was not found.",
            cause=reason,
            hint="List what exists: kwtui list",
            exit_code=ExitCode.NOT_FOUND,
        )
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return KwtuiError(
            f"{path} is not removed: a link or a file is in the place of a folder.",
            cause=reason,
            hint="kwtui follows no links when it removes. Look at it with ls -l.",
            exit_code=ExitCode.REFUSED_BY_PLAN,
        )
    if error.errno == errno.EXDEV:
        return KwtuiError(
            f"{path} is not removed: something else is mounted in it.",
            cause=reason,
            hint="Unmount it first.",
            exit_code=ExitCode.REFUSED_BY_PLAN,
        )
    return KwtuiError(
        f"{path} cannot be removed.",
        cause=reason,
        hint="Run kwtui as the database's own account: KWDB owns the files of its exports.",
        exit_code=ExitCode.EXTERN_NOT_READABLE,
    )
