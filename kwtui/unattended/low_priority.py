"""Making this process, and every one that it starts from now on, spare the machine.

It works for what kwtui does itself: reading, hashing, checking. A node's EXPORT is the node's own
work and knows no brake but the number of exports at a time. So is an IMPORT, in a drill.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from kwtui.files.durable import PRIVATE_FOLDER, make_folders
from kwtui.files.pace import set_pace
from kwtui.model.policy import PolicyLimits

NICE = 10


def be_gentle(limits: PolicyLimits, pace: Path) -> None:
    """Low priority for CPU and disk, a share of the CPUs and a pace of reading, kept in the file
    ``pace``. Children inherit all of it. Raises KwtuiError where that cannot be written.
    """
    if limits.low_priority:
        # Up to 10 and no further: a timer of systemd has set it already.
        os.nice(max(0, NICE - os.nice(0)))
        _idle_disk()
    if limits.cpu_share is not None:
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, allowed[: cpus_of(limits.cpu_share, len(allowed))])
    if limits.rate is not None:
        make_folders(pace.parent, mode=PRIVATE_FOLDER)
        set_pace(limits.rate, pace)


def cpus_of(share: int, count: int) -> int:
    """How many of so many CPUs a share of percent is; at least one."""
    return max(1, count * share // 100)


def _idle_disk() -> None:
    """The disk is used when nobody else wants it; only some schedulers of the kernel know that."""
    program = shutil.which("ionice")
    if program is not None:
        command = [program, "-c", "3", "-p", str(os.getpid())]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603
