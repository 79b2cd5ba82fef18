"""Where a node's files are on this machine: the store, extern and the logs, or why they are not."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kwtui.node.arguments import StartArguments, of_processes, of_service


@dataclass(frozen=True)
class FolderState:
    """One of the node's folders, as this process sees it."""

    path: Path | None
    """None: nothing says where it is."""
    source: str
    """In words, how it was found: ``given``, ``the running process 4711``, …"""
    exists: bool = False
    readable: bool = False
    writable: bool = False
    owner: str = ""
    group: str = ""
    free_bytes: int | None = None
    free_inodes: int | None = None
    """None where the file system does not count them."""
    pending: bool = False
    """Not there yet, but its store is: KWDB makes extern at the first export."""
    problem: str = ""
    """Why it cannot be used, and what to do; empty if it can."""

    @property
    def usable(self) -> bool:
        """It can be read, or will be there after the first export."""
        return (self.readable or self.pending) and not self.problem


@dataclass(frozen=True)
class NodePlace:
    """The node's files, as far as they were found."""

    store: FolderState
    extern: FolderState
    logs: FolderState
    notes: tuple[str, ...] = ()
    """How it was looked for, for the connection page."""


@dataclass(frozen=True)
class Machine:
    """Where this machine keeps what tells of a node; other places in tests."""

    proc: Path = Path("/proc")
    etc: Path = Path("/etc")


@dataclass
class _Search:
    """Collects where each folder could be, best source first."""

    store: tuple[Path, str] | None = None
    extern: tuple[Path, str] | None = None
    logs: tuple[Path, str] | None = None
    no_extern: str = ""
    notes: list[str] = field(default_factory=list)


def find_place(
    *,
    store: Path | None = None,
    extern: Path | None = None,
    logs: Path | None = None,
    arguments: Sequence[Sequence[str]] = (),
    store_paths: Sequence[str] = (),
    local: bool = True,
    machine: Machine = Machine(),
) -> NodePlace:
    """Find the node's folders: given paths first, then what the server reports, then this machine.

    ``arguments`` are start arguments that the server reported, ``store_paths`` its store paths;
    ``local`` says whether the server runs on this machine, so that what it reports, and this
    machine's processes and services, are worth looking at. Blocking, but quick. Never raises: what
    was not found says why.
    """
    search = _Search()
    search.store = (store, "given") if store else None
    search.extern = (extern, "given") if extern else None
    search.logs = (logs, "given") if logs else None
    if local and not (store or (extern and logs)):
        _look_around(search, arguments, store_paths, machine)
    elif not local and not (store or extern or logs):
        search.notes.append("The server runs on another machine: its files cannot be seen here.")
    return _place(search)


def _look_around(
    search: _Search,
    arguments: Sequence[Sequence[str]],
    store_paths: Sequence[str],
    machine: Machine,
) -> None:
    reported = [StartArguments(tuple(a), "the server's start arguments") for a in arguments]
    if store_paths:
        words = ("kwbase", "start", *(f"--store=path={p}" for p in store_paths))
        reported.append(StartArguments(words, "the server's store path"))
    processes = of_processes(machine.proc)
    services = of_service(machine.etc)
    for found in (*reported, *processes, *services):
        _take(search, _mapped(found, services))
        if search.store:
            break
    if len(processes) > 1 and not reported:
        search.notes.append(
            f"{len(processes)} nodes run on this machine; the first was taken."
            " Give the store in the profile to choose."
        )
    if not search.store:
        search.notes.append(
            "Neither the server, a running kwbase process nor the kaiwudb service says where the"
            " store is."
        )


def _mapped(found: StartArguments, services: Sequence[StartArguments]) -> StartArguments:
    """What a server in a container reports is meant inside it."""
    volumes = next((s.volumes for s in services if s.volumes), ())
    if found.volumes or not volumes or not found.store or Path(found.store).exists():
        return found
    return replace(found, volumes=volumes)


def _take(search: _Search, found: StartArguments) -> None:
    if found.store is None:
        return
    search.store = search.store or (found.on_host(found.store), found.source)
    if found.extern == "disabled":
        search.no_extern = "The node was started with --external-io-dir=disabled."
    elif found.extern and not search.extern:
        search.extern = (found.on_host(found.extern), found.source)
    if found.logs and not search.logs:
        search.logs = (found.on_host(found.logs), found.source)


def _place(search: _Search) -> NodePlace:
    store = _inspect(search.store, "the store")
    extern_at = search.extern or _below(search.store, "extern")
    logs_at = search.logs or _below(search.store, "logs")
    extern = _inspect(extern_at, "extern")
    if search.no_extern:
        extern = replace(extern, pending=False, problem=search.no_extern)
    elif not extern.exists and store.readable and search.extern is None:
        extern = replace(extern, pending=True, problem="")
    return NodePlace(store, extern, _inspect(logs_at, "the logs"), tuple(search.notes))


def _below(store: tuple[Path, str] | None, name: str) -> tuple[Path, str] | None:
    return (store[0] / name, f"below the store ({store[1]})") if store else None


def _inspect(found: tuple[Path, str] | None, what: str) -> FolderState:
    if found is None:
        problem = f"Nothing says where {what} is: give its path in the profile."
        return FolderState(None, "", problem=problem)
    return inspect_folder(*found)


def inspect_folder(path: Path, source: str) -> FolderState:
    """Look at one folder: there, readable, writable, whose, how much is free."""
    state = FolderState(path, source)
    try:
        status = path.stat()
    except FileNotFoundError:
        return replace(_with_space(state, path), problem=f"{path} is not there.")
    except NotADirectoryError:
        return replace(state, problem=f"{path} is no folder.")
    except OSError as error:
        return replace(state, problem=_closed(path, error))
    if not stat.S_ISDIR(status.st_mode):
        return replace(state, exists=True, problem=f"{path} is no folder.")
    readable = os.access(path, os.R_OK | os.X_OK)
    return replace(
        _with_space(state, path),
        exists=True,
        readable=readable,
        writable=os.access(path, os.W_OK | os.X_OK),
        owner=_user_name(status.st_uid),
        group=_group_name(status.st_gid),
        problem="" if readable else _closed(path, None),
    )


def _with_space(state: FolderState, path: Path) -> FolderState:
    """With what is free on its file system; of a missing folder, on its parent's."""
    while not path.exists() and path != path.parent:
        path = path.parent
    try:
        space = os.statvfs(path)
    except OSError:
        return state
    return replace(
        state,
        free_bytes=space.f_bavail * space.f_frsize,
        free_inodes=space.f_favail if space.f_files else None,
    )


def _closed(path: Path, error: OSError | None) -> str:
    """Which folder on the way is closed to this account, and what to do about it."""
    for folder in [*reversed(path.parents), path]:
        needed = os.X_OK if folder != path else os.R_OK | os.X_OK
        if os.access(folder, needed):
            continue
        try:
            status = folder.stat()
        except OSError:
            break
        owner, group = _user_name(status.st_uid), _group_name(status.st_gid)
        mode = stat.filemode(status.st_mode)
        return (
            f"{folder} belongs to {owner}:{group} ({mode}) and is closed to"
            f" {_user_name(os.geteuid())}. Run kwtui as {owner}, or as a member of {group}."
        )
    return f"{path} cannot be read: {error.strerror if error else 'permission denied'}."


def _user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
