"""When an application has done what it was asked to do: its event loop says so.

Textual's own wait looks at the processor's clock: it sleeps in steps of 20 ms until the process
used next to nothing in one. That is three steps for each key at least, and a second each where the
machine is busy.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import pytest
import textual.app
import textual.pilot
from textual.pilot import Pilot

SOON_SECONDS = 0.02
"""What is due within this time belongs to what is waited for: Textual paints after 1/60 s."""
HELD_SECONDS = 1.0
"""After this time without a thread that is done, a test holds those that are at work."""
PATIENCE_SECONDS = 20.0


class AtWork:
    """What was handed to threads and is not done."""

    def __init__(self) -> None:
        self._handed: WeakSet[asyncio.Future[Any]] = WeakSet()
        self._held: WeakSet[asyncio.Future[Any]] = WeakSet()
        """Waited for once in vain: a test holds it."""

    def note(self, work: asyncio.Future[Any]) -> None:
        self._handed.add(work)
        work.add_done_callback(self._handed.discard)

    async def one_done(self, loop: asyncio.AbstractEventLoop, seconds: float) -> bool:
        """Wait for the first; False where there is none to wait for."""
        waited = {each for each in self._handed - self._held if each.get_loop() is loop}
        if not waited:
            return False
        done, _ = await asyncio.wait(waited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            self._held.update(waited)
        return True


async def settled(at_work: AtWork, held: float = HELD_SECONDS) -> None:
    """Return when nothing is ready in the loop, nothing is due soon and no thread is at work.

    ``held``: see `HELD_SECONDS`.
    """
    loop: Any = asyncio.get_running_loop()
    end = time.monotonic() + PATIENCE_SECONDS
    left = SOON_SECONDS
    while time.monotonic() < end:
        await asyncio.sleep(0)
        if loop._ready:
            continue
        if await at_work.one_done(loop, held):
            left = SOON_SECONDS
            continue
        now = loop.time()
        wait = min((each._when - now for each in loop._scheduled if not each._cancelled), default=1)
        if wait > left:
            return
        # Counted is what was to be waited: a busy machine comes back later.
        left -= max(0, wait)
        await asyncio.sleep(max(0, wait))


@contextmanager
def waiting_for_the_loop() -> Iterator[None]:
    """Meanwhile a pilot waits until the application has settled, and no longer."""
    at_work = AtWork()
    hand_on = asyncio.BaseEventLoop.run_in_executor

    def run_in_executor(self: Any, *what: Any) -> Any:
        work = hand_on(self, *what)
        at_work.note(work)
        return work

    async def wait_for_idle(*_: float) -> None:
        await settled(at_work)

    async def wait_for_screen(self: Pilot[Any]) -> bool:
        await settled(at_work)
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.BaseEventLoop, "run_in_executor", run_in_executor)
        patch.setattr(textual.app, "wait_for_idle", wait_for_idle)
        patch.setattr(textual.pilot, "wait_for_idle", wait_for_idle)
        patch.setattr(Pilot, "_wait_for_screen", wait_for_screen)
        yield
