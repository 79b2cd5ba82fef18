"""A followed log in memory."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

from kwtui.node.logformat import LogSeverity
from kwtui.node.logs import LogEvent, LogFollower, LogLine, LogState, SearchProgress

SEVERITIES = {letter: severity for severity in LogSeverity for letter in severity.letter}


class FakeFollower(LogFollower):
    """Lines whose first letter is their severity, as in KWDB's main log."""

    def __init__(self, path: Path, lines: list[str]) -> None:
        self.path = path
        self._lines: list[LogLine] = []
        self._size = 0
        self._queue: asyncio.Queue[LogEvent | None] = asyncio.Queue()
        self.closed = False
        self._add(lines)

    def _add(self, lines: list[str]) -> None:
        for text in lines:
            length = len(text.encode()) + 1
            severity = SEVERITIES.get(text[:1])
            number = len(self._lines)
            self._lines.append(LogLine(self._size, length, text, severity, number))
            self._size += length

    def grow(self, *lines: str) -> None:
        self._add(list(lines))
        self._queue.put_nowait(LogEvent.GREW)

    async def open(self) -> LogState:
        return self.state

    async def close(self) -> None:
        self.closed = True
        self._queue.put_nowait(None)

    @property
    def state(self) -> LogState:
        return LogState(self.path, self._size, self._size, len(self._lines))

    def tail(self, count: int) -> list[LogLine]:
        return self._lines[-count:]

    def before(self, offset: int, count: int) -> list[LogLine]:
        return [each for each in self._lines if each.offset < offset][-count:]

    def after(self, offset: int, count: int) -> list[LogLine]:
        return [each for each in self._lines if each.offset >= offset][:count]

    async def changes(self) -> AsyncIterator[LogEvent]:
        while (event := await self._queue.get()) is not None:
            yield event

    async def search(
        self,
        pattern: re.Pattern[str],
        *,
        severity: LogSeverity | None = None,
        start: int = 0,
        limit: int = 100_000,
        cancel: asyncio.Event | None = None,
    ) -> AsyncIterator[SearchProgress]:
        found = tuple(each.offset for each in self._lines if pattern.search(each.text))
        yield SearchProgress(found, self._size, self._size, done=True)

    async def filter(
        self,
        severity: LogSeverity,
        *,
        start: int = 0,
        limit: int = 1_000_000,
        cancel: asyncio.Event | None = None,
    ) -> AsyncIterator[SearchProgress]:
        found = tuple(
            each.offset
            for each in self._lines
            if each.severity is not None and each.severity >= severity
        )
        yield SearchProgress(found, self._size, self._size, done=True)
