"""``kwtui logs`` in a pipe: filters, families, times, following through rotation."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from kwtui.errors import ExitCode
from tests.command_line import CommandLine
from tests.conftest import SandboxNode
from tests.node.growing import GrowingFolder, line
from tests.ready_process import Command


@pytest.fixture
def folder(tmp_path: Path) -> GrowingFolder:
    folder = GrowingFolder(tmp_path / "node-logs")
    folder.new_file(line(1, "one"), line(2, "two", "E"), "\tframe\n")
    folder.new_file(line(60, "three", source="jobs/registry.go:9"), line(61, "four", "W"))
    folder.new_file(line(30, "storage", "W"), program="kwbase-rocksdb")
    return folder


@pytest.fixture
def kwtui(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


def shown(kwtui: CommandLine, folder: GrowingFolder, *words: str) -> list[str]:
    done = kwtui.run("logs", "--logs", str(folder.folder), *words)
    assert done.code == 0, done.err
    texts = [each.rpartition("] ")[2] for each in done.out.splitlines()]
    return [text.removeprefix("main ").strip() for text in texts]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-n", "3"], ["frame", "three", "four"]),
        (["--severity", "warning"], ["two", "frame", "four"]),
        (["--grep", "^.*tw[o]"], ["two", "frame"]),
        (["--search", "FRAME"], []),
        (["--search", "frame"], ["two", "frame"]),
        (["--file", "registry"], ["three"]),
        (["--goroutine", "8"], []),
        (["--tag", "n1", "-n", "1"], ["four"]),
        (["--since", "2026-11-22 08:00:02"], ["two", "frame", "three", "four"]),
        (["--until", "2026-11-22 08:00:02"], ["one"]),
        (["--since", "2026-11-22 08:00:02", "-n", "1"], ["four"]),
        (["--until", "-10m", "-n", "1"], ["four"]),
        (["--all-families", "--severity", "warning"], ["two", "frame", "storage", "four"]),
        (["--all-families", "--since", "2026-11-22 08:00:30"], ["storage", "three", "four"]),
    ],
    ids=str,
)
def test_filters(
    kwtui: CommandLine, folder: GrowingFolder, words: list[str], expected: list[str]
) -> None:
    assert shown(kwtui, folder, *words) == expected


@pytest.mark.parametrize("name", ["ts", "TS", "ts engine", "ts-engine", "TsEngine"])
def test_a_family_has_the_name_that_the_list_shows(
    kwtui: CommandLine, folder: GrowingFolder, name: str
) -> None:
    (folder.folder / "TsEngine.2026-11-22T08_00_00.log").write_text(
        "I261122 08:00:00.000001 9 a.cpp:1 engine line\n"
    )
    listed = kwtui.run("logs", "--logs", str(folder.folder), "--files")
    assert "\nts " in listed.out
    assert shown(kwtui, folder, "--family", name) == [
        "I261122 08:00:00.000001 9 a.cpp:1 engine line"
    ]
    refused = kwtui.run("logs", "--logs", str(folder.folder), "--family", "slow")
    assert refused.code == ExitCode.NOT_FOUND
    assert "There are: main, rocksdb, ts" in refused.err


def test_lines_as_json(kwtui: CommandLine, folder: GrowingFolder) -> None:
    done = kwtui.run(
        "logs", "--logs", str(folder.folder), "--all-families", "--json", "--severity", "error"
    )
    first, frame = done.objects
    assert (first["family"], first["severity"], frame["severity"]) == ("main", "error", None)
    assert first["text"] == line(2, "two", "E").strip()


@pytest.mark.parametrize(
    "words",
    [
        ["--since", "half past"],
        ["--severity", "loud"],
        ["--goroutine", "x"],
        ["--grep", "("],
        ["--family", "main", "--all-families"],
    ],
    ids=str,
)
def test_wrong_words_are_explained(
    kwtui: CommandLine, folder: GrowingFolder, words: list[str]
) -> None:
    assert kwtui.run("logs", "--logs", str(folder.folder), *words).code == ExitCode.USAGE


def test_a_reader_that_has_enough_ends_it(kwtui: CommandLine, folder: GrowingFolder) -> None:
    folder.write(*(line(100 + n, f"many {n}") for n in range(4_000)))
    process = kwtui.start("logs", "--logs", str(folder.folder), "--since", "2026-11-22")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=20) == 0
    assert process.stderr.read() == ""


def test_following_all_families_through_a_rotation_with_a_filter(
    kwtui: CommandLine, folder: GrowingFolder
) -> None:
    process = kwtui.start(
        "logs", "--logs", str(folder.folder), "--all-families", "-f", "--grep", "needle|four"
    )
    try:
        assert read_line(process).endswith("four\n")
        folder.write(line(100, "hay"), line(101, "needle one"))
        assert read_line(process).endswith("needle one\n")
        folder.write(line(102, "needle two"), program="kwbase-rocksdb")
        assert read_line(process).startswith("rocksdb ")
        folder.new_file(line(103, "hay"), line(104, "needle three"))
        assert read_line(process).endswith("needle three\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()


def read_line(process: Command) -> str:
    return process.stdout.readline()


def test_json_of_the_list_of_files(kwtui: CommandLine, folder: GrowingFolder) -> None:
    done = kwtui.run("logs", "--logs", str(folder.folder), "--files", "--json")
    files = json.loads(done.out)["files"]
    assert [f["family"] for f in files] == ["main", "main", "rocksdb"]


def test_of_files_that_are_closed_the_server_tells(
    kwtui: CommandLine, demo_sandbox: SandboxNode, tmp_path: Path
) -> None:
    """--store may name what cannot be read from here: the newest entries come over HTTP."""
    nowhere = tmp_path / "not mounted"
    words = ("--dsn", demo_sandbox.dsn, "--store", str(nowhere))
    done = kwtui.run("logs", "-n", "3", *words)
    assert done.code == 0, done.err
    newest = "".join((demo_sandbox.store / "logs/kwbase.log").read_text("utf-8", "replace"))
    last = done.out.splitlines()[-1]
    assert last in newest
    assert "over HTTP from http://127.0.0.1:" in done.err
    later = [line for line in newest.rpartition(last)[2].splitlines() if line[:1] in "IWEF"]
    assert len(later) < 50, "the answer ends now, not at the beginning of the file"

    without = kwtui.run("logs", "--store", str(nowhere))
    assert without.code == ExitCode.EXTERN_NOT_FOUND


def test_the_log_of_a_node_by_its_number(kwtui: CommandLine, demo_sandbox: SandboxNode) -> None:
    own = kwtui.run("logs", "-n", "1", "--node", "1", "--dsn", demo_sandbox.dsn)
    assert own.code == 0, own.err
    other = kwtui.run("logs", "--node", "7", "--dsn", demo_sandbox.dsn)
    assert other.code == ExitCode.NOT_FOUND
    assert "knows no such node" in other.err
    assert kwtui.run("logs", "--node", "none").code == ExitCode.USAGE
