"""Small text files that others wrote, read without trusting size, kind or encoding."""

from __future__ import annotations

import os
import stat
from pathlib import Path

LIMIT = 1 << 20
"""Bytes; a service or compose file has some hundred."""


class NotReadable(Exception):
    """The text says why, in words for people."""


def is_there(path: Path, *, if_closed: bool = False) -> bool:
    """Whether something is at the path; ``if_closed`` where this account may not look."""
    try:
        return path.exists()
    except OSError:
        return if_closed


def matching(folder: Path, pattern: str) -> list[Path]:
    """What is in the folder, by name; nothing where this account may not look."""
    try:
        return sorted(folder.glob(pattern))
    except OSError:
        return []


def read_text(path: Path, limit: int = LIMIT) -> str:
    """The file's text, its start if it is longer than ``limit`` bytes.

    UTF-8 with or without a byte order mark; UTF-16 with one; bytes that are neither are kept as
    surrogates. Raises NotReadable, for what is no plain file, too: a pipe would block.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotReadable("not there") from None
    except PermissionError:
        raise NotReadable("may not be read by this account") from None
    except OSError as error:
        raise NotReadable(error.strerror or "cannot be read") from None
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise NotReadable("no plain file")
        try:
            data = file.read(limit)
        except OSError as error:
            raise NotReadable(error.strerror or "cannot be read") from None
    return _decoded(data)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
