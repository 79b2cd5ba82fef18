"""Root keeps books in the database's own folder: what it makes there is not closed to the owner."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kwtui.backups.layout.staging import StagedFile, make_staging, staging_path
from kwtui.files.durable import append_after, make_folders, write_file
from kwtui.files.foreign.grounds import claim

DATABASE = 65534

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes what others own")


@pytest.fixture
def extern(tmp_path: Path) -> Path:
    extern = tmp_path / "extern"
    (extern / "data").mkdir(parents=True)
    (extern / "data/n1.0.csv").write_text("1,a\n")
    for path in (extern, extern / "data", extern / "data/n1.0.csv"):
        os.chown(path, DATABASE, DATABASE)
    return claim(extern)


def owners(*paths: Path) -> set[tuple[int, int]]:
    return {(path.stat().st_uid, path.stat().st_gid) for path in paths}


def test_sidecars_and_their_folders_belong_to_the_database(extern: Path) -> None:
    folder = extern / "kwtui/shop"
    make_folders(folder)
    write_file(folder / "manifest.json", b"{}")
    append_after(folder / "proofs.jsonl", lambda last: b"{}")

    made = (folder.parent, folder, folder / "manifest.json", folder / "proofs.jsonl")
    assert owners(*made) == {(DATABASE, DATABASE)}


def test_the_database_can_read_what_is_staged_for_it(extern: Path) -> None:
    path = staging_path("0123456789abcdef")
    source = extern / "data/n1.0.csv"
    make_staging(extern, path, [StagedFile(source, "public/t/n1.0.csv")], {"meta.sql": "CREATE"})

    root = extern / path
    made = (root, root.parent, root / "public/t", root / "meta.sql", source)
    assert owners(*made) == {(DATABASE, DATABASE)}


def test_what_root_makes_for_itself_stays_its_own(tmp_path: Path) -> None:
    write_file(tmp_path / "manifest.json", b"{}")
    assert owners(tmp_path / "manifest.json") == {(0, 0)}
