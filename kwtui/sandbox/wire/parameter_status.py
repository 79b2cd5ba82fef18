"""The session variables that a client is told of without asking (ParameterStatus)."""

from __future__ import annotations

from kwtui.sandbox import identity
from kwtui.sandbox.wire.engine_protocol import Session

_VARIABLES = {
    "server_version": "server_version",
    "server_encoding": "server_encoding",
    "client_encoding": "client_encoding",
    "application_name": "application_name",
    "DateStyle": "datestyle",
    "IntervalStyle": "intervalstyle",
    "TimeZone": "timezone",
    "integer_datetimes": "integer_datetimes",
    "standard_conforming_strings": "standard_conforming_strings",
}
"""Wire names (facts.md 9.1) to variables. A node sends no cancellation key beside them."""


def current(session: Session) -> dict[str, str]:
    """What a client should believe now."""
    values = {name: session.variables.get(variable) for name, variable in _VARIABLES.items()}
    values["kwdb_version"] = identity.VERSION
    values["session_authorization"] = session.user
    values["is_superuser"] = "on" if session.user == "root" else "off"
    return values


def at_connect(session: Session) -> dict[str, str]:
    """What a node says to a new client: the time zone is empty then (recording 11)."""
    return current(session) | {"TimeZone": ""}
