"""What is dear to prepare and only read: prepared by the first worker that needs it, for all."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, prepare: Callable[[Path], None]) -> Path:
    """The folder of that name, which holds what ``prepare`` put there; nobody changes it.

    Workers that ask meanwhile wait. Where the preparation failed, the next one tries again.
    """
    return once_in(folder_of_session(factory), name, prepare)


def folder_of_session(factory: pytest.TempPathFactory) -> Path:
    """Each worker of xdist has a folder of its own in it."""
    folder = factory.getbasetemp()
    return folder.parent if folder.name.startswith("popen-") else folder


def once_in(session: Path, name: str, prepare: Callable[[Path], None]) -> Path:
    """As `once`, in a folder that all who ask share."""
    with (session / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = session / f"{name}.ready"
        if not ready.exists():
            folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=session))
            prepare(folder)
            ready.symlink_to(folder)
        return ready.resolve()
