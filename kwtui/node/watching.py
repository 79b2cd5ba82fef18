"""Watching folders for changes, with inotify where it works and by polling where it does not.

inotify hears nothing of what other machines do on a network file system, and its set-up fails where
the kernel's limits are used up; both are found out, and the reason is told with every batch.
"""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from kwtui.files.foreign.reading import folder_status, may
from kwtui.files.foreign.walking import statuses_in
from kwtui.node.mounts import file_system_of, tells_of_changes

_CHECK_SECONDS = 1.0
"""How often it is looked whether the watched folders are still there."""
_MOST_FOLDERS = 20_000
"""So many folders are polled; what lies in further ones is not seen."""
_MOST_FILES = 5_000
"""So many files are looked at for growth. Of further ones only coming and going is seen: asking
for each of them would keep a network file system busy."""
_LOOKING_SHARE = 5
"""Polling rests at least so many times as long as a look took."""
_Signature = dict[Path, "tuple[int, ...] | None"]


class WatchMethod(StrEnum):
    NOTIFY = "notify"
    POLL = "poll"


@dataclass(frozen=True)
class ChangeBatch:
    """Something changed. ``paths`` may be incomplete: look again rather than trust it."""

    paths: frozenset[Path]
    method: WatchMethod
    reason: str = ""
    """Why polling is used; empty for notify."""
    unreachable: frozenset[Path] = frozenset()
    """Watched folders that are gone or cannot be read right now; not the same as deleted."""


@dataclass
class _Watch:
    """What one call of `watch` was asked for."""

    folders: tuple[Path, ...]
    recursive: bool
    debounce_seconds: float
    poll_seconds: float
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    on_method: Callable[[WatchMethod, str], None] = lambda method, reason: None


async def watch(
    folders: Sequence[Path],
    *,
    recursive: bool = False,
    debounce_seconds: float = 0.2,
    poll_seconds: float = 0.8,
    force_poll: bool = False,
    stop: asyncio.Event | None = None,
    on_method: Callable[[WatchMethod, str], None] | None = None,
) -> AsyncIterator[ChangeBatch]:
    """Yield a batch whenever something in ``folders`` changed, until ``stop`` is set.

    A folder that is not there is waited for; one that vanishes does not end the watch, and what
    happened meanwhile is told when it is back. Polling sees new, renamed and deleted files on every
    level, and growing ones as far as there are not too many. ``on_method`` is called with how it is
    watched and why, at the start and whenever that changes.
    """
    asked = _Watch(
        tuple(folders), recursive, debounce_seconds, poll_seconds, stop or asyncio.Event()
    )
    if on_method is not None:
        asked.on_method = on_method
    reason = "asked for" if force_poll else await asyncio.to_thread(_why_poll, asked.folders)
    again = False
    while not asked.stop.is_set():
        missing = await asyncio.to_thread(_unreachable, asked.folders)
        if not reason and not missing:
            asked.on_method(WatchMethod.NOTIFY, "")
            try:
                async for batch in _notified(asked, announce=again):
                    yield batch
            except _CannotNotify as error:
                reason = str(error)
        else:
            asked.on_method(WatchMethod.POLL, reason or "does not exist yet")
            async for batch in _polled(asked, reason, missing):
                yield batch
        again = True


class _CannotNotify(Exception):
    """inotify cannot be used; the text says why."""


async def _notified(asked: _Watch, *, announce: bool) -> AsyncIterator[ChangeBatch]:
    """Batches from inotify, until a folder vanishes or the watch is stopped."""
    # Imported late: it takes 100 ms, and most commands do not watch.
    from watchfiles import awatch

    identities = await asyncio.to_thread(_identities, asked.folders)
    events = awatch(
        *asked.folders,
        watch_filter=None,
        debounce=max(int(asked.debounce_seconds * 1000), 50),
        step=50,
        stop_event=asked.stop,
        rust_timeout=int(_CHECK_SECONDS * 1000),
        yield_on_timeout=True,
        recursive=asked.recursive,
        ignore_permission_denied=True,
    )
    try:
        async for changes in events:
            if changes or announce:
                paths = frozenset(Path(path) for _, path in changes) or frozenset(asked.folders)
                yield ChangeBatch(paths, WatchMethod.NOTIFY)
                announce = False
            if await asyncio.to_thread(_identities, asked.folders) != identities:
                missing = await asyncio.to_thread(_unreachable, asked.folders)
                yield ChangeBatch(frozenset(asked.folders), WatchMethod.NOTIFY, unreachable=missing)
                return
    except FileNotFoundError:
        return
    except Exception as error:
        # watchfiles raises its own class, which is no OSError, when inotify's limits are used up.
        if isinstance(error, OSError) or type(error).__name__ == "WatchfilesRustInternalError":
            raise _CannotNotify(f"the kernel refuses to watch: {error}") from error
        raise
    finally:
        await events.aclose()


async def _polled(
    asked: _Watch, reason: str, missing: frozenset[Path]
) -> AsyncIterator[ChangeBatch]:
    """Batches from looking again and again; ends when only a missing folder was the reason."""
    before, took = await asyncio.to_thread(_timed_signature, asked)
    if missing:
        yield ChangeBatch(
            frozenset(missing), WatchMethod.POLL, reason or "does not exist yet", frozenset(missing)
        )
    while not await _stopped(asked.stop, max(asked.poll_seconds, took * _LOOKING_SHARE)):
        now, took = await asyncio.to_thread(_timed_signature, asked)
        gone = frozenset(f for f in asked.folders if now.get(f) is None)
        changed = frozenset(p for p in {*before, *now} if before.get(p) != now.get(p))
        before = now
        if changed:
            yield ChangeBatch(changed, WatchMethod.POLL, reason or "does not exist yet", gone)
        if not reason and not gone:
            return


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True


def _why_poll(folders: Sequence[Path]) -> str:
    if os.environ.get("WATCHFILES_FORCE_POLLING"):
        return "WATCHFILES_FORCE_POLLING is set"
    for folder in folders:
        kind = file_system_of(folder)
        if not tells_of_changes(kind):
            return f"{folder} lies on {kind}, where changes by other machines send no events"
    return ""


def _unreachable(folders: Sequence[Path]) -> frozenset[Path]:
    return frozenset(f for f in folders if _folder_signature(f) is None)


def _identities(folders: Sequence[Path]) -> list[tuple[int, int] | None]:
    """A folder that was replaced has another identity: its watch sees nothing any more."""
    found: list[tuple[int, int] | None] = []
    for folder in folders:
        try:
            status = folder_status(folder)
            found.append((status.st_dev, status.st_ino))
        except OSError:
            found.append(None)
    return found


def _timed_signature(asked: _Watch) -> tuple[_Signature, float]:
    began = time.monotonic()
    found = _signature(asked.folders, asked.recursive)
    return found, time.monotonic() - began


def _signature(folders: Sequence[Path], recursive: bool) -> _Signature:
    """What polling compares: the time of every folder and of the first files, with their sizes."""
    found: _Signature = {}
    for folder in folders:
        found[folder] = _folder_signature(folder)
        if found[folder] is not None:
            _add_entries(folder, found, recursive=recursive)
    return found


def _folder_signature(folder: Path) -> tuple[int, ...] | None:
    try:
        status = folder_status(folder)
        if not may(folder, os.R_OK | os.X_OK):
            return None
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns)


def _add_entries(folder: Path, found: _Signature, *, recursive: bool) -> None:
    waiting, top, files = [folder], True, 0
    while waiting and len(found) < _MOST_FOLDERS:
        current = waiting.pop()
        try:
            for name, status in statuses_in(current):
                is_folder, path = stat.S_ISDIR(status.st_mode), current / name
                files += not is_folder
                if top or is_folder or files <= _MOST_FILES:
                    size = 0 if is_folder else status.st_size
                    found[path] = (status.st_ino, status.st_mtime_ns, size)
                if is_folder and recursive:
                    waiting.append(path)
        except OSError:
            # Gone or closed while it was read: the next look sees what is left.
            continue
        top = False
