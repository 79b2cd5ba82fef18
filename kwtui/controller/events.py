"""What the Controller tells its subscribers, besides `ConnectionStatus`, and how it notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from kwtui.node.watching import WatchMethod
    from kwtui.runs.directory import RunsDirectory


@dataclass(frozen=True)
class StorageChanged:
    """Something under extern changed: list it again."""

    reason: str = ""
    """Why it is watched by polling; empty when it is not."""
    paths: frozenset[str] = frozenset()
    """What changed, relative to extern, as far as that is known; empty: anything may have."""

    def concerns(self, path: str) -> bool:
        """Whether the set at ``path`` may have changed: what is in it, above it or said of it."""
        if not self.paths:
            return True
        mine = PurePosixPath(path)
        return any(_concerns(PurePosixPath(changed), mine) for changed in self.paths)


def _concerns(changed: PurePosixPath, mine: PurePosixPath) -> bool:
    if changed == mine or mine in changed.parents or changed in mine.parents:
        return True
    # Notes, and a set that a deletion moved aside, lie beside it under hidden names with its own.
    return changed.parent == mine.parent and changed.name.startswith(f".{mine.name}")


@dataclass(frozen=True)
class StorageWatched:
    """It is watched in another way now."""

    polls_because: str = ""
    """Why by polling; empty where the kernel tells of changes."""


@dataclass(frozen=True)
class RunsChanged:
    """A run began, ended or was lost."""


@dataclass(frozen=True)
class RecoveryPlanRenewed:
    """A drill ended well, and the recovery plan beside the sets was made anew."""

    database: str
    problem: str = ""
    """Why it could not be written; empty when it was."""
    targets: tuple[str, ...] = ()
    """The off-site targets that it was carried to."""
    unsent: tuple[str, ...] = ()
    """Why others do not have it."""

    @property
    def words(self) -> str:
        """For people, in a sentence or two."""
        if self.problem:
            return f"The recovery plan of {self.database} was not written: {self.problem}"
        places = " and on ".join(("beside its backups", *self.targets))
        words = f"The recovery plan of {self.database} was rewritten {places}."
        return " ".join((words, *(f"It was not sent to {each}" for each in self.unsent)))

    @property
    def is_good(self) -> bool:
        return not (self.problem or self.unsent)


class Events:
    """Tells whoever subscribed, in the order in which they did."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[object], None]] = []

    def subscribe(self, listener: Callable[[object], None]) -> Callable[[], None]:
        """Call ``listener`` with every event from now on; returns the way to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def publish(self, event: object) -> None:
        for listener in tuple(self._listeners):
            listener(event)


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
        await stop_task(self._task)
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
        await stop_task(self._task)
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


async def stop_task(task: asyncio.Task[None] | None) -> None:
    """Cancel it, and wait until it is gone."""
    if task is not None:
        import asyncio

        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
