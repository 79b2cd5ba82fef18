"""The tour at the top of the README, from the real program: ``python -m tests.recording``.

kwtui runs in a pseudo-terminal on a sandbox of its own, as a person would use it: the shop is
backed up, and a drill proves that the backup can be restored. What the terminal shows becomes
``screenshots/tour.svg``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.moving_picture import Cell, Frame, Look, Row, moving_picture
from tests.screens.terminal import PATIENCE_SECONDS, Terminal, program
from tests.screenshots import FOLDER, demo_home

SIZE = (100, 28)
GROUND = "#121212"
TEXT = "#e0e0e0"
LONGEST = 4
"""So many frames of one run: more would only be more of the same."""


class Tour:
    """Presses keys in a terminal and keeps what it shows."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.frames: list[Frame] = []

    def keep(self, words: str, seconds: float) -> None:
        self.frames.append(Frame(words, seconds, self._rows()))

    def press(self, keys: str, until: str) -> None:
        self._terminal.press(keys)
        self._terminal.until_shown(until)
        self._terminal.until_quiet()

    def until_gone(self, words: str) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while words in self._terminal.text:
            assert time.monotonic() < end, f"{words!r} stays:\n{self._terminal.text}"
            self._terminal.read(0.1)
        self._terminal.until_quiet()

    def watch(self, keys: str, until: str, words: str, seconds: float) -> None:
        """Press keys and keep what is shown meanwhile, until these words are there."""
        os.write(self._terminal.descriptor, keys.encode())
        before, seen = self._rows(), list[tuple[Row, ...]]()
        end = time.monotonic() + PATIENCE_SECONDS
        while until not in self._terminal.text:
            assert time.monotonic() < end, f"{until!r} never shown:\n{self._terminal.text}"
            self._terminal.read(0.15)
            rows = self._rows()
            if "running" in self._terminal.text and rows not in (before, *seen[-1:]):
                seen.append(rows)
        self._terminal.until_quiet()
        for place in range(min(LONGEST, len(seen))):
            chosen = seen[place * len(seen) // min(LONGEST, len(seen))]
            self.frames.append(Frame(words, seconds, chosen))

    def _rows(self) -> tuple[Row, ...]:
        return tuple(
            tuple(
                Cell(cell.data or " ", _look(cell.fg, cell.bg, cell.bold, cell.reverse))
                for cell in row
            )
            for row in self._terminal.cells
        )


def _look(front: str, back: str, bold: bool, reverse: bool) -> Look:
    colour = TEXT if front == "default" else f"#{front}"
    ground = GROUND if back == "default" else f"#{back}"
    return Look(ground, colour, bold) if reverse else Look(colour, ground, bold)


def tour(terminal: Terminal) -> list[Frame]:
    """From a database that was never backed up to one that is proven."""
    person = Tour(terminal)
    terminal.until_shown("1 of 2 cannot")
    person.until_gone("Starting the sandbox")
    person.keep("The board: can every database come back? The shop cannot", 4)
    person.press("2", "the demo shop")
    person.press("j", "the demo shop")
    person.keep("2: back it up", 2)
    person.press("\r", "public.orders")
    person.keep("Enter: its tables", 2)
    person.press("\r", "Method")
    person.press("\r", "Options")
    person.press("\r", "Not included")
    person.keep("The plan says what a backup cannot hold, before anything runs", 5)
    person.watch("s", "proven to P2", "s: export, check every file, count every row", 1)
    person.keep("The backup is proven: every record was read and counted", 4)
    person.press("4", "shop")
    person.press("d", "Restore it on")
    person.keep("d: a drill. Does it come back?", 2.5)
    person.press("\r", "What will be done")
    person.keep("It is restored under another name, compared, and dropped", 4)
    person.watch("s", "came back as they were", "s: restore, compare rows and content", 1)
    person.keep("P4: restored, and all rows are those of the backup", 4)
    person.press("0", "come back")
    person.keep("0: every database can come back, and you know it", 5)
    return person.frames


def _kwtui(*words: str) -> None:
    command = [sys.executable, "-m", "kwtui.cli", *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def record(home: Path) -> str:
    """The tour as an SVG. Everything that it needs is made in this folder."""
    folders = {
        f"KWTUI_{kind}_DIR": f"{home}/{kind.lower()}" for kind in ("CONFIG", "STATE", "DATA")
    }
    os.environ.update(folders)
    try:
        _kwtui("backup", "plant", "--sandbox")
        with program("--sandbox", tmp=home, module="kwtui.cli", **folders) as terminal:
            terminal.resize(*SIZE)
            return moving_picture(tour(terminal), GROUND)
    finally:
        _kwtui("sandbox", "stop")


def main() -> int:
    with demo_home() as home:
        (FOLDER / "tour.svg").write_text(record(home), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
