"""The log files of a node: which there are, and following one of them.

`find_logs` lists, `LogFollower` opens one at its end at once whatever its size, indexes it in a
thread, gives any line by its number, follows it through rotation, and searches it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kwtui.errors import ExitCode, KwtuiError
from kwtui.node.logs.file.lines import LogLine
from kwtui.node.logs.file.matching import Query
from kwtui.node.logs.file.open_log import OpenLog
from kwtui.node.logs.file.search import Searcher
from kwtui.node.logs.filter import LogFilter
from kwtui.node.logs.format import LogEntry, LogSeverity, family_of, parse_entry

_INDEX_SECONDS = 0.2
"""How long the thread indexes before it says how far it is."""
_SEARCH_SECONDS = 0.1
"""How long the thread searches before it hands over what it found."""
_ENTRY_LINES = 2_000


class LogEvent(StrEnum):
    """What happened to a followed file."""

    GREW = "grew"
    INDEXED = "indexed"
    """The index made progress or is complete."""
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
    indexed_bytes: int
    lines: int | None
    """Exact number of lines; None until indexed."""
    present: bool = True
    note: str = ""
    """What happened last, in words: ``rotated to kwbase.….log``."""


@dataclass(frozen=True)
class SearchProgress:
    """A batch of hits, in file order, and how far the search is."""

    offsets: tuple[int, ...]
    """Where lines with a hit begin."""
    bytes_done: int
    bytes_total: int
    done: bool = False
    limited: bool = False
    """Stopped at the limit: there may be more."""


class LogFollower:
    """Follows one log file. All methods are quick but `search` and `filter`, which are streams."""

    def __init__(self, path: Path, *, poll_seconds: float = 0.1) -> None:
        self._path = path
        self._poll = poll_seconds
        self._file: OpenLog | None = None
        self._present = False
        self._note = ""
        self._task: asyncio.Task[None] | None = None
        self._listeners: set[asyncio.Queue[LogEvent | None]] = set()

    async def open(self) -> LogState:
        """Open the file at its end and begin to index it in a thread.

        Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE).
        """
        try:
            self._file = await asyncio.to_thread(OpenLog, self._path)
        except OSError as error:
            raise cannot_open(self._path, error) from error
        self._present = True
        self._task = asyncio.create_task(self._run(), name=f"follow {self._path.name}")
        return self.state

    async def close(self) -> None:
        """Stop following; every `changes` ends. Lines can no longer be read."""
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
            return LogState(self._path, 0, 0, None, present=False, note=self._note)
        return LogState(
            file.path, file.size, file.index.done, file.lines, self._present, self._note
        )

    # -- reading ------------------------------------------------------------------------------

    def tail(self, count: int) -> list[LogLine]:
        """The last ``count`` lines; works before the index does."""
        file = self._file
        return file.lines_before(file.size, count) if file else []

    def before(self, offset: int, count: int) -> list[LogLine]:
        """Up to ``count`` lines that end before ``offset``, which must be the start of a line."""
        file = self._file
        return file.lines_before(offset, count) if file else []

    def after(self, offset: int, count: int) -> list[LogLine]:
        """Up to ``count`` lines from ``offset`` on, which must be the start of a line."""
        return self._file.lines_after(offset, count) if self._file else []

    def lines(self, first: int, count: int) -> list[LogLine]:
        """Lines by number (from 0), as far as the index has come."""
        file = self._file
        if file is None:
            return []
        offset = file.index.offset_of(first, file.reader.read)
        if offset is None or offset >= file.size:
            return []
        return file.reader.lines_from(offset, count, file.size, first)

    def line_number(self, offset: int) -> int | None:
        """The number of the line that begins at ``offset``; None where it is not indexed yet."""
        file = self._file
        return file.index.line_at(offset, file.reader.read) if file else None

    def entry_at(self, offset: int) -> LogEntry:
        """The whole entry that the line at ``offset`` belongs to, stack trace and all.

        Of an entry of more than 2,000 lines the first 2,000. Raises KwtuiError (NOT_FOUND) if the
        file was closed or has no line there.
        """
        file = self._file
        start = file.entry_start(offset) if file else None
        start = offset if start is None else start
        lines = file.lines_after(start, _ENTRY_LINES) if file else []
        if file is None or not lines:
            raise KwtuiError("This line is no longer there.", exit_code=ExitCode.NOT_FOUND)
        texts = [lines[0].text]
        for line in lines[1:]:
            if line.severity is not None:
                break
            texts.append(line.text)
        return parse_entry(texts, family_of(file.path.name), start)

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
                if LogEvent.INDEXED in waiting:
                    yield LogEvent.INDEXED
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
            file = self._file
            if file and file.index.done < file.size:
                try:
                    await asyncio.to_thread(file.index_for, _INDEX_SECONDS)
                except OSError as error:
                    self._tell(self._gone(error) or LogEvent.VANISHED)
                    await asyncio.sleep(self._poll)
                else:
                    self._tell(LogEvent.INDEXED)
            else:
                await asyncio.sleep(self._poll)

    def _look(self) -> LogEvent | None:
        """Compare the path with the open file; a change of identity is a rotation."""
        file = self._file
        if file is None:
            return None
        try:
            status = self._path.stat()
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

    # -- searching ----------------------------------------------------------------------------

    async def search(
        self,
        pattern: re.Pattern[str],
        *,
        severity: LogSeverity | None = None,
        start: int = 0,
        limit: int = 100_000,
        cancel: asyncio.Event | None = None,
    ) -> AsyncIterator[SearchProgress]:
        """Find the lines from ``start`` on that match, of entries at least as severe.

        ``start`` must be the start of a line: what was appended can be searched alone.
        """
        query = Query(pattern, LogFilter(severity))
        async for progress in self._stream(query, start, limit, cancel):
            yield progress

    async def filter(
        self,
        severity: LogSeverity,
        *,
        start: int = 0,
        limit: int = 1_000_000,
        cancel: asyncio.Event | None = None,
    ) -> AsyncIterator[SearchProgress]:
        """Find the entries at least as severe as ``severity``; offsets are of their first lines."""
        async for progress in self._stream(Query(wanted=LogFilter(severity)), start, limit, cancel):
            yield progress

    async def _stream(
        self, query: Query, start: int, limit: int, cancel: asyncio.Event | None
    ) -> AsyncIterator[SearchProgress]:
        file = self._file
        if file is None:
            return
        size, left = file.size, limit
        searcher = Searcher(file.reader, query)
        while start < size and left > 0 and not (cancel and cancel.is_set()):
            hits, start = await asyncio.to_thread(
                searcher.search, start, size, seconds=_SEARCH_SECONDS, limit=left
            )
            limited = len(hits) > left
            hits = hits[:left]
            left -= len(hits)
            yield SearchProgress(
                tuple(hits), start, size, done=start >= size or limited, limited=limited
            )
            if limited:
                return
        if size == 0:
            yield SearchProgress((), 0, 0, done=True)


def cannot_open(path: Path, error: OSError) -> KwtuiError:
    missing = isinstance(error, FileNotFoundError)
    return KwtuiError(
        f"{path} cannot be opened.",
        cause=error.strerror or str(error),
        hint="`kwtui logs` lists the log files that are there."
        if missing
        else "Run kwtui as the database's own account or as a member of its group.",
        exit_code=ExitCode.NOT_FOUND if missing else ExitCode.EXTERN_NOT_READABLE,
    )
