"""What reaches a real terminal: silence when idle, no foreign command, no colour when not wanted,
and everything given back at the end."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.screens.hostile import OBEYED
from tests.screens.terminal import Terminal, ready_program

SCREENS = ("board", "connection", "backup", "restore", "storage", "logs", "runs", "server", "sql")

TITLES = {
    "board": "0 Board",
    "connection": "1 Connection",
    "backup": "2 Backup",
    "restore": "3 Restore",
    "storage": "4 Storage",
    "logs": "5 Logs",
    "runs": "6 Runs",
    "server": "7 Server",
    "sql": "8 SQL",
}

COLOUR = re.compile(rb"\x1b\[[0-9;:]*m")


def colour_codes(data: bytes) -> list[bytes]:
    """The SGR sequences that set a colour."""
    found = []
    for sequence in COLOUR.findall(data):
        for code in sequence[2:-1].replace(b":", b";").split(b";"):
            if code and (30 <= int(code) <= 49 or 90 <= int(code) <= 107):
                found.append(sequence)
                break
    return found


# A program that a busy machine held up for a second paints late, which looks like no silence.
@pytest.mark.flaky(reruns=1)
def test_idle_screens_write_nothing(tmp_path: Path) -> None:
    """All at the same time: their silence takes as long as that of one."""
    with ExitStack() as programs:
        terminals = {s: programs.enter_context(ready_program(s, tmp=tmp_path)) for s in SCREENS}
        for screen, terminal in terminals.items():
            terminal.until_shown(TITLES[screen])
        for terminal in terminals.values():
            terminal.until_quiet(1.0)
        time.sleep(3)
        assert {screen: t.read(0.1) for screen, t in terminals.items()} == dict.fromkeys(
            SCREENS, b""
        )


# A program that a busy machine held up for a second paints late, which looks like no silence.
@pytest.mark.flaky(reruns=1)
def test_an_idle_input_and_an_idle_dialog_write_nothing(tmp_path: Path) -> None:
    with ready_program("connection", tmp=tmp_path) as terminal:
        terminal.until_shown("1 Connection")
        terminal.press("\t")
        assert terminal.read(2.0) == b"", "a cursor that blinks"
        terminal.press("\t")
        terminal.press(":")
        terminal.until_shown("All actions")
        terminal.until_quiet(0.5)
        assert terminal.read(2.0) == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back(number: signal.Signals, tmp_path: Path) -> None:
    with ready_program("storage", tmp=tmp_path) as terminal:
        terminal.until_shown("tsdb")
        os.kill(terminal.pid, number)
        assert terminal.wait() == 128 + number
        assert_restored(terminal)


def test_quitting_gives_the_terminal_back(tmp_path: Path) -> None:
    with ready_program("connection", tmp=tmp_path) as terminal:
        terminal.until_shown("1 Connection")
        terminal.until_quiet()
        os.write(terminal.descriptor, b"q")
        assert terminal.wait() == 0
        assert_restored(terminal)


def assert_restored(terminal: Terminal) -> None:
    for sequence in (
        b"\x1b[?1049l",  # alternate screen
        b"\x1b[?25h",  # cursor
        b"\x1b[?1000l",  # mouse
        b"\x1b[?1003l",
        b"\x1b[?2004l",  # bracketed paste
        b"\x1b[<u",  # kitty keys
    ):
        assert sequence in terminal.written, sequence


def test_a_terminal_that_goes_away_ends_the_ready_program(tmp_path: Path) -> None:
    with ready_program("connection", tmp=tmp_path) as terminal:
        terminal.until_shown("1 Connection")
        terminal.until_quiet()
        master = os.dup(terminal.descriptor)
        os.close(master)
        os.kill(terminal.pid, signal.SIGHUP)
        assert terminal.wait() == 128 + signal.SIGHUP


@pytest.mark.parametrize("screen", SCREENS)
def test_no_color_means_no_colour_at_all(screen: str, tmp_path: Path) -> None:
    with ready_program(screen, tmp=tmp_path, NO_COLOR="1") as terminal:
        terminal.until_shown(TITLES[screen])
        terminal.press("j")
        terminal.press("?")
        terminal.until_shown("Help:")
        assert colour_codes(bytes(terminal.written)) == []


def test_with_colours_there_are_some(tmp_path: Path) -> None:
    with ready_program("connection", tmp=tmp_path) as terminal:
        terminal.until_shown("1 Connection")
        assert colour_codes(bytes(terminal.written))


@pytest.mark.parametrize("screen", SCREENS)
def test_foreign_text_is_shown_and_never_obeyed(screen: str, tmp_path: Path) -> None:
    with ready_program(screen, "hostile", tmp=tmp_path) as terminal:
        terminal.until_shown(TITLES[screen])
        terminal.until_quiet()
        for keys in ("j", "\r", "j", "\r", "j", "j", "\r", "\r", "?"):
            terminal.press(keys)
        for payload in OBEYED:
            assert payload not in terminal.written, payload
        shown = terminal.written.decode("utf-8", "replace")
        assert "[bold red]" in shown
        assert "␛" in shown


def test_bytes_of_moving_around_stay_within_the_budget(tmp_path: Path) -> None:
    """textual-anchors.md, section 9, point 5: Tab 6 KB, first opening 25 KB, later 20 KB."""
    with ready_program("connection", tmp=tmp_path) as terminal:
        terminal.until_shown("1 Connection")
        terminal.until_quiet()
        tab = len(terminal.press("\t"))
        terminal.press("\t")
        first = {digit: len(terminal.press(digit)) for digit in "0234567"}
        later = {digit: len(terminal.press(digit)) for digit in "01234567"}
        palette = len(terminal.press(":"))
        typed = len(terminal.press("d"))
        terminal.press("\x1b")
        assert palette <= 25_000, palette
        assert typed <= 12_000, typed
        assert tab <= 2_000, tab
        assert max(first.values()) <= 25_000, first
        assert max(later.values()) <= 20_000, later


def test_a_busy_log_stays_within_the_budget(tmp_path: Path) -> None:
    """A hundred lines a second: at most 30 KB a second."""
    with ready_program("logs", "log", tmp=tmp_path) as terminal:
        terminal.until_shown("kwbase")
        os.write(terminal.descriptor, b"\r")
        terminal.until_shown("following")
        terminal.read(1.0)
        data = bytearray()
        for _ in range(40):
            data += terminal.read(0.1)
        assert 5_000 < len(data) / 4 <= 30_000, len(data) / 4


def test_a_running_backup_stays_within_the_budget(tmp_path: Path) -> None:
    """Its page, with five events a second: at most 1 KB a second."""
    with ready_program("runs", "run", tmp=tmp_path) as terminal:
        terminal.until_shown("Back up shop")
        os.write(terminal.descriptor, b"\r")
        terminal.until_shown("1 of 4 tables")
        terminal.read(1.0)
        data = bytearray()
        for _ in range(50):
            data += terminal.read(0.1)
        assert 0 < len(data) / 5 <= 1_024, len(data) / 5


def test_the_clock_of_a_silent_run_stays_within_the_budget(tmp_path: Path) -> None:
    """One tick a second on its page; beside it, in the list of runs, nothing is written."""
    with ready_program("runs", "silent", tmp=tmp_path) as terminal:
        terminal.until_shown("42%")
        terminal.until_quiet()
        assert terminal.read(1.5) == b""
        os.write(terminal.descriptor, b"\r")
        terminal.until_shown("Nothing was heard of it")
        terminal.read(1.0)
        data = bytearray()
        for _ in range(40):
            data += terminal.read(0.1)
        assert 0 < len(data) / 4 <= 1_024, len(data) / 4
