"""The earlier backup whose files a new one may be linked to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kwtui.backups.layout.location import SetLocation, all_proofs, find_location, sidecar_root
from kwtui.backups.layout.naming import parse_set_path, set_path
from kwtui.backups.manifest import Manifest, TableEntry, read_manifest, standing_proof
from kwtui.errors import KwtuiError
from kwtui.files.foreign.reading import names_in
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod, BackupRequest, Incremental
from kwtui.model.schema import Engine, TableName
from kwtui.model.server import ServerFacts
from kwtui.sql.transfer import DEFAULT_CHUNK_ROWS

_CHUNK_ROWS = re.compile(r"\bchunk_rows = '(\d+)'")
_LOOKED_AT = 20
"""Earlier sets that are looked at, the newest first."""


@dataclass(frozen=True)
class EarlierSet:
    """A set that was proven, of the same database of the same cluster."""

    location: SetLocation
    manifest: Manifest

    def table(self, name: TableName, request: BackupRequest) -> TableEntry | None:
        """The table's entry, unless there is none or all of it is due to be written anew."""
        entry = self.manifest.table(name)
        if entry is None:
            return None
        age = datetime.now(UTC) - self.whole_at(entry)
        due = request.incremental is Incremental.AUTO and age >= timedelta(days=request.anew_after)
        return None if due else entry

    def whole_at(self, entry: TableEntry) -> datetime:
        """When everything of the table was last written anew."""
        return entry.whole_at or self.manifest.started


def find_earlier(
    extern: Path,
    state: Path,
    request: BackupRequest,
    facts: ServerFacts,
    engine: Engine,
    node: int,
    new: str,
) -> EarlierSet | None:
    """The newest set below the same prefix that files can be linked to; None for none.

    ``new`` is the path of the backup that is being made. Blocking. What cannot be read is passed
    over: then more is written, and nothing is lost.
    """
    if request.incremental is Incremental.FULL or request.unseen:
        return None
    if request.method is not BackupMethod.SNAPSHOT:
        return None
    for path in _paths(extern, request, new):
        try:
            found = _usable(extern, state, path, request, facts, engine, node)
        except (KwtuiError, OSError):
            continue
        if found is not None:
            return found
    return None


def _paths(extern: Path, request: BackupRequest, new: str) -> Iterator[str]:
    parent = set_path(request.prefix, request.database, datetime.now(UTC)).rpartition("/")[0]
    try:
        names = names_in(extern / parent)
    except OSError:
        return
    known = [f"{parent}/{name}" for name in sorted(names, reverse=True)]
    sets = [path for path in known if path != new and parse_set_path(path) is not None]
    yield from sets[:_LOOKED_AT]


def _usable(
    extern: Path,
    state: Path,
    path: str,
    request: BackupRequest,
    facts: ServerFacts,
    engine: Engine,
    node: int,
) -> EarlierSet | None:
    location = find_location(extern, path, state)
    manifest = read_manifest(location.manifest)
    same = (
        manifest.set_id == path
        and manifest.database == request.database
        and manifest.cluster_id == facts.cluster_id
        and manifest.node_id == node
        and manifest.engine is engine
        and manifest.method is request.method
        and manifest.dialect == request.dialect
        and _chunk_rows(manifest) == request.chunk_rows
    )
    if not same:
        return None
    proofs = all_proofs(location, sidecar_root(extern, state))
    proof = standing_proof(manifest.proof, manifest.finished, proofs)
    if not proof.ok or proof.level < ProofLevel.P2:
        return None
    return EarlierSet(location, manifest)


def _chunk_rows(manifest: Manifest) -> int | None:
    """Most rows of its files; of a set that does not say so, as its EXPORT statements do."""
    if manifest.chunk_rows is not None:
        return manifest.chunk_rows
    said = {_chunk_rows_of(table.statement) for table in manifest.tables}
    return said.pop() if len(said) == 1 else None


def _chunk_rows_of(statement: str) -> int:
    found = _CHUNK_ROWS.search(statement)
    return int(found[1]) if found else DEFAULT_CHUNK_ROWS
