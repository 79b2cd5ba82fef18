"""Watching folders for the Controller, and telling its subscribers in few words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.events import RunsChanged, StorageChanged, StorageWatched

if TYPE_CHECKING:
    import asyncio

    from kwtui.node.watching import WatchMethod
    from kwtui.runs.directory import RunsDirectory

Publish = Callable[[object], None]

LIVENESS_SECONDS = 1.0
"""How soon a run that another kwtui started is seen, and a run whose process was killed is shown
as lost: nothing on disk tells of that."""


MOST_PATHS = 500
"""When more than this changed at once, it is not told what: everything is looked at again."""


class StorageWatcher:
    """Publishes StorageChanged when something under extern changes."""

    polls_because: str = ""
    """Why the folder is looked at again and again; empty where the kernel tells of changes."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._task: asyncio.Task[None] | None = None
        self._folder: Path | None = None

    def watch(self, folder: Path) -> None:
        """Watch this folder from now on, instead of the one before."""
        import asyncio

        if folder == self._folder and self._task is not None and not self._task.done():
            return
        if self._task is not None:
            self._task.cancel()
        self._folder = folder
        self.polls_because = ""
        self._task = asyncio.create_task(self._run(folder), name="kwtui storage")

    async def stop(self) -> None:
        await _stop(self._task)
        self._task = None

    async def _run(self, folder: Path) -> None:
        from kwtui.node.watching import watch

        def watched(method: WatchMethod, reason: str) -> None:
            if reason != self.polls_because:
                self.polls_because = reason
                self._publish(StorageWatched(reason))

        async for batch in watch([folder], recursive=True, on_method=watched):
            paths = frozenset[str]()
            if len(batch.paths) <= MOST_PATHS and not batch.unreachable:
                paths = frozenset(_below(folder, path) for path in batch.paths)
            self._publish(StorageChanged(batch.reason, paths if "" not in paths else frozenset()))


def _below(folder: Path, path: Path) -> str:
    """Relative to the folder; empty for the folder itself and what lies elsewhere."""
    if path == folder or not path.is_relative_to(folder):
        return ""
    return path.relative_to(folder).as_posix()


class RunsWatcher:
    """Publishes RunsChanged when a run begins, ends or is lost; progress is not its business."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._task: asyncio.Task[None] | None = None

    def watch(self, directory: RunsDirectory) -> None:
        import asyncio

        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(directory), name="kwtui runs")

    async def stop(self) -> None:
        await _stop(self._task)
        self._task = None

    async def _run(self, directory: RunsDirectory) -> None:
        import asyncio

        from kwtui.runs.history import unfinished_runs

        ended: set[str] = set()
        known = await asyncio.to_thread(unfinished_runs, directory, ended)
        while True:
            await asyncio.sleep(LIVENESS_SECONDS)
            found = await asyncio.to_thread(unfinished_runs, directory, ended)
            if found != known:
                known = found
                self._publish(RunsChanged())


async def _stop(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        import asyncio

        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
