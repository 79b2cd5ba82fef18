"""A server that says what a test tells it to, over the real wire: for faults that no node plays.

It speaks as much of the PostgreSQL protocol as psycopg needs: start-up, clear-text passwords,
simple queries with several result sets, notices, errors, silence and closing in the middle.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from kwtui.config.profiles import TlsMode
from kwtui.server.connection.target import Target

SSL_REQUEST = 80877103
Rows = list[tuple[str | None, ...]]


@dataclass
class Reply:
    """What comes back for a statement, in the order of the fields."""

    notices: list[str] = field(default_factory=list)
    sets: list[tuple[tuple[str, ...], Rows]] = field(default_factory=list)
    tag: str = "SELECT 0"
    error: tuple[str, str] | None = None
    """SQLSTATE and message."""
    delay: float = 0.0
    """Seconds before anything is said."""
    hang: bool = False
    hang_up: bool = False


IDENTITY: dict[str, Reply] = {
    "SELECT version()": Reply(sets=[(("version",), [("KaiwuDB V3.2.1",)])]),
    "SHOW session_id": Reply(sets=[(("session_id",), [("18ea",)])]),
    "SHOW node_id": Reply(sets=[(("node_id",), [("1",)])]),
    "SELECT current_user": Reply(sets=[(("current_user",), [("root",)])]),
    "SELECT kwdb_internal.is_admin()": Reply(sets=[(("is_admin",), [("t",)])]),
    "SELECT kwdb_internal.cluster_id()": Reply(sets=[(("cluster_id",), [("cluster-a",)])]),
    "SHOW DATABASES": Reply(
        sets=[(("database_name", "engine_type"), [("defaultdb", "RELATIONAL")])]
    ),
    "SELECT node_id, args FROM kwdb_internal.kv_node_status": Reply(
        sets=[(("node_id", "args"), [("1", '["kwbase", "--store=/var/lib/kaiwudb"]')])]
    ),
    "SELECT 1": Reply(sets=[(("?column?",), [("1",)])]),
}


class ScriptedServer:
    """Replies by statement; what is not in the script is answered with an empty success."""

    def __init__(
        self, script: Mapping[str, Reply] | None = None, *, password: str | None = None
    ) -> None:
        self.script = {**IDENTITY, **(script or {})}
        self.password = password
        self.received: list[str] = []
        self.passwords: list[str] = []
        self.startups: list[dict[str, str]] = []
        self.on_statement: Callable[[str], None] = lambda sql: None
        self.port = 0
        self.hang_up_on_cancel = False
        """As a node does with the session of an export (recording 10)."""
        self.refuse_on_cancel = False
        """As a node does with a SELECT."""
        self.tls: ssl.SSLContext | None = None
        self.deserted = asyncio.Event()
        """Set when the last connection has gone."""
        self._cancelled = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port or self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Die: no new connections, and the old ones break."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def connections(self) -> int:
        return len(self._writers)

    def target(self, **more: object) -> Target:
        values = {"host": "127.0.0.1", "port": self.port, "tls": TlsMode.DISABLE, **more}
        return Target(**values)  # type: ignore[arg-type]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if await self._start_up(reader, writer):
                await self._talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            if not self._writers:
                self.deserted.set()
            writer.close()

    async def _hang(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Say nothing until cancelled or left alone; whether the session goes on."""
        if not (self.hang_up_on_cancel or self.refuse_on_cancel):
            await reader.read()
            return False
        await self._cancelled.wait()
        if self.hang_up_on_cancel:
            writer.transport.abort()
            return False
        writer.write(error_message("57014", "query execution canceled") + READY)
        return True

    async def _start_up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        while True:
            (size,) = struct.unpack("!I", await reader.readexactly(4))
            body = await reader.readexactly(size - 4)
            if struct.unpack("!I", body[:4])[0] != SSL_REQUEST:
                break
            if self.tls is None:
                writer.write(b"N")
            else:
                writer.write(b"S")
                await writer.drain()
                await writer.start_tls(self.tls)
        words = [part.decode() for part in body[4:].split(b"\0")]
        self.startups.append(dict(zip(words[::2], words[1::2], strict=False)))
        if self.password is not None:
            writer.write(message(b"R", struct.pack("!I", 3)))
            kind, given = await read_message(reader)
            if kind != b"p":
                return False
            self.passwords.append(given.rstrip(b"\0").decode())
            if self.passwords[-1] != self.password:
                text = "password authentication failed for user op"
                writer.write(error_message("28P01", text))
                await writer.drain()
                return False
        writer.write(message(b"R", struct.pack("!I", 0)))
        writer.write(message(b"S", b"kwdb_version\0KaiwuDB V3.2.1\0"))
        writer.write(message(b"S", b"client_encoding\0utf8\0"))
        writer.write(READY)
        return True

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            kind, body = await read_message(reader)
            if kind != b"Q":
                return
            sql = body.rstrip(b"\0").decode()
            self.received.append(sql)
            self.on_statement(sql)
            reply = self.script.get(sql, Reply(tag="SET"))
            if sql.startswith("CANCEL "):
                self._cancelled.set()
            await asyncio.sleep(reply.delay)
            if reply.hang and not await self._hang(reader, writer):
                return
            if reply.hang:
                continue
            if reply.hang_up:
                writer.transport.abort()
                return
            writer.write(encode(reply))
            await writer.drain()


def encode(reply: Reply) -> bytes:
    out = b"".join(notice_message(text) for text in reply.notices)
    for names, rows in reply.sets:
        columns = b"".join(
            name.encode() + b"\0" + struct.pack("!IhIhih", 0, 0, 25, -1, -1, 0) for name in names
        )
        out += message(b"T", struct.pack("!h", len(names)) + columns)
        for row in rows:
            out += message(b"D", struct.pack("!h", len(row)) + b"".join(map(_value, row)))
    if reply.error is not None:
        return out + error_message(*reply.error) + READY
    return out + message(b"C", reply.tag.encode() + b"\0") + READY


def _value(value: str | None) -> bytes:
    if value is None:
        return struct.pack("!i", -1)
    data = value.encode()
    return struct.pack("!i", len(data)) + data


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def error_message(sqlstate: str, text: str) -> bytes:
    return message(b"E", _fields("ERROR", sqlstate, text))


def notice_message(text: str) -> bytes:
    return message(b"N", _fields("NOTICE", "XXUUU", text))


def _fields(severity: str, sqlstate: str, text: str) -> bytes:
    fields = (("S", severity), ("V", severity), ("C", sqlstate), ("M", text))
    return b"".join(f"{key}{value}".encode() + b"\0" for key, value in fields) + b"\0"


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    kind = await reader.readexactly(1)
    (size,) = struct.unpack("!I", await reader.readexactly(4))
    return kind, await reader.readexactly(size - 4)


READY = message(b"Z", b"I")


@asynccontextmanager
async def scripted(
    script: Mapping[str, Reply] | None = None, *, password: str | None = None
) -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer(script, password=password)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
