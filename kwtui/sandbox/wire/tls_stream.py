"""TLS on a client's socket, which tells a client why it is turned away.

asyncio's own TLS closes the socket where a handshake fails, before the alert is sent. A node sends
it: a client whose certificate has run out reads ``certificate expired``, and not just the end.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Any, Protocol

_PIECE = 64 * 1024


class Incoming(Protocol):
    """What is read of a client."""

    async def readexactly(self, n: int) -> bytes:
        """So many bytes. Raises asyncio.IncompleteReadError at the end."""


class Outgoing(Protocol):
    """What is written to a client."""

    def write(self, data: bytes) -> None:
        """Hand bytes over; they go out in the background."""

    async def drain(self) -> None:
        """Wait until few are left to send."""

    def close(self) -> None:
        """Hang up."""


class TlsStream:
    """Both directions of one encrypted connection. For one event loop."""

    def __init__(
        self,
        context: ssl.SSLContext,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._to_send, server_side=True)
        self._plain = bytearray()

    async def handshake(self) -> None:
        """Agree on keys, and look at the client's certificate. Raises ssl.SSLError."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._receive()
            except ssl.SSLError:
                await self._send()
                raise
            else:
                await self._send()
                return

    def common_name(self) -> str | None:
        """The user that the client's certificate is for; None where it showed none."""
        peer: dict[str, Any] = self._tls.getpeercert() or {}
        names = {key: value for part in peer.get("subject", ()) for key, value in part}
        return names.get("commonName")

    async def readexactly(self, n: int) -> bytes:
        """As `asyncio.StreamReader.readexactly`. Raises ssl.SSLError too."""
        while len(self._plain) < n:
            try:
                piece = self._tls.read(_PIECE)
            except ssl.SSLWantReadError:
                await self._receive()
                continue
            except ssl.SSLZeroReturnError:
                piece = b""
            if not piece:
                raise asyncio.IncompleteReadError(bytes(self._plain), n)
            self._plain += piece
        found = bytes(self._plain[:n])
        del self._plain[:n]
        return found

    def write(self, data: bytes) -> None:
        """As `asyncio.StreamWriter.write`."""
        for start in range(0, len(data), _PIECE):
            self._tls.write(data[start : start + _PIECE])
            self._writer.write(self._to_send.read())

    async def drain(self) -> None:
        """As `asyncio.StreamWriter.drain`."""
        await self._writer.drain()

    def close(self) -> None:
        """Say goodbye, as far as the other side still listens, and hang up."""
        # The client has not said goodbye yet, or never spoke TLS: nobody waits for it.
        with suppress(ssl.SSLError):
            self._tls.unwrap()
        self._writer.write(self._to_send.read())
        self._writer.close()

    async def _receive(self) -> None:
        """Wait for what the client sends next, after what it waits for. Raises ConnectionError."""
        await self._send()
        data = await self._reader.read(_PIECE)
        if not data:
            raise ConnectionResetError("the client left")
        self._received.write(data)

    async def _send(self) -> None:
        data = self._to_send.read()
        if data:
            self._writer.write(data)
            await self._writer.drain()
