"""Where the details of kwtui's own defects go, and what libraries print while a screen is open."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from kwtui.config.directories import state_dir
from kwtui.text import clean_lines

LARGEST_LOG = 1_000_000
"""Bytes after which the log starts anew."""


def log_path() -> Path:
    return state_dir() / "kwtui.log"


def keep_details(details: str, at: datetime) -> str:
    """Write the details down; a sentence for the person that says where."""
    handle = open_stray_log()
    if handle is None:
        return f"The details could not be written to {log_path()}."
    with os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace") as file:
        # People look at it with cat, and an error may hold anything.
        file.write(f"{at.isoformat()}\n{clean_lines(details)}\n")
    return f"The details are in {log_path()}; please report them."


def open_stray_log() -> int | None:
    """A descriptor that appends to the private log; None where it cannot be written."""
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.exists() and path.stat().st_size > LARGEST_LOG
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if fresh else 0)
        return os.open(path, flags, 0o600)
    except OSError:
        return None


@contextlib.contextmanager
def own_stderr() -> Iterator[None]:
    """Keep what C libraries and child processes write to stderr off the screen.

    Textual draws on ``sys.__stderr__``, so that gets a descriptor of its own and number 2 goes to
    a log file for as long as the interface is open.
    """
    log = open_stray_log()
    if log is None:
        yield
        return
    terminal = os.dup(2)
    old = sys.__stderr__
    os.dup2(log, 2)
    os.close(log)
    sys.__stderr__ = os.fdopen(terminal, "w", closefd=False)  # type: ignore[misc]
    try:
        yield
    finally:
        sys.__stderr__ = old  # type: ignore[misc]
        os.dup2(terminal, 2)
        os.close(terminal)
