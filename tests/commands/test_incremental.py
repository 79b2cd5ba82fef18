"""Only what changed is written, and every backup comes back as the table was when it was made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import CommandLine
from tests.commands.test_faults import ask
from tests.conftest import SandboxNode, start_sandbox, stop_sandbox

DAYS = 6
SMALL_FILES = ("--chunk-rows", "4")
"""Stretches of at most twenty rows."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    found = start_sandbox(tmp_path_factory.mktemp("incremental") / "node", "--empty")
    yield found
    stop_sandbox(found)


def rows_of(day: int, count: int = 10, value: str = "t") -> str:
    rows = ", ".join(
        f"('2026-11-{day:02d} {hour:02d}:00:00', {day * hour}.5, '{value}{hour}', 1, 'north')"
        for hour in range(count)
    )
    return f"INSERT INTO inc.public.m VALUES {rows}"


def make(node: SandboxNode) -> None:
    ask(
        node,
        "DROP DATABASE IF EXISTS inc CASCADE",
        "CREATE TS DATABASE inc",
        "CREATE TABLE inc.public.m (ts TIMESTAMPTZ(3) NOT NULL, a FLOAT8, s VARCHAR(30)) "
        "TAGS (id INT4 NOT NULL, site VARCHAR(20)) PRIMARY TAGS (id)",
        *(rows_of(day) for day in range(1, DAYS + 1)),
    )


class Backups:
    def __init__(self, kwtui: CommandLine, node: SandboxNode) -> None:
        self.kwtui, self.node = kwtui, node

    def make(self, *words: str) -> dict[str, Any]:
        """The table's entry in the new set's manifest, with what the set is called."""
        done = self.kwtui.run("backup", "inc", *self.kwtui.server, *SMALL_FILES, *words, "--json")
        assert done.code == 0, done.out[-1500:] + done.err
        result = done.objects[-1]["result"]
        folder = self.node.extern / result["path"]
        entry: dict[str, Any] = json.loads((folder / "manifest.json").read_text())["tables"][0]
        return {**entry, "path": result["path"], "new": result["new_bytes"]}

    def restores(self, path: str, rows: str) -> None:
        """The set comes back, and holds these rows: ``count, sum of a, texts``."""
        done = self.kwtui.run("restore", path, "--as", "back", *self.kwtui.server)
        assert done.code == 0, done.out[-1500:] + done.err
        answer = self.kwtui.run(
            "sql",
            "SELECT count(*)::STRING || ' ' || sum(a)::STRING || ' ' || max(s) FROM back.public.m",
            *self.kwtui.server,
        )
        assert rows in answer.out
        ask(self.node, "DROP DATABASE back CASCADE")


@pytest.fixture
def backups(node: SandboxNode, tmp_path: Path) -> Backups:
    make(node)
    return Backups(CommandLine(tmp_path, node), node)


def linked(entry: dict[str, Any]) -> list[bool]:
    return [bool(segment["linked"]) for segment in entry["segments"]]


def test_what_did_not_change_is_linked_and_every_set_stands_alone(backups: Backups) -> None:
    first = backups.make()
    assert linked(first) == [False] * 4, "two stretches that are full, a day, and the open one"
    second = backups.make()
    assert linked(second) == [True] * 4
    assert second["new"] < first["new"]
    # Of a device that is new: its rows stand in no file of before.
    ask(backups.node, rows_of(DAYS + 1).replace("1, 'north'", "2, 'south'"))
    third = backups.make()
    assert linked(third) == [True, True, True, True, False]
    ask(backups.node, "DELETE FROM inc.public.m WHERE ts < '2026-11-01 02:00:00'")
    fourth = backups.make()
    assert linked(fourth) == [False, True, True, True, True]
    for path in (first["path"], second["path"]):
        assert (
            backups.kwtui.run(
                "delete", path, "--yes-delete", path.rpartition("/")[2], *backups.kwtui.server
            ).code
            == 0
        )
    for entry in (third, fourth):
        assert backups.kwtui.run("verify", entry["path"], *backups.kwtui.files).code == 0
    backups.restores(third["path"], "70 ")
    backups.restores(fourth["path"], "68 ")


CHANGES = (
    (rows_of(2, 11).replace("'2026-11-02 0", "'2026-11-02 1"), "a late row"),
    (
        "INSERT INTO inc.public.m VALUES ('2026-11-01 03:00:00', 99.5, 't3', 1, 'north')",
        "an overwritten number",
    ),
    (
        "INSERT INTO inc.public.m VALUES ('2026-11-01 03:00:00', 99.5, 'longer', 1, 'north')",
        "an overwritten text",
    ),
    ("UPDATE inc.public.m SET site = 'south' WHERE id = 1", "a tag, which is in every row"),
    ("ALTER TABLE inc.public.m ADD COLUMN extra INT4", "a column: old files would be refused"),
)


def test_what_changed_is_written_again(backups: Backups) -> None:
    backups.make()
    for change, kept in CHANGES:
        ask(backups.node, change)
        again = backups.make()
        assert not linked(again)[0], kept
        everything = "site" in change or "extra" in change
        assert any(linked(again)) is not everything, kept
    drilled = backups.kwtui.run("drill", again["path"], *backups.kwtui.server)
    assert drilled.code == 0, drilled.err


def test_a_damaged_file_is_never_linked(backups: Backups) -> None:
    first = backups.make()
    file = backups.node.extern / first["path"] / first["segments"][0]["files"][0]
    data = bytearray(file.read_bytes())
    data[5] ^= 1
    file.chmod(0o640)
    file.write_bytes(bytes(data))
    second = backups.make()
    assert linked(second) == [False, True, True, True]
    assert backups.kwtui.run("verify", second["path"], *backups.kwtui.files).code == 0
    assert backups.kwtui.run("verify", first["path"], *backups.kwtui.files).code != 0
    third = backups.make()
    assert linked(third) == [True] * 4, "from the newest set, which is whole"


def test_everything_is_written_when_it_is_asked_for(backups: Backups) -> None:
    backups.make()
    assert linked(backups.make("--incremental", "full")) == [False] * 4
    assert linked(backups.make("--check", "counts")) == [False] * 4, "counts show too little"


def test_files_of_another_size_are_not_linked(backups: Backups) -> None:
    backups.make()
    smaller = backups.make("--chunk-rows", "2")
    assert not any(linked(smaller))
    assert max(file["records"] for file in smaller["files"]) == 2
    assert all(linked(backups.make("--chunk-rows", "2")))


def test_deleting_tells_what_becomes_free(backups: Backups) -> None:
    first = backups.make()
    second = backups.make()
    kwtui, size = backups.kwtui, sum(f["bytes"] for f in first["files"])
    shown = kwtui.run("delete", second["path"], *kwtui.server, "--json").object["plan"]
    assert shown["estimated_bytes"] < size + 60_000
    listed = kwtui.run("show", second["path"], *kwtui.files)
    assert "of it new" in listed.out


def test_what_backups_take_together_is_what_du_says(backups: Backups) -> None:
    """A file that several backups share takes its space once, whichever of them is deleted."""
    kwtui = backups.kwtui
    shutil.rmtree(backups.node.extern / "kwtui", ignore_errors=True)
    made = [backups.make()["path"] for _ in range(3)]
    assert taken(backups) == on_disk(backups)
    gone = made[1]
    done = kwtui.run("delete", gone, "--yes-delete", gone.rpartition("/")[2], *kwtui.server)
    assert done.code == 0, done.err
    assert taken(backups) == on_disk(backups)
    told = kwtui.run("status", *kwtui.files, "--json").object
    assert told["status"]["extern_bytes"] == taken(backups, all_databases=True)


def taken(backups: Backups, *, all_databases: bool = False) -> int:
    which = ("--all",) if all_databases else ("inc",)
    listed = backups.kwtui.run("list", *which, *backups.kwtui.files, "--json").object
    sizes = ((entry["disk_bytes"], entry["bytes"]) for entry in listed["entries"])
    return sum((size or 0) if disk is None else disk for disk, size in sizes)


def on_disk(backups: Backups) -> int:
    """Bytes of the files in the backups' folders, each file once."""
    below = backups.node.extern / "kwtui" / "inc"
    statuses = [path.stat() for path in below.rglob("*") if path.is_file()]
    return sum({status.st_ino: status.st_size for status in statuses}.values())
