"""Opening files that somebody else may have put where kwtui looks: extern, sets, logs.

A pipe blocks for ever, a link leads out of the folder, a sparse file of a terabyte fills the
memory. So nothing but a regular file is opened, never through a link at its end, and what is read
whole has a limit. Callers handle OSError as for any file: its text says what is there instead.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from kwtui.errors import ExitCode, KwtuiError

_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_regular(path: Path, *, buffering: int = -1) -> BinaryIO:
    """The file, open for reading. Raises OSError, also for a link, pipe, socket or device."""
    return os.fdopen(regular_descriptor(path, os.O_RDONLY), "rb", buffering)


def read_regular(path: Path, limit: int) -> bytes:
    """The whole content. Raises OSError as `open_regular`, and for more than ``limit`` bytes."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(limit + 1) if size <= limit else b""
    if max(size, len(data)) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit >> 20:,} MiB", str(path))
    return data


def regular_descriptor(path: Path, flags: int, mode: int = 0o640) -> int:
    """A descriptor of a regular file, which the caller closes. Raises OSError."""
    try:
        descriptor = os.open(path, flags | _FLAGS, mode)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a symbolic link", str(path)) from None
        if error.errno == errno.ENXIO:  # a socket, or a pipe that nobody reads
            raise OSError(errno.ENXIO, "it is no regular file", str(path)) from None
        raise
    kind = os.fstat(descriptor).st_mode
    if stat.S_ISDIR(kind):
        os.close(descriptor)
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(kind):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return descriptor


def cannot_read(path: Path, error: OSError, *, listing: str = "kwtui list") -> KwtuiError:
    """The message for a person for a file or folder that cannot be read (EXTERN_NOT_READABLE).

    Of one that is not there (NOT_FOUND) it says which command lists those that are.
    """
    cause = error.strerror or str(error)
    if isinstance(error, FileNotFoundError):
        return KwtuiError(
            f"{path} is not there.",
            cause=cause,
            hint=f"`{listing}` shows what is there.",
            exit_code=ExitCode.NOT_FOUND,
        )
    return KwtuiError(
        f"{path} cannot be read.",
        cause=cause,
        hint="Run kwtui as the database's own account: KWDB keeps some of its files from its group"
        " too (meta.sql has mode 0600).",
        exit_code=ExitCode.EXTERN_NOT_READABLE,
    )
