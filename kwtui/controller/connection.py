"""What every part of the Controller stands on: subscribers, the connection, the node's folders."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from kwtui.config.directories import state_dir
from kwtui.controller.events import StorageChanged
from kwtui.controller.watchers import RunsWatcher, StorageWatcher
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.backups.listing.contents import SetDetails
    from kwtui.config.profiles import Profile
    from kwtui.model.server import ServerFacts
    from kwtui.node.place import FolderState, NodePlace
    from kwtui.runs.directory import RunsDirectory
    from kwtui.server.connection.keepalive import Keeper
    from kwtui.server.connection.server import Server
    from kwtui.server.connection.status import ConnectionStatus
    from kwtui.server.connection.target import Target

P = ParamSpec("P")
R = TypeVar("R")


class Core:
    """A base of all parts of the Controller.

    All methods raise `kwtui.errors.KwtuiError` with a message for people; nothing else escapes.
    """

    def __init__(self, *, state: Path | None = None, in_background: bool = True) -> None:
        """``state`` is where runs are kept.

        ``in_background`` off is for commands, which have nothing else to do meanwhile: nothing is
        watched and files are read without a thread, so that a question about files alone needs no
        event loop.
        """
        from kwtui.server.connection.status import ConnectionState, ConnectionStatus

        self._state = state or state_dir()
        self._in_background = in_background
        self._listeners: list[Callable[[object], None]] = []
        self._keeper: Keeper | None = None
        self._place: NodePlace | None = None
        self._disconnected = ConnectionStatus(ConnectionState.DISCONNECTED, datetime.now(UTC))
        self._storage_watcher = StorageWatcher(self._publish)
        self._runs_watcher = RunsWatcher(self._publish)
        self._open_sets: dict[str, SetDetails] = {}
        self._other_places: dict[int, NodePlace] = {}
        """Files of nodes that one is not connected to, as far as they are on this machine."""

    # -- events ------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[object], None]) -> Callable[[], None]:
        """Call ``listener`` with every controller event; returns the way to stop it.

        Events: ConnectionStatus, StorageChanged, StorageWatched, RunsChanged.
        """
        self._listeners.append(listener)
        if self._in_background:
            self._runs_watcher.watch(self._runs_directory())
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def _publish(self, event: object) -> None:
        if isinstance(event, StorageChanged):
            self._open_sets.clear()
        for listener in tuple(self._listeners):
            listener(event)

    # -- connection ---------------------------------------------------------------------------

    def profiles(self) -> list[Profile]:
        """The saved profiles, in the order of the file."""
        from kwtui.config.profiles import load_profiles

        return load_profiles()

    def save_profile(self, profile: Profile) -> None:
        from kwtui.config.profiles import save_profile

        save_profile(profile)

    def delete_profile(self, name: str) -> None:
        from kwtui.config.profiles import delete_profile

        delete_profile(name)

    async def connect(self, target: Target, password: str | None = None) -> ConnectionStatus:
        """Connect, learn what the server is, find the node's files; then keep it alive.

        Without ``password`` the target's other sources are asked (environment, passfile, command).
        Raises KwtuiError; `PasswordNeeded` and `PasswordRejected` of
        `kwtui.server.connection.failures` say that asking the person may help.
        """
        from kwtui.server.connection.keepalive import Keeper

        await self.disconnect()
        keeper = Keeper(target.with_password(password) if password else target, self._publish)
        await keeper.start()
        self._keeper = keeper
        await self._find_place(target)
        self._publish(keeper.status)
        return keeper.status

    async def disconnect(self) -> None:
        """Close the connection; the node's files stay known until the next one."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            await keeper.stop()

    async def use_folders(
        self,
        *,
        extern: Path | None = None,
        store: Path | None = None,
        logs: Path | None = None,
    ) -> NodePlace:
        """Look at a node's files without a connection, as `list`, `show` and `verify` do."""
        from kwtui.node.place import find_place

        self._place = await self._blocking(
            find_place, store=store, extern=extern, logs=logs, local=extern is None
        )
        self._watch_storage()
        return self._place

    async def start_sandbox(self) -> Target:
        """Start the sandbox unless one runs; the target to connect to."""
        from kwtui.server.sandbox_process import start_sandbox

        return await start_sandbox()

    @property
    def status(self) -> ConnectionStatus:
        """Disconnected, connecting, connected (with ServerFacts), lost (with the reason)."""
        return self._keeper.status if self._keeper is not None else self._disconnected

    @property
    def is_connected(self) -> bool:
        return self._keeper is not None and self.status.is_connected

    @property
    def place(self) -> NodePlace | None:
        """Where the node's store, extern and logs are, or why they were not found."""
        return self._place

    @property
    def polls_because(self) -> str:
        """Why extern is looked at again and again; empty where the kernel tells of changes."""
        return self._storage_watcher.polls_because

    @property
    def target(self) -> Target | None:
        """What one is connected to; None before the first connection."""
        return self._keeper.target if self._keeper is not None else None

    def connection_options(self, extern: Path | None = None) -> list[str]:
        """The options that name this server and these files to a command; never a password.

        ``extern`` is for what lies elsewhere than in the folder that is looked at.
        """
        from kwtui.controller.commands import options_of

        known = self._place.extern.path if self._place is not None else None
        return options_of(self.target, known, self.profiles, other_extern=extern)

    def command(self, *words: str) -> str:
        """A line for a shell: kwtui with these words, for this server and these files."""
        import shlex

        return shlex.join(["kwtui", *words, *self.connection_options()])

    def retry_now(self) -> None:
        """Try a lost connection again at once."""
        if self._keeper is not None:
            self._keeper.retry_now()

    async def close(self) -> None:
        """Close the connection and stop watching. Runs go on: they are processes of their own."""
        await self._storage_watcher.stop()
        await self._runs_watcher.stop()
        await self.disconnect()

    # -- inside -------------------------------------------------------------------------------

    async def _blocking(
        self, function: Callable[P, R], *arguments: P.args, **options: P.kwargs
    ) -> R:
        if not self._in_background:
            return function(*arguments, **options)
        import asyncio

        return await asyncio.to_thread(function, *arguments, **options)

    def _server(self) -> Server:
        if self._keeper is None:
            raise KwtuiError(
                "There is no connection to a server.",
                hint="Connect first: --dsn URL, --profile NAME or --sandbox.",
                exit_code=ExitCode.SERVER_UNREACHABLE,
            )
        return self._keeper.server

    def _facts(self) -> ServerFacts:
        facts = self.status.facts
        if facts is None:
            raise KwtuiError("Nothing is known of the server yet.", hint="Connect first.")
        return facts

    @asynccontextmanager
    async def _own_connection(self) -> AsyncIterator[Server]:
        """For questions that take long: the shared connection stays free for short ones."""
        from kwtui.server.connection.server import Server

        server = await Server.open(self._server().target)
        try:
            yield server
        finally:
            await server.close()

    async def _find_place(self, target: Target) -> None:
        from kwtui.node.place import find_place

        facts = self._facts()
        self._place = await self._blocking(
            find_place,
            store=_path(target.store),
            extern=_path(target.extern),
            logs=_path(target.logs),
            arguments=[facts.start_arguments] if facts.start_arguments else (),
            store_paths=facts.store_paths,
            local=target.is_local,
        )
        self._other_places = {}
        self._watch_storage()

    def _watch_storage(self) -> None:
        self._open_sets.clear()
        if self._in_background and self._place is not None and self._place.extern.path is not None:
            self._storage_watcher.watch(self._place.extern.path)

    def _extern(self) -> Path:
        return self._folder("extern")

    def _folder(self, kind: str) -> Path:
        """The node's folder on this machine. Raises EXTERN_NOT_FOUND or EXTERN_NOT_READABLE."""
        state: FolderState | None = getattr(self._place, kind, None)
        if state is not None and state.path is not None:
            # KWDB makes extern at the first export.
            # In a closed folder nobody can tell that it is not there yet.
            awaited = (
                kind == "extern"
                and not state.exists
                and os.access(state.path.parent, os.R_OK | os.X_OK)
            )
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
            hint=f"Run kwtui where the node's files are and give --{kind} DIR.",
            exit_code=exit_code,
        )

    def _runs_directory(self) -> RunsDirectory:
        from kwtui.runs.directory import RunsDirectory

        return RunsDirectory(self._state)


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None
