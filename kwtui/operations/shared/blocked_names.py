"""Waiting for a name that a failed import keeps blocked.

For some seconds it answers `already exists` and `does not exist` at once (live-findings, rows 21
and 25; nine seconds were seen). While the table is put back, its database cannot be dropped either:
until the import's job has left ``reverting`` (row 43; 54 seconds were seen).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from kwtui.errors import KwtuiError
from kwtui.operations.runner import Halt
from kwtui.server.connection.server import Server
from kwtui.sql import statements
from kwtui.text import human_duration, sentences

T = TypeVar("T")

WAIT_SECONDS = 30.0
PAUSE_SECONDS = 1.0
_WORDS = re.compile(
    r"(relation|database|table) \S+ (already exists|does not exist|is offline)|is offline"
    r"|with OFFLINE tables",
    re.IGNORECASE,
)


async def being_undone(server: Server, database: str) -> str:
    """The cancelled imports that the server still undoes in the database; empty if there is none.

    Raises KwtuiError as `Server.query`.
    """
    whole = re.compile(rf"(?<![\w$]){re.escape(database)}(?![\w$])")
    jobs = await server.query(statements.jobs_being_undone("IMPORT"))
    words = (
        f"job {row['job_id']} is {row['status']}"
        for row in jobs.dicts()
        if whole.search(row["description"] or "")
    )
    return "; ".join(words)


def is_blocked(error: KwtuiError) -> bool:
    """Whether the server says that a name is taken or gone, or that a table is being put back."""
    return any(_WORDS.search(text) for text in error.lines())


async def when_free(
    action: Callable[[], Awaitable[T]],
    halt: Halt,
    tell: Callable[[str], None],
    seconds: float = WAIT_SECONDS,
    *,
    at_work: Callable[[], Awaitable[str]] | None = None,
    progress: Callable[[str], None] | None = None,
) -> T:
    """Do it, and again every second while the name is blocked.

    Only for names of which it is known whether they should be there. ``at_work`` says which job of
    the server blocks it: as long as one does, there is no end to the waiting but ``halt``;
    ``progress`` is told each second. Raises KwtuiError: what the server said last.
    """
    began = time.monotonic()
    deadline = began + seconds
    told = False
    while True:
        try:
            return await action()
        except KwtuiError as error:
            if halt.requested.is_set() or not is_blocked(error):
                raise
            job = await at_work() if at_work is not None else ""
            if job:
                deadline = time.monotonic() + seconds
            elif time.monotonic() + PAUSE_SECONDS > deadline:
                raise
            if not told:
                cause = job or "An import that failed may be the cause"
                tell(f"Waiting: {sentences(error.cause or error.title, cause)}")
                told = True
            if progress is not None:
                waited = human_duration(time.monotonic() - began)
                progress(f"{job or 'the name is still blocked'}, waiting for {waited}")
        await asyncio.sleep(PAUSE_SECONDS)
