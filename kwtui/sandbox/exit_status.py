"""How ``python -m kwtui.sandbox`` and its server end; ``kwtui sandbox`` ends the same way."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Stable: scripts rely on them. The numbers from 50 on are kwtui's own exit codes."""

    DONE = 0
    USAGE = 2
    NOT_RUNNING = 3
    """Only ``status``."""
    FAILED = 50
    PORT_IN_USE = 51
    OTHER_VERSION = 52
    """The directory holds a sandbox that another version of kwtui made."""
    EXTRA_MISSING = 53
    """Python packages are not installed."""
    STORE_BROKEN = 54
    """The data cannot be opened."""
