"""From the command line: a restore that was stopped goes on, or what it left is removed."""

from __future__ import annotations

import json
import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.errors import ExitCode
from tests.command_line import CommandLine
from tests.conftest import SandboxNode, start_sandbox, stop_sandbox
from tests.faults.nodes import wait_until


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    node = start_sandbox(tmp_path_factory.mktemp("continue") / "node")
    yield node
    stop_sandbox(node)


@pytest.fixture(scope="module")
def kwtui(node: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(tmp_path_factory.mktemp("home"), node)


@pytest.fixture(scope="module")
def path(kwtui: CommandLine) -> str:
    return str(kwtui.backup("shop")["path"])


@pytest.fixture
def name() -> str:
    """A database that no other test, and no earlier try of this one, has left behind."""
    return f"back_{uuid.uuid4().hex[:8]}"


def killed_restore(kwtui: CommandLine, path: str, name: str) -> str:
    """The id of a restore that was killed after its tables were made."""
    done = kwtui.run("restore", path, "--as", name, "--detach", "--json", *kwtui.server)
    assert "run" in done.object, done.out + done.err
    run = str(done.object["run"])
    folder = kwtui.state / "state" / "runs" / run
    wait_until(lambda: b'"create-tables"' in (folder / "journal.jsonl").read_bytes())
    os.kill(json.loads((folder / "process.json").read_bytes())["pid"], signal.SIGKILL)
    ended = kwtui.run("runs", "follow", run)
    assert f"kwtui restore --continue {run}" in ended.err
    assert f"kwtui cleanup --run {run} --yes" in ended.err
    return run


def test_a_killed_restore_goes_on_where_it_was_without_saying_where(
    kwtui: CommandLine, path: str, name: str
) -> None:
    run = killed_restore(kwtui, path, name)

    shown = kwtui.run("restore", "--continue", run, "--dry-run", "--json")
    assert shown.object["command"].startswith(f"kwtui restore --continue {run} ")
    done = kwtui.run("restore", "--continue", run, "--json")

    assert done.code == 0, done.err + done.out
    assert done.objects[-1]["result"]["database"] == name
    assert kwtui.survey(name)["tables"]
    assert kwtui.run("restore", "--continue", run).code == ExitCode.REFUSED_BY_PLAN


def test_what_a_killed_restore_left_is_removed_by_its_run(
    kwtui: CommandLine, node: SandboxNode, path: str, name: str
) -> None:
    run = killed_restore(kwtui, path, name)

    looked = kwtui.run("cleanup", "--run", run, "--json").object
    assert [lo["name"] for lo in looked["leftovers"]] == [f"{name}_kwtui_restoring"]
    assert f"kwtui restore --continue {run}" in kwtui.run("cleanup", "--run", run).out
    backup = node.extern / path
    backup.rename(backup.with_name("away"))
    unmounted = kwtui.run("cleanup", "--run", run).out
    backup.with_name("away").rename(backup)
    assert f"It needs {path}, which is not in" in unmounted
    assert f"gone for good: kwtui cleanup --run {run} --yes" in unmounted
    done = kwtui.run("cleanup", "--run", run, "--yes")

    assert done.code == 0, done.err
    assert f"{name}_kwtui_restoring" not in kwtui.databases()
    assert "left nothing" in kwtui.run("cleanup", "--run", run, "--yes").out


def test_without_an_id_the_newest_stopped_restore_goes_on(
    kwtui: CommandLine, path: str, name: str
) -> None:
    killed_restore(kwtui, path, name)

    assert kwtui.run("restore", "--continue").code == 0
    assert name in kwtui.databases()


def test_another_server_than_the_runs_is_refused(
    kwtui: CommandLine, path: str, name: str, tmp_path: Path
) -> None:
    run = killed_restore(kwtui, path, name)
    other = start_sandbox(tmp_path / "other", "--empty")
    other.extern.mkdir(exist_ok=True)
    try:
        server = ["--dsn", other.dsn, "--extern", str(other.extern)]
        done = kwtui.run("restore", "--continue", run, *server)
        cleaned = kwtui.run("cleanup", "--run", run, "--yes", *server)
    finally:
        stop_sandbox(other)

    assert done.code == cleaned.code == ExitCode.WRONG_CLUSTER
    assert "worked on another cluster" in cleaned.err
    assert "left nothing" not in cleaned.out
    assert kwtui.run("cleanup", "--run", run, "--yes").code == 0


@pytest.mark.parametrize(
    "words", [["restore"], ["restore", "a/set", "--continue", "x"]], ids=["nothing", "both"]
)
def test_a_restore_names_a_backup_or_a_run(kwtui: CommandLine, words: list[str]) -> None:
    assert kwtui.run(*words).code == ExitCode.USAGE
