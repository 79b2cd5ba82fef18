"""The screens that look after backups in a terminal: silent when idle, deaf to foreign text."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.screens.hostile import OBEYED
from tests.screens.terminal import ready_program

OPENED = {
    "set": ("storage", "4 Storage", "\r", "Overview"),
    "records": ("storage", "4 Storage", "\rjjj\r", "records 1 to 100"),
    "jobs": ("runs", "6 Runs", "s", "6 Jobs of the server"),
    "plan": ("storage", "4 Storage", "x", "4 Storage: plan"),
    "retention": ("storage", "4 Storage", "t", "4 Storage: retention"),
    "leftovers": ("storage", "4 Storage", "l", "4 Storage: leftovers"),
    "compare": ("storage", "4 Storage", "mjc", "4 Storage: compare"),
    "by-database": ("storage", "4 Storage", "b", "4 Storage"),
    "doctor": ("doctor", "Doctor", "", "Doctor"),
    "explain": ("explain", "Explain", "42501\x1bA", "Explain"),
}
"""What to start on, what shows that it is there, the keys that lead on, and what shows then."""


# A program that a busy machine held up for a second paints late, which looks like no silence.
@pytest.mark.flaky(reruns=1)
def test_idle_screens_write_nothing(tmp_path: Path) -> None:
    """All at the same time: their silence takes as long as that of one."""
    with ExitStack() as programs:
        terminals = {
            name: programs.enter_context(ready_program(start, tmp=tmp_path))
            for name, (start, *_) in OPENED.items()
        }
        for name, terminal in terminals.items():
            _, there, keys, then = OPENED[name]
            terminal.until_shown(there)
            terminal.until_quiet()
            for key in keys:
                terminal.press(key)
            terminal.until_shown(then)
        for terminal in terminals.values():
            terminal.until_quiet(1.0)
        time.sleep(3)
        assert {name: t.read(0.1) for name, t in terminals.items()} == dict.fromkeys(OPENED, b"")


@pytest.mark.parametrize("name", OPENED)
def test_foreign_text_is_shown_and_never_obeyed(name: str, tmp_path: Path) -> None:
    start, there, keys, then = OPENED[name]
    with ready_program(start, "hostile", tmp=tmp_path) as terminal:
        terminal.until_shown(there)
        terminal.until_quiet()
        for key in keys:
            terminal.press(key)
        terminal.until_shown(then)
        for key in ("j", "\r", "j", "?", "\x1b", "\x1b"):
            terminal.press(key)
        for payload in OBEYED:
            assert payload not in terminal.written, payload
        assert "[bold red]" in terminal.written.decode("utf-8", "replace")


@pytest.mark.parametrize("name", OPENED)
def test_opening_and_moving_stays_within_the_budget(name: str, tmp_path: Path) -> None:
    """textual-anchors.md, section 9, point 5: opening at most 25 KB, a step less."""
    start, there, keys, then = OPENED[name]
    with ready_program(start, tmp=tmp_path) as terminal:
        terminal.until_shown(there)
        terminal.until_quiet()
        opening = [len(terminal.press(key)) for key in keys]
        terminal.until_shown(then)
        step = len(terminal.press("j"))
        back = len(terminal.press("\x1b"))
        assert max([*opening, step, back]) <= 25_000, (opening, step, back)
        assert step <= 8_000, step


@pytest.mark.parametrize("keys", ["", "\r"], ids=["list", "set"])
def test_a_folder_that_changes_all_the_time_stays_within_the_budget(
    keys: str, tmp_path: Path
) -> None:
    """Five changes a second: what changed is painted, not the list; at most 3 KB a second."""
    with ready_program("storage", "folder", tmp=tmp_path) as terminal:
        terminal.until_shown("MiB")
        if keys:
            os.write(terminal.descriptor, keys.encode())
            terminal.until_shown("Not as the manifest says")
        terminal.read(1.0)
        data = bytearray()
        for _ in range(40):
            data += terminal.read(0.1)
        assert 0 < len(data) / 4 <= 3_072, len(data) / 4
