"""A drill's files are hard links, else symbolic links, else copies; the set stays as it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.backups.layout.staging import (
    Means,
    StagedFile,
    make_staging,
    remove_staging,
    staging_path,
)
from kwtui.errors import ExitCode
from tests.command_line import CommandLine
from tests.faults.bench import Bench
from tests.faults.disks import small_disk
from tests.faults.nodes import own_node

DATABASE = "staged"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with own_node(tmp_path_factory.mktemp("staging")) as bench:
        bench.do(f"CREATE TS DATABASE {DATABASE}")
        bench.do(
            "CREATE TABLE s (ts TIMESTAMPTZ(3) NOT NULL, v INT4) TAGS (id INT4 NOT NULL) "
            "PRIMARY TAGS (id)",
            "INSERT INTO s VALUES ('2026-11-22 08:00:00', 1, 1), ('2026-11-22 08:00:10', 2, 1)",
            database=DATABASE,
        )
        yield bench


@pytest.fixture
def kwtui(bench: Bench, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, bench.node)


def drill(kwtui: CommandLine, path: str) -> set[str]:
    """How the files came into the staging folder of a drill that succeeded."""
    done = kwtui.run("drill", path, "--json", *kwtui.server)
    assert done.code == 0, done.err + done.out
    events = [json.loads(line) for line in done.out.splitlines()]
    (means,) = [e["details"]["means"] for e in events if "means" in e.get("details", {})]
    assert events[-1]["result"]["level"] == 4
    return set(means)


def content(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != "proofs.jsonl")
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def test_on_one_disk_they_are_hard_links(kwtui: CommandLine, bench: Bench) -> None:
    path = kwtui.backup(DATABASE)["path"]
    before = content(bench.extern / path)
    links = links_of(bench.extern / path)
    assert drill(kwtui, path) == {Means.HARD_LINK}
    assert content(bench.extern / path) == before
    assert links_of(bench.extern / path) == links, "none is left"


def links_of(folder: Path) -> dict[str, int]:
    return {p.name: p.stat().st_nlink for p in folder.rglob("*.csv")}


def test_a_set_on_another_disk_is_linked_symbolically(kwtui: CommandLine, bench: Bench) -> None:
    """An off-site copy that is mounted below extern."""
    path = kwtui.backup(DATABASE)["path"]
    with small_disk(bench.extern / "offsite", 8) as disk:
        shutil.copytree(bench.extern / path, disk / "copy")
        before = content(disk / "copy")
        assert drill(kwtui, "offsite/copy") == {Means.SYMBOLIC_LINK}
        assert content(disk / "copy") == before


def test_where_no_link_can_be_made_they_are_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on vfat or a share that knows no links."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    monkeypatch.setattr(os, "symlink", refused)
    source = tmp_path / "kwtui/set/n1.0.csv"
    source.parent.mkdir(parents=True)
    source.write_text("1,a\n")
    path = staging_path("0123456789abcdef")

    staged = make_staging(tmp_path, path, [StagedFile(source, "public/t/n1.0.csv")])

    copy = tmp_path / path / "public/t/n1.0.csv"
    assert staged.means == {Means.COPY}
    assert not copy.is_symlink()
    copy.write_text("rejected rows may be written here\n")
    assert source.read_text() == "1,a\n"
    assert remove_staging(tmp_path, path)
    assert source.read_text() == "1,a\n"


def test_where_nothing_can_be_written_the_drill_says_so_and_leaves_nothing(
    kwtui: CommandLine, bench: Bench
) -> None:
    with small_disk(bench.extern, 8) as disk:
        path = kwtui.backup(DATABASE)["path"]
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)

        done = kwtui.run("drill", path, *kwtui.server)

        assert done.code == ExitCode.EXTERN_NOT_READABLE, done.err
        assert "cannot create a staging folder in extern" in done.err
        assert not [d for d in kwtui.databases() if d.startswith("kwtui_drill_")]
        assert not (disk / "kwtui/.staging").exists()
