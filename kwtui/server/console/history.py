"""Statements that a person typed, kept for the next time in a private file, without secrets."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import msgspec

from kwtui.errors import KwtuiError
from kwtui.files.durable import PRIVATE_FILE, replace_file
from kwtui.files.json_text import decode, encode

KEPT = 500
"""Statements that are remembered; older ones go when the file is written anew."""
_REWRITE_AT = 2 * KEPT


class HistoryEntry(msgspec.Struct, frozen=True):
    """One statement. ``outcome`` is the server's tag, or why it failed."""

    at: datetime
    sql: str
    """Already without secrets: see `kwtui.server.console.verdict.without_secrets`."""
    cluster: str = ""
    database: str = ""
    outcome: str = ""
    ok: bool = True
    seconds: float = 0.0


class SqlHistory:
    """The file of one user. A line that cannot be read is left out."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def entries(self) -> list[HistoryEntry]:
        """Newest first; a statement that was run several times in a row stands once.

        Raises KwtuiError for a file that is there and cannot be read.
        """
        found: list[HistoryEntry] = []
        for entry in self._read():
            if found and found[-1].sql == entry.sql:
                found.pop()
            found.append(entry)
        return found[: -KEPT - 1 : -1]

    def add(self, entry: HistoryEntry) -> None:
        """Append one. Raises KwtuiError when the file cannot be written."""
        line = encode(entry) + b"\n"
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(
                os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab"
            ) as file:
                file.write(line)
            self._shorten()
        except OSError as error:
            raise _cannot(self._path, "written", error) from error

    def _read(self) -> list[HistoryEntry]:
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _cannot(self._path, "read", error) from error
        entries = []
        for line in lines:
            try:
                entries.append(decode(line, HistoryEntry))
            except msgspec.DecodeError:
                continue  # cut off by a crash, or of a later version
        return entries

    def _shorten(self) -> None:
        if self._path.stat().st_size < _REWRITE_AT * 40:
            return
        entries = self._read()
        if len(entries) < _REWRITE_AT:
            return
        data = b"".join(encode(entry) + b"\n" for entry in entries[-KEPT:])
        replace_file(self._path, data, mode=PRIVATE_FILE)


def _cannot(path: Path, what: str, error: OSError) -> KwtuiError:
    return KwtuiError(
        f"The history of statements cannot be {what}.",
        cause=f"{path}: {error.strerror or error}",
        hint="Everything else goes on working.",
    )
