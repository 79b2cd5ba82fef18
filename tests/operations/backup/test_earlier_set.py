"""Files are linked for so long, and then everything is written anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.backups.manifest import TableEntry, read_manifest
from kwtui.model.requests import BackupRequest, Incremental
from kwtui.model.schema import TableName
from kwtui.operations.backup.earlier_set import EarlierSet
from tests.backups.builder import make_set

NAME = TableName("public", "m")
AUTO, ALWAYS = BackupRequest("plant"), BackupRequest("plant", incremental=Incremental.ALWAYS)


def earlier(folder: Path, days: float) -> tuple[EarlierSet, TableEntry]:
    """A set of today, with a table of which the first file was written some days ago."""
    location = make_set(folder / "extern", folder / "state", {NAME: [["1", "a"]]})
    manifest = read_manifest(location.manifest)
    written = datetime.now(UTC) - timedelta(days=days)
    (entry,) = manifest.tables
    entry = replace(entry, whole_at=written)
    return EarlierSet(location, replace(manifest, tables=(entry,))), entry


@pytest.mark.parametrize(
    ("days", "request_", "linked"),
    [
        (29.9, AUTO, True),
        (30, AUTO, False),
        (300, ALWAYS, True),
        (7, replace(AUTO, anew_after=7), False),
        (40, replace(AUTO, anew_after=60), True),
    ],
)
def test_a_table_is_linked_until_it_is_due(
    tmp_path: Path, days: float, request_: BackupRequest, linked: bool
) -> None:
    found, entry = earlier(tmp_path, days)
    assert found.table(NAME, request_) == (entry if linked else None)
