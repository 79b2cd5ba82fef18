"""Relational tables that were not written are linked; whatever speaks against it, exports them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kwtui.sql import inspection
from tests.command_line import CommandLine
from tests.commands.test_faults import ask
from tests.conftest import SandboxNode, start_sandbox, stop_sandbox
from tests.faults.bench import Bench


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    found = start_sandbox(tmp_path_factory.mktemp("unchanged") / "node", "--empty")
    yield found
    stop_sandbox(found)


class Backups:
    """Of a database with two tables in ranges of their own, and two that share one."""

    def __init__(self, kwtui: CommandLine, node: SandboxNode) -> None:
        self.kwtui, self.node = kwtui, node
        self.path = ""
        ask(node, "DROP DATABASE IF EXISTS rel CASCADE", "CREATE DATABASE rel")
        for number, names in enumerate((("orders",), ("parts",), ("left_one", "right_one"))):
            for name in names:
                ask(
                    node,
                    f"CREATE TABLE rel.public.{name} (id INT8 PRIMARY KEY, s STRING)",
                    f"INSERT INTO rel.public.{name} VALUES (1, 'a'), (2, 'b')",
                )
            # Where a time series ends, a range begins.
            ask(
                node,
                f"CREATE TS DATABASE between{number}",
                f"CREATE TABLE between{number}.public.m (ts TIMESTAMPTZ NOT NULL, a INT4) "
                "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
            )

    def drop(self) -> None:
        ask(self.node, "DROP DATABASE rel CASCADE")
        ask(self.node, *(f"DROP DATABASE between{number} CASCADE" for number in range(3)))

    def make(self, *words: str) -> set[str]:
        """The tables that were linked."""
        done = self.kwtui.run("backup", "rel", *self.kwtui.server, *words, "--json")
        assert done.code == 0, done.out[-1500:] + done.err
        self.result: dict[str, Any] = done.objects[-1]["result"]
        self.path = self.result["path"]
        assert self.result["proof"] == 2
        text = (self.node.extern / self.path / "manifest.json").read_text()
        return {t["name"]["name"] for t in json.loads(text)["tables"] if t["segments"]}

    def restores(self, table: str, rows: str) -> None:
        """The last set comes back, and the table holds ``count, greatest text``."""
        assert self.kwtui.run("verify", self.path, *self.kwtui.files).code == 0
        done = self.kwtui.run("restore", self.path, "--as", "back", *self.kwtui.server)
        assert done.code == 0, done.out[-1500:] + done.err
        sql = f"SELECT count(*)::STRING || ' ' || max(s) FROM back.public.{table}"
        assert rows in self.kwtui.run("sql", sql, *self.kwtui.server).out
        ask(self.node, "DROP DATABASE back CASCADE")


@pytest.fixture
def backups(node: SandboxNode, tmp_path: Path) -> Iterator[Backups]:
    made = Backups(CommandLine(tmp_path, node), node)
    yield made
    made.drop()


ALL = {"orders", "parts", "left_one", "right_one"}


def test_only_what_was_written_is_exported(backups: Backups) -> None:
    assert backups.make() == set(), "there is nothing to link to"
    first = backups.path
    assert backups.make() == ALL
    assert backups.result["new_bytes"] < backups.result["bytes"]
    ask(backups.node, "UPDATE rel.public.orders SET s = 'z' WHERE id = 1")
    assert backups.make() == ALL - {"orders"}
    delete = ("delete", first, "--yes-delete", first.rpartition("/")[2])
    assert backups.kwtui.run(*delete, *backups.kwtui.server).code == 0
    backups.restores("orders", "2 z")
    assert backups.make() == ALL, "linked from a set that was linked itself"
    backups.restores("parts", "2 b")
    ask(backups.node, "DELETE FROM rel.public.left_one WHERE id = 2")
    assert backups.make() == {"orders", "parts"}, "its neighbour lies in the same range"
    backups.restores("left_one", "1 a")


@pytest.mark.parametrize(
    "change",
    [
        ("TRUNCATE TABLE rel.public.parts", "INSERT INTO rel.public.parts VALUES (1, 'a')"),
        (
            "DROP TABLE rel.public.parts",
            "CREATE TABLE rel.public.parts (id INT8 PRIMARY KEY, s STRING)",
            "INSERT INTO rel.public.parts VALUES (1, 'a'), (2, 'b')",
        ),
        ("ALTER TABLE rel.public.parts ADD COLUMN extra INT8",),
        ("CREATE INDEX by_s ON rel.public.parts (s)",),
    ],
    ids=["truncated", "made anew", "a column", "an index"],
)
def test_another_definition_is_exported(backups: Backups, change: tuple[str, ...]) -> None:
    backups.make()
    ask(backups.node, *change)
    assert "parts" not in backups.make()


def test_everything_is_exported_when_it_is_asked_for(backups: Backups) -> None:
    backups.make()
    assert backups.make("--incremental", "full") == set()
    assert backups.make("--method", "tables") == set(), "no common instant, nothing to compare"


def test_a_damaged_file_is_exported_again(backups: Backups) -> None:
    backups.make()
    file = next((backups.node.extern / backups.path).glob("data/public/orders/*.csv"))
    data = file.read_bytes()
    file.chmod(0o640)
    file.write_bytes(data.replace(b"a", b"x"))
    assert backups.make() == ALL - {"orders"}
    backups.restores("orders", "2 b")


def linked_in(bench: Bench, path: str) -> set[str]:
    text = (bench.extern / path / "manifest.json").read_text()
    return {t["name"]["name"] for t in json.loads(text)["tables"] if t["segments"]}


def test_an_answer_that_is_refused_exports_everything(
    backups: Backups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(backups.node, tmp_path / "bench")
    bench.backup("rel")
    monkeypatch.setattr(inspection, "last_updates", lambda *_: "SELECT no_such_column")
    made = bench.backup("rel")
    assert linked_in(bench, made.path) == set()
    told = [words for words in made.story.notices if "does not report" in words]
    assert len(told) == 1, "nobody asks again once it was refused"


def test_a_table_that_is_written_while_the_backup_runs(backups: Backups, tmp_path: Path) -> None:
    """It was linked, so no EXPORT has read it: the links go, and it is exported as it was."""
    bench = Bench(backups.node, tmp_path / "bench")
    first = bench.backup("rel")
    late = "UPDATE rel.public.orders SET s = 'late' WHERE id = 1"
    second = bench.backup("rel", hooks={"reconcile": lambda step: bench.do(late)})
    assert second["proof"] == 2
    assert linked_in(bench, second.path) == ALL - {"orders"}
    backups.path = second.path
    backups.restores("orders", "2 b")
    third = bench.backup("rel")
    assert linked_in(bench, third.path) == ALL - {"orders"}, "the late row is in this one"
    backups.path = third.path
    backups.restores("orders", "2 late")
    backups.path = first.path
    backups.restores("orders", "2 b")
