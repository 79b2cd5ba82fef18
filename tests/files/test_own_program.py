"""Programs that kwtui starts of itself take no module from the folder that it was started in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kwtui.backups.proof.scan_process import ScanProcess
from kwtui.files.own_program import own_environment, own_program
from kwtui.model.requests import Dialect

PLANTED = "import pathlib; pathlib.Path({mark!r}).touch()\nraise SystemExit('planted')\n"


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that appears when a module of the current folder is run; Python may look there."""
    mark, folder = tmp_path / "was run", tmp_path / "cwd"
    folder.mkdir()
    for name in ("json", "msgspec", "kwtui", "socket", "sitecustomize", "argparse"):
        (folder / f"{name}.py").write_text(PLANTED.format(mark=str(mark)))
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    monkeypatch.setenv("PYTHONPATH", ":.:")
    return mark


@pytest.mark.parametrize("module", ["kwtui.cli", "kwtui.sandbox", "kwtui.runs.worker"])
def test_a_planted_module_is_not_run(mark: Path, module: str) -> None:
    done = subprocess.run(
        own_program(module, "--help"),
        env=own_environment(),
        input=b"",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert not mark.exists()
    assert b"planted" not in done.stderr


def test_the_process_that_reads_files_runs_none_either(mark: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("1,a\n2,b\n")
    process = ScanProcess()
    try:
        scan = process.scan(file, Dialect(), 2, lambda count: None)
    finally:
        process.close()
    assert scan.records == 2
    assert not mark.exists()


def test_python_itself_would_run_it(mark: Path) -> None:
    """So that the tests above could fail."""
    words = [word for word in own_program("kwtui.cli", "--help") if word != "-P"]
    subprocess.run(words, capture_output=True, timeout=60, check=False)
    assert mark.exists()


def test_what_python_was_told_to_ignore_is_kept_from_its_children(tmp_path: Path) -> None:
    """The offline bundle starts with -E: a PYTHONHOME of the account leads nobody astray."""
    script = (
        "import subprocess, sys\n"
        "from kwtui.files.own_program import own_environment, own_program\n"
        "command = own_program('kwtui.cli', '--version')\n"
        "sys.exit(subprocess.run(command, env=own_environment()).returncode)\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-E", "-s", "-c", script],
        env={"PATH": "/usr/bin:/bin", "PYTHONHOME": "/nowhere", "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.startswith("kwtui "), done.stderr
