"""Budgets of the interface in an 80×24 terminal: silence, bytes, and a very large extern.

Bytes are what the program writes into a pseudo-terminal (design, section 8).
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.benchmarks.test_start import ms
from tests.benchmarks.yardstick import report
from tests.screens.terminal import Terminal, program
from tests.screens.test_terminal import SCREENS, TITLES

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

PLAIN = "tests.benchmarks.plain_program"
KB = 1000


def test_an_idle_screen_costs_nothing(tmp_path: Path) -> None:
    seconds = 10
    with ExitStack() as programs:
        terminals = {s: programs.enter_context(program(s, tmp=tmp_path)) for s in SCREENS}
        for screen, terminal in terminals.items():
            terminal.until_shown(TITLES[screen])
        for terminal in terminals.values():
            terminal.until_quiet(1.0)
        before = {screen: processor_seconds(t) for screen, t in terminals.items()}
        time.sleep(seconds)
        shares = {s: (processor_seconds(t) - before[s]) / seconds for s, t in terminals.items()}
        written = sum(len(t.read(0.1)) for t in terminals.values())
    worst = max(shares, key=lambda screen: shares[screen])
    report(
        f"idle, {len(SCREENS)} screens, {seconds} s",
        {"written": f"{written} bytes", "processor at most": f"{shares[worst]:.2%} ({worst})"},
        budget="0 bytes, < 1 %",
    )
    assert written == 0
    assert shares[worst] < 0.01


def processor_seconds(terminal: Terminal) -> float:
    threads = Path(f"/proc/{terminal.pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def test_moving_around_writes_little(tmp_path: Path) -> None:
    with program("form", tmp=tmp_path, module=PLAIN) as plain:
        plain.until_shown("it stands")
        plain.until_quiet()
        plain_tab = max(len(plain.press("\t")) for _ in range(3))
    with program("table", tmp=tmp_path, module=PLAIN) as plain:
        plain.until_shown("it stands")
        plain.until_quiet()
        plain_screen = len(plain.press("o"))
    with program("connection", tmp=tmp_path) as terminal:
        terminal.until_shown(TITLES["connection"])
        terminal.until_quiet()
        tab = max(len(terminal.press("\t")) for _ in range(3))
        first = {digit: len(terminal.press(digit)) for digit in "2345678"}
    largest = max(first, key=lambda digit: first[digit])
    report(
        "Tab", {"": kilobytes(tab), "Textual's own fields": kilobytes(plain_tab)}, budget="≤ 6 KB"
    )
    report(
        "opening a screen",
        {
            "at most": f"{kilobytes(first[largest])} (screen {largest})",
            "Textual's own table": kilobytes(plain_screen),
        },
        budget="≤ 25 KB",
    )
    assert tab <= 6 * KB
    assert first[largest] <= 25 * KB, first


def test_a_running_job_writes_little(tmp_path: Path) -> None:
    with program("runs", "run", tmp=tmp_path) as terminal:
        terminal.until_shown("Back up shop")
        os.write(terminal.descriptor, b"\r")
        terminal.until_shown("1 of 4 tables")
        rate = bytes_per_second(terminal, 10)
    report("a running backup, five events a second", {"": rate_of(rate)}, budget="≤ 1 KB/s")
    assert 0 < rate <= 1 * KB


def test_a_growing_log_writes_little(tmp_path: Path) -> None:
    with program("log", tmp=tmp_path, module=PLAIN) as plain:
        plain.until_shown("event")
        plain_rate = bytes_per_second(plain, 5)
    with program("logs", "log", tmp=tmp_path) as terminal:
        terminal.until_shown("kwbase")
        os.write(terminal.descriptor, b"\r")
        terminal.until_shown("following")
        rate = bytes_per_second(terminal, 5)
    report(
        "a log with 100 new lines a second",
        {"": rate_of(rate), "Textual's own log": rate_of(plain_rate)},
        budget="≤ 30 KB/s",
    )
    assert 0 < rate <= 30 * KB


def bytes_per_second(terminal: Terminal, seconds: float) -> float:
    terminal.read(1.0)
    return len(terminal.read(seconds)) / seconds


@pytest.fixture(scope="module")
def large_extern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred thousand files."""
    extern = tmp_path_factory.mktemp("large") / "extern"
    for folder in range(100):
        (extern / f"f{folder:02}").mkdir(parents=True)
        for number in range(1000):
            (extern / f"f{folder:02}/{number:03}.txt").touch()
    return extern


def test_a_hundred_thousand_entries_are_listed_at_once(large_extern: Path, tmp_path: Path) -> None:
    with program("rows", tmp=tmp_path, module=PLAIN) as plain:
        assert plain.wait() == 0
        plain_seconds = float(plain.text.partition("took ")[2].split()[0])
    notes = tmp_path / "scans"
    with program(
        str(large_extern), str(notes), tmp=tmp_path, module="tests.benchmarks.storage_program"
    ) as terminal:
        shown = watch(terminal, "100,000 other") - times(notes)[0]
        terminal.until_quiet()
        keys = [seconds_of_key(terminal, key) for key in ("j", "j", "\x1b[6~", "\x1b[6~", "G")]
        changed = time.monotonic()
        (large_extern / "a-new-one").mkdir()
        seen = watch(terminal, "100,001 other") - changed
    report(
        "extern with 100,000 entries",
        {
            "shown": f"{ms(shown)} after the scan",
            "slowest key": ms(max(keys)),
            "a change seen": ms(seen),
            "DataTable": f"{plain_seconds:.1f} s",
        },
        budget="≤ 300 ms · ≤ 50 ms · ≤ 1 s",
    )
    assert shown <= 0.3
    assert max(keys) <= 0.05, keys
    assert seen <= 1.0


def watch(terminal: Terminal, *words: str) -> float:
    """When one of the words is on the screen, by `time.monotonic`."""
    end = time.monotonic() + 60
    while not any(word in terminal.text for word in words):
        assert time.monotonic() < end, terminal.text
        terminal.read(0.005)
    return time.monotonic()


def times(notes: Path) -> list[float]:
    return [float(line) for line in notes.read_text().splitlines()]


def seconds_of_key(terminal: Terminal, key: str) -> float:
    """From the key to the first byte of the answer."""
    began = time.perf_counter()
    os.write(terminal.descriptor, key.encode())
    while not terminal.read(0.001):
        assert time.perf_counter() - began < 5, f"{key!r} is not answered"
    took = time.perf_counter() - began
    terminal.until_quiet()
    return took


def kilobytes(count: float) -> str:
    return f"{count / KB:.1f} KB"


def rate_of(count: float) -> str:
    return f"{kilobytes(count)}/s"
