"""Who the sandbox says it is: the node and build of the recordings."""

from __future__ import annotations

TAG = "V3.2.1-28-ga5c90efc1"
BUILT = "2026/11/22 08:13:27"
GO = "go1.22.10"
VERSION = f"KaiwuDB {TAG} (x86_64-linux-gnu, built {BUILT}, {GO}, gcc 12.2.0)"
"""The text of ``SELECT version()`` (recording 01)."""

STORE_FORMAT = 1
"""Layout of a sandbox directory. A directory with another number is not opened."""


NODE_ID = 1
"""The node that is always there."""
VERSION = (
    "KaiwuDB V3.2.1-28-ga5c90efc1 (x86_64-linux-gnu, built 2026/11/22 08:13:27,"
    " go1.22.10, gcc 12.2.0)"
)
"""What ``version()`` answers (recording 01)."""
