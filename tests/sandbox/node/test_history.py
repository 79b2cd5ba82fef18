"""The past of the demo: sets that verify, whenever the sandbox is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.backups.listing.contents import open_set
from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.scanning import scan
from kwtui.backups.proof.verify import verify
from kwtui.model.proof import ProofLevel
from kwtui.sandbox.node import history

CLUSTER = "9b99de99-bde2-4251-ad51-d5c9c97d452c"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def extern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("extern")
    history.write(folder, CLUSTER, NOW)
    return folder


def test_weeks_of_growing_backups_with_drills_and_one_failure(extern: Path) -> None:
    entries = scan(extern).entries
    sets = [entry for entry in entries if entry.kind is EntryKind.SET]
    assert len(sets) >= 20
    assert not [entry.problem for entry in sets if entry.problem]
    assert len([entry for entry in entries if entry.kind is EntryKind.INCOMPLETE]) == 1
    for database in ("shop", "plant"):
        of_it = sorted((e for e in sets if e.database == database), key=lambda e: e.path)
        sizes = [entry.bytes or 0 for entry in of_it]
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[-1]
        assert of_it[0].started is not None
        assert NOW - of_it[0].started > timedelta(weeks=2)
        assert max(entry.proof for entry in of_it if entry.proof is not None) is ProofLevel.P4


def test_each_verifies_and_is_of_this_cluster(extern: Path) -> None:
    for entry in scan(extern).entries:
        if entry.kind is not EntryKind.SET:
            continue
        found = verify(extern, entry.path, ProofLevel.P2, record=False)
        assert (found.findings, found.reached) == ((), ProofLevel.P2), entry.path
        manifest = open_set(extern, entry.path).manifest
        assert manifest is not None
        assert (manifest.cluster_id, manifest.set_id) == (CLUSTER, entry.path)


@pytest.mark.parametrize("minutes", [0, 75, 77, 120, 600, 1439])
def test_no_backup_is_of_tomorrow_and_the_last_is_of_last_night(
    tmp_path: Path, minutes: int
) -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC) + timedelta(minutes=minutes)
    history.write(tmp_path, CLUSTER, now)
    newest = max(entry.started for entry in scan(tmp_path).entries if entry.started)
    assert timedelta(0) < now - newest < timedelta(hours=26)
