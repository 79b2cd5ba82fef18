"""The run that works now, as every screen's header tells of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from kwtui.app.status_words import run_words
from kwtui.errors import KwtuiError

if TYPE_CHECKING:
    from kwtui.controller import Controller

LEAST_SECONDS = 3.0
"""Between two changes of what the header tells: it is not what a slow line is there for."""


class RunAtWork:
    """Follows the newest run that works; ``changed`` is called when its words are others."""

    def __init__(self, controller: Controller, changed: Callable[[], None]) -> None:
        self._runs = controller.runs
        self._changed = changed
        self._told_at = 0.0
        self.words = ("", "")
        """Its title and its share; both empty when nothing works."""
        self._latest = self.words
        self._later: asyncio.TimerHandle | None = None

    async def follow(self) -> None:
        """Tell of the run until it has ended, then of the one that works beside it, if any."""
        from kwtui.runs.reducing import initial_state, reduce

        while at_work := await self._runs.at_work():
            run = at_work[0]
            state = initial_state(await self._runs.plan(run))
            async for event in self._runs.follow(run):
                state = reduce(state, event)
                self._say(run_words(state))
            if run in await self._runs.at_work():
                # It said that it ended, and its process has not gone yet.
                break
        self._say(("", ""), at_once=True)

    async def look(self) -> None:
        """As `follow`; a run that cannot be read is told of where one looks at runs."""
        try:
            await self.follow()
        except KwtuiError:
            self._say(("", ""), at_once=True)

    def _say(self, words: tuple[str, str], *, at_once: bool = False) -> None:
        """Tell of it; of a run never before all that it did so far is read, which comes in one
        burst that begins at 0 %."""
        is_other = words[0] != self.words[0]
        self._latest = words
        self._wait_no_longer()
        if at_once:
            self._tell()
        else:
            rest = self._told_at + LEAST_SECONDS - time.monotonic()
            loop = asyncio.get_running_loop()
            self._later = loop.call_later(0.0 if is_other else max(0.0, rest), self._tell)

    def _wait_no_longer(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def _tell(self) -> None:
        self._wait_no_longer()
        if self._latest != self.words:
            self.words, self._told_at = self._latest, time.monotonic()
            self._changed()
