"""Where a set's parts lie: the export inside extern, the sidecars beside it or in our own state.

Only the database's account may write in extern. Where kwtui runs under another one, manifest,
schema, runbook and proofs lie under its state directory, and every listing says so.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from kwtui.backups.manifest import MANIFEST_FILE, PROOFS_FILE, SCHEMA_FILE
from kwtui.backups.naming import DATA_FOLDER, inside


@dataclass(frozen=True)
class SetLocation:
    """The absolute paths of one set."""

    extern: Path
    path: str
    """Relative to extern."""
    sidecars: Path
    """The folder of manifest, schema, runbook and proofs."""

    @property
    def root(self) -> Path:
        return self.extern / self.path

    @property
    def data(self) -> Path:
        return self.root / DATA_FOLDER

    @property
    def manifest(self) -> Path:
        return self.sidecars / MANIFEST_FILE

    @property
    def schema(self) -> Path:
        return self.sidecars / SCHEMA_FILE

    @property
    def proofs(self) -> Path:
        return self.sidecars / PROOFS_FILE

    @property
    def beside(self) -> bool:
        """Whether the sidecars lie in the set itself."""
        return self.sidecars == self.root

    def absolute(self, entry: str) -> Path:
        """The file of a manifest entry, wherever it lies.

        Raises KwtuiError for a path that leads out of the set.
        """
        if entry.startswith(DATA_FOLDER + "/"):
            return inside(self.root, entry)
        return inside(self.sidecars, entry)


def sidecar_root(extern: Path, state: Path) -> Path:
    """The folder in our state directory that mirrors this extern."""
    key = hashlib.sha256(os.fsencode(extern.resolve())).hexdigest()[:16]
    return state / "sets" / key


def find_location(extern: Path, path: str, state: Path | None = None) -> SetLocation:
    """Where an existing set's parts lie: beside the export if a manifest is there.

    Raises KwtuiError (NOT_FOUND) for a path that leaves extern.
    """
    root = inside(extern, path)
    if state is not None and not (root / MANIFEST_FILE).exists():
        mirrored = sidecar_root(extern, state) / path
        if (mirrored / MANIFEST_FILE).exists():
            return SetLocation(extern, path, mirrored)
    return SetLocation(extern, path, root)


def new_location(extern: Path, path: str, state: Path) -> SetLocation:
    """Where the parts of a set that is about to be written will lie.

    Beside the export if this process may write there, else in the state directory. The set's
    folder may not be there yet: then its nearest existing parent decides.

    Raises KwtuiError (NOT_FOUND) for a path that leaves extern.
    """
    root = inside(extern, path)
    existing = root
    while not existing.exists() and existing != extern:
        existing = existing.parent
    if os.access(existing, os.W_OK | os.X_OK):
        return SetLocation(extern, path, root)
    return SetLocation(extern, path, sidecar_root(extern, state) / path)
