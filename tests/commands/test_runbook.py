"""``kwtui runbook``: printed, written as a file, and kept beside the sets."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.errors import ExitCode
from tests.backups.builder import make_set
from tests.command_line import CommandLine
from tests.conftest import SandboxNode


def test_from_the_files_alone(tmp_path: Path) -> None:
    home, extern = CommandLine(tmp_path / "home"), tmp_path / "extern"
    extern.mkdir()
    path = make_set(extern, home.state / "state", started=datetime.now(UTC)).path
    files = ("--extern", str(extern))

    printed = home.run("runbook", "shop", *files)
    assert printed.code == 0, printed.err
    assert f"kwtui restore {path} --as shop --extern {extern}" in printed.out
    assert "No server was asked" in printed.out

    file = tmp_path / "plan.md"
    assert home.run("runbook", "--language", "zh", "--output", str(file), *files).code == 0
    assert file.read_text("utf-8").startswith("# 恢复预案: shop")
    assert file.stat().st_mode & 0o777 == 0o600
    again = home.run("runbook", "--output", str(file), *files)
    assert again.code == ExitCode.USAGE, "nothing is overwritten"

    kept = home.run("runbook", "--keep", "--json", *files)
    names = [Path(each).relative_to(extern).as_posix() for each in kept.object["files"]]
    assert names == ["kwtui/shop/RECOVERY.en.md", "kwtui/shop/RECOVERY.zh.md"]
    listed = home.run("list", "--json", *files).object["entries"]
    assert [entry["path"] for entry in listed if entry["kind"] == "set"] == [path]
    assert home.run("verify", path, *files).code == 0


@pytest.mark.parametrize("keep", [(), ("--keep",)])
def test_a_database_that_nobody_knows(tmp_path: Path, keep: tuple[str, ...]) -> None:
    extern = tmp_path / "extern"
    extern.mkdir()
    done = CommandLine(tmp_path / "home").run("runbook", "shop", *keep, "--extern", str(extern))
    assert done.code == ExitCode.NOT_FOUND
    assert "'shop'" in done.err


def test_without_a_sight_of_the_backups_there_is_no_plan(
    demo_sandbox: SandboxNode, tmp_path: Path
) -> None:
    """The server tells of databases, and nobody can say which of them come back."""
    home = CommandLine(tmp_path / "home")
    gone = str(tmp_path / "not-mounted")
    done = home.run("runbook", "--dsn", demo_sandbox.dsn, "--extern", gone, "--store", gone)
    assert done.code == ExitCode.EXTERN_NOT_READABLE, done.err
    assert "The backups cannot be seen" in done.err
