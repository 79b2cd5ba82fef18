"""Following one log file through whatever happens to it: growth, rotation, truncation, absence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kwtui.files.foreign.reading import beside_link, cannot_read, status_of
from kwtui.node.logs.file.open_log import OpenLog


class LogEvent(StrEnum):
    """What happened to a followed file."""

    GREW = "grew"
    RESTARTED = "restarted"
    """Truncated, replaced or rotated: lines and offsets begin anew."""
    ROTATED = "rotated"
    """A family goes on in another file; what was before stays at its places."""
    VANISHED = "vanished"
    """Gone for now; it is waited for."""


@dataclass(frozen=True)
class LogState:
    """Where a follower stands."""

    path: Path
    """The file behind the link."""
    bytes: int
    present: bool = True
    note: str = ""
    """What happened last, in words: ``rotated to kwbase.….log``."""


class LogFollower:
    """Opens one log file at its end, whatever its size, and says what happens to it."""

    def __init__(self, path: Path, *, poll_seconds: float = 0.1) -> None:
        self._path = path
        self._poll = poll_seconds
        self._file: OpenLog | None = None
        self._present = False
        self._note = ""
        self._task: asyncio.Task[None] | None = None
        self._listeners: set[asyncio.Queue[LogEvent | None]] = set()

    async def open(self) -> LogState:
        """Open the file at its end and begin to look at it, each time in a thread.

        Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE).
        """
        try:
            self._file = await asyncio.to_thread(OpenLog, self._path)
        except OSError as error:
            raise cannot_read(self._path, error, listing="kwtui logs") from error
        self._present = True
        self._task = asyncio.create_task(self._run(), name=f"follow {self._path.name}")
        return self.state

    async def close(self) -> None:
        """Stop following; every `changes` ends."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._task = self._file = None
        for listener in self._listeners:
            listener.put_nowait(None)

    @property
    def file(self) -> OpenLog | None:
        """The file that is open now; another one after a rotation. None when closed."""
        return self._file

    @property
    def state(self) -> LogState:
        file = self._file
        if file is None:
            return LogState(self._path, 0, present=False, note=self._note)
        return LogState(file.path, file.size, self._present, self._note)

    # -- following ----------------------------------------------------------------------------

    def changes(self) -> AsyncIterator[LogEvent]:
        """What happens to the file from now on, until `close`; nothing while nothing happens.

        Events that were not fetched yet are merged: each kind waits once.
        """
        queue: asyncio.Queue[LogEvent | None] = asyncio.Queue()
        self._listeners.add(queue)
        return self._events(queue)

    async def _events(self, queue: asyncio.Queue[LogEvent | None]) -> AsyncIterator[LogEvent]:
        try:
            while self._file is not None:
                event = await queue.get()
                if event is None:
                    return
                waiting = {event}
                while not queue.empty():
                    waiting.add(queue.get_nowait() or event)
                for kind in (LogEvent.VANISHED, LogEvent.RESTARTED, LogEvent.GREW):
                    if kind in waiting:
                        yield kind
        finally:
            self._listeners.discard(queue)

    def _tell(self, event: LogEvent) -> None:
        for listener in self._listeners:
            listener.put_nowait(event)

    async def _run(self) -> None:
        while True:
            event = await asyncio.to_thread(self._look)
            if event:
                self._tell(event)
            await asyncio.sleep(self._poll)

    def _look(self) -> LogEvent | None:
        """Compare the path with the open file; a change of identity is a rotation."""
        file = self._file
        if file is None:
            return None
        try:
            status = status_of(beside_link(self._path))
        except OSError as error:
            return self._gone(error)
        same = (status.st_dev, status.st_ino) == file.identity
        try:
            grows = same and file.still_grows(status.st_size)
        except OSError as error:
            return self._gone(error)
        if grows:
            came_back, self._present = not self._present, True
            grew, file.size = status.st_size > file.size, status.st_size
            return LogEvent.GREW if grew or came_back else None
        return self._reopen(file, same=same)

    def _gone(self, error: OSError) -> LogEvent | None:
        if not self._present:
            return None
        self._present = False
        self._note = f"{self._path.name} is gone ({error.strerror or error}); waiting for it"
        return LogEvent.VANISHED

    def _reopen(self, old: OpenLog, *, same: bool) -> LogEvent | None:
        try:
            new = OpenLog(self._path)
        except OSError as error:
            return self._gone(error)
        self._note = f"{new.path.name} began anew"
        if not same and new.path != old.path:
            self._note = f"rotated to {new.path.name}"
        self._file, self._present = new, True
        return LogEvent.RESTARTED
