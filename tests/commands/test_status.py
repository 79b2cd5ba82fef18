"""kwtui status: what a person, a script and a monitoring system are told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.conftest import SandboxNode, start_sandbox, stop_sandbox


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    """One that nobody else backs up: a status tells of everything that lies there."""
    found = start_sandbox(tmp_path_factory.mktemp("status") / "node")
    yield found
    stop_sandbox(found)


def test_a_database_is_never_green_before_it_is_proven(node: SandboxNode, tmp_path: Path) -> None:
    kwtui = CommandLine(tmp_path, node)
    before = kwtui.run("status", *kwtui.server, "--database", "shop")
    assert before.code == 41, before.err
    assert "shop was never backed up." in before.out
    kwtui.backup("shop")
    after = kwtui.run("status", *kwtui.server, "--database", "shop", "--json")
    assert after.code == 0, after.err
    (judgement,) = after.object["status"]["judgements"]
    assert judgement["state"] == "SAFE"
    assert judgement["proven"]["proof"] == 2
    assert after.object["severity"] == "ok"
    counted = kwtui.run("status", *kwtui.server, "--database", "shop", "--json", "--count")
    (facts,) = counted.object["status"]["facts"]
    assert facts["now"]["rows"] == facts["backups"][0]["rows"]
    drilled = kwtui.run("status", *kwtui.server, "--database", "shop", "--max-drill-age", "7d")
    assert drilled.code == 40
    assert "was never drilled" in drilled.out
    line = kwtui.run("status", *kwtui.server, "--nagios")
    assert line.code == 2
    assert line.out.startswith("KWTUI CRITICAL - 1 of 2 cannot: plant was never backed up.")
    assert "postgres" not in line.out, "a database without tables has nothing to lose"


def test_without_a_server_the_files_tell_and_what_they_cannot_is_said(
    node: SandboxNode, tmp_path: Path
) -> None:
    kwtui = CommandLine(tmp_path, node)
    kwtui.backup("shop")
    done = kwtui.run("status", *kwtui.files)
    assert done.code == 0, done.err
    assert "shop can come back." in done.out
    assert "plant" not in done.out
    assert "a database that was never backed up is not seen here" in done.err
    gone = kwtui.run("status", "--dsn", "postgresql://root@127.0.0.1:1", *kwtui.files)
    assert gone.code == 0
    assert "shop can come back." in gone.out
    assert "Not known:" in gone.err


def test_what_cannot_be_seen_is_unknown_and_never_fine(tmp_path: Path) -> None:
    kwtui = CommandLine(tmp_path / "state")
    missing = kwtui.run("status", "--extern", str(tmp_path / "nowhere"))
    assert missing.code == 42
    assert "cannot be seen" in missing.err
    assert kwtui.run("status", "--extern", str(tmp_path / "nowhere"), "--nagios").code == 3
    assert kwtui.run("status", "--max-age", "soon").code == 2
    (tmp_path / "extern").mkdir()
    unknown = kwtui.run("status", "--extern", str(tmp_path / "extern"), "--database", "shop")
    assert unknown.code == 33
