"""The PostgreSQL wire protocol, version 3, as bytes: what clients send and what a node answers.

Pure encoding and decoding without I/O; ``connection`` speaks it over a socket.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from kwtui.sandbox.answers.answer import Column, Notice, SqlError

PROTOCOL_3_0 = 196608
CANCEL_REQUEST = 80877102
SSL_REQUEST = 80877103
GSSENC_REQUEST = 80877104

MAX_MESSAGE = 128 * 1024 * 1024
"""A node's own bound for one message, in bytes (facts.md 9.1)."""

TYPE_SIZES = {
    16: 1,
    18: 1,
    20: 8,
    21: 2,
    23: 4,
    26: 4,
    700: 4,
    701: 8,
    1082: 4,
    1083: 8,
    1114: 8,
    1184: 8,
    1186: 16,
    1266: 12,
    2950: 16,
}
"""``typlen`` of the types with a fixed size; every other type is sent as -1."""


class ProtocolError(Exception):
    """The client sent something that is not the protocol. Answered with SQLSTATE 08P01."""


@dataclass(frozen=True)
class Startup:
    """The first packet of a connection. ``code`` is a protocol version or a request code."""

    code: int
    parameters: dict[str, str]


@dataclass(frozen=True)
class Query:
    sql: str


@dataclass(frozen=True)
class Parse:
    name: str
    sql: str
    oids: tuple[int, ...]


@dataclass(frozen=True)
class Bind:
    portal: str
    statement: str
    formats: tuple[int, ...]
    values: tuple[bytes | None, ...]
    result_formats: tuple[int, ...]


@dataclass(frozen=True)
class Describe:
    kind: str
    """``S`` for a prepared statement, ``P`` for a portal."""
    name: str


@dataclass(frozen=True)
class Execute:
    portal: str
    max_rows: int


@dataclass(frozen=True)
class Close:
    kind: str
    name: str


@dataclass(frozen=True)
class Password:
    text: str


@dataclass(frozen=True)
class Sync:
    pass


@dataclass(frozen=True)
class Flush:
    pass


@dataclass(frozen=True)
class Terminate:
    pass


@dataclass(frozen=True)
class Unsupported:
    """A message of the protocol that a node does not take outside COPY, or not at all."""

    kind: str


Frontend = (
    Query
    | Parse
    | Bind
    | Describe
    | Execute
    | Close
    | Password
    | Sync
    | Flush
    | Terminate
    | Unsupported
)


class _Body:
    """Reads the fields of one message in order."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        if count < 0 or self._at + count > len(self._data):
            raise ProtocolError("message is shorter than its fields")
        piece = self._data[self._at : self._at + count]
        self._at += count
        return piece

    def int16(self) -> int:
        (value,) = struct.unpack("!H", self.take(2))
        return int(value)

    def int32(self) -> int:
        (value,) = struct.unpack("!i", self.take(4))
        return int(value)

    def text(self) -> str:
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise ProtocolError("string without its end")
        raw = self.take(end - self._at)
        self._at += 1
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise ProtocolError("string is not UTF-8") from error

    def value(self) -> bytes | None:
        size = self.int32()
        return None if size == -1 else self.take(size)

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._data)


def decode_startup(body: bytes) -> Startup:
    """Read the packet that opens a connection, without its length.

    Raises ProtocolError.
    """
    reader = _Body(body)
    code = reader.int32()
    parameters: dict[str, str] = {}
    if code == PROTOCOL_3_0:
        while not reader.at_end:
            key = reader.text()
            if not key:
                break
            parameters[key] = reader.text()
    return Startup(code, parameters)


def decode(kind: bytes, body: bytes) -> Frontend:
    """Read one message, given its type byte and its body.

    Raises ProtocolError.
    """
    reader = _Body(body)
    match kind:
        case b"Q":
            return Query(reader.text())
        case b"P":
            name, sql = reader.text(), reader.text()
            return Parse(name, sql, tuple(reader.int32() for _ in range(reader.int16())))
        case b"B":
            return _decode_bind(reader)
        case b"D":
            return Describe(reader.take(1).decode("latin-1"), reader.text())
        case b"E":
            return Execute(reader.text(), reader.int32())
        case b"C":
            return Close(reader.take(1).decode("latin-1"), reader.text())
        case b"p":
            return Password(reader.text())
        case b"S":
            return Sync()
        case b"H":
            return Flush()
        case b"X":
            return Terminate()
        case _:
            return Unsupported(kind.decode("latin-1"))


def _decode_bind(reader: _Body) -> Bind:
    portal, statement = reader.text(), reader.text()
    formats = tuple(reader.int16() for _ in range(reader.int16()))
    values = tuple(reader.value() for _ in range(reader.int16()))
    result_formats = tuple(reader.int16() for _ in range(reader.int16()))
    return Bind(portal, statement, formats, values, result_formats)


def format_of(formats: Sequence[int], index: int) -> int:
    """The format code for one parameter or column: none means text, one stands for all."""
    if not formats:
        return 0
    if len(formats) == 1:
        return formats[0]
    if index >= len(formats):
        raise ProtocolError("fewer format codes than values")
    return formats[index]


def _message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def _text(value: str) -> bytes:
    return value.replace("\0", "").encode() + b"\0"


AUTHENTICATION_OK = _message(b"R", struct.pack("!i", 0))
AUTHENTICATION_CLEARTEXT = _message(b"R", struct.pack("!i", 3))
PARSE_COMPLETE = _message(b"1")
BIND_COMPLETE = _message(b"2")
CLOSE_COMPLETE = _message(b"3")
NO_DATA = _message(b"n")
EMPTY_QUERY = _message(b"I")
PORTAL_SUSPENDED = _message(b"s")


def parameter_status(name: str, value: str) -> bytes:
    """A session parameter that clients are told of."""
    return _message(b"S", _text(name) + _text(value))


def ready_for_query(status: str) -> bytes:
    """``status`` is I (idle), T (in a transaction) or E (in a failed one)."""
    return _message(b"Z", status.encode())


def row_description(columns: Sequence[Column], formats: Sequence[int] = ()) -> bytes:
    """The columns of a result set."""
    body = [struct.pack("!h", len(columns))]
    for index, column in enumerate(columns):
        size = TYPE_SIZES.get(column.oid, -1)
        code = format_of(formats, index)
        body.append(_text(column.name))
        body.append(struct.pack("!ihihih", 0, 0, column.oid, size, -1, code))
    return _message(b"T", b"".join(body))


def parameter_description(oids: Sequence[int]) -> bytes:
    """The types of a prepared statement's parameters."""
    return _message(b"t", struct.pack(f"!h{len(oids)}i", len(oids), *oids))


def data_row(values: Sequence[bytes | None]) -> bytes:
    """One row; ``None`` is NULL."""
    body = [struct.pack("!h", len(values))]
    for value in values:
        if value is None:
            body.append(b"\xff\xff\xff\xff")
        else:
            body.append(struct.pack("!i", len(value)))
            body.append(value)
    return _message(b"D", b"".join(body))


def command_complete(tag: str) -> bytes:
    """The end of a statement that succeeded."""
    return _message(b"C", _text(tag))


def error_response(error: SqlError, severity: str = "ERROR") -> bytes:
    """The end of a statement that failed."""
    return _message(
        b"E", _fields(severity, error.sqlstate, error.message, error.detail, error.hint)
    )


def notice_response(notice: Notice) -> bytes:
    """A warning or note beside an answer."""
    return _message(
        b"N",
        _fields(notice.severity, notice.sqlstate, notice.message, notice.detail, notice.hint),
    )


def _fields(
    severity: str, sqlstate: str, message: str, detail: str | None, hint: str | None
) -> bytes:
    fields = {"S": severity, "C": sqlstate, "M": message, "D": detail, "H": hint}
    present = (k.encode() + _text(v) for k, v in fields.items() if v is not None)
    return b"".join(present) + b"\0"
