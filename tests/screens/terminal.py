"""A terminal for tests: the real program in a pseudo-terminal, and every byte that it writes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pyte

from tests.ready_process import ReadyProcess

ROOT = Path(__file__).resolve().parents[2]
INTERFACE = "tests.screens.pty_program"
PATIENCE_SECONDS = 30.0
SLICE_SECONDS = 0.04
WAKING_SECONDS = 0.5
BUSY_SECONDS = 0.005
"""What the interface needs for its clocks when nothing happens is less, in a slice of time."""


class Terminal:
    """80 columns, 24 rows, unless it is resized."""

    def __init__(self, pid: int, descriptor: int, ended: Callable[[], int | None]) -> None:
        self.pid = pid
        self._ended = ended
        self.descriptor = descriptor
        self.written = bytearray()
        self._screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self._screen)
        self.exit_status: int | None = None

    def read(self, seconds: float) -> bytes:
        """What is written within the time."""
        end = time.monotonic() + seconds
        got = bytearray()
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self.descriptor], [], [], left)
            if not ready:
                break
            try:
                data = os.read(self.descriptor, 65536)
            except OSError:
                break
            if not data:
                break
            got += data
            self.written += data
            self._stream.feed(data)
        return bytes(got)

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    @property
    def cells(self) -> list[list[pyte.screens.Char]]:
        """Every character with its colours, by rows."""
        columns = range(self._screen.columns)
        return [[self._screen.buffer[row][c] for c in columns] for row in range(self._screen.lines)]

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    def until_shown(self, text: str) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while text not in self.text:
            assert time.monotonic() < end, f"{text!r} never shown:\n{self.text}"
            self.read(0.05)

    def until_quiet(self, seconds: float = 0.16) -> None:
        """Until nothing was written for that long, and the program did nothing meanwhile either.

        The second makes a short time do: a program that a busy machine keeps waiting is at work.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        quiet = 0.0
        while quiet < seconds:
            quiet = 0.0 if self._works(BUSY_SECONDS) else quiet + SLICE_SECONDS
            assert time.monotonic() < end, "it never falls silent"

    def press(self, keys: str) -> bytes:
        """Press keys and read until quiet; what was written."""
        before = len(self.written)
        os.write(self.descriptor, keys.encode())
        end = time.monotonic() + WAKING_SECONDS
        while not self._works(0.0) and time.monotonic() < end:
            pass
        self.until_quiet()
        return bytes(self.written[before:])

    def _works(self, allowance: float) -> bool:
        """Whether the program writes, or runs longer than allowed, within a slice of time."""
        before = self.busy_seconds()
        written = self.read(SLICE_SECONDS)
        return bool(written) or self._wants_to_run() or self.busy_seconds() - before > allowance

    def busy_seconds(self) -> float:
        """How long the program ran, or waited for a processor, so far."""
        spent = (text.split() for text in self._of_each_thread("schedstat"))
        return sum(int(ran) + int(waited) for ran, waited, _ in spent) / 1e9

    def _wants_to_run(self) -> bool:
        states = (text.rpartition(")")[2].split()[0] for text in self._of_each_thread("stat"))
        return "R" in states

    def _of_each_thread(self, file: str) -> Iterator[str]:
        for thread in Path(f"/proc/{self.pid}/task").iterdir():
            # A thread may end meanwhile, and a kernel may keep no such account.
            with suppress(FileNotFoundError, ProcessLookupError):
                yield (thread / file).read_text()

    def wait(self) -> int:
        """The exit status, as a shell counts it."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            self.read(0.05)
            self.exit_status = self._ended()
            if self.exit_status is not None:
                return self.exit_status
        raise AssertionError("the program did not end")


@contextmanager
def program(
    *arguments: str, tmp: Path, module: str = INTERFACE, **environment: str
) -> Iterator[Terminal]:
    """The interface with these arguments, ended when the test leaves it.

    Without ``module`` it runs on the controller in memory.
    """
    variables = _variables(tmp) | environment
    pid, descriptor = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        command = [sys.executable, "-m", module, *arguments]
        os.execve(command[0], command, variables)  # noqa: S606

    def ended() -> int | None:
        found, status = os.waitpid(pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if found else None

    terminal = Terminal(pid, descriptor, ended)
    terminal.resize(80, 24)
    try:
        yield terminal
    finally:
        if terminal.exit_status is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(descriptor)


@contextmanager
def ready_program(*arguments: str, tmp: Path, **environment: str) -> Iterator[Terminal]:
    """What `program` is without ``module``, as a fork of one that has imported all that it needs.

    That saves the second and more that each such program takes to start.
    """
    descriptor, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    started = _ready_interface().start_in_terminal(
        INTERFACE, arguments, _variables(tmp) | environment, slave
    )
    os.close(slave)
    terminal = Terminal(started.pid, descriptor, started.poll)
    try:
        yield terminal
    finally:
        if terminal.exit_status is None:
            started.kill()
            started.wait()
        started.close()
        os.close(descriptor)


@cache
def _ready_interface() -> ReadyProcess:
    """The one of this process."""
    return ReadyProcess(INTERFACE, _variables(Path("/nonexistent")))


def _variables(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
    }
