"""Writing files so that they are whole or not there, also after a power cut."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.making import make_folder, replacement, sync_folder
from kwtui.files.foreign.reading import is_folder, regular_descriptor

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
    with replacement(path, mode) as file:
        file.write(content)


def append_after(path: Path, make: Callable[[bytes], bytes], *, mode: int = 0o640) -> None:
    """Add the line that ``make`` gives for the last one, while nobody else adds one.

    Of an empty file the last line is empty. Raises KwtuiError (DISK_FULL, EXTERN_NOT_READABLE or
    FAILED).
    """
    try:
        descriptor = regular_descriptor(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, mode)
        try:
            _lock(descriptor, path)
            size = os.fstat(descriptor).st_size
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
_PATIENCE = 10.0
"""Seconds for others that add a line; whoever keeps the lock longer does something else."""


def _lock(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                words = f"another process keeps it locked for {_PATIENCE:.0f} s"
                raise OSError(errno.EAGAIN, words, str(path)) from None
            time.sleep(0.01)
        except OSError:
            # Some network file systems have no locks; then two at once are not kept apart.
            return
        else:
            return


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


def make_folders(path: Path, *, mode: int = 0o750) -> None:
    """Make a folder and its parents, the new ones with ``mode``.

    Raises KwtuiError (DISK_FULL, EXTERN_NOT_READABLE or FAILED).
    """
    missing = []
    try:
        while not is_folder(path):
            missing.append(path)
            if path == path.parent:
                break
            path = path.parent
        for folder in reversed(missing):
            make_folder(folder, mode)
            sync_folder(folder.parent)
    except OSError as error:
        raise cannot_write(missing[0] if missing else path, error) from error


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
