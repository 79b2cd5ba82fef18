"""Sealing an export: every file hashed and counted, strays named, cut files refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from kwtui.backups.layout.naming import table_folder
from kwtui.backups.proof import sealing
from kwtui.backups.proof.sealing import SealProgress, seal_tree
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import Dialect
from tests.backups.builder import CONTENT, EMPTY, ODD, ORDERS, write_export

FOLDERS = {name: table_folder(name) for name in CONTENT}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    write_export(data, CONTENT)
    return data


@pytest.mark.parametrize("workers", [1, 3])
def test_every_file_is_hashed_and_every_record_counted(data: Path, workers: int) -> None:
    tree = seal_tree(data, FOLDERS, Dialect(), workers=workers)
    rows = {table.name: table.rows for table in tree.tables}
    assert rows == {ORDERS: 4, ODD: 1, EMPTY: 0}
    orders = tree.tables[0]
    assert [f.path for f in orders.files] == [
        "data/public/orders/n1.0.csv",
        "data/public/orders/n1.1.csv",
    ]
    for file in orders.files:
        content = (data.parent / file.path).read_bytes()
        assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert tree.strays == ()
    assert tree.bytes == sum(f.stat().st_size for f in data.rglob("*.csv"))


def test_meta_files_and_strays_are_kept_apart(data: Path) -> None:
    (data / "meta.sql").write_text("CREATE DATABASE shop;")
    (data / ".hidden").write_text("x")
    (data / "public/orders/reject.n1.0.txt").write_text("x")
    (data / "public/unknown").mkdir()
    (data / "public/unknown/n1.0.csv").write_text("1\n")
    (data / "link").symlink_to("/etc/passwd")
    tree = seal_tree(data, FOLDERS, Dialect())
    assert {f.path for f in tree.files} == {
        "data/meta.sql",
        "data/.hidden",
        "data/public/orders/reject.n1.0.txt",
        "data/public/unknown/n1.0.csv",
    }
    assert set(tree.strays) == {
        "data/.hidden",
        "data/link",
        "data/public/orders/reject.n1.0.txt",
        "data/public/unknown/n1.0.csv",
    }


def test_malformed_records_are_named_when_asked_for(data: Path) -> None:
    (data / "public/orders/n1.9.csv").write_text("5,five,extra\n")
    tree = seal_tree(data, FOLDERS, Dialect(), fields={ORDERS: 2})
    assert tree.tables[0].problems == (
        "data/public/orders/n1.9.csv, record 1: 3 fields instead of 2",
    )


def test_a_file_cut_inside_a_value_is_not_sealed(data: Path) -> None:
    (data / "public/orders/n1.9.csv").write_text('5,"cut he')
    with pytest.raises(KwtuiError) as caught:
        seal_tree(data, FOLDERS, Dialect())
    assert caught.value.exit_code is ExitCode.BACKUP_DAMAGED
    assert "public/orders/n1.9.csv" in caught.value.title


def test_progress_ends_with_everything(data: Path) -> None:
    seen: list[SealProgress] = []
    tree = seal_tree(data, FOLDERS, Dialect(), progress=seen.append, workers=2)
    last = seen[-1]
    assert (last.files, last.files_total) == (3, 3)
    assert last.bytes == last.bytes_total == tree.bytes
    assert last.records == 5


def test_progress_names_the_table_that_is_read(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_PROGRESS_SECONDS", 0.0)
    seen: list[SealProgress] = []

    seal_tree(data, FOLDERS, Dialect(), progress=seen.append, workers=1)

    assert {each.tables for each in seen if each.folder} == {2}, "those that have files"
    places = dict.fromkeys((each.table, each.folder) for each in seen if each.folder)
    assert [number for number, _ in places] == [1, 2]
    assert "public/orders" in {folder for _, folder in places}


@pytest.mark.parametrize("workers", [1, 2])
def test_sealing_can_be_cancelled(data: Path, workers: int) -> None:
    with pytest.raises(KwtuiError) as caught:
        seal_tree(data, FOLDERS, Dialect(), cancelled=lambda: True, workers=workers)
    assert caught.value.exit_code is ExitCode.CANCELLED


def test_an_export_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KwtuiError) as caught:
        seal_tree(tmp_path / "data", {}, Dialect())
    assert caught.value.exit_code is ExitCode.NOT_FOUND
