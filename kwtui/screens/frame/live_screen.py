"""Screens that follow what they show."""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar

from textual.events import ScreenResume

from kwtui.controller import RunsChanged, StorageChanged
from kwtui.errors import KwtuiError
from kwtui.screens.frame.base import KwtuiScreen
from kwtui.server.connection.status import ConnectionStatus


class LiveScreen(KwtuiScreen):
    """Reads what it shows again when it changed; while it is hidden, when it is shown again.

    One look at a time: what changes meanwhile is looked at afterwards.
    """

    follows: ClassVar[tuple[type, ...]] = (ConnectionStatus, StorageChanged, RunsChanged)
    rest_seconds: ClassVar[float] = 0.5
    """Between two looks, and at least as long as a look takes: files that grow all the time must
    not keep this machine and terminal busy."""

    def __init__(self) -> None:
        super().__init__()
        self._stale = False
        self._looking = False
        self._asked = False
        self._told: list[str] = []

    async def look(self) -> None:
        """Read and show it; `do_refresh` and every change lead here. May raise KwtuiError."""
        raise NotImplementedError

    def concerns(self, event: object) -> bool:
        """Whether what is shown may have changed."""
        return True

    def controller_event(self, event: object) -> None:
        if isinstance(event, self.follows) and self.concerns(event):
            self._stale = True
            if self.is_current:
                self._start_looking()

    def on_screen_resume(self, event: ScreenResume) -> None:
        if self._stale:
            self._start_looking()

    def do_refresh(self) -> None:
        self._stale = self._asked = True
        self._start_looking()

    def _start_looking(self) -> None:
        if not self._looking:
            self._looking = True
            self.run_task(self._look_until_fresh, "look")

    async def _look_until_fresh(self) -> None:
        try:
            while self._stale and self.is_current:
                self._stale = False
                began = time.monotonic()
                await self._look_once()
                await asyncio.sleep(max(self.rest_seconds, time.monotonic() - began))
        finally:
            self._looking = False

    async def _look_once(self) -> None:
        asked, self._asked = self._asked, False
        try:
            await self.look()
        except KwtuiError as error:
            # Nobody wants to close the same dialog after each change of the folder.
            told, self._told = self._told, error.lines()
            if asked or told != self._told:
                raise
        else:
            self._told = []
