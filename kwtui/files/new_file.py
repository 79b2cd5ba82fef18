"""Making a private file where there was none: whole and on disk, or not there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import PRIVATE_FILE, is_no_space


class NewFile:
    """A new file that only its owner can read; nothing is overwritten.

    It is synced when it ends, and removed when writing it ends in an error. Raises KwtuiError for
    a file that is there already (USAGE) and where it cannot be written (DISK_FULL or FAILED).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> NewFile:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            self._file = os.fdopen(os.open(self._path, flags, PRIVATE_FILE), "wb")
        except OSError as error:
            raise _cannot_make(self._path, error) from error
        return self

    def write(self, data: bytes) -> None:
        if self._file is None:
            raise ValueError("the file is not open")
        try:
            self._file.write(data)
        except OSError as error:
            raise _cannot_make(self._path, error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            with file:
                if error is None:
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as failure:
            self._path.unlink(missing_ok=True)
            if error is None:
                raise _cannot_make(self._path, failure) from failure
        if error is not None:
            self._path.unlink(missing_ok=True)


def write_new(path: Path, pieces: Iterable[bytes]) -> int:
    """Write a `NewFile` of these pieces; how many bytes. Raises KwtuiError as it does."""
    written = 0
    with NewFile(path) as file:
        for piece in pieces:
            file.write(piece)
            written += len(piece)
    return written


def refuse_existing(path: Path) -> None:
    """Raises KwtuiError (USAGE) as `NewFile` would, before the work for its content is done."""
    if os.path.lexists(path):
        raise _cannot_make(path, FileExistsError(path))


def _cannot_make(path: Path, error: OSError) -> KwtuiError:
    if isinstance(error, FileExistsError):
        return KwtuiError(
            f"{path} is there already.",
            hint="Choose another name: nothing is overwritten.",
            exit_code=ExitCode.USAGE,
        )
    full = is_no_space(error)
    return KwtuiError(
        f"No space left to write {path}." if full else f"{path} cannot be written.",
        cause=error.strerror or str(error),
        hint="Choose a folder that this account may write to, with enough space.",
        exit_code=ExitCode.DISK_FULL if full else ExitCode.FAILED,
    )
