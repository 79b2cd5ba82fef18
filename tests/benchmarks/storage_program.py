"""The storage screen on a real folder: ``python -m tests.benchmarks.storage_program EXTERN NOTES``.

Into the file NOTES goes the time (`time.monotonic`) at which each scan of the folder was complete.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.app.application import KwtuiApp
from kwtui.controller import Controller

if TYPE_CHECKING:
    from kwtui.backups.listing.entries import StorageListing


class Watched(Controller):
    async def storage(self) -> StorageListing:
        listing = await super().storage()
        note_the_time()
        return listing


def note_the_time() -> None:
    with Path(sys.argv[2]).open("a") as notes:
        notes.write(f"{time.monotonic()}\n")


async def main() -> None:
    controller = Watched()
    await controller.use_folders(extern=Path(sys.argv[1]))
    await KwtuiApp(controller, start="storage").run_async()


if __name__ == "__main__":
    asyncio.run(main())
