"""Waiting for a name that a failed import keeps blocked.

For some seconds it answers `already exists` and `does not exist` at once (live-findings, rows 21
and 25; nine seconds were seen). While the table is put back, its database cannot be dropped either.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from kwtui.errors import KwtuiError
from kwtui.operations.runner import Halt

T = TypeVar("T")

WAIT_SECONDS = 30.0
PAUSE_SECONDS = 1.0
_WORDS = re.compile(
    r"(relation|database|table) \S+ (already exists|does not exist|is offline)|is offline"
    r"|with OFFLINE tables",
    re.IGNORECASE,
)


def is_blocked(error: KwtuiError) -> bool:
    """Whether the server says that a name is taken or gone, or that a table is being put back."""
    return any(_WORDS.search(text) for text in error.lines())


async def when_free(
    action: Callable[[], Awaitable[T]],
    halt: Halt,
    tell: Callable[[str], None],
    seconds: float = WAIT_SECONDS,
) -> T:
    """Do it, and again every second while the name is blocked.

    Only for names of which it is known whether they should be there. Raises KwtuiError: what the
    server said last.
    """
    deadline = time.monotonic() + seconds
    told = False
    while True:
        try:
            return await action()
        except KwtuiError as error:
            late = time.monotonic() + PAUSE_SECONDS > deadline
            if late or halt.requested.is_set() or not is_blocked(error):
                raise
            if not told:
                tell(
                    f"Waiting: {error.cause or error.title} An import that failed may be the cause"
                )
                told = True
        await asyncio.sleep(PAUSE_SECONDS)
