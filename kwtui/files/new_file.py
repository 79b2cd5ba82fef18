"""Saving a part of a log to a file of one's own."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kwtui.errors import ExitCode, KwtuiError


def save_log(path: Path, chunks: Iterable[bytes]) -> int:
    """Write the chunks to a new file that only its owner can read; how many bytes.

    Raises KwtuiError for a file that is there already (USAGE) and where writing fails; then nothing
    is left behind.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise KwtuiError(
            f"{path} is there already.",
            hint="Choose another name: nothing is overwritten.",
            exit_code=ExitCode.USAGE,
        ) from error
    except OSError as error:
        raise _failed(path, error) from error
    written = 0
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                written += file.write(chunk)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise _failed(path, error) from error
    return written


def _failed(path: Path, error: OSError) -> KwtuiError:
    return KwtuiError(
        f"The log could not be saved to {path}.",
        cause=error.strerror or str(error),
        hint="Choose a folder that this account may write to, with enough room.",
    )
