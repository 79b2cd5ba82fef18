"""A SQL client that reads its input as ``kwbase sql`` does when nobody types at it.

Lines are put together until they end a statement, each statement is sent alone, answers are printed
as tab-separated lines with a header, and the first error ends it. Run as a program with a DSN.
"""

# ruff: noqa: T201 (it is a program)

from __future__ import annotations

import re
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

_TOKEN = re.compile(
    r"""(?P<nothing>--[^\n]*|\s+) | \$(?P<tag>[^\W\d]*)\$.*?\$(?P=tag)\$ | (?P<open>\$[^\W\d]*\$)
        | [eE]'(?:[^'\\]|\\.|'')*+' | '(?:[^']|'')*+' | "(?:[^"]|"")*+"
        | (?P<end>;) | [^\s;'"eE-]++ | [eE-]""",
    re.VERBOSE | re.DOTALL,
)


def _is_whole(text: str) -> bool:
    """Whether the last thing in the text ends a statement."""
    position, whole = 0, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match["open"]:
            return False
        position = match.end()
        if match["nothing"] is None:
            whole = match["end"] is not None
    return whole


class BadInput(ValueError):
    """What this client does not take."""


def statements_in(lines: Iterable[str]) -> Iterator[str]:
    """Each statement with the comments before it. Raises BadInput."""
    text = ""
    for line in lines:
        if not text and line.startswith("\\"):
            raise BadInput(f"invalid syntax: {line.strip()}")
        text = f"{text}{line}" if text else line.lstrip()
        if text and _is_whole(text):
            yield text
            text = ""
    if text.strip():
        raise BadInput(f"missing semicolon at end of statement: {text}")


class Refused(Exception):
    """What the server says to a statement that it does not take."""


class Connection:
    """The simple half of the wire protocol: a driver takes ten times as long to import."""

    def __init__(self, dsn: str) -> None:
        place = urlsplit(dsn)
        self._socket = socket.create_connection((place.hostname, place.port or 26257))
        self._stream = self._socket.makefile("rb")
        words = ("user", place.username or "root", "database", place.path.lstrip("/"), "")
        body = struct.pack("!i", 3 << 16) + b"".join(w.encode() + b"\0" for w in words)
        self._socket.sendall(struct.pack("!i", len(body) + 4) + body)
        for kind, payload in self._messages():
            if kind == b"R" and payload[:4] != bytes(4):
                raise Refused("the server asks for a password")

    def ask(self, text: str) -> list[str]:
        """The lines of the first answer. Raises Refused."""
        body = text.encode() + b"\0"
        self._socket.sendall(b"Q" + struct.pack("!i", len(body) + 4) + body)
        lines: list[str] = []
        ended = False
        for kind, payload in self._messages():
            if ended:
                continue
            if kind == b"T":
                lines.append("\t".join(_names(payload)))
            elif kind == b"D":
                lines.append("\t".join(_values(payload)))
            elif kind == b"C":
                lines = lines or [payload[:-1].decode()]
                ended = True
        return lines

    def _messages(self) -> Iterator[tuple[bytes, bytes]]:
        """Until the server is ready for more. Raises Refused then, where it sent an error."""
        refused = ""
        while head := self._stream.read(5):
            payload = self._stream.read(struct.unpack("!i", head[1:])[0] - 4)
            if head[:1] == b"E":
                fields = {part[:1]: part[1:].decode() for part in payload.split(b"\0") if part}
                parts = [fields.get(b"M", "")]
                parts += [f"{w}:  {fields[k]}" for k, w in _MORE.items() if k in fields]
                refused = "\n".join(parts)
            elif head[:1] == b"Z":
                break
            else:
                yield head[:1], payload
        else:
            refused = refused or "the server closed the connection"
        if refused:
            raise Refused(refused)


_MORE = {b"D": "DETAIL", b"H": "HINT"}


def _names(payload: bytes) -> Iterator[str]:
    position = 2
    for _ in range(struct.unpack("!h", payload[:2])[0]):
        end = payload.index(b"\0", position)
        yield payload[position:end].decode()
        position = end + 19


def _values(payload: bytes) -> Iterator[str]:
    position = 2
    for _ in range(struct.unpack("!h", payload[:2])[0]):
        (length,) = struct.unpack("!i", payload[position : position + 4])
        position += 4
        yield "NULL" if length < 0 else payload[position : position + length].decode()
        position += max(length, 0)


def main(dsn: str) -> int:
    try:
        connection = Connection(dsn)
        for statement in statements_in(sys.stdin):
            print("\n".join(connection.ask(statement)))
    except (Refused, BadInput) as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
