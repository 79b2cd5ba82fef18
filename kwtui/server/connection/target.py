"""Where to connect: a profile, a DSN or the environment, resolved to one plain description.

A password may come inside a DSN. It is used from memory and nowhere else: `Target` leaves it out of
its repr, of `redacted` and of `as_dict`.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import quote

from kwtui.config.profiles import Environment, Profile, TlsMode, check_profile, find_profile
from kwtui.errors import ExitCode, KwtuiError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 26257
DEFAULT_USER = "root"
DEFAULT_DATABASE = "defaultdb"
DEFAULT_TIMEOUT = 10

_DSN_PREFIXES = ("postgresql://", "postgres://")


@dataclass(frozen=True)
class Target:
    """A server to connect to, with everything that it takes but secrets from elsewhere."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    user: str = DEFAULT_USER
    database: str = DEFAULT_DATABASE
    tls: TlsMode = TlsMode.VERIFY_FULL
    hostaddr: str | None = None
    sslrootcert: str | None = None
    sslcert: str | None = None
    sslkey: str | None = None
    profile: str | None = None
    """The profile that it came from."""
    environment: Environment | None = None
    store: str | None = None
    extern: str | None = None
    logs: str | None = None
    password_command: str | None = None
    passfile: str | None = None
    allow_cleartext_password: bool = False
    read_only: bool = False
    connect_timeout: int = DEFAULT_TIMEOUT
    """Seconds."""
    password: str | None = field(default=None, repr=False, compare=False)

    @property
    def redacted(self) -> str:
        """The target as a URL for display and for the ``--dsn`` of a command; no password."""
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        text = (
            f"postgresql://{quote(self.user, safe='')}@{host}:{self.port}"
            f"/{quote(self.database, safe='')}?sslmode={self.tls.value}"
        )
        for key in ("hostaddr", "sslrootcert", "sslcert", "sslkey", "passfile"):
            value = getattr(self, key)
            if value:
                text += f"&{key}={quote(value, safe='/')}"
        return text

    @property
    def label(self) -> str:
        """The shortest name that a person recognises it by."""
        return self.profile or f"{self.user}@{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """The server runs on this machine: a loopback address or a Unix socket."""
        if self.host.startswith("/") or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.hostaddr or self.host).is_loopback
        except ValueError:
            return False

    @property
    def may_send_password(self) -> bool:
        """A password may go over this connection: it is encrypted, or the person said so."""
        return self.tls is not TlsMode.DISABLE or self.allow_cleartext_password

    def with_database(self, database: str) -> Target:
        return replace(self, database=database)

    def with_password(self, password: str | None) -> Target:
        return replace(self, password=password)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values to hand to another process or keep in a file; never the password."""
        values = asdict(self)
        del values["password"]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Target:
        """The reverse of `as_dict`."""
        known = dict(values)
        known["tls"] = TlsMode(known.get("tls", TlsMode.VERIFY_FULL))
        if known.get("environment") is not None:
            known["environment"] = Environment(known["environment"])
        return cls(**known)


def target_from_profile(profile: Profile) -> Target:
    """The target that a profile describes."""
    check_profile(profile)
    return Target(
        host=profile.host,
        port=profile.port,
        user=profile.user,
        database=profile.database,
        tls=profile.tls,
        sslrootcert=profile.sslrootcert,
        sslcert=profile.sslcert,
        sslkey=profile.sslkey,
        profile=profile.name,
        environment=profile.environment,
        store=None if profile.ssh else profile.store,
        extern=None if profile.ssh else profile.extern,
        logs=None if profile.ssh else profile.logs,
        password_command=profile.password_command,
        passfile=profile.passfile,
        allow_cleartext_password=profile.allow_cleartext_password,
        read_only=profile.read_only,
    )


def is_dsn(text: str) -> bool:
    """Whether the text is a URL or ``key=value`` pairs rather than the name of a profile."""
    return text.startswith(_DSN_PREFIXES) or "=" in text


def resolve_target(
    *,
    dsn: str | None = None,
    profile: str | Profile | None = None,
    environ: Mapping[str, str] | None = None,
) -> Target:
    """The target of a DSN, of a profile (or its name), or of the PG* variables.

    A profile says everything itself. What a DSN leaves out is taken from PGHOST, PGPORT, PGUSER,
    PGDATABASE, PGSSLMODE, PGSSLROOTCERT, PGSSLCERT and PGSSLKEY, then from KWDB's defaults.
    Either text may be of the other kind. Raises KwtuiError (USAGE).
    """
    if dsn is not None and profile is not None:
        raise KwtuiError(
            "Both a DSN and a profile were given.",
            hint="Give one of them.",
            exit_code=ExitCode.USAGE,
        )
    if isinstance(profile, Profile):
        return target_from_profile(profile)
    text = dsn if dsn is not None else profile
    if text is not None and not is_dsn(text):
        return target_from_profile(find_profile(text))
    given = parse_dsn(text) if text else {}
    return _target_from_settings(given, os.environ if environ is None else environ)


def parse_dsn(text: str) -> dict[str, str]:
    """The parameters of a libpq URL or ``key=value`` text. Raises KwtuiError (USAGE).

    The error never repeats the text, which may hold a password.
    """
    # psycopg loads libpq; commands that talk to no server do without.
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        return {key: str(value) for key, value in conninfo_to_dict(text).items()}
    except ProgrammingError:
        raise KwtuiError(
            "The DSN cannot be read.",
            cause="It is neither a URL nor key=value pairs that PostgreSQL clients know.",
            hint="Write postgresql://user@host:26257/defaultdb?sslmode=verify-full, with special "
            "characters percent-encoded, or host=... port=... user=....",
            exit_code=ExitCode.USAGE,
        ) from None


_FROM_ENVIRONMENT = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}
_UNDERSTOOD = {*_FROM_ENVIRONMENT, "password", "passfile"}
_HARMLESS = {"application_name", "fallback_application_name", "gssencmode", "client_encoding"}
"""Parameters that drivers put into URLs and that kwtui sets itself."""


def _target_from_settings(given: Mapping[str, str], environ: Mapping[str, str]) -> Target:
    _refuse_unknown(given)

    def setting(key: str) -> str | None:
        return given.get(key) or environ.get(_FROM_ENVIRONMENT[key]) or None

    host = setting("host") or setting("hostaddr") or DEFAULT_HOST
    if "," in host or "," in (setting("port") or ""):
        raise _usage(
            "More than one host was given.",
            "A backup belongs to one node. Name the node whose extern directory is meant.",
        )
    return Target(
        host=host,
        port=_number("port", setting("port"), DEFAULT_PORT, 65535),
        user=setting("user") or DEFAULT_USER,
        database=setting("dbname") or DEFAULT_DATABASE,
        tls=tls_mode(setting("sslmode")),
        hostaddr=setting("hostaddr"),
        sslrootcert=setting("sslrootcert"),
        sslcert=setting("sslcert"),
        sslkey=setting("sslkey"),
        passfile=given.get("passfile"),
        connect_timeout=_number(
            "connect_timeout", setting("connect_timeout"), DEFAULT_TIMEOUT, 3600
        ),
        password=given.get("password") or None,
    )


def tls_mode(text: str | None) -> TlsMode:
    """The TLS mode of an ``sslmode``; the default is to verify. Raises KwtuiError (USAGE)."""
    if not text:
        return TlsMode.VERIFY_FULL
    if text in ("prefer", "allow"):
        raise _usage(
            f"sslmode={text} is not supported.",
            "It falls back to no encryption if the server or an attacker asks for it, and the "
            "password is then sent in clear text. Choose verify-full, or disable for a node "
            "without TLS.",
        )
    try:
        return TlsMode(text)
    except ValueError:
        choices = ", ".join(mode.value for mode in TlsMode)
        raise _usage(f"sslmode={text} is unknown.", f"Choose one of {choices}.") from None


def _refuse_unknown(given: Mapping[str, str]) -> None:
    unknown = sorted(set(given) - _UNDERSTOOD - _HARMLESS)
    if unknown:
        raise _usage(
            f"The DSN has parameters that kwtui does not use: {', '.join(unknown)}.",
            f"Remove them. Supported are {', '.join(sorted(_UNDERSTOOD))}.",
        )


def _number(name: str, text: str | None, default: int, largest: int) -> int:
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= largest:
        raise _usage(f"{name} must be a number from 1 to {largest}.", "Correct it and try again.")
    return int(text)


def _usage(title: str, hint: str) -> KwtuiError:
    return KwtuiError(title, hint=hint, exit_code=ExitCode.USAGE)
