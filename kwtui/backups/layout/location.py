"""Where a set's parts lie: the export inside extern, the sidecars beside it or in our own state.

Only the database's account may write in extern. Where kwtui runs under another one, manifest,
schema, runbook and proofs lie under its state directory, and every listing says so.
"""

from __future__ import annotations

import hashlib
import heapq
import os
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path

from kwtui.backups.layout.naming import DATA_FOLDER, EXTRA_FOLDERS, inside
from kwtui.backups.layout.proof_log import append_proof, read_proofs
from kwtui.backups.layout.tree import is_there
from kwtui.backups.manifest import MANIFEST_FILE, PROOFS_FILE, SCHEMA_FILE, Proof
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import PRIVATE_FOLDER, make_folders
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.reading import may


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
        if entry.partition("/")[0] in (DATA_FOLDER, *EXTRA_FOLDERS):
            return inside(self.root, entry)
        return inside(self.sidecars, entry)


def sidecar_root(extern: Path, state: Path) -> Path:
    """The folder in our state directory that mirrors this extern."""
    # By its real path: every way to name it has one mirror.
    key = hashlib.sha256(os.fsencode(extern.resolve())).hexdigest()[:16]
    return claim(state / "sets", own=True) / key


def find_location(extern: Path, path: str, state: Path | None = None) -> SetLocation:
    """Where an existing set's parts lie: beside the export if a manifest is there.

    Raises KwtuiError (NOT_FOUND) for a path that leaves extern.
    """
    claim(extern)
    root = inside(extern, path)
    if state is not None and not is_there(root / MANIFEST_FILE):
        mirrored = sidecar_root(extern, state) / path
        if is_there(mirrored / MANIFEST_FILE):
            return SetLocation(extern, path, mirrored)
    return SetLocation(extern, path, root)


def new_location(extern: Path, path: str, state: Path) -> SetLocation:
    """Where the parts of a set that is about to be written will lie.

    Beside the export if this process may write there, else in the state directory. The set's
    folder may not be there yet: then its nearest existing parent decides.

    Raises KwtuiError (NOT_FOUND) for a path that leaves extern.
    """
    claim(extern)
    root = inside(extern, path)
    existing = root
    while not is_there(existing) and existing != existing.parent:
        existing = existing.parent
    if may(existing, os.W_OK | os.X_OK):
        return SetLocation(extern, path, root)
    return SetLocation(extern, path, sidecar_root(extern, state) / path)


def proof_places(location: SetLocation, mirror: Path | None) -> list[Path]:
    """Where proofs of a set may lie: beside its manifest, and in the state directory."""
    places = [location.proofs]
    if mirror is not None and mirror / location.path != location.sidecars:
        places.append(mirror / location.path / PROOFS_FILE)
    return places


def all_proofs(location: SetLocation, mirror: Path | None) -> list[Proof]:
    """The proofs of a set, oldest first, wherever they were written down.

    The order of a file decides, not the clocks of those who wrote into it: a line stands where it
    is, however early it says that it was written. Between two files nothing but the clock can.

    Raises KwtuiError (EXTERN_NOT_READABLE).
    """
    files = (read_proofs(place) for place in proof_places(location, mirror))
    return [proof for _, proof in heapq.merge(*map(_in_order, files), key=lambda found: found[0])]


def _in_order(proofs: list[Proof]) -> list[tuple[datetime, Proof]]:
    """Each with the latest time up to it."""
    times = accumulate((proof.at for proof in proofs), max)
    return list(zip(times, proofs, strict=True))


def record_proof(location: SetLocation, mirror: Path | None, proof: Proof) -> Path:
    """Write a proof down beside the manifest, or in the state directory where that cannot be.

    Raises KwtuiError (EXTERN_NOT_READABLE, DISK_FULL) if it can be written nowhere; DISK_FULL also
    where it had to go to the state directory for that, in which no other account sees it.
    """
    full: KwtuiError | None = None
    *others, last = proof_places(location, mirror)
    for place in others:
        try:
            append_proof(place, proof)
        except KwtuiError as error:
            full = error if error.exit_code is ExitCode.DISK_FULL else full
            continue
        return place
    if not last.parent.is_relative_to(location.extern):
        make_folders(last.parent, mode=PRIVATE_FOLDER)
    append_proof(last, proof)
    if full is not None:
        raise KwtuiError(
            full.title,
            cause=f"The result was written to {last}, which other accounts do not see.",
            hint="Free space, and check again.",
            exit_code=ExitCode.DISK_FULL,
        ) from full
    return last
