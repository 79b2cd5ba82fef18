"""Where a node's files are on this machine: the store, extern and the logs, or why they are not."""

from __future__ import annotations

import grp
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.accounts import account_name
from kwtui.files.foreign.reading import folder_status, is_there, may, space_at
from kwtui.files.foreign.walking import entries_in
from kwtui.node.deployment.claims import (
    GIVEN,
    NO_FILES,
    PATHS,
    THIS_MACHINE,
    Answering,
    Claim,
    Deployment,
    Fact,
    FactName,
    Machine,
    Owner,
    Ownership,
)


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
    pending: bool = False
    """Not there yet, but its store is: KWDB makes extern at the first export."""
    problem: str = ""
    """Why it cannot be used; empty if it can."""
    remedy: str = ""
    """What to do about it, where that is more than to look on the node's own machine."""

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
    deployment: Deployment = field(default_factory=Deployment)
    """Everything that was said of the node, with its sources."""


def find_place(
    *,
    store: Path | None = None,
    extern: Path | None = None,
    logs: Path | None = None,
    arguments: Sequence[Sequence[str]] = (),
    store_paths: Sequence[str] = (),
    local: bool = True,
    thorough: bool = False,
    machine: Machine = THIS_MACHINE,
    server: Answering | None = None,
) -> NodePlace:
    """Find the node's folders: given paths first, then what the server reports, then this machine.

    ``arguments`` are start arguments that the server reported, ``store_paths`` its store paths;
    ``local`` says whether the server runs on this machine, so that what it reports, and this
    machine's processes and services, are worth looking at. ``thorough`` looks also where enough was
    given to find the folders: what others say is to be shown. With a ``server`` no folder is
    taken for its own without proof. Blocking, but quick. Never raises: what was not found says why.
    """
    paths = {FactName.STORE: store, FactName.EXTERN: extern, FactName.LOGS: logs}
    given = {name: str(path) for name, path in paths.items() if path is not None}
    if local and (thorough or not (extern and logs)):
        from kwtui.node.deployment.discovery import find_deployment

        found = find_deployment(
            given=given,
            arguments=arguments,
            store_paths=store_paths,
            machine=machine,
            server=server,
        )
    else:
        facts = (Fact(name, (Claim(value, GIVEN),)) for name, value in given.items())
        whose = _whose(store, store / "logs" if store else None, server, "--store")
        found = Deployment(tuple(facts), whose=whose, server=server)
    notes = []
    if not local and not given:
        notes.append("The server runs on another machine: its files cannot be seen here.")
    elif found.whose.is_barred:
        notes.append(found.whose.reason)
    elif local and found.chosen(FactName.STORE) is None and not (extern and logs):
        notes.append(
            "The location of the store is unknown: neither the server, a running kwbase process "
            "nor the kaiwudb service gives it."
        )
    notes += [in_words(fact) for fact in found.contradictions if fact.name in PATHS]
    return _place(found, notes)


def look_again(place: NodePlace) -> NodePlace:
    """The same folders as they are now: extern is made by the first export. Blocking."""
    return _place(place.deployment, place.notes) if place.deployment.facts else place


def folder_of(place: NodePlace | None, kind: str) -> Path:
    """The node's ``extern``, ``store`` or ``logs`` on this machine.

    Raises KwtuiError: EXTERN_NOT_FOUND, also without a place, or EXTERN_NOT_READABLE.
    """
    state: FolderState | None = getattr(place, kind, None)
    if state is not None and state.path is not None:
        # KWDB makes extern at the first export.
        # In a closed folder nobody can tell that it is not there yet.
        parent = state.path.parent
        awaited = kind == "extern" and not state.exists and may(parent, os.R_OK | os.X_OK)
        # What a person named may be a slip of the pen: a node exports to where nobody looks then.
        if state.source == GIVEN and not state.pending:
            awaited = awaited and _holds_a_store(parent)
        if state.usable or awaited:
            return state.path
    if state is None or state.path is None or not state.exists:
        title, exit_code = f"The node's {kind} folder was not found.", ExitCode.EXTERN_NOT_FOUND
    else:
        title = f"The node's {kind} folder {state.path} cannot be read."
        exit_code = ExitCode.EXTERN_NOT_READABLE
    raise KwtuiError(
        title,
        cause=state.problem if state is not None else "",
        hint=(state.remedy if state is not None else "")
        or f"Run kwtui where the node's files are and give --{kind} DIR.",
        exit_code=exit_code,
    )


def in_words(fact: Fact) -> str:
    """A contradiction as a sentence: what is believed, and who says otherwise."""
    others = "; ".join(f"{c.value or c.inside} ({c.source})" for c in fact.contradicting)
    mine = f"{fact.chosen.value or fact.chosen.inside} ({fact.chosen.source})"
    return f"Sources disagree on the {fact.name.value}: {mine} is taken; others say {others}."


def _place(found: Deployment, notes: Sequence[str]) -> NodePlace:
    store = _if_a_store(_inspect(found.chosen(FactName.STORE), "the store is"))
    extern_claim = found.chosen(FactName.EXTERN)
    logs_claim = found.chosen(FactName.LOGS)
    extern = _inspect(extern_claim or _below(found, "extern"), "extern is")
    logs = _inspect(logs_claim or _below(found, "logs"), "the logs are")
    if extern_claim is not None and extern_claim.value == NO_FILES:
        problem = "The node was started with --external-io-dir=disabled."
        extern = FolderState(None, extern_claim.source, problem=problem)
    elif (
        not extern.exists
        and extern.path is not None
        and store.usable
        and (extern_claim is None or extern.path.parent == store.path)
    ):
        extern = replace(extern, pending=True, problem="")
    if logs_claim is not None and logs_claim.value == NO_FILES:
        problem = "The node was started with an empty --log-dir: it writes no log files."
        logs = FolderState(None, logs_claim.source, problem=problem)
    if store.remedy:
        # What would lie below a folder that is no store is nowhere.
        extern, logs = (
            FolderState(None, each.source, problem=store.problem, remedy=store.remedy)
            if each.path is not None and each.path.parent == store.path and not each.exists
            else each
            for each in (extern, logs)
        )
    return NodePlace(
        _of_the_server(store, found.whose),
        _of_the_server(extern, _whose_folder(extern, FactName.EXTERN, store, found)),
        _of_the_server(logs, _whose_folder(logs, FactName.LOGS, store, found)),
        tuple(notes),
        found,
    )


_OF_A_STORE = (
    "KWBASEDB_VERSION",
    "CURRENT",
    "tsdb",
    "kwbase.listen-addr",
    "kwbase.start_mode",
    "extern",
    "logs",
)
"""What a node makes in its store (recording 04, ``ls -la $EXTERN/..``)."""


def _if_a_store(folder: FolderState) -> FolderState:
    """Told apart from an empty mount point, and from the folder above or below."""
    path = folder.path
    if path is None or not folder.readable or _holds_a_store(path):
        return folder
    near = [path.parent, *(path / each.name for each in entries_in(path) if each.is_folder)]
    meant = next((each for each in near if _holds_a_store(each)), None)
    return replace(
        folder,
        problem=f"{path} is not the store of a node: it holds none of {', '.join(_OF_A_STORE)}.",
        remedy=f"The store is in {meant}."
        if meant is not None
        else "Name the folder that the node was started with as --store; is its disk mounted?",
    )


def _holds_a_store(path: Path) -> bool:
    try:
        return any(is_there(path / name) for name in _OF_A_STORE)
    except OSError:
        return False


def _whose_folder(
    folder: FolderState, name: FactName, store: FolderState, found: Deployment
) -> Ownership:
    """Of one that was given by itself what stands there counts; the others follow the store."""
    path = folder.path
    if name not in found.given or path is None or path.parent == store.path:
        return found.whose
    if name is FactName.LOGS:
        return _whose(None, path, found.server, "--logs")
    return _whose(path.parent, path.parent / "logs", found.server, "--extern")


def _whose(
    store: Path | None, logs: Path | None, server: Answering | None, option: str
) -> Ownership:
    """Of a folder that a person named: barred only where it is another server's for certain."""
    if server is None or not (store or logs):
        return Ownership()
    from kwtui.node.deployment.ownership import judge, read_mark

    found = judge(read_mark(store, logs), server, str(store or logs))
    if found.owner is Owner.OTHER:
        remedy = f"Name the folder of the server that answers: {option} DIR, or in the profile."
        return replace(found, remedy=remedy)
    return found if found.owner is Owner.THIS else Ownership()


def _of_the_server(folder: FolderState, whose: Ownership) -> FolderState:
    if not whose.is_barred:
        return folder
    return FolderState(None, folder.source, problem=whose.reason, remedy=whose.remedy)


def _below(found: Deployment, name: str) -> Claim | None:
    store = found.chosen(FactName.STORE)
    if store is None or not store.value:
        return store
    return Claim(str(Path(store.value) / name), f"below the store ({store.source})")


def _inspect(claim: Claim | None, what: str) -> FolderState:
    if claim is None:
        problem = f"It is unknown where {what}: give its path in the profile."
        return FolderState(None, "", problem=problem)
    if claim.path is None:
        return FolderState(None, claim.source, problem=claim.problem)
    return inspect_folder(claim.path, claim.source)


def inspect_folder(path: Path, source: str) -> FolderState:
    """Look at one folder: there, readable, writable, whose, how much is free."""
    state = FolderState(path, source)
    try:
        status = folder_status(path)
    except FileNotFoundError:
        return replace(_with_space(state, path), problem=f"{path} was not found.")
    except NotADirectoryError:
        return replace(state, exists=is_there(path), problem=f"{path} is not a folder.")
    except OSError as error:
        return replace(state, problem=_closed(path, error))
    readable = may(path, os.R_OK | os.X_OK)
    return replace(
        _with_space(state, path),
        exists=True,
        readable=readable,
        writable=may(path, os.W_OK | os.X_OK),
        owner=account_name(status.st_uid),
        group=_group_name(status.st_gid),
        problem="" if readable else _closed(path, None),
    )


def _with_space(state: FolderState, path: Path) -> FolderState:
    """With what is free on its file system; of a missing folder, on its parent's."""
    try:
        return replace(state, free_bytes=space_at(path).free)
    except OSError:
        return state


def _closed(path: Path, error: OSError | None) -> str:
    """Which folder on the way is closed to this account, and what to do about it."""
    for folder in [*reversed(path.parents), path]:
        needed = os.X_OK if folder != path else os.R_OK | os.X_OK
        if may(folder, needed):
            continue
        try:
            status = folder_status(folder)
        except OSError:
            break
        owner, group = account_name(status.st_uid), _group_name(status.st_gid)
        mode = stat.filemode(status.st_mode)
        return (
            f"{folder} belongs to {owner}:{group} ({mode}) and is closed to"
            f" {account_name(os.geteuid())}. Run kwtui as {owner}, or as a member of {group}."
        )
    return f"{path} cannot be read: {error.strerror if error else 'permission denied'}."


def _group_name(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
