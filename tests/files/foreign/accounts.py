"""Another account, and a folder of it, for attacks on root; and a program that swaps in a loop."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

OTHER = 65534
"""The user and group of nobody, who plays the database."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be turned against others")

_SWAP = """
import ctypes, os, random, sys, time
os.setgroups([]); os.setgid({gid}); os.setuid({uid})
libc = ctypes.CDLL(None, use_errno=True)
one, two = (os.fsencode(path) for path in sys.argv[1:3])
end = time.monotonic() + {seconds}
print("begun", flush=True)
while time.monotonic() < end:
    time.sleep(random.random() * {pause})
    libc.renameat2(-100, one, -100, two, 2)  # RENAME_EXCHANGE
"""


def give(*paths: Path) -> None:
    """Give files to the other account, each with all that is in it."""
    for path in paths:
        for each in (path, *(path.rglob("*") if path.is_dir() else ())):
            os.chown(each, OTHER, OTHER, follow_symlinks=False)


@contextmanager
def swapping(one: Path, two: Path, seconds: float = 2.0, pause: float = 0.0) -> Iterator[None]:
    """Have the other account exchange two names while the block runs: as fast as it can, or after
    some part of a ``pause`` each."""
    program = _SWAP.format(uid=OTHER, gid=OTHER, seconds=seconds, pause=pause)
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", program, str(one), str(two)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield
    finally:
        process.kill()
        process.communicate()
