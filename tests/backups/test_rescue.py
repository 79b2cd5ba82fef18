"""What is left on an old disk: found wherever it lies, taken out, brought in."""

from __future__ import annotations

import csv
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.backups.listing.contents import open_set
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.proof.verify import verify
from kwtui.backups.rescue import bring, find_sets, ranked, save_table, table_of
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.proof import ProofLevel
from tests.backups.builder import CONTENT, ORDERS, make_set

STARTED = datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.fixture
def extern(tmp_path: Path) -> Path:
    extern = tmp_path / "disk" / "extern"
    extern.mkdir(parents=True)
    return extern


@pytest.fixture
def path(extern: Path, tmp_path: Path) -> str:
    return make_set(extern, tmp_path / "state", started=STARTED).path


@pytest.mark.parametrize("up", ["", "kwtui", "kwtui/shop", "set", "..", "elsewhere", "bare"])
def test_a_set_is_found_from_wherever_one_points(
    extern: Path, path: str, tmp_path: Path, up: str
) -> None:
    place = {
        "set": extern / path,
        "elsewhere": tmp_path / "usb" / "a" / "b",
        "bare": tmp_path / "usb" / "a" / "b" / "copy",
    }.get(up, extern / up)
    if not place.exists():
        shutil.copytree(extern / path, tmp_path / "usb" / "a" / "b" / "copy")
    found = find_sets(place)
    assert [entry.database for entry in found.entries] == ["shop"]
    assert open_set(found.root, found.entries[0].path).manifest is not None


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert find_sets(tmp_path).entries == ()
    with pytest.raises(KwtuiError) as raised:
        find_sets(tmp_path / "gone")
    assert raised.value.exit_code is ExitCode.NOT_FOUND


def test_the_best_of_each_database_comes_first() -> None:
    def entry(name: str, database: str, days: int, **more: object) -> BackupEntry:
        known = BackupEntry(
            name,
            EntryKind.SET,
            database=database,
            started=STARTED + timedelta(days=days),
            proof=ProofLevel.P2,
        )
        return replace(known, **more)  # type: ignore[arg-type]

    entries = [
        BackupEntry("export", EntryKind.TREE, database="a"),
        entry("damaged", "shop", 9, problem="a file is missing"),
        entry("part", "shop", 8, only=("t",)),
        entry("unproven", "shop", 7, proof=None),
        entry("old", "shop", 1),
        entry("new", "shop", 2),
        entry("plant", "plant", 0),
        BackupEntry("junk", EntryKind.FOREIGN),
    ]
    order = ["plant", "new", "old", "unproven", "part", "damaged", "export"]
    assert [e.path for e in ranked(entries)] == order
    assert [e.path for e in ranked(entries[::-1])] == order


def test_a_table_comes_out_as_one_file_that_is_readable_elsewhere(
    extern: Path, path: str, tmp_path: Path
) -> None:
    details = open_set(extern, path)
    file = tmp_path / "orders.csv"
    rows = save_table(details, table_of(details, "orders"), file)
    with file.open(newline="") as opened:
        names, *records = csv.reader(opened)
    assert rows == len(records) == len(CONTENT[ORDERS])
    assert names == ["id", "name"]
    assert records == [["\\N" if v is None else v for v in record] for record in CONTENT[ORDERS]]
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(KwtuiError) as raised:
        save_table(details, table_of(details, "orders"), file)
    assert raised.value.exit_code is ExitCode.USAGE, "nothing is overwritten"
    with pytest.raises(KwtuiError, match="holds no table nothing"):
        table_of(details, "nothing")


def test_a_damaged_file_leaves_no_csv(extern: Path, path: str, tmp_path: Path) -> None:
    details = open_set(extern, path)
    table = table_of(details, "orders")
    (extern / path / table.files[0].path).unlink()
    with pytest.raises(KwtuiError) as raised:
        save_table(details, table, tmp_path / "orders.csv")
    assert raised.value.exit_code is ExitCode.BACKUP_DAMAGED
    assert not (tmp_path / "orders.csv").exists()


def test_a_set_is_brought_to_its_own_path_and_is_whole_there(
    extern: Path, path: str, tmp_path: Path
) -> None:
    usb, node = tmp_path / "usb", tmp_path / "node" / "extern"
    shutil.copytree(extern / path, usb / "copy")
    node.mkdir(parents=True)
    found = find_sets(usb)
    details = open_set(found.root, found.entries[0].path)
    told: list[tuple[int, int]] = []
    assert bring(details, node, lambda done, total: told.append((done, total))) == path
    assert verify(node, path, ProofLevel.P2).ok
    assert told[-1][0] == told[-1][1] > 0
    again = [(file, file.stat().st_mtime_ns) for file in sorted((node / path).rglob("*.csv"))]
    assert bring(details, node) == path, "the same set is there already"
    assert again == [(f, f.stat().st_mtime_ns) for f in sorted((node / path).rglob("*.csv"))]
    (node / path / "manifest.json").write_text("{}")
    with pytest.raises(KwtuiError) as raised:
        bring(details, node)
    assert raised.value.exit_code is ExitCode.NAME_TAKEN


def test_a_node_that_never_exported_gets_its_extern(
    extern: Path, path: str, tmp_path: Path
) -> None:
    (tmp_path / "store").mkdir()
    assert bring(open_set(extern, path), tmp_path / "store" / "extern") == path
    assert verify(tmp_path / "store" / "extern", path, ProofLevel.P2).ok


def test_what_is_cut_short_leaves_nothing(
    extern: Path, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = tmp_path / "node"
    node.mkdir()

    def full(done: int, total: int) -> None:
        raise OSError(28, os.strerror(28))

    with pytest.raises(KwtuiError) as raised:
        bring(open_set(extern, path), node, full)
    assert raised.value.exit_code is ExitCode.DISK_FULL
    assert not list(node.rglob("*.csv"))
