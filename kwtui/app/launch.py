"""Opening the interface in a terminal, with what this person prefers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING

from textual.driver import Driver

from kwtui.app.application import KwtuiApp
from kwtui.app.memory import share_one_heap
from kwtui.app.plain_terminal import shows_unicode
from kwtui.errors import ExitCode, KwtuiError
from kwtui.keys.keymap import OWN_KEYS, Keymap, load_keymap

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.server.connection.target import Target


def _keymap_or_problem() -> tuple[Keymap, KwtuiError | None]:
    """A mistake in a person's own keys must not keep kwtui closed."""
    try:
        return load_keymap(), None
    except KwtuiError as error:
        return OWN_KEYS, error


def run_interface(
    controller: Controller,
    *,
    target: Target | None = None,
    sandbox: bool = False,
    start: str = "connection",
    mouse: bool = True,
) -> int:
    """Open the interface and stay in it; the process's exit code.

    Raises:
        KwtuiError: (USAGE) where there is no terminal that can show it.
    """
    from dataclasses import replace

    from kwtui.app.crash_log import own_stderr
    from kwtui.config.preferences import load_preferences, save_preferences

    if not (sys.stdin.isatty() and sys.stderr.isatty()) or os.environ.get("TERM") == "dumb":
        raise KwtuiError(
            "The interface needs a terminal.",
            cause="Input or output is not a terminal, or TERM is 'dumb'.",
            hint="Run kwtui in a terminal, or use its commands: kwtui --help lists them.",
            exit_code=ExitCode.USAGE,
        )
    share_one_heap()
    preferences = load_preferences()
    keys, problem = _keymap_or_problem()
    app = KwtuiApp(
        controller,
        target=target,
        sandbox=sandbox,
        start=start,
        theme=preferences.theme,
        ascii_only=preferences.ascii_only or not shows_unicode(os.environ),
        remember_theme=lambda name: save_preferences(replace(preferences, theme=name)),
        keys=keys,
        problem=problem,
    )

    async def live() -> None:
        try:
            await app.run_async(mouse=mouse)
        finally:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(controller.close(), timeout=5)

    try:
        with own_stderr():
            asyncio.run(live())
    finally:
        end_terminal_threads(app._driver)
    return app.return_code or 0


def end_terminal_threads(driver: object) -> None:
    """Let the threads go that read and write the terminal, however the interface ended.

    Where the terminal is gone, Textual 8.2.8 can fail before it stops them; they would then keep
    the process alive for ever, one of them busy (seen on a terminal that was closed).
    """
    stop_reading: object = getattr(driver, "exit_event", None)
    if isinstance(stop_reading, threading.Event):
        stop_reading.set()
    if isinstance(driver, Driver):
        with contextlib.suppress(Exception):
            driver.close()
