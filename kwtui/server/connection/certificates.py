"""Until when certificates hold: those that the server shows, and those that a client is given.

Only the validity is read (X.509, RFC 5280, 4.1): whether a certificate is to be trusted is what
libpq checks while it connects.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kwtui.config.profiles import TlsMode
from kwtui.files.untrusted import NotReadable, read_text
from kwtui.server.connection.target import Target

_SSL_REQUEST = struct.pack("!II", 8, 80877103)
_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


@dataclass(frozen=True)
class Validity:
    """The end of one certificate."""

    whose: str
    """``server``, ``client`` or ``CA``."""
    where: str
    """The file, or the address that showed it."""
    ends: datetime | None = None
    """UTC; None where it could not be read."""
    problem: str = ""


async def read_validities(target: Target, within: float = 10.0) -> tuple[Validity, ...]:
    """Of the certificates of a connection with TLS. Never raises: what fails says why."""
    if target.tls is TlsMode.DISABLE:
        return ()
    found = [await _shown_by_server(target, within)]
    for whose, path in (("client", target.sslcert), ("CA", target.sslrootcert)):
        if path and path != "system":
            found.append(await asyncio.to_thread(_of_file, whose, path))
    return tuple(found)


def _of_file(whose: str, name: str) -> Validity:
    """The first certificate of a client's file is its own; of several CAs the first end counts."""
    path = Path(name).expanduser()
    try:
        ends = [not_after(ssl.PEM_cert_to_DER_cert(pem)) for pem in _certificates(read_text(path))]
    except NotReadable as error:
        return Validity(whose, str(path), problem=str(error))
    except ValueError as error:
        return Validity(whose, str(path), problem=str(error) or "it is not a certificate")
    if not ends:
        return Validity(whose, str(path), problem="it holds no certificate")
    return Validity(whose, str(path), min(ends) if whose == "CA" else ends[0])


def _certificates(text: str) -> Iterator[str]:
    for piece in text.split(_BEGIN)[1:]:
        body, end, _ = piece.partition(_END)
        if end:
            yield f"{_BEGIN}{body}{_END}"


async def _shown_by_server(target: Target, within: float) -> Validity:
    host = target.hostaddr or target.host
    where = f"{target.host}:{target.port}"
    try:
        async with asyncio.timeout(within):
            shown = await _handshake(host, target.port)
        return Validity("server", where, not_after(shown))
    except (OSError, EOFError, TimeoutError, ValueError, asyncio.IncompleteReadError) as error:
        return Validity("server", where, problem=str(error) or type(error).__name__)


async def _handshake(host: str, port: int) -> bytes:
    """The certificate that the server shows; the connection ends before anybody logs in."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(_SSL_REQUEST)
        await writer.drain()
        if await reader.readexactly(1) != b"S":
            raise ValueError("it offers no TLS")
        # Nothing is sent and nothing is believed: only the validity is read.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        await writer.start_tls(context)
        shown: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.close()
    if not shown:
        raise ValueError("it presents no certificate")
    return shown


# -- DER --------------------------------------------------------------------------------------


def not_after(der: bytes) -> datetime:
    """The end of a certificate's validity, UTC. Raises ValueError for what is no certificate."""
    try:
        certificate = _content(der, _SEQUENCE)
        fields = list(_values(_content(certificate, _SEQUENCE)))
        first = 1 if fields[0][0] == _VERSION else 0
        # Serial number, algorithm and issuer come before the validity.
        tag, validity = fields[first + 3]
        (_, _), (kind, text) = _values(validity)
    except (IndexError, ValueError) as error:
        raise ValueError("its certificate cannot be parsed") from error
    if tag != _SEQUENCE or kind not in (_UTC_TIME, _GENERALIZED_TIME):
        raise ValueError("its certificate cannot be parsed")
    words = text.decode("ascii", "replace")
    if kind == _UTC_TIME:
        # RFC 5280, 4.1.2.5.1: years from 50 on are of the last century.
        words = ("19" if words[:2] >= "50" else "20") + words
    return datetime.strptime(words, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _content(data: bytes, wanted: int) -> bytes:
    tag, content = next(_values(data), (0, b""))
    if tag != wanted:
        raise ValueError
    return content


def _values(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tags and contents that follow each other. Raises ValueError for cut ones."""
    position = 0
    while position < len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            width = length & 0x7F
            length = int.from_bytes(data[position : position + width], "big")
            position += width
        if position + length > len(data):
            raise ValueError
        yield tag, data[position : position + length]
        position += length
