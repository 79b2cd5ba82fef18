"""Driving the interface in tests: open it, wait for a condition, read what is on the screen."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.events import Key, Paste
from textual.keys import _character_to_key
from textual.pilot import Pilot

from kwtui.app.application import KwtuiApp
from tests.screens.fake_controller import FakeController
from tests.screens.staged import NOW

PATIENCE_SECONDS = 20.0


def make_app(controller: FakeController, **options: Any) -> KwtuiApp:
    return KwtuiApp(controller, clock=lambda: NOW, **options)


class Driver:
    """A person at the keyboard."""

    def __init__(self, app: KwtuiApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    def text(self) -> str:
        """What is on the screen, as lines."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    def words(self) -> str:
        """The text of the screen with its line breaks taken out."""
        return " ".join(self.text().split())

    def footer(self) -> str:
        return self.text().splitlines()[-1]

    def header(self) -> str:
        return self.text().splitlines()[0]

    async def press(self, *keys: str) -> None:
        """Press keys, each after the one before was dealt with."""
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()

    async def burst(self, *keys: str) -> None:
        """Press keys as a macro or a slow line does: all are there before the first has worked."""
        await self._at_once(*(Key(key, _character(key)) for key in keys))

    async def type(self, text: str) -> None:
        """Write with quick fingers."""
        await self._at_once(*(Key(_key_of(character), character) for character in text))

    async def _at_once(self, *keys: Key) -> None:
        for key in keys:
            self.app.post_message(key)
        await self.pilot.pause()
        await self.until(lambda: not self.app.keys_wait, "every key handed on")

    async def paste(self, text: str) -> None:
        """Put a text into what has the focus, in one go as a terminal does."""
        self.app.post_message(Paste(text))
        await self.pilot.pause()

    async def until(self, condition: Callable[[], bool], what: str = "") -> None:
        """Wait until the condition holds."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"never happened: {what or condition}\n{self.text()}")
            await self.pilot.pause(0.01)

    async def until_shown(self, text: str) -> None:
        def shown() -> bool:
            seen = self.text()
            return text in seen or text in " ".join(seen.split())

        await self.until(shown, f"{text!r} on the screen")


def _character(key: str) -> str | None:
    """What the key writes; None for one that writes nothing."""
    return next((sign for sign, name in _KEY_NAMES.items() if name == key), None) or (
        key if len(key) == 1 else None
    )


def _key_of(character: str) -> str:
    return character if character.isalnum() else _character_to_key(character)


_KEY_NAMES = {" ": "space", "/": "slash", "_": "underscore", ":": "colon", ".": "full_stop"}


@asynccontextmanager
async def opened(
    controller: FakeController, *, size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[Driver]:
    app = make_app(controller, **options)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield Driver(app, pilot)
