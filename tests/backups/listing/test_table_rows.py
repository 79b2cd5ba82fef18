"""The rows of each table of a set, read without the rest of its manifest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.listing.table_rows import TableRows
from kwtui.backups.manifest import read_manifest
from tests.command_line import CommandLine
from tests.conftest import SandboxNode


def test_rows_are_those_of_the_manifest_and_what_cannot_be_read_is_left_out(
    demo_sandbox: SandboxNode, tmp_path: Path
) -> None:
    path = CommandLine(tmp_path, demo_sandbox).backup("shop")["path"]
    manifest = read_manifest(demo_sandbox.extern / path / "manifest.json")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    entries = [BackupEntry(each, EntryKind.SET, "shop", started=at) for each in (path, "gone")]
    rows = TableRows()
    found = rows.of(demo_sandbox.extern, tmp_path, entries)
    assert found == {path: {str(t.name): t.rows_counted for t in manifest.tables}}
    (demo_sandbox.extern / path / "manifest.json").write_text("{}")
    assert rows.of(demo_sandbox.extern, tmp_path, entries) == found, "it is read once"
