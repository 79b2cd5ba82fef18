"""The wait that replaces Textual's in tests of screens waits for all that a key sets going."""

from __future__ import annotations

import asyncio
import threading
import time

from tests.screens.quick.settled import AtWork, settled


async def test_it_waits_for_what_tasks_hand_on_to_each_other() -> None:
    done: list[int] = []

    async def hand_on(left: int) -> None:
        await asyncio.sleep(0.001 if left % 2 else 0)
        done.append(left)
        if left:
            tasks.append(asyncio.create_task(hand_on(left - 1)))

    tasks = [asyncio.create_task(hand_on(6))]
    await settled(AtWork())
    assert done == [6, 5, 4, 3, 2, 1, 0]


async def test_it_waits_for_threads_and_for_what_they_set_going() -> None:
    at_work, done = AtWork(), []

    async def work() -> None:
        handed = asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.05)
        at_work.note(handed)
        await handed
        await asyncio.sleep(0)
        done.append("after it")

    task = asyncio.create_task(work())
    await settled(at_work)
    assert done == ["after it"]
    await task


async def test_a_thread_that_a_test_holds_is_waited_for_once() -> None:
    at_work, held = AtWork(), threading.Event()
    at_work.note(asyncio.get_running_loop().run_in_executor(None, held.wait))
    await settled(at_work, held=0.05)
    begun = time.monotonic()
    await settled(at_work, held=20)
    assert time.monotonic() - begun < 10
    held.set()


async def test_it_does_not_wait_for_what_is_due_later() -> None:
    later = asyncio.create_task(asyncio.sleep(60))
    begun = time.monotonic()
    await settled(AtWork(), held=20)
    assert time.monotonic() - begun < 10
    later.cancel()
