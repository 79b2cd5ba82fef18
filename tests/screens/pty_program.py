"""The interface on a controller in memory, as a program: ``python -m tests.screens.pty_program``.

Arguments: the screen to start on, then ``hostile`` to fill every text with what a terminal obeys,
or ``log`` to let the log grow.
"""

from __future__ import annotations

import asyncio
import sys

from kwtui.app import KwtuiApp
from tests.screens.fake_controller import NOW, FakeController
from tests.screens.hostile import HOSTILE, make_hostile


def main() -> int:
    start, *flags = sys.argv[1:] or ["connection"]
    controller = FakeController()
    controller.set_connected()
    if "hostile" in flags:
        make_hostile(controller)
    app = KwtuiApp(controller, start=start, clock=lambda: NOW)

    async def live() -> None:
        if "log" in flags:
            task = asyncio.get_running_loop().create_task(_grow(controller))
            task.add_done_callback(lambda _: None)
        await app.run_async()

    asyncio.run(live())
    return app.return_code or 0


async def _grow(controller: FakeController) -> None:
    """A hundred lines a second."""
    number = 0
    while True:
        await asyncio.sleep(0.05)
        controller.log.grow(
            *(f"I261122 09:00:00 {number + i} {HOSTILE[:0]}event" for i in range(5))
        )
        number += 5


if __name__ == "__main__":
    sys.exit(main())
