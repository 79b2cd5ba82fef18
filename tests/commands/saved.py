"""Commands that keep what a person saved in a file of the configuration, in this process."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from kwtui.cli import main


class Shell:
    """The command line of one command, with a configuration of its own."""

    def __init__(self, command: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file = file
        self._command = command
        self._capsys = capsys
        self.said = ""

    def __call__(self, *words: str) -> int:
        try:
            code = main([self._command, *words])
        except SystemExit as end:
            code = int(end.code or 0)
        printed = self._capsys.readouterr()
        self.out, self.said = printed.out, printed.out + printed.err
        return code

    def object(self, *words: str) -> dict[str, Any]:
        assert self(*words, "--json") == 0, self.said
        found: dict[str, Any] = json.loads(self.out)
        return found

    def write(self, text: str) -> None:
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(text, "utf-8")


def edit_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: str) -> None:
    """An editor that changes ``text`` as this statement says."""
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, sys\n"
        "file = pathlib.Path(sys.argv[1])\n"
        f"text = file.read_text()\n{change}\nfile.write_text(text)\n"
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")


def policy(kwtui: Shell, name: str, text: str) -> None:
    folder = kwtui.file.parent / "policies"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(text, "utf-8")
