"""Memory of the interface, which reads logs of gigabytes in several threads."""

from __future__ import annotations

import contextlib
import ctypes

_M_ARENA_MAX = -8
"""glibc's mallopt(3)."""


def share_one_heap() -> None:
    """Let all threads share one heap, before there are any.

    glibc gives each thread a heap of its own, which keeps what the thread once needed: several
    megabytes that nobody uses, and no speed, since Python's threads take turns. Elsewhere it does
    nothing.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
