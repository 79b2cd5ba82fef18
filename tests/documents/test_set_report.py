"""A set is told on paper: everything that is known, and nothing that a reader would obey."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.backups.layout.location import SetLocation
from kwtui.backups.listing.contents import SetDetails, TableDetails
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.manifest import FileEntry, Manifest, Proof, TableEntry, Totals
from kwtui.controller import Controller
from kwtui.documents.set_report import set_report
from kwtui.errors import KwtuiError
from kwtui.model.proof import ContentChecksum, ProofLevel
from kwtui.model.requests import BackupMethod, Dialect
from kwtui.model.schema import Engine, TableName

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
ORDERS = TableName("public", "orders")
FILE = FileEntry("data/public/orders/n1.0.csv", 1000, "ab" * 32, 100)


def details() -> SetDetails:
    entry = BackupEntry(
        "kwtui/shop/x", EntryKind.SET, "shop", Engine.RELATIONAL, NOW, 1, 100, 2, 1000,
        ProofLevel.P4, NOW, "nightly", BackupMethod.SNAPSHOT, pinned=True, remark="before 3.3",
    )  # fmt: skip
    table = TableEntry(
        ORDERS, "public/orders", ("id",), (FILE,), 100, 100, ContentChecksum(100, "1a", "2b")
    )
    manifest = Manifest(
        "kwtui/shop/x", "shop", Engine.RELATIONAL, BackupMethod.SNAPSHOT, NOW, NOW, "c1", 1,
        "V3.2.1", "0.1.0", Dialect(), (table,), Totals(1, 100, 2, 1000), run_id="r1",
        not_included=("passwords of users",),
    )  # fmt: skip
    return SetDetails(
        entry,
        SetLocation(Path("/extern"), "kwtui/shop/x", Path("/extern/kwtui/shop/x")),
        (TableDetails(ORDERS, "data/public/orders", (), (FILE,), 1000, 100),),
        manifest=manifest,
        proofs=(Proof(NOW, ProofLevel.P4, ProofLevel.P4, True, "all came back", where="node 1"),),
    )


def test_everything_that_is_known_is_told() -> None:
    report = set_report(details(), NOW)
    for words in (
        "P4, 2026-11-22 12:00:00 UTC",
        "nightly",
        "before 3.3",
        "| Pinned | yes |",
        "| public.orders | 100 | 1 | 1000 B | full: xor 1a, sum 2b |",
        "- passwords of users",
        "| P4 | good | node 1 | all came back |",
        "ab" * 32,
        "run r1",
    ):
        assert words in report


def test_foreign_text_becomes_neither_markup_nor_a_control_sequence() -> None:
    found = details()
    hostile = "a|b`c\x1b[2J\n# Not a heading"
    found = replace(found, entry=replace(found.entry, remark=hostile), problems=(hostile,))
    report = set_report(found, NOW)
    assert "\x1b" not in report
    assert "\n# Not" not in report
    assert r"a\|b\`c␛\[2J # Not a heading" in report


def test_a_tree_without_a_manifest_says_what_is_not_known() -> None:
    found = details()
    tree = replace(
        found,
        entry=BackupEntry("tree", EntryKind.TREE),
        manifest=None,
        proofs=(),
        tables=(replace(found.tables[0], rows=None),),
        unknown=("Whether all files are there.",),
    )
    report = set_report(tree, NOW)
    assert "never proven" in report
    assert "not counted" in report
    assert "- Whether all files are there." in report


async def test_a_report_never_replaces_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = Controller(state=tmp_path / "state", in_background=False)

    async def open_set(path: str) -> SetDetails:
        return details()

    monkeypatch.setattr(controller.storage, "open_set", open_set)
    file = tmp_path / "report.md"
    await controller.storage.save_report("kwtui/shop/x", file)
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    with pytest.raises(KwtuiError, match="is there already"):
        await controller.storage.save_report("kwtui/shop/x", file)
    assert file.read_bytes() == before
