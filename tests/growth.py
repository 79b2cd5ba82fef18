"""Whether something takes time in proportion to its input: by the ratio of two sizes, no budget."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMES = 8
"""How much larger the larger input is. What grows with its square takes 64 times as long."""
_MOST = 3 * TIMES
_UNMEASURABLE = 0.01
"""Seconds of the processor: what takes less takes no time, whatever the ratio is."""


def assert_linear(run: Callable[[int], object], size: int) -> None:
    """Fail where ``run(size * TIMES)`` takes far more than that many times ``run(size)``."""
    large = min(_seconds(run, size * TIMES) for _ in range(2))
    if large < _UNMEASURABLE:
        return
    small = min(_seconds(run, size) for _ in range(3))
    assert large < _MOST * max(small, _UNMEASURABLE / _MOST), (small, large)


def _seconds(run: Callable[[int], object], size: int) -> float:
    """Of computing, not of waiting."""
    began = time.process_time()
    run(size)
    return time.process_time() - began
