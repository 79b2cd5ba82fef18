"""Removing a set: moved aside by one rename, then removed file by file.

Every step down is taken from the folder above it, without following links: what is removed lies
under extern whatever anybody does to the folders meanwhile. A crash leaves either the whole set
under its name, or something that every listing names as being deleted.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kwtui.backups.layout.annotations import forget
from kwtui.backups.layout.location import sidecar_root
from kwtui.backups.layout.naming import parse_set_path
from kwtui.backups.layout.trash import is_trash, original_path, trash_path
from kwtui.backups.layout.tree import is_folder, walk
from kwtui.backups.manifest import SIDECAR_FILES, Manifest
from kwtui.errors import ExitCode, KwtuiError

_INTO = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True)
class SetContents:
    """What lies in a set's folder now."""

    files: int
    bytes: int
    newest: float
    """When the youngest file was changed, in seconds since the epoch; 0 if there is none."""
    strays: tuple[str, ...] = ()
    """Files that the manifest does not name, relative to the set. Without one: none."""


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
    for file in walk(folder):
        files += 1
        size += file.bytes
        newest = max(newest, file.modified)
        if known is not None and (file.path not in known or not file.regular):
            strays.append(file.path)
    return SetContents(files, size, newest, tuple(strays))


def check_removable(extern: Path, path: str) -> None:
    """Raises KwtuiError if the set is not where sets lie, or this account may not remove it.

    REFUSED_BY_PLAN for a path that is no set's, NOT_FOUND, EXTERN_NOT_READABLE.
    """
    _check_path(path)
    pure = PurePosixPath(path)
    with _open_folder(extern, pure.parent) as parent:
        _check_is_folder(pure.name, parent, path)
        for folder in (".", *_folders_below(pure.name, parent)):
            if not os.access(folder, os.W_OK | os.X_OK, dir_fd=parent):
                shown = pure.parent if folder == "." else pure.parent / folder
                denied = PermissionError(errno.EACCES, f"{shown} may not be changed")
                raise _cannot_remove(path, denied)


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
    pure = PurePosixPath(path)
    aside = PurePosixPath(trash_path(path)).name
    mirror = sidecar_root(extern, state) if state else None
    remover = _Remover(progress, cancelled)
    with _open_folder(extern, pure.parent) as parent:
        try:
            if pure.name != aside:
                _check_is_folder(pure.name, parent, path)
                os.rename(pure.name, aside, src_dir_fd=parent, dst_dir_fd=parent)
                os.fsync(parent)
            _remove_private_parts(extern, original_path(path), mirror)
            remover.remove(aside, parent)
            os.fsync(parent)
        except OSError as error:
            raise _cannot_remove(path, error) from error
    _remove_empty_parents(extern, pure.parent)
    return remover.removed


def _remove_empty_parents(extern: Path, parent: PurePosixPath) -> None:
    """The folders of prefix and database were made for sets; without one they go too.

    One that holds anything, a set that is being made as well, cannot be removed and stays. So does
    one that this account may not remove: the set itself is gone, which is what was asked for.
    """
    for folder in (parent, *parent.parents):
        if folder == PurePosixPath("."):
            return
        try:
            with _open_folder(extern, folder.parent) as above:
                os.rmdir(folder.name, dir_fd=above)
        except (OSError, KwtuiError):
            return


def _check_path(path: str) -> None:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or str(pure) != path or not _is_sets(path):
        raise KwtuiError(
            f"{path} is not named as kwtui names its backups.",
            cause="Only folders of the form <prefix>/<database>/<time> are ever removed, with a "
            "time such as 20261122T080000Z.",
            hint="A copy, or one that was renamed, is removed with the tools of the system. "
            "See the paths of the backups: kwtui list",
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
    if mirror is None or not is_folder(mirror / path):
        return
    with _open_folder(mirror, PurePosixPath(path).parent) as parent:
        _Remover(None, None).remove(PurePosixPath(path).name, parent)


class _Remover:
    """Removes a folder from the bottom up, counting."""

    def __init__(self, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
        self._progress = progress
        self._cancelled = cancelled
        self.removed = Removed(0, 0)

    def remove(self, name: str, parent: int) -> None:
        device = os.fstat(parent).st_dev
        folder = os.open(name, _INTO, dir_fd=parent)
        try:
            if os.fstat(folder).st_dev != device:
                raise OSError(errno.EXDEV, f"{name} is on another file system", name)
            self._empty(folder)
        finally:
            os.close(folder)
        os.rmdir(name, dir_fd=parent)

    def _empty(self, folder: int) -> None:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda e: e.name)
        for entry in entries:
            if self._cancelled is not None and self._cancelled():
                raise KwtuiError("The removal was cancelled.", exit_code=ExitCode.CANCELLED)
            if entry.is_dir(follow_symlinks=False):
                self.remove(entry.name, folder)
                continue
            size = os.stat(entry.name, dir_fd=folder, follow_symlinks=False).st_size
            os.unlink(entry.name, dir_fd=folder)
            self.removed = Removed(self.removed.files + 1, self.removed.bytes + size)
            if self._progress is not None:
                self._progress(self.removed)


@contextmanager
def _open_folder(root: Path, below: PurePosixPath) -> Iterator[int]:
    """A folder, reached step by step without following links below ``root``."""
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in below.parts:
                deeper = os.open(part, _INTO, dir_fd=folder)
                os.close(folder)
                folder = deeper
        except BaseException:
            os.close(folder)
            raise
    except OSError as error:
        raise _cannot_remove(str(below), error) from error
    try:
        yield folder
    finally:
        os.close(folder)


def _check_is_folder(name: str, parent: int, path: str) -> None:
    try:
        os.close(os.open(name, _INTO, dir_fd=parent))
    except OSError as error:
        raise _cannot_remove(path, error) from error


def _folders_below(name: str, parent: int) -> Iterator[str]:
    for folder, _, _, _ in os.fwalk(name, dir_fd=parent):
        yield folder


def _cannot_remove(path: str, error: OSError) -> KwtuiError:
    reason = error.strerror or str(error)
    if error.errno == errno.ENOENT:
        return KwtuiError(
            f"{path} is not there.",
            cause=reason,
            hint="See what is: kwtui list",
            exit_code=ExitCode.NOT_FOUND,
        )
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return KwtuiError(
            f"{path} is not removed: a link or a file stands where a folder should.",
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
