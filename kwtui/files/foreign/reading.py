"""Looking at files and reading them: only regular ones, without waiting, never through a link.

A pipe blocks for ever, a link leads out of the folder, a sparse file of a terabyte fills the
memory. Callers handle OSError as for any file: its text says what is there instead.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.grounds import folder_at, listable, parent_of
from kwtui.files.foreign.walking import TooMuch

_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

SMALL = 1 << 20
"""Bytes: notes, marks and other files that hold a few lines."""


def open_regular(path: Path, *, buffering: int = -1) -> BinaryIO:
    """The file, open for reading. Raises OSError, also for a link, pipe, socket or device."""
    return os.fdopen(regular_descriptor(path, os.O_RDONLY), "rb", buffering)


def read_regular(path: Path, limit: int) -> bytes:
    """The whole content. Raises OSError as `open_regular`, and for more than ``limit`` bytes."""
    with open_regular(path, buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        data = _read(file, limit + 1) if size <= limit else b""
    if max(size, len(data)) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit >> 20:,} MiB", str(path))
    return data


def _read(file: BinaryIO, most: int) -> bytes:
    parts = []
    while most > 0 and (part := file.read(min(most, 1 << 24))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def regular_descriptor(path: Path, flags: int, mode: int = 0o640) -> int:
    """A descriptor of a regular file, which the caller closes. Raises OSError."""
    with parent_of(path) as (folder, name):
        return open_in(folder, name, flags, mode, path)


def open_in(folder: int, name: str, flags: int, mode: int, path: Path) -> int:
    """As `regular_descriptor`, in a folder that is held; ``path`` is what errors name."""
    try:
        descriptor = os.open(name, flags | _FLAGS, mode, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a symbolic link", str(path)) from None
        if error.errno == errno.ENXIO:  # a socket, or a pipe that nobody reads
            raise OSError(errno.ENXIO, "it is not a regular file", str(path)) from None
        error.filename = str(path)
        raise
    try:
        _check(descriptor, flags, folder, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check(descriptor: int, flags: int, folder: int, path: Path) -> None:
    status = os.fstat(descriptor)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    if flags & (os.O_WRONLY | os.O_RDWR) and status.st_nlink > 1:
        own = os.geteuid()
        if status.st_uid == own and os.fstat(folder).st_uid not in (0, own):
            # Another account gave a second name to a file of ours, in a folder of its own.
            raise OSError(errno.EPERM, "it is a hard link to a file of this account", str(path))


def first_hole(file: BinaryIO) -> int | None:
    """Where the first stretch of an open file begins that was never written, and reads as zeros;
    None where there is none, or the file system does not tell. Raises OSError."""
    size = os.fstat(file.fileno()).st_size
    if not size:
        return None
    try:
        found = os.lseek(file.fileno(), 0, os.SEEK_HOLE)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOTSUP):
            return None
        raise
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    return found if found < size else None


def status_of(path: Path) -> os.stat_result:
    """What is at the path; of a link, the link itself. Raises OSError."""
    if path.parent == path:
        # The root has no name in another folder, and whoever looks upward for one arrives there.
        return folder_status(path)
    with parent_of(path) as (folder, name):
        return os.stat(name, dir_fd=folder, follow_symlinks=False)


def folder_status(path: Path) -> os.stat_result:
    """Of a folder. Raises OSError for anything else."""
    with folder_at(path) as folder:
        return os.fstat(folder)


def is_there(path: Path) -> bool:
    """Whether something is at the path, if only a link. Raises OSError where nobody may look."""
    return _answers(status_of, path)


def is_folder(path: Path) -> bool:
    """Whether a folder is at the path. Raises OSError where nobody may look."""
    return _answers(folder_status, path)


def _answers(look: Callable[[Path], object], path: Path) -> bool:
    """Whether what is looked for is at the path; a link on the way leads to nothing."""
    try:
        look(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if error.errno == errno.ELOOP:
            return False
        raise
    return True


def beside_link(path: Path) -> Path:
    """The file that a link names in its own folder, as a log's current file; else the path itself.

    No other link is followed. Raises OSError.
    """
    with parent_of(path) as (folder, name):
        if not stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            return path
        text = Path(os.readlink(name, dir_fd=folder))
    return path.with_name(text.name) if text.parent in (Path(), path.parent) else path


def is_readable(path: Path) -> bool:
    """Whether the file, which is no link, may be read."""
    try:
        with parent_of(path) as (folder, name):
            return os.access(name, os.R_OK, dir_fd=folder, effective_ids=True)
    except OSError:
        return False


def read_start(path: Path, most: int) -> bytes:
    """The first bytes of a file. Raises OSError as `open_regular`."""
    with open_regular(path, buffering=0) as file:
        return _read(file, most)


def read_end(path: Path, most: int) -> bytes:
    """The last bytes of a file. Raises OSError as `open_regular`."""
    with open_regular(path, buffering=0) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - most))
        return _read(file, most)


def is_behind_link(path: Path) -> bool:
    """Whether a link stands at the path, or on the way to it on its ground."""
    try:
        return stat.S_ISLNK(status_of(path).st_mode)
    except OSError as error:
        return error.errno == errno.ELOOP


def may(path: Path, rights: int) -> bool:
    """Whether the folder is there, and may be worked in with these rights (`os.W_OK`, …)."""
    try:
        with folder_at(path) as folder:
            return os.access(".", rights, dir_fd=folder, effective_ids=True)
    except OSError:
        return False


@dataclass(frozen=True)
class Space:
    """Of a file system, in bytes."""

    device: int
    total: int
    free: int
    """For accounts without special rights."""
    free_inodes: int | None
    """None where the file system does not count them."""


def space_at(path: Path) -> Space:
    """The space where the folder lies, or will: of its nearest parent. Raises OSError."""
    while not is_folder(path) and path != path.parent:
        path = path.parent
    with folder_at(path) as folder:
        space, device = os.fstatvfs(folder), os.fstat(folder).st_dev
    return Space(
        device,
        space.f_blocks * space.f_frsize,
        space.f_bavail * space.f_frsize,
        space.f_favail if space.f_files else None,
    )


def names_in(path: Path) -> list[str]:
    """The names in a folder, sorted. Raises OSError."""
    with folder_at(path) as folder:
        opened = listable(folder)
    try:
        return sorted(os.listdir(opened))
    finally:
        os.close(opened)


def cannot_read(path: Path, error: OSError, *, listing: str = "kwtui list") -> KwtuiError:
    """The message for a person for a file or folder that cannot be read (EXTERN_NOT_READABLE).

    Of one that is not there (NOT_FOUND) it says which command lists those that are.
    """
    cause = error.strerror or str(error)
    if isinstance(error, FileNotFoundError):
        return KwtuiError(
            f"{path} was not found.",
            hint=f"List what is there: {listing}",
            exit_code=ExitCode.NOT_FOUND,
        )
    if error.errno == errno.EFBIG:
        return KwtuiError(
            f"{path} was not read.",
            cause=cause,
            hint="No file of this kind is that large: compare it with another copy, or move it "
            "away.",
            exit_code=ExitCode.EXTERN_NOT_READABLE,
        )
    if isinstance(error, TooMuch):
        return KwtuiError(
            f"{path} was not looked through.",
            cause=cause,
            hint=error.hint,
            exit_code=ExitCode.EXTERN_NOT_READABLE,
        )
    if error.errno in (errno.ELOOP, errno.EINVAL, errno.ENXIO, errno.EISDIR):
        return KwtuiError(
            f"{path} cannot be read.",
            cause=cause,
            hint="kwtui opens only regular files there and follows no links. Check who placed it.",
            exit_code=ExitCode.EXTERN_NOT_READABLE,
        )
    return KwtuiError(
        f"{path} cannot be read.",
        cause=cause,
        hint="Run kwtui as the database's own account: KWDB keeps some of its files from its group"
        " too (meta.sql has mode 0600).",
        exit_code=ExitCode.EXTERN_NOT_READABLE,
    )
