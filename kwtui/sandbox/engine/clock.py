"""The node's hybrid clock: wall time in nanoseconds that never stands still and never runs back."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime


class Clock:
    """Hands out strictly increasing nanoseconds since 1970 (UTC)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def now(self) -> int:
        """The present instant, later than every instant handed out before."""
        with self._lock:
            self._last = max(time.time_ns(), self._last + 1)
            return self._last


def timestamp_text(nanoseconds: int) -> str:
    """An instant as the node prints a TIMESTAMP in UTC: microseconds, without trailing zeros."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    fraction = f"{rest // 1000:06d}".rstrip("0")
    return f"{text}.{fraction}" if fraction else text
