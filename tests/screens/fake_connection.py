"""The connection, the node's folders and the saved servers, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from kwtui.config.profiles import Environment, Profile, TlsMode
from kwtui.controller.connection import Connection
from kwtui.controller.events import Events
from kwtui.controller.folders import NodeFolders
from kwtui.controller.profiles import Profiles
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import Engine
from kwtui.model.server import ServerFacts
from kwtui.node.place import FolderState, NodePlace
from kwtui.server.connection.failures import PasswordNeeded
from kwtui.server.connection.status import ConnectionState, ConnectionStatus
from kwtui.server.connection.target import Target
from tests.screens.staged import FACTS, NOW


class FakeProfiles(Profiles):
    def __init__(self) -> None:
        self.saved: list[Profile] = [
            Profile(
                "shop-test", host="db1.test", tls=TlsMode.DISABLE, environment=Environment.TEST
            ),
            Profile("shop", host="db1.example", environment=Environment.PROD),
        ]

    def all(self) -> list[Profile]:
        return list(self.saved)

    def save(self, profile: Profile) -> None:
        self.saved = [p for p in self.saved if p.name != profile.name] + [profile]

    def delete(self, name: str) -> None:
        self.saved = [p for p in self.saved if p.name != name]


class FakeConnection(Connection):
    """A server that answers, does not, or went away, as tests stage it."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self.current = ConnectionStatus(ConnectionState.DISCONNECTED, NOW)
        self.server_facts = FACTS
        self.connect_error: KwtuiError | None = None
        self.password: str | None = None
        self.confirm = "5c1f2e9a"
        self.retries = 0

    async def connect(self, target: Target, password: str | None = None) -> ConnectionStatus:
        if self.connect_error is not None:
            raise self.connect_error
        if self.password is not None and password != self.password:
            raise PasswordNeeded(
                "The server asks root for a password, and none was found.",
                exit_code=ExitCode.AUTHENTICATION_FAILED,
            )
        self.set_connected(target.redacted)
        return self.current

    def set_connected(self, target: str = "root@127.0.0.1:26257") -> None:
        self.current = ConnectionStatus(
            ConnectionState.CONNECTED,
            NOW,
            target,
            self.server_facts,
            engines=(Engine.RELATIONAL, Engine.TIME_SERIES),
        )
        self._events.publish(self.current)

    def lose(self, reason: str = "the server closed the connection.") -> None:
        self.current = replace(
            self.current,
            state=ConnectionState.LOST,
            title="The connection is lost.",
            cause=reason,
            attempt=2,
            retry_at=NOW + timedelta(seconds=8),
        )
        self._events.publish(self.current)

    def retry_now(self) -> None:
        self.retries += 1

    async def start_sandbox(self) -> Target:
        return Target(port=26999, tls=TlsMode.DISABLE)

    @property
    def status(self) -> ConnectionStatus:
        return self.current

    @property
    def is_connected(self) -> bool:
        return self.current.is_connected

    @property
    def confirmation_name(self) -> str:
        return self.confirm

    def facts(self) -> ServerFacts:
        return self.server_facts

    def need(self) -> None:
        if self.current.facts is None:
            raise KwtuiError(
                "There is no connection.",
                hint="Connect on the first screen.",
                exit_code=ExitCode.SERVER_UNREACHABLE,
            )


class FakeFolders(NodeFolders):
    """The folders of the node that one is connected to."""

    def __init__(self, connection: FakeConnection) -> None:
        self._connection = connection
        self.polling = ""
        self.free: int | None = 40_000_000_000
        self.place_found = NodePlace(
            FolderState(Path("/var/lib/kaiwudb"), "the server's start arguments", True, True, True),
            FolderState(
                Path("/var/lib/kaiwudb/extern"),
                "inside the store",
                True,
                True,
                True,
                free_bytes=40_000_000_000,
            ),
            FolderState(Path("/var/lib/kaiwudb/logs"), "inside the store", True, True, False),
        )

        self.now: NodePlace | None = None
        """The same folders later; None: as they were found."""

    async def as_now(self) -> NodePlace | None:
        return self.now or self.place

    @property
    def place(self) -> NodePlace | None:
        return self.place_found if self._connection.current.facts else None

    @property
    def polls_because(self) -> str:
        return self.polling

    def extern(self) -> Path:
        return self.place_found.extern.path or Path()

    async def free_bytes(self) -> int | None:
        return self.free
