"""Where the connection stands, as screens and scripts are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kwtui.model.schema import Engine
from kwtui.model.server import ServerFacts


class ConnectionState(StrEnum):
    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"
    """It was there; it is being tried again."""
    FAILED = "failed"
    """It could not be made, and trying again by itself makes no sense."""


@dataclass(frozen=True)
class ConnectionStatus:
    """The whole state at one moment. ``since`` is UTC; ``retry_at`` tells of the next attempt."""

    state: ConnectionState
    since: datetime
    target: str = ""
    """The target for display, without any secret."""
    facts: ServerFacts | None = None
    """Kept while the connection is lost, so that screens still know what they show."""
    engines: tuple[Engine, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be learnt of the server, or should be known of the connection, in words."""
    title: str = ""
    """The problem, as in KwtuiError; empty while all is well."""
    cause: str = ""
    hint: str = ""
    attempt: int = 0
    retry_at: datetime | None = None

    @property
    def server(self) -> tuple[str, int, str, str] | None:
        """What tells one server, and one account on it, from another; None while not connected."""
        if not self.is_connected or self.facts is None:
            return None
        return self.facts.cluster_id, self.facts.node_id, self.facts.user, self.target

    @property
    def is_connected(self) -> bool:
        return self.state is ConnectionState.CONNECTED
