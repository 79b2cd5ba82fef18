"""What a check says beside its result: a copy counts for nothing, and where the result lies."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.command_line import CommandLine
from tests.conftest import SandboxNode


def test_a_copy_and_a_planted_file_of_proofs_are_told(
    demo_sandbox: SandboxNode, tmp_path: Path
) -> None:
    kwtui = CommandLine(tmp_path, demo_sandbox)
    path = kwtui.backup("shop")["path"]
    copy = demo_sandbox.extern / "copied" / "shop" / path.rpartition("/")[2]
    shutil.copytree(demo_sandbox.extern / path, copy)
    (copy / "proofs.jsonl").unlink(missing_ok=True)
    (copy / "proofs.jsonl").symlink_to(tmp_path / "elsewhere")
    done = kwtui.run("verify", f"copied/shop/{copy.name}", *kwtui.files)
    assert done.code == 0, done.err
    assert f"It is a copy of {path}" in done.err
    assert "cannot be used: check what is there" in done.err
    assert not (tmp_path / "elsewhere").exists()
    plain = kwtui.run("verify", path, *kwtui.files)
    assert plain.err == ""
