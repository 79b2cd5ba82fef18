"""One client connection on its socket: start-up, login, and the thread that talks SQL.

The socket is read in the event loop and the protocol runs in a thread of its own, so that a
statement never blocks other clients and CANCEL QUERY from another connection gets through.
"""

from __future__ import annotations

import asyncio
import queue
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog import users
from kwtui.sandbox.node.node_log import Client, NodeLog, StatementLog
from kwtui.sandbox.node.store import Wal
from kwtui.sandbox.wire import messages
from kwtui.sandbox.wire.conversation import Conversation, Disconnected
from kwtui.sandbox.wire.engine_protocol import Engine, Session
from kwtui.sandbox.wire.parameter_status import at_connect
from kwtui.sandbox.wire.tls_stream import Incoming, Outgoing, TlsStream

Sockets = tuple[asyncio.StreamReader, asyncio.StreamWriter]

DEFAULT_DATABASE = "defaultdb"
DEFAULT_USER = "root"
STARTUP_SECONDS = 30
"""A client that says nothing for this long before it is logged in is dropped."""
MAX_STARTUP_BYTES = 10_000
GOODBYE_SECONDS = 1
"""How long a client that TLS turned away may take to notice."""

_HANDLED = frozenset({"user", "database", "application_name", "client_encoding", "options"})


@dataclass(frozen=True)
class Node:
    """What every connection of one server shares."""

    engine: Engine
    log: NodeLog
    wal: Wal
    password_required: bool = False
    tls: ssl.SSLContext | None = None
    """How TLS is spoken; None where it is not."""
    node_id: int = 1
    is_down: Callable[[], bool] = lambda: False
    """Whether nobody answers: connections are then closed at once."""


@dataclass
class Line:
    """Both directions to one client, in clear until it asks for TLS."""

    reader: Incoming
    writer: Outgoing
    certified: str | None = None
    """The user that the client's certificate is for; None where it showed none."""


class Clients:
    """Serves each connection that is accepted, and ends them all together."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self.node: Node | None = None
        """Connections that come before it is set are closed at once."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client until it leaves. For ``asyncio.start_server``."""
        task = asyncio.current_task()
        if self.node is None or task is None or self.node.is_down():
            writer.close()
            return
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with suppress(asyncio.CancelledError):
            await _serve_client(self.node, reader, writer)

    async def close(self) -> None:
        """Hang up on everybody, stop what they run, and wait until it has stopped."""
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


async def _serve_client(
    node: Node, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    host, port = writer.get_extra_info("peername")[:2]
    client = Client(address=f"{host}:{port}")
    line = Line(reader, writer)
    try:
        await _serve(node, client, line, (reader, writer))
    except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
        node.log.client_lost(client)
    except ssl.SSLError as error:
        node.log.protocol_error(client, f"tls: {error.reason or error}")
        # A socket that is closed while the client still talks takes the alert back.
        with suppress(TimeoutError, ConnectionError):
            await asyncio.wait_for(reader.read(), GOODBYE_SECONDS)
    except messages.ProtocolError as error:
        node.log.protocol_error(client, str(error))
        line.writer.write(messages.error_response(SqlError(str(error), "08P01"), "FATAL"))
    finally:
        line.writer.close()


async def _serve(node: Node, client: Client, line: Line, sockets: Sockets) -> None:
    async with asyncio.timeout(STARTUP_SECONDS):
        startup = await _startup(node, line, sockets)
        if startup is None:
            return
        client.user = users.normalize(startup.parameters.get("user") or DEFAULT_USER)
        try:
            await _log_in(node, client.user, line)
        except SqlError as error:
            node.log.login_failed(client, error)
            line.writer.write(messages.error_response(error))
            await line.writer.drain()
            return
    await _converse(node, client, startup.parameters, line)


async def _startup(node: Node, line: Line, sockets: Sockets) -> messages.Startup | None:
    """Read start-up packets until the client asks for a session; ``None`` if it never does.

    Insecure nodes have no TLS, so a request for it is refused politely; a secure one takes clients
    with and without it (recording 11). A request for GSSAPI encryption is not known to a node and
    answered with an error (facts.md 9.1). A cancel request is read and forgotten (facts.md 9.5).
    """
    while True:
        (length,) = struct.unpack("!i", await line.reader.readexactly(4))
        if not 8 <= length <= MAX_STARTUP_BYTES:
            raise messages.ProtocolError(f"start-up packet of {length} bytes")
        startup = messages.decode_startup(await line.reader.readexactly(length - 4))
        if startup.code == messages.PROTOCOL_3_0:
            return startup
        if startup.code == messages.CANCEL_REQUEST:
            return None
        if startup.code != messages.SSL_REQUEST:
            raise messages.ProtocolError(f"unknown protocol version {startup.code}")
        if isinstance(line.reader, TlsStream):
            raise messages.ProtocolError("a request for TLS inside of TLS")
        line.writer.write(b"N" if node.tls is None else b"S")
        await line.writer.drain()
        if node.tls is not None:
            await _encrypt(node.tls, line, sockets)


async def _encrypt(context: ssl.SSLContext, line: Line, sockets: Sockets) -> None:
    """Go on in TLS. Raises ssl.SSLError."""
    stream = TlsStream(context, *sockets)
    await stream.handshake()
    line.reader = line.writer = stream
    line.certified = stream.common_name()


async def _log_in(node: Node, user: str, line: Line) -> None:
    """Check the user and, where the node wants one, certificate or password. Raises SqlError."""
    certified = line.certified
    if not node.password_required:
        _check_known(node, user)
    elif certified is not None:
        if certified != user:
            raise SqlError(
                f"requested user is {user}, but certificate is for [{certified}]", "28000"
            )
        _check_known(node, user)
    else:
        line.writer.write(messages.AUTHENTICATION_CLEARTEXT)
        await line.writer.drain()
        message = await _read_message(line.reader)
        if not isinstance(message, messages.Password):
            raise messages.ProtocolError("expected a password message")
        moment = datetime.now(UTC)
        await asyncio.to_thread(users.authenticate, node.engine.catalog, user, message.text, moment)
    line.writer.write(messages.AUTHENTICATION_OK)


def _check_known(node: Node, user: str) -> None:
    known = node.engine.catalog.users.get(user)
    if known is None:
        raise SqlError(f"password authentication failed for user {user}")
    if known.is_role or "NOLOGIN" in known.options:
        raise SqlError(f"{user} does not have login privilege")


async def _read_message(reader: Incoming) -> messages.Frontend:
    header = await reader.readexactly(5)
    (length,) = struct.unpack("!i", header[1:])
    if not 4 <= length <= messages.MAX_MESSAGE:
        raise messages.ProtocolError(f"message size {length} bytes is out of bounds")
    return messages.decode(header[:1], await reader.readexactly(length - 4))


async def _converse(
    node: Node,
    client: Client,
    asked: dict[str, str],
    line: Line,
) -> None:
    """Run the conversation in a thread, feeding it what arrives on the socket."""
    database = asked.get("database") or DEFAULT_DATABASE
    name = asked.get("application_name", "")
    session = await asyncio.to_thread(
        node.engine.session, client.user, database, name, client.address, node.node_id
    )
    inbox: queue.SimpleQueue[messages.Frontend | None] = queue.SimpleQueue()
    finished = asyncio.Event()
    loop = asyncio.get_running_loop()
    node.log.client_connected(client)

    async def deliver(data: bytes) -> None:
        line.writer.write(data)
        await line.writer.drain()

    def send(data: bytes) -> None:
        asyncio.run_coroutine_threadsafe(deliver(data), loop).result()

    def talk() -> None:
        try:
            _talk(session, asked, inbox.get, send, StatementLog(node.log, client, node.wal))
        finally:
            try:
                session.close()
            finally:
                loop.call_soon_threadsafe(finished.set)

    threading.Thread(target=talk, name=f"client {client.address}", daemon=True).start()
    reading = asyncio.ensure_future(_feed(line.reader, inbox))
    done = asyncio.ensure_future(finished.wait())
    try:
        await asyncio.wait({reading, done}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # Whether the client is gone or the node stops: its statement is stopped, as on a node.
        reading.cancel()
        inbox.put(None)
        await _finish(session, done)
    if reading.done() and not reading.cancelled() and (error := reading.exception()):
        raise error


async def _finish(session: Session, done: asyncio.Task[Literal[True]]) -> None:
    """Stop what runs and wait for its thread, even while this task is being cancelled."""
    if done.done():
        return
    stopping = asyncio.gather(asyncio.to_thread(session.close), done)
    while not stopping.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(stopping)


async def _feed(reader: Incoming, inbox: queue.SimpleQueue[messages.Frontend | None]) -> None:
    """Pass messages on until the client is gone."""
    try:
        while True:
            inbox.put(await _read_message(reader))
    except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
        return


def _talk(
    session: Session,
    asked: dict[str, str],
    receive: Callable[[], messages.Frontend | None],
    send: Callable[[bytes], None],
    observer: StatementLog,
) -> None:
    """The whole conversation after login; returns when the connection has to be closed."""
    try:
        for name, value in asked.items():
            if name not in _HANDLED:
                _set_asked(session, name, value, observer)
        for name, value in at_connect(session).items():
            send(messages.parameter_status(name, value))
        Conversation(session, receive, send, observer).run()
    except (Disconnected, ConnectionError):
        observer.hung_up()


def _set_asked(session: Session, name: str, value: str, observer: StatementLog) -> None:
    """A session variable of the start-up packet; a node only notes the ones it does not know."""
    quoted = value.replace("'", "''")
    try:
        for _ in session.execute(f"SET \"{name}\" = '{quoted}'"):
            pass
    except SqlError as error:
        observer.parameter_refused(name, error)
