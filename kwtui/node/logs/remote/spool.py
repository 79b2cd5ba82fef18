"""Log entries that came over HTTP, kept as files, so that they are read like any other log."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from kwtui.errors import KwtuiError
from kwtui.node.logs.format import LogFamily
from kwtui.node.logs.listing import LogFile, describe
from kwtui.node.logs.remote.node_http import NodeHttp, RemoteEntry, RemoteFile
from kwtui.node.logs.remote.windows import AHEAD, MOST_AT_ONCE, Newest, newest_entries
from kwtui.text import human_bytes, sentences

POLL_SECONDS = 2.0
MOST_ENTRIES = 10_000
"""Of the main log, when it is opened."""
MOST_SINCE = 200_000
"""The same where a time was given from which on everything is wanted."""
LARGEST_FETCH = 64 << 20
"""Bytes of files that are fetched for one stream; older ones are left out."""


class LogSpool:
    """The log files of one node, fetched when they are opened."""

    def __init__(self, http: NodeHttp, node: str) -> None:
        self.http = http
        self._node = node
        self._folder = TemporaryDirectory(prefix="kwtui-log-", ignore_cleanup_errors=True)
        self._last: RemoteEntry | None = None
        self._asked = 1
        """Nanoseconds since 1970: what comes later is new."""

    @property
    def node(self) -> str:
        """By id, or ``local``."""
        return self._node

    @property
    def folder(self) -> Path:
        return Path(self._folder.name)

    def close(self) -> None:
        """Remove what was fetched."""
        self._folder.cleanup()

    async def files(self) -> list[LogFile]:
        """What the node has, the newest of each family as current. Raises KwtuiError."""
        listed = await asyncio.to_thread(self.http.log_files, self._node)
        files = [self._file(each) for each in listed if _is_plain(each.name)]
        newest: dict[LogFamily, LogFile] = {}
        for file in files:
            best = newest.setdefault(file.family, file)
            if _age(file) > _age(best):
                newest[file.family] = file
        marked = [replace(f, current=newest[f.family] is f) for f in files]
        order = list(LogFamily)
        return sorted(
            marked, key=lambda f: (order.index(f.family), not f.current, -_age(f).timestamp())
        )

    def _file(self, remote: RemoteFile) -> LogFile:
        file = describe(self.folder / remote.name, remote.bytes, remote.modified)
        return replace(
            file, origin=f"over HTTP from {self.http.url}, without engine and crash logs"
        )

    async def fetch(
        self,
        files: Sequence[LogFile],
        *,
        since: datetime | None = None,
        enough: int = MOST_ENTRIES,
    ) -> tuple[list[LogFile], list[str]]:
        """Fetch files, the newest first; those that were, and what was left out, in words.

        Of the main log everything from ``since`` on, or else the last ``enough`` entries.
        """
        fetched: list[LogFile] = []
        notes: list[str] = []
        left = LARGEST_FETCH
        ended = False
        for file in sorted(files, key=lambda f: (not f.current, -_age(f).timestamp())):
            is_main = file.family is LogFamily.MAIN
            too_old = since is not None and file.modified < since
            if not file.current and ((ended and is_main) or too_old):
                continue
            if file.current and is_main:
                found = await asyncio.to_thread(self._main_entries, file, since, enough)
                entries = found.entries
                ended = not found.complete or (since is None and len(entries) >= enough)
                others = any(f.family is LogFamily.MAIN and not f.current for f in files)
                more = not found.complete or (ended and others)
                notes += _where_it_ends(found, since, more=more)
            elif file.bytes > left and fetched:
                notes.append(f"{file.path.name} ({human_bytes(file.bytes)}) was not fetched")
                continue
            else:
                left -= file.bytes
                get = partial(self.http.file_entries, self._node, file.path.name)
                entries = await asyncio.to_thread(get)
            await asyncio.to_thread(_write, file.path, entries, anew=True)
            fetched.append(replace(file, bytes=file.path.stat().st_size))
        return fetched, notes

    def _main_entries(self, file: LogFile, since: datetime | None, enough: int) -> Newest:
        """What is asked for of the file that grows; older files are asked for by themselves."""
        now = max(_nanoseconds(datetime.now(UTC)), _nanoseconds(file.modified))
        floor = _nanoseconds(file.created) if file.created is not None else 1
        if since is not None:
            floor, enough = max(floor, _nanoseconds(since)), MOST_SINCE
        found = newest_entries(self._ask, now=now, floor=floor, enough=enough)
        self._last = found.entries[-1] if found.entries else None
        self._asked = self._last.time if self._last is not None else found.begins
        return found

    def _ask(self, since: int, until: int, maximum: int) -> list[RemoteEntry]:
        return self.http.entries(self._node, since=since, until=until, maximum=maximum)

    async def follow(self, path: Path, failed: Callable[[str], None]) -> None:
        """Append what comes to the main log, until it is cancelled."""
        seen: set[RemoteEntry] = {self._last} if self._last is not None else set()
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                entries = await asyncio.to_thread(self._since, self._asked)
            except KwtuiError as error:
                failed(sentences(error.title, error.cause))
                continue
            failed("")
            new = [entry for entry in entries if entry not in seen]
            if new:
                await asyncio.to_thread(_write, path, new)
                self._asked = new[-1].time
                # Others may have come in the same instant.
                seen = {entry for entry in entries if entry.time == self._asked}

    def _since(self, time: int) -> list[RemoteEntry]:
        """Everything from a time on, which may have been much."""
        now = max(_nanoseconds(datetime.now(UTC)), time)
        found = self._ask(time, now + AHEAD, MOST_AT_ONCE)
        if len(found) < MOST_AT_ONCE:
            return found
        return newest_entries(self._ask, now=now, floor=time, enough=MOST_SINCE).entries


def _where_it_ends(found: Newest, since: datetime | None, *, more: bool) -> list[str]:
    """From when on the log is there, where there is something older that was asked for."""
    if not more or (since is not None and found.complete):
        return []
    begins = datetime.fromtimestamp(found.begins / 1e9, UTC)
    return [f"from {begins:%Y-%m-%d %H:%M:%S} UTC on; what is older was not fetched"]


def _nanoseconds(when: datetime) -> int:
    return int(when.timestamp() * 1e6) * 1000


def _is_plain(name: str) -> bool:
    """A name from elsewhere becomes a file here: only a plain one may."""
    return bool(name) and name == Path(name).name and name.endswith(".log") and name.isprintable()


def _age(file: LogFile) -> datetime:
    return file.created or file.modified


def _write(path: Path, entries: Sequence[RemoteEntry], *, anew: bool = False) -> None:
    text = "".join(entry.text() for entry in entries)
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_TRUNC if anew else os.O_APPEND)
    descriptor = os.open(path, flags, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(text.encode("utf-8", "replace"))
