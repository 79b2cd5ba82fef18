"""What is dear to prepare and only read: prepared by the first worker that needs it, for all."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, prepare: Callable[[Path], None]) -> Path:
    """The folder of that name, which holds what ``prepare`` put there; nobody changes it.

    Workers that ask meanwhile wait. Where the preparation failed, the next one tries again.
    """
    session = factory.getbasetemp()
    if session.name.startswith("popen-"):
        # Each worker of xdist has a folder of its own in that of the session.
        session = session.parent
    with (session / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = session / f"{name}.ready"
        if not ready.exists():
            folder = factory.mktemp(name)
            prepare(folder)
            ready.symlink_to(folder)
        return ready.resolve()
