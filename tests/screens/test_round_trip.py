"""The whole path in a terminal of 80x24: the sandbox's shop and plant are backed up, looked at,
restored under another name and compared, by keys alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.screens.terminal import ROOT, Terminal, program


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A person's directories; the sandbox that was started in them is stopped at the end."""
    places = {
        "KWTUI_CONFIG_DIR": str(tmp_path / "config"),
        "KWTUI_STATE_DIR": str(tmp_path / "state"),
        "KWTUI_DATA_DIR": str(tmp_path / "data"),
        "XDG_STATE_HOME": str(tmp_path / "xdg-state"),
        "XDG_DATA_HOME": str(tmp_path / "xdg-data"),
    }

    def sandbox(word: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "kwtui.sandbox", word],
            env={**os.environ, **places, "HOME": str(tmp_path)},
            cwd=ROOT,
            check=False,
            capture_output=True,
            timeout=60,
        )

    # One that the interface starts has backups already.
    sandbox("start")
    yield places
    sandbox("stop")


def choose(terminal: Terminal, digit: str, words: str, name: str) -> None:
    """Open a wizard and put the cursor on the line that begins with ``name``."""
    terminal.press(digit)
    terminal.until_shown(words)
    lines = terminal.text.splitlines()
    rows = [index for index, text in enumerate(lines) if text.startswith(f" {name} ")]
    first = next(index for index, text in enumerate(lines) if text.startswith(" Database ")) + 1
    terminal.press("g" + "j" * (rows[0] - first))


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("database", "table"), [("shop", "public.orders"), ("plant", "public.")])
def test_back_up_and_restore_by_keys(
    database: str, table: str, home: dict[str, str], tmp_path: Path
) -> None:
    with program("--sandbox", module="kwtui.cli", tmp=tmp_path, **home) as terminal:
        terminal.until_shown("2 of 2 cannot")

        choose(terminal, "2", "the demo shop", database)
        for words in (table, "Table by table", "node 1, connected"):
            terminal.press("\r")
            terminal.until_shown(words)
        terminal.press("\r")
        terminal.until_shown(f"Back up {database}")
        terminal.press("s")
        terminal.until_shown("proven to P2")

        terminal.press("4")
        terminal.until_shown("1 backup")
        assert "P2" in terminal.text

        choose(terminal, "3", "backup set", database)
        for words in ("Schema only", f"{database}_restored", table):
            terminal.press("\r")
            terminal.until_shown(words)
        terminal.press("\r")
        terminal.until_shown(f"as {database}_restored")
        terminal.press("s")
        terminal.until_shown("has the rows and content of the backup")

        terminal.press("5")
        terminal.until_shown("rocksdb")
        terminal.press("\r")
        terminal.until_shown("following")
