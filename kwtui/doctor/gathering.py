"""Looking at the machine and the server for the checks. What fails becomes a reason, not an error.

Everything here only reads.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from kwtui.doctor.file_checks import FilesLook, Space, WatchLimits
from kwtui.doctor.server_checks import Clock, ServerLook
from kwtui.errors import KwtuiError
from kwtui.files.foreign.accounts import account_name
from kwtui.files.foreign.reading import space_at
from kwtui.files.foreign.walking import walk
from kwtui.files.untrusted import NotReadable
from kwtui.model.server import ServerFacts
from kwtui.node.logs.crashes import CRASH_LOG, Crash, read_crashes
from kwtui.node.logs.listing import find_logs
from kwtui.node.mounts import file_system_of
from kwtui.node.place import NodePlace, inspect_folder
from kwtui.operations.shared.node_files import visible_stores
from kwtui.server.connection.certificates import read_validities
from kwtui.server.connection.results import to_time
from kwtui.server.connection.server import Server
from kwtui.server.state import activity
from kwtui.server.state.wal_settings import WalSettings, read_wal_settings
from kwtui.text import sentences

_MOST_FOLDERS = 20_000
_INOTIFY = Path("sys/fs/inotify")


# -- server -----------------------------------------------------------------------------------


async def look_at_server(
    server: Server, facts: ServerFacts, engines: Iterable[str], own: Iterable[str] = ()
) -> ServerLook:
    """Ask what the checks need to know; ``own`` are ids of sessions of this very process."""
    sessions: tuple[activity.Session, ...] | str
    try:
        mine = {server.session_id, *own}
        sessions = tuple(s for s in await activity.read_sessions(server) if s.id not in mine)
    except KwtuiError as error:
        sessions = error.cause or error.title
    return ServerLook(
        facts=facts,
        target=server.target,
        engines=tuple(engines),
        clock=await _clock(server),
        sessions=sessions,
        wal=await _wal_or_unknown(server),
        certificates=await read_validities(server.target) if facts.tls else (),
        visible_nodes=await _visible_or_unknown(server, facts),
    )


async def _wal_or_unknown(server: Server) -> WalSettings | None:
    try:
        return await read_wal_settings(server)
    except KwtuiError:
        return None


async def _clock(server: Server) -> Clock | str:
    """No recording holds this statement by itself; recording 07 has its function."""
    before = time.time()
    try:
        answer = await server.query("SELECT now()")
    except KwtuiError as error:
        return error.cause or error.title
    after = time.time()
    told = to_time(answer.scalar())
    if told is None:
        return f"The server's time {answer.scalar()!r} is not understood."
    ours = datetime.fromtimestamp((before + after) / 2, UTC)
    return Clock((told - ours).total_seconds(), (after - before) / 2)


async def _visible_or_unknown(server: Server, facts: ServerFacts) -> dict[int, str] | None:
    try:
        return await visible_stores(server, facts)
    except KwtuiError:
        return None


# -- files ------------------------------------------------------------------------------------


async def look_at_files(place: NodePlace, state: Path) -> FilesLook:
    return await asyncio.to_thread(read_files, place, state)


def read_files(place: NodePlace, state: Path, proc: Path = Path("/proc")) -> FilesLook:
    """Look at the node's folders and at this machine. Blocking."""
    folders = {"extern": place.extern, "the logs": place.logs, "the store": place.store}
    paths = {what: f.path for what, f in folders.items() if f.path is not None}
    kinds = tuple((what, path, file_system_of(path)) for what, path in paths.items())
    return FilesLook(
        place=place,
        spaces=_spaces([path for what, path in paths.items() if what != "the store"]),
        file_systems=kinds,
        log_files=_count_logs(place),
        crashes=_crashes(place),
        limits=watch_limits(place.extern.path, proc),
        state=inspect_folder(state, "kwtui's own"),
        account=account_name(os.geteuid()),
    )


def _spaces(paths: Sequence[Path]) -> tuple[Space, ...]:
    """Of each file system once."""
    found: dict[int, Space] = {}
    for path in paths:
        try:
            space = space_at(path)
        except OSError:
            continue
        seen = Space(path, space.free, space.total, space.free_inodes)
        found.setdefault(space.device, seen)
    return tuple(found.values())


def _count_logs(place: NodePlace) -> int | str:
    if place.logs.path is None or not place.logs.usable:
        return 0
    try:
        return len(find_logs([place.logs.path]))
    except KwtuiError as error:
        return sentences(error.title, error.cause)


def _crashes(place: NodePlace) -> tuple[Crash, ...] | str:
    """In the log folder, or where the node was started (facts.md, 5.1)."""
    folders = [f.path for f in (place.logs, place.store) if f.path is not None and f.readable]
    if not folders:
        return "No folder of the node can be read."
    try:
        return tuple(crash for folder in folders for crash in read_crashes(folder / CRASH_LOG))
    except NotReadable as error:
        return f"{CRASH_LOG}: {error}."


def watch_limits(extern: Path | None, proc: Path = Path("/proc")) -> WatchLimits | str:
    """What inotify allows this account, and what its processes use."""
    try:
        watches = int((proc / _INOTIFY / "max_user_watches").read_text())
        instances = int((proc / _INOTIFY / "max_user_instances").read_text())
    except (OSError, ValueError):
        return "The kernel does not report inotify's limits."
    used, open_ones = _inotify_use(proc)
    return WatchLimits(watches, instances, used, open_ones, _count_folders(extern))


def _inotify_use(proc: Path) -> tuple[int, int]:
    """Watches and instances of this account's processes."""
    watches = instances = 0
    for process in proc.glob("[0-9]*"):
        try:
            if process.stat().st_uid != os.geteuid():
                continue
            for fd in (process / "fd").iterdir():
                if os.readlink(fd) == "anon_inode:inotify":
                    instances += 1
                    info = (process / "fdinfo" / fd.name).read_text()
                    watches += info.count("inotify wd:")
        except OSError:
            # A process that ended meanwhile uses nothing any more.
            continue
    return watches, instances


def _count_folders(extern: Path | None) -> int:
    if extern is None:
        return 0
    count = 1
    with suppress(OSError):
        for entry in walk(extern):
            count += entry.is_folder
            if count >= _MOST_FOLDERS:
                break
    return count
