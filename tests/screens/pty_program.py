"""The interface on a controller in memory, as a program: ``python -m tests.screens.pty_program``.

Arguments: the screen to start on, then ``hostile`` to fill every text with what a terminal obeys,
``log`` to let the log grow, ``run`` to let a backup go on, ``silent`` to let it go on without a
word, or ``folder`` to let a file in extern grow.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import ExitStack
from dataclasses import replace

from kwtui.app.application import KwtuiApp
from kwtui.app.screen_factories import FACTORIES
from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.presence import Presence
from kwtui.controller.events import StorageChanged
from kwtui.model.requests import BackupRequest
from kwtui.runs.events import StepProgress
from tests.screens.fake_controller import FakeController
from tests.screens.hostile import make_hostile
from tests.screens.quick.cheap_styles import styles_found_fast
from tests.screens.quick.parsed_once import each_stylesheet_parsed_once
from tests.screens.staged import at

_PREPARED = ExitStack()
"""Holds as long as the process does."""


def main() -> int:
    start, *flags = sys.argv[1:] or ["connection"]
    controller = FakeController()
    controller.connection.set_connected()
    if "hostile" in flags:
        make_hostile(controller)
    began = time.monotonic()
    app = KwtuiApp(
        controller,
        start=start,
        # Only the clock of a run that is shown may write.
        clock=lambda: at(4 + time.monotonic() - began if "silent" in flags else 0),
    )

    async def live() -> None:
        busy = {"log": _grow, "run": _move, "silent": _say_nothing, "folder": _write}
        tasks = [asyncio.ensure_future(busy[flag](controller)) for flag in flags if flag in busy]
        await app.run_async()
        for task in tasks:
            task.cancel()

    asyncio.run(live())
    return app.return_code or 0


def prepare() -> None:
    """What each program would do first, done once for all that are forked of this process."""
    _PREPARED.enter_context(each_stylesheet_parsed_once())
    _PREPARED.enter_context(styles_found_fast())
    asyncio.run(_open_every_screen())


async def _open_every_screen() -> None:
    controller = FakeController()
    controller.connection.set_connected()
    app = KwtuiApp(controller, clock=lambda: at(0))
    async with app.run_test(size=(80, 24)) as pilot:
        for name in FACTORIES:
            await app.open_screen(name)
            await pilot.pause()


async def _move(controller: FakeController) -> None:
    """A backup that moves: five events a second."""
    plan = await controller.plans.backup(BackupRequest("shop"))
    run = await controller.runs.start(plan)
    moved = 400
    while True:
        await asyncio.sleep(0.2)
        moved += 37
        seconds = 4 + moved / 200
        progress = StepProgress(
            at=at(seconds), step="export-orders", rows=moved, bytes=moved * 150, bytes_total=10**6
        )
        controller.runs.add_event(run, progress)


async def _say_nothing(controller: FakeController) -> None:
    """A backup that began, and of which nothing more is heard."""
    await controller.runs.start(await controller.plans.backup(BackupRequest("shop")))


async def _write(controller: FakeController) -> None:
    """A file in an adopted export that grows: five changes a second."""
    number = 0
    while True:
        await asyncio.sleep(0.2)
        number += 1
        controller.storage.entries = tuple(
            replace(entry, bytes=4_000_000 + number * 100_000)
            if entry.kind is EntryKind.TREE
            else entry
            for entry in controller.storage.entries
        )
        controller.storage.on_disk = Presence(
            resized={"data/public/orders/n1.0.csv": number * 4096}
        )
        controller.tell(StorageChanged())


async def _grow(controller: FakeController) -> None:
    """A hundred lines a second."""
    number = 0
    while True:
        await asyncio.sleep(0.05)
        controller.logs.log.grow(
            *(f"I261122 09:00:00.000000 1 x.go:1  [n1] {number + i} event" for i in range(5))
        )
        number += 5


if __name__ == "__main__":
    sys.exit(main())
