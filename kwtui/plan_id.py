"""The names of plans."""

from __future__ import annotations

import os


def new_plan_id() -> str:
    """16 hexadecimal digits that nobody has seen before."""
    return os.urandom(8).hex()
