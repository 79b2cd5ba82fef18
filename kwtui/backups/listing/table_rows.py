"""The rows of each table of a set, as its manifest counts them, and nothing else of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kwtui.backups.layout.location import find_location
from kwtui.backups.listing.entries import BackupEntry
from kwtui.backups.manifest import read_sidecar
from kwtui.backups.manifest_fields import decode_rows
from kwtui.errors import KwtuiError


@dataclass(frozen=True)
class _Key:
    extern: Path
    path: str
    started: datetime | None


class TableRows:
    """Remembers what it read: a manifest is never written again."""

    def __init__(self) -> None:
        self._known: dict[_Key, dict[str, int]] = {}

    def of(
        self, extern: Path, state: Path, entries: list[BackupEntry]
    ) -> dict[str, dict[str, int]]:
        """By the path of each set; without those whose manifest cannot be read, which the listing
        tells of."""
        keys = {_Key(extern, entry.path, entry.started) for entry in entries}
        self._known = {key: rows for key, rows in self._known.items() if key in keys}
        for key in keys - set(self._known):
            try:
                manifest = find_location(extern, key.path, state).manifest
                self._known[key] = decode_rows(read_sidecar(manifest), str(manifest))
            except KwtuiError:
                continue
        return {key.path: rows for key, rows in self._known.items()}
