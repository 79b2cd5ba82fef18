"""Looking through whole files for what may stand for NULL, where nothing is quoted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from kwtui.files.foreign.reading import open_regular, status_of

_CHUNK = 1 << 20
_LARGEST = 64 << 20
"""Bytes of all files together; more takes too long while a person waits."""
_QUOTES = (b'"', b"'")


def plain_nulls(files: Iterable[Path], delimiter: str) -> set[str] | None:
    """The texts in the files that could stand for NULL, if no value in them is quoted.

    None if some value may be quoted, or if there is too much to look through.

    Raises OSError.
    """
    files = list(files)
    if sum(status_of(path).st_size for path in files) > _LARGEST:
        return None
    edge = re.escape(delimiter.encode()) + rb"\n"
    candidate = re.compile(rb"[" + edge + rb"](\\N|NULL|null|Null|)(?=[" + edge + rb"])")
    found: set[str] = set()
    for path in files:
        with open_regular(path) as file:
            before = b"\n"
            while chunk := file.read(_CHUNK):
                if any(quote in chunk for quote in _QUOTES):
                    return None
                data = before + chunk
                found.update(m.decode() for m in set(candidate.findall(data)))
                # The longest candidate between two edges has six bytes.
                before = data[-6:]
    return found
