"""A person looks into files that a spreadsheet has written: what is no data is not shown so."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.backups.listing.contents import SetDetails, open_set
from kwtui.backups.listing.csv_pages import page_of

META = (
    "CREATE TABLE t (\n\tid INT8 NOT NULL,\n\tname STRING NULL,\n"
    '\tCONSTRAINT "primary" PRIMARY KEY (id ASC)\n);\n'
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "extern" / "old"
    folder.mkdir(parents=True)
    (folder / "meta.sql").write_text(META)
    return folder


def opened(tree: Path) -> SetDetails:
    return open_set(tree.parent, "old")


def test_a_mark_and_names_of_one_file_are_told_and_not_shown(tree: Path) -> None:
    (tree / "n1.0.csv").write_bytes(b"\xef\xbb\xbfid,name\r\n1,x\r\n2,y\r\n")
    (tree / "n1.1.csv").write_bytes(b"3,z\n4,w\n")

    changed = page_of(opened(tree), "n1.0.csv", 0, 10)
    plain = page_of(opened(tree), "n1.1.csv", 0, 10)

    assert changed.records == (("1", "x"), ("2", "y"))
    assert changed.total == 2
    assert "byte order mark (BOM) of UTF-8" in changed.note
    assert "ends its lines with CR LF" in changed.note
    assert "column names as its first record" in changed.note
    assert plain.records == (("3", "z"), ("4", "w"))
    assert plain.note == ""


def test_a_mark_alone_is_not_part_of_the_first_value(tree: Path) -> None:
    (tree / "n1.0.csv").write_bytes(b"\xef\xbb\xbf1,x\n2,y\n")

    page = page_of(opened(tree), "n1.0.csv", 0, 10)

    assert page.records == (("1", "x"), ("2", "y"))
    assert "mark" in page.note
    assert page_of(opened(tree), "n1.0.csv", 1, 10).records == (("2", "y"),)


def test_names_in_every_file_are_said_to_be_names(tree: Path) -> None:
    for number in (0, 1):
        (tree / f"n1.{number}.csv").write_bytes(b"id,name\n1,x\n")

    page = page_of(opened(tree), "n1.1.csv", 0, 10)

    assert page.records == (("1", "x"),)
    assert page.note == "The file has the column names as its first record, shown without that."
