"""How fast files are read: one limit for all processes that work for one run of a policy.

The limit is a small file that they share. It holds the moment up to which all that was read so far
is paid for; whoever reads moves it on, and waits until then. The clock is the kernel's monotonic
one, which is the same in all processes. Children find the file through their environment.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kwtui.files.durable import PRIVATE_FILE, write_file
from kwtui.files.foreign.reading import regular_descriptor

_VARIABLE = "KWTUI_PACE"
_WIDTH = 32
_IDLE = 0.5
"""Seconds: so much of the time in which nobody read is made up for, and no more."""


def set_pace(bytes_per_second: int, file: Path) -> None:
    """From now on this process and its children, all together, read no faster.

    ``file`` is made anew: the clock begins again when the machine does. Raises KwtuiError.
    """
    write_file(file, b"0", mode=PRIVATE_FILE)
    os.environ[_VARIABLE] = f"{bytes_per_second}:{file}"


def spend(count: int) -> None:
    """Wait as long as it takes to read so many bytes at the pace that was set, if one was."""
    words = os.environ.get(_VARIABLE)
    if words:
        rate, _, file = words.partition(":")
        pause = _Pace(int(rate), Path(file)).pause(count)
        if pause > 0:
            time.sleep(pause)


@dataclass(frozen=True)
class _Pace:
    rate: int
    file: Path

    def pause(self, count: int) -> float:
        """Seconds until these bytes are paid for. Raises OSError for a file that has gone."""
        descriptor = regular_descriptor(self.file, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            now, paid = time.monotonic(), 0.0
            with suppress(ValueError):
                paid = float(os.pread(descriptor, _WIDTH, 0))
            paid = max(paid, now - _IDLE) + count / self.rate
            os.pwrite(descriptor, f"{paid:{_WIDTH}.6f}".encode(), 0)
        finally:
            os.close(descriptor)
        return paid - now
