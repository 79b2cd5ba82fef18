"""The evidence journal of an account on a machine: ``evidence.jsonl`` in its state directory."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from kwtui.errors import KwtuiError
from kwtui.evidence.chain import Entry, Head, head_of, line_after
from kwtui.files.durable import PRIVATE_FILE, PRIVATE_FOLDER, append_after, make_folders
from kwtui.files.foreign.accounts import account_name
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.reading import read_regular

_LARGEST = 1 << 30
"""Some millions of entries."""


def journal_path(state: Path) -> Path:
    return claim(state, own=True) / "evidence.jsonl"


def who() -> str:
    """The account that does it, and who became it by sudo."""
    name = account_name(os.geteuid())
    person = os.environ.get("SUDO_USER", "")
    return f"{name} (sudo: {person})" if person and person != name else name


def host() -> str:
    return socket.gethostname()


def keeper() -> str:
    """Whose journal it is: one account's on one host."""
    return f"{account_name(os.geteuid())}@{host()}"


def record(state: Path, entry: Entry) -> None:
    """Add an entry. Raises KwtuiError (DISK_FULL, EXTERN_NOT_READABLE or FAILED)."""
    path = journal_path(state)
    make_folders(state, mode=PRIVATE_FOLDER)
    append_after(path, lambda last: line_after(last, entry), mode=PRIVATE_FILE)


def read_journal(state: Path) -> bytes:
    """All of it; empty where nothing was recorded yet. Raises KwtuiError."""
    path = journal_path(state)
    try:
        return read_regular(path, _LARGEST)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise KwtuiError(
            "The evidence journal cannot be read.",
            cause=f"{path}: {error.strerror or error}",
        ) from error


def journal_head(state: Path) -> Head:
    """What to note elsewhere, so that lines cut off the end are found."""
    return head_of(read_journal(state))
