"""Other people's log viewers in a terminal of their own, timed until they show a log's end."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Shown:
    """What it took until the end of a log was on the screen."""

    seconds: float
    peak_mib: float


def program(name: str, package: str) -> str:
    """Where a viewer is; skips the test where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed ({package})")
    return found


def until_shown(command: Sequence[str], text: bytes, within: float) -> Shown:
    """Run a viewer at 160x48 until it writes ``text``, which only the log's end holds.

    Raises TimeoutError after ``within`` seconds, EOFError when the viewer ends before.
    """
    start = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(command[0], list(command))  # noqa: S606
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 48, 160, 0, 0))
    try:
        _read_until(terminal, text, start + within)
        return Shown(time.perf_counter() - start, _peak_mib(pid))
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def _read_until(terminal: int, text: bytes, deadline: float) -> None:
    seen = b""
    while text not in seen:
        left = deadline - time.perf_counter()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            raise TimeoutError(f"the end of the log was not shown: {seen[-300:]!r}")
        try:
            seen = seen[-len(text) :] + os.read(terminal, 65536)
        except OSError as error:
            raise EOFError(f"the viewer ended: {seen[-300:]!r}") from error


def _peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kib) / 1024
