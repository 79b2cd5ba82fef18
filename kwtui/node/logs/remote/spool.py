"""Log entries that came over HTTP, kept as files, so that they are read like any other log."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from kwtui.errors import KwtuiError
from kwtui.node.logs.format import LogFamily
from kwtui.node.logs.listing import LogFile, describe
from kwtui.node.logs.remote.node_http import NodeHttp, RemoteEntry, RemoteFile
from kwtui.text import human_bytes

POLL_SECONDS = 2.0
MOST_ENTRIES = 10_000
"""Of the main log, when it is opened."""
_MANY = f"more than {MOST_ENTRIES:,} entries came at once; some are not shown"
LARGEST_FETCH = 64 << 20
"""Bytes of files that are fetched for one stream; older ones are left out."""


class LogSpool:
    """The log files of one node, fetched when they are opened."""

    def __init__(self, http: NodeHttp, node: str) -> None:
        self.http = http
        self._node = node
        self._folder = TemporaryDirectory(prefix="kwtui-log-", ignore_cleanup_errors=True)
        self._last: RemoteEntry | None = None

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

    async def fetch(self, files: Sequence[LogFile]) -> tuple[list[LogFile], list[str]]:
        """Fetch files, the newest first; those that were, and what was left out, in words."""
        fetched: list[LogFile] = []
        notes: list[str] = []
        left = LARGEST_FETCH
        for file in sorted(files, key=lambda f: (not f.current, -_age(f).timestamp())):
            is_main = file.current and file.family is LogFamily.MAIN
            if file.bytes > left and not is_main and fetched:
                notes.append(f"{file.path.name} ({human_bytes(file.bytes)}) was not fetched")
                continue
            get: Callable[[], list[RemoteEntry]] = self._main_entries
            if not is_main:
                left -= file.bytes
                get = partial(self.http.file_entries, self._node, file.path.name)
            entries = await asyncio.to_thread(get)
            await asyncio.to_thread(_write, file.path, entries, anew=True)
            fetched.append(replace(file, bytes=file.path.stat().st_size))
        return fetched, notes

    def _main_entries(self) -> list[RemoteEntry]:
        entries = self.http.entries(self._node, since=1, maximum=MOST_ENTRIES)
        self._last = entries[-1] if entries else None
        return entries

    async def follow(self, path: Path, failed: Callable[[str], None]) -> None:
        """Append what comes to the main log, until it is cancelled."""
        seen: set[RemoteEntry] = {self._last} if self._last is not None else set()
        while True:
            await asyncio.sleep(POLL_SECONDS)
            since = self._last.time if self._last is not None else 1
            try:
                entries = await asyncio.to_thread(
                    self.http.entries, self._node, since=since, maximum=MOST_ENTRIES
                )
            except KwtuiError as error:
                failed(f"{error.title} {error.cause}".strip())
                continue
            failed(_MANY if len(entries) >= MOST_ENTRIES else "")
            new = [entry for entry in entries if entry.time >= since and entry not in seen]
            if new:
                await asyncio.to_thread(_write, path, new)
                self._last = new[-1]
                # Others may have come in the same instant.
                seen = {entry for entry in entries if entry.time == self._last.time}


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
