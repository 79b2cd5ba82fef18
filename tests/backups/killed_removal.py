"""The removal of a set in a process that kills itself: ``EXTERN SET CALLS``.

So many changes to the disk are made, and kill -9 comes before the next.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kwtui.backups.removing import remove_set

_CHANGES = ("unlink", "rmdir", "rename", "fsync")


def main() -> int:
    extern, path, calls = sys.argv[1:]
    left = int(calls)

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return call(*arguments, **options)

        return instead

    for name in _CHANGES:
        setattr(os, name, counted(getattr(os, name)))
    remove_set(Path(extern), path)
    return 0
