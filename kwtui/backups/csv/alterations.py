"""What other programs do to a CSV file that KWDB's EXPORT never does, and how to undo it.

EXPORT writes no byte order mark, ends every record with a line feed, quotes a value that holds a
carriage return, and writes column names to all files or to none (facts.md, 1.3 and 1.12). A
spreadsheet adds a mark, ends lines with CR LF, and writes a row of names; taken for data, all of it
would be restored as values.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from kwtui.files.foreign.reading import open_regular

_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32LE"),
    (b"\x00\x00\xfe\xff", "UTF-32BE"),
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF16_LE, "UTF-16LE"),
    (codecs.BOM_UTF16_BE, "UTF-16BE"),
    (b"\x84\x31\x95\x33", "GB18030"),
)
"""Longer ones first: that of UTF-16 begins that of UTF-32."""
_LOOKED_AT = 1 << 12
_QUOTE = b'"'
_BLOCK = 1 << 20


class Writable(Protocol):
    """An open file, or what is written like one."""

    def write(self, data: bytes, /) -> object: ...


class Readable(Protocol):
    """An open file, or what reads like one."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class FileForm:
    """How a file differs from what EXPORT writes; without any argument not at all."""

    mark: str = ""
    """The charset that a byte order mark at its beginning names."""
    encoding: str = ""
    """The charset of its text, where that is none of KWDB's: UTF-16 or UTF-32."""
    line_end: str = "\n"
    """Between records: ``\\r\\n`` or ``\\r``."""
    header: bool = False
    """Its first record are the column names, and not every file of the export has them."""

    @property
    def is_plain(self) -> bool:
        return self == PLAIN

    @property
    def words(self) -> str:
        """What is odd about it, for people; empty if nothing is."""
        odd = []
        if self.mark:
            odd.append(f"begins with the byte order mark (BOM) of {self.mark}")
        elif self.encoding:
            odd.append(f"is {self.encoding} text")
        if self.line_end != "\n":
            odd.append(f"ends its lines with {'CR LF' if self.line_end == _CRLF else 'CR'}")
        if self.header:
            odd.append("has the column names as its first record")
        return " and ".join(filter(None, (", ".join(odd[:-1]), *odd[-1:])))


_CRLF = "\r\n"
PLAIN = FileForm()


def form_of(head: bytes) -> FileForm:
    """The mark, encoding and line ends that the beginning of a file shows."""
    mark = next((name for mark, name in _MARKS if head.startswith(mark)), "")
    encoding = mark if mark.startswith(("UTF-16", "UTF-32")) else "" if mark else _wide(head)
    try:
        text = Plainer(FileForm(mark, encoding)).feed(head)
    except UnicodeDecodeError:
        # Reading it says where it is no text of the charset that its mark names.
        text = b""
    return FileForm(mark, encoding, _line_end(text))


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of plain text is zero, which KWDB never writes.

    Where all bytes are zero, a file was not written out before a crash.
    """
    head = head[:_LOOKED_AT]
    for zeros, other, name in ((1, 0, "UTF-16LE"), (0, 1, "UTF-16BE")):
        half, rest = head[zeros::2], head[other::2]
        if len(half) > 1 and half.count(0) * 2 > len(half) and rest.count(0) * 4 < len(rest):
            return name
    return ""


def _line_end(text: bytes) -> str:
    """What ends the first record."""
    for number, part in enumerate(text.split(_QUOTE)):
        if number % 2:
            continue
        feed, back = part.find(b"\n"), part.find(b"\r")
        if feed >= 0 and not 0 <= back < feed:
            return "\n"
        if back >= 0:
            return _CRLF if part[back + 1 : back + 2] == b"\n" else "\r"
    return "\n"


class Plainer:
    """Turns a file's blocks into what EXPORT would have written. Memory is that of one block.

    Raises UnicodeDecodeError for what is no text of the encoding.
    """

    def __init__(self, form: FileForm) -> None:
        marks = {name: mark for mark, name in _MARKS}
        self._mark = marks[form.mark] if form.mark else b""
        self._decoder = codecs.getincrementaldecoder(form.encoding)() if form.encoding else None
        self._ends = form.line_end != "\n"
        self._header = form.header
        self._start = b""
        self._carry = b""
        self._inside = False

    def feed(self, block: bytes, *, final: bool = False) -> bytes:
        """The next part of the file, and with ``final`` the last one."""
        block = self._without_mark(block, final=final)
        if self._decoder is not None:
            block = self._decoder.decode(block, final).encode()
        if self._ends:
            block = self._with_line_feeds(block, final=final)
        return self._without_header(block, final=final) if self._header else block

    def _without_mark(self, block: bytes, *, final: bool) -> bytes:
        if not self._mark:
            return block
        self._start += block
        if len(self._start) < len(self._mark) and not final:
            return b""
        block, self._start = self._start.removeprefix(self._mark), b""
        self._mark = b""
        return block

    def _with_line_feeds(self, block: bytes, *, final: bool) -> bytes:
        block, self._carry = self._carry + block, b""
        if block.endswith(b"\r") and not final:
            block, self._carry = block[:-1], b"\r"
        parts = block.split(_QUOTE)
        for number in range(int(self._inside), len(parts), 2):
            part = parts[number]
            if b"\r" in part:
                parts[number] = part.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if len(parts) % 2 == 0:
            self._inside = not self._inside
        return _QUOTE.join(parts)

    def _without_header(self, block: bytes, *, final: bool) -> bytes:
        self._start += block
        quotes = end = 0
        while True:
            newline = self._start.find(b"\n", end)
            if newline < 0:
                if final:
                    self._header = False
                return b""
            quotes += self._start.count(_QUOTE, end, newline)
            end = newline + 1
            if quotes % 2 == 0:
                break
        rest, self._start, self._header = self._start[end:], b"", False
        return rest


class _PlainFile:
    """A file read through `Plainer`."""

    def __init__(self, file: Readable, form: FileForm) -> None:
        self._file = file
        self._plainer = Plainer(form)
        self._ended = False
        self._ready = b""

    def read(self, size: int = -1, /) -> bytes:
        while not self._ended and (size < 0 or len(self._ready) < size):
            block = self._file.read(_BLOCK)
            self._ended = not block
            self._ready += self._plainer.feed(block, final=self._ended)
        taken = self._ready if size < 0 else self._ready[:size]
        self._ready = self._ready[len(taken) :]
        return taken


@contextmanager
def open_plain(path: Path, form: FileForm = PLAIN) -> Iterator[Readable]:
    """The file as EXPORT would have written it. Raises OSError, and on reading as `Plainer`."""
    with open_regular(path) as file:
        yield file if form.is_plain else _PlainFile(file, form)


def copy_plain(source: Readable, target: BinaryIO, form: FileForm) -> None:
    """Copy a file as EXPORT would have written it. Raises OSError, and as `Plainer`."""
    plain = _PlainFile(source, form)
    while block := plain.read(_BLOCK):
        target.write(block)
