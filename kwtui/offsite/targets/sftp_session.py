"""A client of SFTP, version 3, over the system's OpenSSH (draft-ietf-secsh-filexfer-02).

`sftp` itself sends files of a disk alone; parts are made while they are sent. So ssh is started
with the subsystem, and its configuration, agent, jump hosts and known hosts count as ever.
"""

from __future__ import annotations

import os
import stat
import struct
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kwtui.errors import KwtuiError
from kwtui.offsite.targets.ssh_failures import why_ssh_ended
from kwtui.text import one_text

BLOCK = 32768
"""Bytes of a packet that every server takes."""
_LARGEST_BLOCK = 255 << 10
"""What OpenSSH takes: an eighth of the packets, and of what each costs here."""
_UNDER_WAY = 64 * BLOCK
"""Bytes that are sent or asked for before their answers are waited for."""
_LARGEST_PACKET = 1 << 20
_STDERR_KEPT = 8192

_INIT, _VERSION, _OPEN, _CLOSE, _READ, _WRITE = 1, 2, 3, 4, 5, 6
_OPENDIR, _READDIR, _REMOVE, _MKDIR, _RMDIR, _STAT, _RENAME = 11, 12, 13, 14, 15, 17, 18
_EXTENDED, _STATUS, _HANDLE, _DATA, _NAME, _ATTRS, _REPLY = 200, 101, 102, 103, 104, 105, 201
_OK, _EOF, NO_SUCH_FILE, PERMISSION_DENIED = 0, 1, 2, 3
_FOR_READING, _FOR_WRITING, _CREATE, _NEW = 0x01, 0x02, 0x08, 0x20
_HAS_MODE = 0x04
_NOTHING = memoryview(b"")


class SftpError(Exception):
    """The server refused something."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Attributes:
    """What is told of a file."""

    size: int
    mode: int
    """0 where the server does not tell."""

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.mode)


class _Cursor:
    """Reads the fields of a packet. Raises KwtuiError for one that is too short."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self) -> int:
        return int.from_bytes(self._take(4), "big")

    def large(self) -> int:
        return int.from_bytes(self._take(8), "big")

    def text(self) -> bytes:
        return self._take(self.number())

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) < size:
            raise KwtuiError("The server broke the rules of SFTP: a packet is too short.")
        self._at += size
        return taken

    def attributes(self) -> Attributes:
        flags = self.number()
        size = self.large() if flags & 0x01 else 0
        if flags & 0x02:
            self._take(8)
        mode = self.number() if flags & 0x04 else 0
        if flags & 0x08:
            self._take(8)
        if flags & 0x80000000:
            for _ in range(self.number()):
                self.text()
                self.text()
        return Attributes(size, mode)

    @property
    def has_more(self) -> bool:
        return self._at < len(self._data)


def _text(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


class Session:
    """One ssh process. All methods raise SftpError for what the server refuses, and KwtuiError
    when the connection fails; one thread at a time."""

    def __init__(self, command: Sequence[str], label: str) -> None:
        """Raises KwtuiError: SERVER_UNREACHABLE, AUTHENTICATION_FAILED, TLS_FAILED, FAILED."""
        self._label = label
        self._begun = False
        self._next = 0
        self._replies: dict[int, tuple[int, _Cursor]] = {}
        self._stderr: deque[bytes] = deque(maxlen=64)
        self._blocks: tuple[int, int] | None = None
        try:
            self._process = subprocess.Popen(  # noqa: S603 - ssh, with a host that was checked
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise KwtuiError(
                "The program ssh cannot be started.",
                cause=error.strerror or str(error),
                hint="Install the client of OpenSSH.",
            ) from error
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._send(struct.pack(">BI", _INIT, 3))
        kind, cursor = self._packet()
        if kind != _VERSION:
            raise self._nonsense()
        cursor.number()
        self.extensions = set()
        while cursor.has_more:
            self.extensions.add(cursor.text())
            cursor.text()
        self._begun = True

    # -- files --------------------------------------------------------------------------------

    def look_at(self, path: bytes) -> Attributes:
        return self._ask(_STAT, _text(path), _ATTRS).attributes()

    def names_in(self, path: bytes) -> list[tuple[bytes, Attributes]]:
        """What lies in a folder, without itself and its parent."""
        handle = self._ask(_OPENDIR, _text(path), _HANDLE).text()
        found: list[tuple[bytes, Attributes]] = []
        try:
            while True:
                try:
                    cursor = self._ask(_READDIR, _text(handle), _NAME)
                except SftpError as error:
                    if error.code != _EOF:
                        raise
                    return found
                for _ in range(cursor.number()):
                    name = cursor.text()
                    cursor.text()
                    attributes = cursor.attributes()
                    if name not in (b".", b"..") and b"/" not in name:
                        found.append((name, attributes))
        finally:
            self._ask(_CLOSE, _text(handle))

    def make_folder(self, path: bytes, mode: int) -> None:
        self._ask(_MKDIR, _text(path) + struct.pack(">II", _HAS_MODE, mode))

    def remove(self, path: bytes) -> None:
        self._ask(_REMOVE, _text(path))

    def remove_folder(self, path: bytes) -> None:
        self._ask(_RMDIR, _text(path))

    def move(self, old: bytes, new: bytes) -> None:
        """Refused where something has the new name."""
        self._ask(_RENAME, _text(old) + _text(new))

    def free_bytes(self, path: bytes) -> int | None:
        """None where the server does not tell."""
        name = b"statvfs@openssh.com"
        if name not in self.extensions:
            return None
        cursor = self._ask(_EXTENDED, _text(name) + _text(path), _REPLY)
        cursor.large()
        fragment = cursor.large()
        cursor.large()
        cursor.large()
        return cursor.large() * fragment

    @property
    def blocks(self) -> tuple[int, int]:
        """The bytes of a packet that is read, and of one that is written."""
        if self._blocks is None:
            name = b"limits@openssh.com"
            self._blocks = (BLOCK, BLOCK)
            if name in self.extensions:
                cursor = self._ask(_EXTENDED, _text(name), _REPLY)
                cursor.large()
                read, write = (min(cursor.large() or BLOCK, _LARGEST_BLOCK) for _ in range(2))
                self._blocks = (read, write)
        return self._blocks

    def read(self, path: bytes) -> Iterator[bytes]:
        """The content of a file, several packets asked for ahead."""
        handle = self._open(path, _FOR_READING)
        waiting: deque[tuple[int, int]] = deque()
        offset, block = 0, self.blocks[0]
        try:
            while True:
                while len(waiting) < _UNDER_WAY // block:
                    waiting.append((self._ask_later(handle, offset, block), offset))
                    offset += block
                number, at = waiting.popleft()
                data = self._data(number)
                while data and len(data) < block:
                    rest = self._data(self._ask_later(handle, at + len(data), block - len(data)))
                    if not rest:
                        break
                    data += rest
                if data:
                    yield data
                if len(data) < block:
                    return
        finally:
            for number, _ in waiting:
                self._data(number)
            self._ask(_CLOSE, _text(handle))

    def _ask_later(self, handle: bytes, offset: int, size: int) -> int:
        return self._request(_READ, _text(handle) + struct.pack(">QI", offset, size))

    def _data(self, number: int) -> bytes:
        try:
            return self._reply(number, _DATA).text()
        except SftpError as error:
            if error.code == _EOF:
                return b""
            raise

    def write_new(self, path: bytes, mode: int) -> NewRemoteFile:
        """A file that was not there."""
        flags = _FOR_WRITING | _CREATE | _NEW
        return NewRemoteFile(self, self._open(path, flags, mode))

    def _open(self, path: bytes, flags: int, mode: int | None = None) -> bytes:
        how = struct.pack(">I", 0) if mode is None else struct.pack(">II", _HAS_MODE, mode)
        return self._ask(_OPEN, _text(path) + struct.pack(">I", flags) + how, _HANDLE).text()

    # -- packets ------------------------------------------------------------------------------

    def _ask(self, kind: int, body: bytes, wanted: int = _STATUS) -> _Cursor:
        return self._reply(self._request(kind, body), wanted)

    def _request(self, kind: int, body: bytes, content: memoryview = _NOTHING) -> int:
        self._next = (self._next + 1) & 0xFFFFFFFF
        self._send(struct.pack(">BI", kind, self._next) + body, content)
        return self._next

    def _send(self, packet: bytes, content: memoryview = _NOTHING) -> None:
        """The content goes as it lies in memory."""
        pipe = self._process.stdin
        if pipe is None or pipe.closed:
            raise self._ended()
        head = memoryview(struct.pack(">I", len(packet) + len(content)) + packet)
        try:
            while head or content:
                sent = os.writev(pipe.fileno(), [head, content])
                head, content = head[sent:], content[max(0, sent - len(head)) :]
        except OSError as error:
            raise self._ended() from error

    def _reply(self, number: int, wanted: int) -> _Cursor:
        while number not in self._replies:
            kind, cursor = self._packet()
            self._replies[cursor.number()] = (kind, cursor)
        kind, cursor = self._replies.pop(number)
        if kind == _STATUS:
            code = cursor.number()
            if code != _OK or wanted != _STATUS:
                said = cursor.text() if cursor.has_more else b""
                raise SftpError(code, said.decode("utf-8", "replace"))
        elif kind != wanted:
            raise self._nonsense()
        return cursor

    def _packet(self) -> tuple[int, _Cursor]:
        (size,) = struct.unpack(">I", self._read_exactly(4))
        if not 1 <= size <= _LARGEST_PACKET:
            raise self._nonsense()
        packet = self._read_exactly(size)
        return packet[0], _Cursor(packet[1:])

    def _read_exactly(self, size: int) -> bytes:
        pipe = self._process.stdout
        data = pipe.read(size) if pipe is not None else b""
        if len(data) < size:
            raise self._ended()
        return data

    # -- the end ------------------------------------------------------------------------------

    def _listen(self) -> None:
        for line in self._process.stderr or ():
            self._stderr.append(line[:_STDERR_KEPT])

    def _nonsense(self) -> KwtuiError:
        return KwtuiError(
            f"The answer of {self._label} is not SFTP.",
            cause=self._said(),
            hint="Programs that its shell starts must print nothing: see `ssh HOST true`.",
        )

    def _ended(self) -> KwtuiError:
        """Why ssh ended: its one exit code, 255, is told apart by what it said."""
        self.close()
        return why_ssh_ended(self._said(), self._label, begun=self._begun)

    def _said(self) -> str:
        words = b"".join(self._stderr).decode("utf-8", "replace")
        return one_text(words)

    def close(self) -> None:
        """End ssh, and wait until it has."""
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                continue
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(5)


class NewRemoteFile:
    """A file that is written on the server, several packets under way."""

    def __init__(self, session: Session, handle: bytes) -> None:
        self._session, self._handle = session, handle
        self._offset = 0
        self._waiting: deque[int] = deque()

    def write(self, data: bytes, /) -> None:
        view = memoryview(data)
        most = self._session.blocks[1]
        while view:
            block, view = view[:most], view[most:]
            head = _text(self._handle) + struct.pack(">QI", self._offset, len(block))
            self._waiting.append(self._session._request(_WRITE, head, block))
            self._offset += len(block)
            if len(self._waiting) >= _UNDER_WAY // most:
                self._session._reply(self._waiting.popleft(), _STATUS)

    def finish(self) -> None:
        """Everything is written; on the server's disk, where it can promise that."""
        while self._waiting:
            self._session._reply(self._waiting.popleft(), _STATUS)
        if b"fsync@openssh.com" in self._session.extensions:
            self._session._ask(_EXTENDED, _text(b"fsync@openssh.com") + _text(self._handle))

    def close(self) -> None:
        """Also after a failure: what is under way is waited for."""
        while self._waiting:
            try:
                self._session._reply(self._waiting.popleft(), _STATUS)
            except SftpError:
                continue
        self._session._ask(_CLOSE, _text(self._handle))
