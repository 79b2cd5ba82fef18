"""The disk is watched while a backup runs: the run ends itself while there is still some space."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.scanning import scan
from kwtui.errors import ExitCode
from kwtui.operations.backup.execution.disk_watch import reserve_of
from tests.command_line import CommandLine
from tests.faults.bench import Bench
from tests.faults.disks import FILLER, fill, small_disk
from tests.faults.nodes import own_node, wait_until

TABLES = 15
"""One more and they go by one statement."""
MEGABYTES = 256


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A node whose extern is a small disk, with tables that take a while together."""
    with own_node(tmp_path_factory.mktemp("watched")) as bench:
        bench.do("CREATE DATABASE watched")
        for number in range(TABLES):
            bench.do(
                f"CREATE TABLE t{number:02} (id INT8 PRIMARY KEY, v STRING)",
                f"INSERT INTO t{number:02} SELECT i, repeat('x', 80) "
                "FROM generate_series(1, 3500) AS g(i)",
                database="watched",
            )
        with small_disk(bench.extern, MEGABYTES):
            yield bench


def test_the_run_stops_before_the_disk_is_full_and_says_what_to_do(
    bench: Bench, tmp_path: Path
) -> None:
    """Somebody else's file leaves less than the reserve, but more than all tables need."""
    reserve = reserve_of(shutil.disk_usage(bench.extern).total)
    kwtui = CommandLine(tmp_path, bench.node)
    command = kwtui.start("backup", "watched", "--parallel", "1", "--json", *kwtui.server)

    wait_until(lambda: exported(kwtui) >= 1)
    fill(bench.extern, leave=reserve - 128 * 1024)
    out, err = command.communicate(timeout=100)

    assert command.returncode == ExitCode.DISK_FULL, err
    assert shutil.disk_usage(bench.extern).free > 0, "before it is full"
    end = [json.loads(line) for line in out.splitlines()][-1]
    assert "almost full: the run stopped itself" in end["summary"]
    assert "must stay free" in end["cause"]
    assert "Free space there" in end["hint"]
    assert exported(kwtui) < TABLES
    (entry,) = [e for e in scan(bench.extern, bench.state).entries if e.path.startswith("kwtui/")]
    assert entry.kind is EntryKind.INCOMPLETE
    shown = kwtui.run("list", *kwtui.files)
    assert "unfinished" in shown.out

    (bench.extern / FILLER).unlink()
    assert kwtui.backup("watched")["proof"] == 2, "with space again it works"


def exported(kwtui: CommandLine) -> int:
    """How many tables the run has written, by its journal."""
    lines = [
        line
        for journal in (kwtui.state / "state/runs").glob("*/journal.jsonl")
        for line in journal.read_text().splitlines()
    ]
    ended = [e for e in map(json.loads, lines) if e["event"] == "step-finished"]
    return sum(e["step"].startswith("export:") for e in ended)
