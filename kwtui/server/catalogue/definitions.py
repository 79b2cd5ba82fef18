"""What was read of a database's definitions, for as long as none of them changes.

A node takes a second to print the definitions of 400 tables, and next to nothing to tell that they
are the same ones: each change of a table, view or sequence, of its columns, keys, indexes,
retention, privileges or constraints, moves the version of its descriptor (recordings 02 and 12;
public source, sql/sqlbase/structured.go). Comments and zone configurations are no part of it, so
they are compared themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from kwtui.errors import KwtuiError
from kwtui.files.json_text import decode
from kwtui.server.connection.failures import ConnectionLost
from kwtui.server.connection.results import ResultSet, Row
from kwtui.server.connection.server import Server
from kwtui.sql import inspection

_MOST_BYTES = 32 << 20

Mark = tuple[tuple[Row, ...], ...]


@dataclass
class Definitions:
    """Of one database of one server: answers by statement. Handed from one reading to the next."""

    mark: Mark | None = None
    answers: dict[str, ResultSet] = field(default_factory=dict)

    def written(self) -> bytes:
        """For a process that reads the database again; nothing where that would be too much."""
        data = msgspec.json.encode(self) if self.mark is not None else b""
        return data if len(data) <= _MOST_BYTES else b""

    async def renew(self, server: Server, database: str) -> None:
        """Forget what was answered, unless nothing was changed since. Raises ConnectionLost.

        To be called before a reading: what changes while it reads is found by the next one.
        """
        told = await _told(server, database)
        mark = None if told is None else tuple(answer.rows for answer in told.values())
        if mark is None or mark != self.mark:
            self.answers = {}
        self.mark = mark
        self.answers |= told or {}

    async def ask(self, server: Server, sql: str) -> ResultSet:
        """A statement whose answer nothing changes but a change of definitions."""
        if sql not in self.answers:
            self.answers[sql] = await server.query(sql)
        return self.answers[sql]


def read_definitions(data: bytes) -> Definitions:
    """What `Definitions.written` wrote; none where that is not understood: then all is asked."""
    try:
        return decode(data, Definitions) if data else Definitions()
    except msgspec.DecodeError:
        return Definitions()


async def _told(server: Server, database: str) -> dict[str, ResultSet] | None:
    """None where a version does not tell it, or this user may not know."""
    found = {}
    try:
        for sql in (
            inspection.descriptors(database),
            inspection.descriptions(database),
            inspection.zones(),
        ):
            found[sql] = await server.query(sql)
    except ConnectionLost:
        raise
    except KwtuiError:
        return None
    return found
