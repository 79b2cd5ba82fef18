"""For whom the copies of a database on a target were encrypted last.

A target names in each archive.json for whom its copies are, but whoever may write there could name
somebody else: what is sent later, as a recovery plan with people's phone numbers, is encrypted for
those that a person on this host named.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kwtui.files.durable import PRIVATE_FILE, PRIVATE_FOLDER, make_folders, write_file
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.reading import read_regular
from kwtui.files.json_text import decode, encode

_LARGEST = 1 << 20


@dataclass(frozen=True)
class _SentFor:
    recipients: tuple[str, ...]


def remember_recipients(
    state: Path, address: str, folder: str, recipients: tuple[str, ...]
) -> None:
    """``folder`` is that of a database's copies. Raises KwtuiError (DISK_FULL, FAILED)."""
    file = _file(state, address, folder)
    make_folders(file.parent, mode=PRIVATE_FOLDER)
    write_file(file, encode(_SentFor(recipients)), mode=PRIVATE_FILE)


def recipients_sent_for(state: Path, address: str, folder: str) -> tuple[str, ...]:
    """None where nothing was sent from this host, or it was not encrypted."""
    try:
        return decode(read_regular(_file(state, address, folder), _LARGEST), _SentFor).recipients
    except (OSError, msgspec.DecodeError):
        return ()


def _file(state: Path, address: str, folder: str) -> Path:
    name = hashlib.sha256(f"{address}\n{folder}".encode()).hexdigest()[:32]
    return claim(state / "offsite", own=True) / f"sent-for-{name}.json"
