"""A copy is opened with the three lines of its RESTORE.txt: tar, zstd, age and sha256sum alone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kwtui.offsite.keys import make_key
from tests.offsite.copying import STARTED, files_in, push, target_in, two_sets

TOOLS = ("tar", "zstd", "sha256sum")


@pytest.mark.parametrize("encrypted", [False, True])
def test_three_lines_of_shell_bring_the_set_back(tmp_path: Path, encrypted: bool) -> None:
    missing = [t for t in (*TOOLS, *(["age"] if encrypted else [])) if not shutil.which(t)]
    if missing:
        pytest.skip(f"not installed here: {', '.join(missing)}")
    for name in ("extern", "state"):
        (tmp_path / name).mkdir()
    away = tmp_path / "away"
    target = target_in(away)
    recipients = (make_key(tmp_path / "key", STARTED),) if encrypted else ()
    first, second = two_sets(tmp_path / "extern", tmp_path / "state")
    push(target, first, tmp_path / "state", recipients)
    push(target, second, tmp_path / "state", recipients)
    folder = away / second.path
    text = (folder / "RESTORE.txt").read_text().replace("/path/to/identity", str(tmp_path / "key"))
    script = "\n".join(line for line in text.splitlines() if line.startswith("  "))
    assert len(script.splitlines()) == 3

    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    back = files_in(folder / "unpacked" / second.root.name)
    back.pop("JOIN.tsv")
    assert back == files_in(second.root)
