"""A small disk of one's own, to fill."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

BLOCK = 64 * 1024
FILLER = "somebody-elses-file"


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of that size at ``folder``; skips the test where none can be mounted."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0750", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no disk could be mounted: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, *, leave: int) -> Path:
    """Write a file that leaves ``leave`` bytes free; whoever removes it makes space again."""
    filler = folder / FILLER
    free = shutil.disk_usage(folder).free
    size = max(free - leave, 0) // BLOCK * BLOCK
    with filler.open("wb") as file:
        if size:
            # At once: what is tested goes on meanwhile.
            os.posix_fallocate(file.fileno(), 0, size)
    return filler


def fill_up(path: Path, piece: int = 4096) -> None:
    """Write a file until not one byte more has space."""
    with suppress(OSError), path.open("wb", 0) as file:
        while True:
            file.write(b"\0" * piece)
    assert shutil.disk_usage(path.parent).free < piece
