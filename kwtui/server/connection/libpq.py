"""What libpq is told when connecting, and how its results become ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kwtui.config.profiles import TlsMode
from kwtui.server.connection.results import Column, ResultSet, Row
from kwtui.server.connection.target import Target

if TYPE_CHECKING:
    import psycopg

_NO_FILE = os.path.join(os.devnull, "none")
"""A path that cannot exist, to keep libpq from looking for a passfile of its own."""


def connection_parameters(target: Target) -> dict[str, Any]:
    """What libpq is told. Everything is said, so that no PG* variable changes it unseen."""
    parameters: dict[str, Any] = {
        "host": target.host,
        "hostaddr": target.hostaddr or "",
        "port": target.port,
        "user": target.user,
        "dbname": target.database,
        "passfile": _NO_FILE,
        "password": (target.password or "") if target.may_send_password else "",
        "sslmode": target.tls.value,
        # A node answers a GSSAPI request with a protocol error (facts.md, section 9.1).
        "gssencmode": "disable",
        "options": "",
        "application_name": "kwtui",
        "client_encoding": "utf8",
        "target_session_attrs": "any",
        "connect_timeout": target.connect_timeout,
        "keepalives": 1,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    for key in ("sslrootcert", "sslcert", "sslkey"):
        value = getattr(target, key) if target.tls is not TlsMode.DISABLE else None
        parameters[key] = value if value == "system" else os.path.expanduser(value or "")
    return parameters


_SAID = frozenset(
    {"PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGPASSFILE"}
    | {"PGSSLMODE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGGSSENCMODE", "PGOPTIONS"}
    | {"PGAPPNAME", "PGCLIENTENCODING", "PGTARGETSESSIONATTRS", "PGCONNECT_TIMEOUT"}
)
"""Variables whose parameter is said every time; kwtui reads some of them itself."""
_hidden: dict[str, str] = {}
_connecting = 0


@contextmanager
def without_other_variables() -> Iterator[None]:
    """Hide from libpq the PG* variables for which there is no parameter that could say nothing.

    PGSERVICE names a server of its own, PGREQUIREAUTH and the like change how one is spoken to.
    """
    global _connecting
    if _connecting == 0:
        found = [name for name in os.environ if name.startswith("PG") and name not in _SAID]
        _hidden.update({name: os.environ.pop(name) for name in found})
    _connecting += 1
    try:
        yield
    finally:
        _connecting -= 1
        if _connecting == 0:
            os.environ.update(_hidden)
            _hidden.clear()


def read_results(cursor: psycopg.AsyncCursor[Any]) -> tuple[list[ResultSet], str]:
    """Every result set up to the last: the real one of a time-series export comes after empty ones.

    Values are taken as the server's text; psycopg's own types would lose nanoseconds and refuse
    years that Python does not know.
    """
    sets: list[ResultSet] = []
    tag = ""
    while True:
        result = cursor.pgresult
        if result is not None:
            tag = (result.command_status or b"").decode("utf-8", "replace") or tag
            if result.nfields:
                sets.append(_result_set(result))
        if not cursor.nextset():
            return sets, tag


def _result_set(result: psycopg.pq.abc.PGresult) -> ResultSet:
    width = range(result.nfields)
    columns = tuple(
        Column((result.fname(i) or b"").decode("utf-8", "replace"), result.ftype(i)) for i in width
    )

    def row(number: int) -> Row:
        values = (result.get_value(number, i) for i in width)
        return tuple(None if v is None else v.decode("utf-8", "replace") for v in values)

    return ResultSet(columns, tuple(row(number) for number in range(result.ntuples)))
