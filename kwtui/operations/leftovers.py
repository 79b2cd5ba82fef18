"""What an unfinished backup leaves behind, in words: KWDB has no statement that removes it."""

from __future__ import annotations

import os
from pathlib import Path

import humanize


def describe_leftovers(extern: Path, path: str, hint: str) -> str:
    """The hint of a failure, with what stays on disk and that it is no backup."""
    count, size = _measure(extern / path)
    if not count:
        return hint
    files = "1 file" if count == 1 else f"{count} files"
    left = (
        f"{files} ({humanize.naturalsize(size, binary=True)}) stay in {extern / path}. They are no "
        "backup and may be removed."
    )
    return f"{hint} {left}".strip()


def _measure(folder: Path) -> tuple[int, int]:
    count = size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            count += 1
            try:
                size += Path(parent, name).stat().st_size
            except OSError:
                # Gone or hidden meanwhile: the number is for people, not for proof.
                continue
    return count, size
