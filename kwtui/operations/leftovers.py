"""What an unfinished backup leaves behind, in words: KWDB has no statement that removes it."""

from __future__ import annotations

import os
from pathlib import Path

from kwtui.text import human_bytes, plural


def describe_leftovers(extern: Path, path: str, hint: str) -> str:
    """The hint of a failure, with what stays on disk and that it is no backup."""
    count, size = _measure(extern / path)
    if not count:
        return hint
    left = (
        f"{plural(count, 'file')} ({human_bytes(size)}) stay in {extern / path}. They are no "
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
