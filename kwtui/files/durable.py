"""Writing files so that they are whole or not there, also after a power cut."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign import regular_descriptor

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def write_file(path: Path, content: bytes, *, mode: int = 0o640) -> None:
    """As `replace_file`. Raises KwtuiError (DISK_FULL, EXTERN_NOT_READABLE or FAILED)."""
    try:
        replace_file(path, content, mode=mode)
    except OSError as error:
        raise cannot_write(path, error) from error


def replace_file(path: Path, content: bytes, *, mode: int) -> None:
    """Write aside, sync, rename, sync the folder. An existing file is replaced as a whole.

    Raises OSError; then the old content stays.
    """
    import tempfile

    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            hand_over(file.fileno(), path.parent)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        sync_folder(path.parent)
    except BaseException:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise


def append_after(path: Path, make: Callable[[bytes], bytes], *, mode: int = 0o640) -> None:
    """Add the line that ``make`` gives for the last one, while nobody else adds one.

    Of an empty file the last line is empty. Raises KwtuiError (DISK_FULL, EXTERN_NOT_READABLE or
    FAILED).
    """
    try:
        descriptor = regular_descriptor(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, mode)
        try:
            with suppress(OSError):
                # Some network file systems have no locks; then two at once are not kept apart.
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            if size == 0:
                hand_over(descriptor, path.parent)
            there = os.pread(descriptor, _LONGEST_LINE, max(size - _LONGEST_LINE, 0))
            torn = size > 0 and there[-1:] != b"\n"
            last = there.removesuffix(b"\n").rpartition(b"\n")[2]
            _write_whole(descriptor, (b"\n" if torn else b"") + make(last) + b"\n", size)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error


_LONGEST_LINE = 1 << 20


def _write_whole(descriptor: int, line: bytes, size: int) -> None:
    """All of the line, or nothing of it: half a line would be taken for damage."""
    try:
        written = os.write(descriptor, line)
        if written < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def hand_over(made: Path | int, folder: Path) -> None:
    """What root makes in another account's folder belongs to that account, as all else there does.

    Else the database could not read what is staged for it, nor its account list the backups.
    """
    if os.geteuid() != 0:
        return
    # Over a network root may be somebody else; then it stays as the file system made it.
    with suppress(OSError):
        owner = folder.stat()
        if isinstance(made, int):
            os.fchown(made, owner.st_uid, owner.st_gid)
        else:
            os.chown(made, owner.st_uid, owner.st_gid, follow_symlinks=False)


def sync_file(path: Path) -> None:
    """Have the kernel put the file's content on disk; it may have been written by the server."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Have the kernel put the folder's entries on disk."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync what is open for reading.
        if error.errno not in (errno.EINVAL, errno.EBADF, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def make_folders(path: Path, *, mode: int = 0o750) -> None:
    """Make a folder and its parents, the new ones with ``mode``.

    Raises KwtuiError (DISK_FULL, EXTERN_NOT_READABLE or FAILED).
    """
    try:
        if path.is_dir():
            return
        if path != path.parent:
            make_folders(path.parent, mode=mode)
        path.mkdir(mode=mode, exist_ok=True)
        hand_over(path, path.parent)
        sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error


def is_no_space(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def cannot_write(path: Path, error: OSError) -> KwtuiError:
    """The message for a person for a failed write."""
    if is_no_space(error):
        return KwtuiError(
            f"No space left to write {path}.",
            cause=error.strerror or str(error),
            hint="Free some space on that file system and try again.",
            exit_code=ExitCode.DISK_FULL,
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return KwtuiError(
            f"{path} cannot be written.",
            cause=error.strerror or str(error),
            hint="Run kwtui as the database's own account.",
            exit_code=ExitCode.EXTERN_NOT_READABLE,
        )
    return KwtuiError(f"{path} cannot be written.", cause=error.strerror or str(error))
