"""What backups take together: a file that several of them hold is counted once."""

from __future__ import annotations

import os
from pathlib import Path

from kwtui.backups.listing.scanning import describe, scan

META = "CREATE TABLE t (a INT8);\n"


def export(extern: Path, name: str, **files: str) -> Path:
    """A foreign export of one table."""
    folder = extern / name
    folder.mkdir(parents=True)
    (folder / "meta.sql").write_text(META)
    for file, text in files.items():
        (folder / f"{file}.csv").write_text(text)
    return folder


def test_a_shared_file_counts_for_the_newest_that_holds_it(tmp_path: Path) -> None:
    first = export(tmp_path, "1", old="1\n2\n", own="3\n")
    second = export(tmp_path, "2", own="4\n")
    os.link(first / "old.csv", second / "old.csv")
    third = export(tmp_path, "3")
    os.link(first / "old.csv", third / "old.csv")
    space = {entry.path: entry.space for entry in scan(tmp_path).entries}
    meta = len(META)
    assert space == {"1": meta + 2, "2": meta + 2, "3": meta + 4}


def test_two_names_in_one_folder_are_one_file(tmp_path: Path) -> None:
    folder = export(tmp_path, "twice", a="1\n")
    os.link(folder / "a.csv", folder / "b.csv")
    entry = describe(tmp_path, "twice")
    assert (entry.bytes, entry.space) == (len(META) + 4, len(META) + 2)
