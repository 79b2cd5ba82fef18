"""Reading many files at the same time, in processes where there is enough for them to do."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from kwtui.backups.proof.scan_process import ScanProcess

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_WORTH_PROCESSES = 32 << 20
"""Bytes in all; less is read before a further process of Python has begun."""


def readers_for(sizes: Sequence[int], workers: int | None) -> tuple[int, bool]:
    """How many files are read at a time, and whether by processes of their own.

    ``workers`` is the most that there may be (None: one for each CPU that this process may use).
    """
    count = max(1, min(workers or len(os.sched_getaffinity(0)), len(sizes)))
    return count, count > 1 and sum(sizes) >= _WORTH_PROCESSES


def read_each(
    items: Sequence[_Item],
    count: int,
    read: Callable[[ScanProcess | None, _Item], _Result],
    stop: Callable[[], None],
    *,
    in_processes: bool,
    hash_seed: int | None = None,
) -> list[_Result]:
    """What ``read`` makes of each item, in their order, ``count`` at a time.

    Each process is watched by a thread; without processes ``read`` is given None. Once one of them
    raises, ``stop`` is to make the others end; that error is raised. ``hash_seed`` is
    `ScanProcess`'s.
    """
    started = [ScanProcess(hash_seed) for _ in range(count)] if in_processes else []
    readers: SimpleQueue[ScanProcess | None] = SimpleQueue()
    for number in range(count):
        readers.put(started[number] if started else None)

    def run(item: _Item) -> _Result:
        reader = readers.get()
        try:
            return read(reader, item)
        finally:
            readers.put(reader)

    try:
        if count == 1:
            return [run(item) for item in items]
        with ThreadPoolExecutor(count, thread_name_prefix="read") as pool:
            futures = [pool.submit(run, item) for item in items]
            try:
                return [future.result() for future in futures]
            except BaseException:
                stop()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
    finally:
        for process in started:
            process.close()
