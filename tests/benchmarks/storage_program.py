"""The storage screen on a real folder: ``python -m tests.benchmarks.storage_program EXTERN NOTES``.

Into the file NOTES goes the time (`time.monotonic`) at which each scan of the folder was complete.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path

from kwtui.app.application import KwtuiApp
from kwtui.backups.listing.entries import StorageListing
from kwtui.controller import Controller


def noted(
    scan: Callable[[], Awaitable[StorageListing]],
) -> Callable[[], Coroutine[None, None, StorageListing]]:
    async def listing() -> StorageListing:
        found = await scan()
        note_the_time()
        return found

    return listing


def note_the_time() -> None:
    with Path(sys.argv[2]).open("a") as notes:
        notes.write(f"{time.monotonic()}\n")


async def main() -> None:
    controller = Controller()
    controller.storage.listing = noted(controller.storage.listing)  # type: ignore[method-assign]
    await controller.folders.use(extern=Path(sys.argv[1]))
    await KwtuiApp(controller, start="storage").run_async()


if __name__ == "__main__":
    asyncio.run(main())
