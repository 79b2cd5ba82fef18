"""A plan says beforehand what links save, and what copies cost where none can be made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kwtui.backups.manifest import Segment, read_manifest
from kwtui.model.requests import BackupRequest, Incremental
from kwtui.model.schema import Engine, TableName
from kwtui.model.server import ServerFacts, Survey
from kwtui.operations.backup import destination as destinations
from kwtui.operations.backup.destination import Destination, with_earlier
from kwtui.operations.backup.earlier_set import EarlierSet
from kwtui.operations.backup.linking_words import assumption
from kwtui.operations.backup.plan import plan_backup
from kwtui.operations.plan import Plan
from tests.backups.builder import make_set
from tests.operations.conftest import NOW, PATH

INV = TableName("public", "inv")


@pytest.fixture
def earlier(tmp_path: Path) -> EarlierSet:
    """Of `inv` with 1,000 bytes in two files."""
    location = make_set(tmp_path / "extern", tmp_path / "state", {INV: [["1", "a"]]})
    manifest = read_manifest(location.manifest)
    (entry,) = manifest.tables
    files = tuple(replace(entry.files[0], bytes=500) for _ in range(2))
    entry = replace(entry, columns=("n", "v"), files=files, rows_counted=4)
    return EarlierSet(location, replace(manifest, set_id="kwtui/shop/old", tables=(entry,)))


def plan(survey: Survey, destination: Destination, rows: int = 4) -> Plan:
    tables = tuple(replace(t, rows=rows, bytes=2000) for t in survey.schema.tables)
    survey = replace(survey, schema=replace(survey.schema, tables=tables))
    return plan_backup(survey, BackupRequest("shop"), destination, NOW, "p1")


def said(made: Plan, code: str) -> str:
    return next((f.message for f in made.findings if f.code == code), "")


def test_what_may_be_linked_takes_no_space_again(
    shop: Survey, destination: Destination, earlier: EarlierSet
) -> None:
    made = plan(shop, replace(destination, earlier=earlier))
    assert said(made, "links").startswith("Up to 1000 B of about 3.9 KiB may be unchanged")
    assert not said(made, "copies")


def test_of_a_table_that_lost_rows_only_a_share_can_be_linked(
    shop: Survey, destination: Destination, earlier: EarlierSet
) -> None:
    assert said(plan(shop, replace(destination, earlier=earlier), rows=1), "links").startswith(
        "Up to 250 B of"
    )


def test_where_no_links_can_be_made_the_plan_says_what_copies_cost(
    shop: Survey, destination: Destination, earlier: EarlierSet
) -> None:
    there = replace(destination, earlier=earlier, no_links="file system exfat")
    made = plan(shop, there)
    assert said(made, "copies") == (
        "Hard links are not possible here (file system exfat): files of kwtui/shop/old that did "
        "not change are copied and use up to 1000 B again."
    )
    assert not said(made, "links")
    assert said(plan(shop, replace(there, free_bytes=3500)), "disk_full")


def test_a_disk_that_only_linked_files_fit_on_is_no_reason_to_refuse(
    shop: Survey, destination: Destination, earlier: EarlierSet
) -> None:
    made = plan(shop, replace(destination, earlier=earlier, free_bytes=3500))
    assert not said(made, "disk_full")
    assert "fits only if most of 1000 B did not change" in said(made, "fits_if_linked")
    assert said(plan(shop, replace(destination, free_bytes=3500)), "disk_full")


@pytest.mark.parametrize("change", ["columns", "nothing known", "another account"])
def test_nothing_is_promised_that_is_not_linked(
    shop: Survey, destination: Destination, earlier: EarlierSet, change: str
) -> None:
    (entry,) = earlier.manifest.tables
    there = replace(destination, earlier=earlier)
    if change == "columns":
        other = replace(entry, columns=("n", "other"))
        manifest = replace(earlier.manifest, tables=(other,))
        there = replace(there, earlier=replace(earlier, manifest=manifest))
    elif change == "nothing known":
        there = replace(there, earlier=None)
    else:
        there = replace(there, earlier=None, sidecars_beside=False)
    made = plan(shop, there)
    assert not said(made, "links")
    assert ("its files are linked" in made.steps[0].explanation) is (
        change in ("columns", "nothing known")
    )


@pytest.mark.parametrize(
    ("kind", "copied", "why"),
    [
        ("ext4", None, ""),
        ("ext4", False, ""),
        ("ext4", True, "kwtui/shop/old had to copy them, too"),
        ("exfat", None, "file system exfat"),
    ],
)
def test_whether_links_can_be_made_is_known_without_trying(
    server: ServerFacts,
    earlier: EarlierSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    copied: bool | None,
    why: str,
) -> None:
    (entry,) = earlier.manifest.tables
    if copied is not None:
        taken = Segment("", "", (), linked="kwtui/shop/older", copied=copied)
        manifest = replace(earlier.manifest, tables=(replace(entry, segments=(taken,)),))
        earlier = replace(earlier, manifest=manifest)
    monkeypatch.setattr(destinations, "find_earlier", lambda *_: earlier)
    monkeypatch.setattr(destinations, "file_system_of", lambda _: kind)
    request = BackupRequest("shop", incremental=Incremental.AUTO)
    there = Destination(1, PATH, extern=str(tmp_path))

    found = with_earlier(there, request, server, Engine.RELATIONAL, tmp_path)

    assert (found.earlier, found.no_links) == (earlier, why)


def test_no_part_is_larger_than_the_whole(
    shop: Survey, destination: Destination, earlier: EarlierSet
) -> None:
    (entry,) = earlier.manifest.tables
    large = replace(entry, files=tuple(replace(file, bytes=9_000) for file in entry.files))
    there = replace(earlier, manifest=replace(earlier.manifest, tables=(large,)))
    words = said(plan(shop, replace(destination, earlier=there)), "links")
    assert words.startswith("Up to 17.6 KiB may be unchanged")


@pytest.mark.parametrize("engine", Engine)
def test_a_set_says_what_its_links_rely_on(engine: Engine) -> None:
    finding = assumption(engine, "kwtui/shop/old")
    assert "kwtui/shop/old are linked to its files" in finding.message
    assert ("same length" in finding.message) is (engine is Engine.TIME_SERIES)
