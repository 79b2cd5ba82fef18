"""Session variables: SET, RESET, USE and SHOW of one variable (recordings 01, 06, 10 and 12)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.answers.rowset import reference


class Owner(Protocol):
    """The session, as its variables know it."""

    database: str
    user: str
    node_id: int
    session_id: str
    transaction_status: str

    @property
    def read_only(self) -> bool: ...

    @property
    def databases(self) -> Collection[str]: ...


_COMPUTED = ("database", "node_id", "session_id", "session_user", "transaction_status")
DEFAULTS: dict[str, str] = {
    name: value for name, value in reference("session_variables") if name not in _COMPUTED
}
"""What SHOW ALL lists in a new session (recording 01), and where it starts."""
_READ_ONLY = {
    "server_version", "server_version_num", "server_encoding", "integer_datetimes",
    "node_id", "session_id", "session_user", "transaction_status", "transaction_read_only",
    "transaction_isolation", "is_superuser", "kwdb_version", "locality",
}  # fmt: skip
_ALIASES = {"time zone": "timezone", "names": "client_encoding", "timezone": "timezone"}
_FLAGS = {name for name, value in DEFAULTS.items() if value in ("on", "off")} - {"optimizer"}
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0, "min": 60_000.0, "h": 3_600_000.0}


class Variables:
    """The variables of one session."""

    def __init__(self, session: Owner, application_name: str) -> None:
        self._values = {"application_name": application_name}
        self._computed: dict[str, Callable[[], str]] = {
            "database": lambda: session.database,
            "node_id": lambda: str(session.node_id),
            "session_id": lambda: session.session_id,
            "session_user": lambda: session.user,
            "is_superuser": lambda: "on" if session.user == "root" else "off",
            "transaction_read_only": lambda: "on" if session.read_only else "off",
            "transaction_isolation": lambda: "serializable",
            "transaction_status": lambda: {"I": "NoTxn", "T": "Open", "E": "Aborted"}[
                session.transaction_status
            ],
        }
        self._session = session

    def get(self, name: str) -> str:
        """A variable's text. Raises SqlError (42704) for a name that is not known."""
        name = name.lower()
        if name in self._computed:
            return self._computed[name]()
        if name in self._values:
            return self._values[name]
        if name in DEFAULTS:
            return DEFAULTS[name]
        raise SqlError(f'unrecognized configuration parameter "{name}"', "42704")

    def set(self, name: str, value: str) -> None:
        """Sets a variable. Raises SqlError for an unknown name or an impossible value."""
        name = name.lower()
        self.get(name)
        if name in _READ_ONLY:
            raise SqlError(f'parameter "{name}" cannot be changed', "55P02")
        if name == "database":
            self._use(value)
            return
        if name in _FLAGS:
            value = _flag(name, value)
        elif name == "timezone":
            value = _zone(value)
        elif name == "extra_float_digits":
            value = _float_digits(value)
        elif name == "bytea_output":
            value = _one_of(name, value, ("hex", "escape", "base64"))
        elif name.endswith("_timeout"):
            value = f"{milliseconds(value):g}"
        self._values[name] = value

    def _use(self, database: str) -> None:
        if database not in self._session.databases:
            raise SqlError(f'database "{database}" does not exist', "3D000")
        self._session.database = database

    def reset(self, name: str) -> None:
        """Gives a variable its default value again."""
        self.get(name)
        self._values.pop(name.lower(), None)

    def all(self) -> dict[str, str]:
        """Every variable with its text, in the order of names (SHOW ALL)."""
        names = {*DEFAULTS, *self._values, *self._computed}
        return {name: self.get(name) for name in sorted(names)}


def milliseconds(text: str) -> float:
    """A duration such as ``50ms``, ``2s`` or ``0`` (a bare number is milliseconds).

    Raises SqlError (22023) for a text that is none.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.lower())
    if match is None or match.group(2) not in ("", *_UNITS):
        raise SqlError(f'invalid value for a timeout: "{text}"', "22023")
    return float(match.group(1)) * _UNITS.get(match.group(2), 1.0)


def _flag(name: str, value: str) -> str:
    if value.lower() in ("on", "true", "yes", "1"):
        return "on"
    if value.lower() in ("off", "false", "no", "0"):
        return "off"
    raise SqlError(f'parameter "{name}" requires a Boolean value', "22023")


def _float_digits(value: str) -> str:
    """The range that PostgreSQL has, too."""
    if re.fullmatch(r"[+-]?\d+", value) is None:
        raise SqlError(
            f'invalid value for parameter "extra_float_digits": "{value}"',
            "22023",
            detail=f'strconv.ParseInt: parsing "{value}": invalid syntax',
        )
    if not -15 <= int(value) <= 3:
        raise SqlError(
            f'{int(value)} is outside the valid range for parameter "extra_float_digits"'
            " (-15 .. 3)",
            "22023",
        )
    return str(int(value))


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value.lower() not in allowed:
        raise SqlError(
            f'invalid value for parameter "{name}": "{value}"',
            "22023",
            hint=f"Available values: {','.join(allowed)}",
        )
    return value.lower()


def _zone(value: str) -> str:
    if value.lower() in ("utc", "default", "local", "0", "etc/utc"):
        return "UTC"
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", value):
        return value
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SqlError(f'invalid value for parameter "timezone": "{value}"', "22023") from error
    return value
