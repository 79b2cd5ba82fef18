"""Counting, hashing and checking CSV files in one pass, at the speed of the disk.

A record ends at a newline outside quotes. Instead of looking at every byte, each block is reduced
to its quotes and newlines by `bytes.translate`; quotes that stand side by side cancel out, because
only their parity matters, and what is left is nearly nothing. Memory does not grow with the file.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kwtui.backups.csv.alterations import FileForm, Plainer
from kwtui.backups.csv.charsets import PYTHON_CHARSETS
from kwtui.backups.csv.values import Columns, ValueChecker
from kwtui.files.foreign.reading import open_regular
from kwtui.files.pace import spend
from kwtui.model.requests import Dialect
from kwtui.text import plural

BLOCK = 1 << 18
_NEWLINE = b"\n"
_MOST_BAD = 10_000
_PROBLEMS_KEPT = 5


def _all_but(kept: bytes) -> bytes:
    return bytes(set(range(256)) - set(kept))


@dataclass(frozen=True)
class FileScan:
    """What one pass over a file found out."""

    bytes: int
    sha256: str
    records: int | None
    """Without the header; None for files that are no CSV."""
    open_quote: bool = False
    """The file ends inside a quoted value: it was cut."""
    torn_end: bool = False
    """The last record has no newline. KWDB always writes one."""
    malformed: int = 0
    """Records with a wrong number of fields, or quotes where none may be."""
    problems: tuple[str, ...] = ()
    """The first few of them, in words."""
    blanks: int = 0
    """Empty lines, if a record has one field. Where NULL is written as nothing each is a NULL row,
    and KWDB's IMPORT skips it (live-findings, row 12)."""
    misfits: int = 0
    """Records with a value that its column cannot hold, as far as was counted."""
    misfit: str = ""
    """The first of them, in words."""


class _Utf8:
    """Gives a file's blocks as UTF-8, so that no part of a character looks like a delimiter."""

    def __init__(self, charset: str) -> None:
        name = PYTHON_CHARSETS.get(charset, charset)
        self._decoder = codecs.getincrementaldecoder(name)(errors="replace")

    def feed(self, block: bytes, final: bool = False) -> bytes:
        return self._decoder.decode(block, final).encode()


class _Unescaper:
    """Takes escaped quotes and escaped escapes out of a block (for ``escaped = '\\'``)."""

    def __init__(self, dialect: Dialect, filler: bytes) -> None:
        self._escape = dialect.escaped.encode()
        self._quote = dialect.enclosed.encode()
        self._filler = filler
        self._carry = b""

    def feed(self, block: bytes) -> bytes:
        block = self._carry + block
        trailing = len(block) - len(block.rstrip(self._escape))
        self._carry = self._escape if trailing % 2 else b""
        if self._carry:
            block = block[:-1]
        if self._escape not in block:
            return block
        return block.replace(self._escape * 2, self._filler).replace(
            self._escape + self._quote, self._filler
        )


class RecordCounter:
    """Counts the records of one file, block by block, header included."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._quote = dialect.enclosed.encode()
        self._drop = _all_but(self._quote + _NEWLINE)
        self._unescape: _Unescaper | None = None
        self._utf8: _Utf8 | None = None
        if dialect.escaped != dialect.enclosed:
            self._unescape = _Unescaper(dialect, b"")
            if dialect.charset != "UTF-8":
                self._utf8 = _Utf8(dialect.charset)
        self._last = b""
        self.inside = False
        """Whether the file stands inside a quoted value here."""
        self.records = 0
        """Ends of records so far."""

    def feed(self, block: bytes) -> None:
        """The next part of the file."""
        if not block:
            return
        self._last = block[-1:]
        if self._utf8:
            block = self._utf8.feed(block)
        if self._unescape:
            block = self._unescape.feed(block)
        if not self.inside and self._quote not in block:
            self.records += block.count(_NEWLINE)
            return
        marks = block.translate(None, self._drop).replace(self._quote * 2, b"")
        parts = marks.split(self._quote)
        self.records += sum(map(len, parts[self.inside :: 2]))
        if len(parts) % 2 == 0:
            self.inside = not self.inside

    def finish(self) -> None:
        """Nothing is left to be counted at the end of the file."""

    def odd_quotes(self, tail: bytes) -> bool:
        """Whether a part of the file changes between inside and outside a quoted value.

        The part begins behind a newline, and ends where what was fed ends.
        """
        if self._utf8:
            tail = _Utf8(self._dialect.charset).feed(tail)
        if self._unescape:
            tail = _Unescaper(self._dialect, b"").feed(tail)
        return tail.count(self._quote) % 2 == 1

    @property
    def torn_end(self) -> bool:
        """Whether what was fed does not end with the end of a record."""
        return self._last != b"" and (self._last != _NEWLINE or self.inside)

    @property
    def total(self) -> int:
        """Records so far, a torn one at the end included."""
        return self.records + self.torn_end


_HOLE = bytes(16)
"""What a file has where its blocks never reached the disk; no text has so many zero bytes."""
_BLANK = re.compile(rb"\n(?=\n)")


class RecordChecker:
    """Checks that every record has the right number of fields and well-placed quotes.

    Every quoted value is collapsed to one quote mark and every other byte to its class (delimiter,
    line end, quote, anything else): then a misplaced quote is a quote beside "anything else", and
    well-formed records all have the same shape.
    """

    def __init__(self, dialect: Dialect, fields: int, *, foreign: bool = False) -> None:
        """``foreign``: other programs may have written it, so a carriage return outside quotes is
        looked for, which EXPORT never leaves there, and holes, which a hash would tell."""
        self._fields = fields
        self._foreign = foreign
        self._quote = dialect.enclosed.encode()
        classes = bytearray(b"x" * 256)
        classes[dialect.delimiter.encode()[0]] = ord(",")
        classes[_NEWLINE[0]] = _NEWLINE[0]
        classes[self._quote[0]] = ord('"')
        self._classes = bytes(classes)
        self._shape = b"," * (fields - 1) + _NEWLINE
        escapes = dialect.escaped != dialect.enclosed
        self._unescape = _Unescaper(dialect, b"xx") if escapes else None
        self._utf8 = _Utf8(dialect.charset) if dialect.charset != "UTF-8" else None
        self._strict = codecs.getincrementaldecoder(
            PYTHON_CHARSETS.get(dialect.charset, dialect.charset)
        )()
        self._undecodable = self._holed = False
        self._inside = False
        self._before = _NEWLINE
        """Class of the last byte outside quotes."""
        self._rest = b""
        # A header is record 0: it is no row.
        self._done = -int(dialect.header)
        self.blanks = 0
        self.malformed = 0
        self.problems: list[str] = []
        self._bad: set[int] = set()
        """The records that are malformed, so that none counts twice."""

    def feed(self, block: bytes) -> None:
        """The next part of the file."""
        self._check_charset(block, final=False)
        self._check_holes(block)
        if self._utf8:
            block = self._utf8.feed(block)
        if self._unescape:
            block = self._unescape.feed(block)
        if block:
            outside = self._collapse(block)
            self._check_quotes(outside)
            if self._fields == 1:
                self.blanks += len(_BLANK.findall(outside))
            self._before = outside[-1:]
            self._count_fields(self._rest + outside[1:].translate(None, b'x"'))

    def finish(self) -> None:
        """The end of the file; a torn record at the end is checked like the others."""
        self._check_charset(b"", final=True)
        if self._rest or self._before != _NEWLINE:
            self._count_fields(self._rest + _NEWLINE)

    def _check_charset(self, block: bytes, *, final: bool) -> None:
        if self._undecodable:
            return
        try:
            self._strict.decode(block, final)
        except UnicodeDecodeError as error:
            self._undecodable = True
            # A decoder that carried bytes over counts from before this block.
            at = max(0, error.start - (len(error.object) - len(block)))
            self._report(self._record_at(block, at), f"{error.reason} ({error.encoding})")

    def _check_holes(self, block: bytes) -> None:
        """One report is enough: a hole may be long."""
        if self._foreign and not self._holed and (at := block.find(_HOLE)) >= 0:
            self._holed = True
            record = self._record_at(block, at)
            self._report(record, "a hole of zero bytes, as a crash leaves it")

    def _record_at(self, block: bytes, at: int) -> int:
        parts = block[:at].split(self._quote)
        ends = sum(part.count(_NEWLINE) for part in parts[self._inside :: 2])
        return self._done + ends + 1

    def _collapse(self, block: bytes) -> bytes:
        """The classes of the bytes outside quotes, after the last one of the block before."""
        if not self._inside and self._quote not in block:
            self._check_returns(block)
            return self._before + block.translate(self._classes)
        parts = block.split(self._quote)
        outside = self._quote.join(parts[self._inside :: 2])
        if len(parts) % 2 == 0:
            self._inside = not self._inside
            if self._inside:
                outside += self._quote
        self._check_returns(outside)
        return self._before + outside.translate(self._classes)

    def _check_returns(self, outside: bytes) -> None:
        if self._foreign and (position := outside.find(b"\r")) >= 0:
            record = self._done + outside.count(_NEWLINE, 0, position) + 1
            self._report(record, "a carriage return outside quotes")

    def _check_quotes(self, outside: bytes) -> None:
        for wrong in (b'x"', b'"x'):
            count, looked_at = outside.count(wrong), 0
            position = outside.find(wrong)
            while position >= 0 and looked_at < _PROBLEMS_KEPT:
                record = self._done + outside.count(_NEWLINE, 1, max(position, 1)) + 1
                self._report(record, "a quote inside a plain value")
                position = outside.find(wrong, position + 2)
                looked_at += 1
            self.malformed += count - looked_at

    def _count_fields(self, marks: bytes) -> None:
        ends = marks.count(_NEWLINE)
        whole = ends * self._fields
        if marks[:whole] == self._shape * ends:
            self._rest = marks[whole:]
        else:
            *lines, self._rest = marks.split(_NEWLINE)
            for number, line in enumerate(lines, start=self._done + 1):
                if len(line) != self._fields - 1:
                    found = f"{plural(len(line) + 1, 'field')} instead of {self._fields}"
                    self._report(number, found)
        self._done += ends

    def _report(self, record: int, problem: str) -> None:
        """One byte may make a record wrong in several ways: the first counts."""
        if record in self._bad:
            return
        self.malformed += 1
        if len(self._bad) < _MOST_BAD:
            self._bad.add(record)
        if len(self.problems) < _PROBLEMS_KEPT:
            self.problems.append(f"record {record:,}: {problem}")


def scan_file(
    path: Path,
    dialect: Dialect | None,
    *,
    fields: int | None = None,
    columns: Columns = (),
    form: FileForm | None = None,
    tick: Callable[[int], None] | None = None,
) -> FileScan:
    """Hash a file and, if ``dialect`` is given, count its records; with ``fields`` check them too,
    and with ``columns`` their values.

    ``form`` is how a file of somebody else differs from what EXPORT writes: it is read as if it did
    not, and hashed as it is. ``tick`` is called with the number of bytes of every block; what it
    raises ends the scan.

    Raises OSError.
    """
    with open_regular(path, buffering=0) as file:
        return scan_open(file, dialect, fields=fields, columns=columns, form=form, tick=tick)


def scan_open(
    file: BinaryIO,
    dialect: Dialect | None,
    *,
    fields: int | None = None,
    columns: Columns = (),
    form: FileForm | None = None,
    tick: Callable[[int], None] | None = None,
) -> FileScan:
    """As `scan_file`, for a file that is open at its beginning."""
    digest = hashlib.sha256()
    counter = RecordCounter(dialect) if dialect else None
    checker = values = None
    if dialect and fields:
        checker = RecordChecker(dialect, fields, foreign=form is not None)
    if dialect and columns:
        values = ValueChecker(dialect, columns)
    readers = [reader for reader in (counter, checker, values) if reader is not None]
    plainer = Plainer(form) if form is not None and not form.is_plain else None
    size = 0
    unreadable = ""
    while block := file.read(BLOCK):
        size += len(block)
        spend(len(block))
        digest.update(block)
        if tick:
            tick(len(block))
        if plainer and not unreadable:
            block, unreadable = _plain(plainer, block)
        for reader in () if unreadable else readers:
            reader.feed(block)
    if counter is None or dialect is None:
        return FileScan(size, digest.hexdigest(), None)
    if plainer and not unreadable:
        rest, unreadable = _plain(plainer, b"", final=True)
        for reader in readers:
            reader.feed(rest)
    if unreadable:
        problem = f"after record {counter.total:,}: {unreadable}"
        return FileScan(size, digest.hexdigest(), counter.total, malformed=1, problems=(problem,))
    for reader in readers:
        reader.finish()
    return FileScan(
        size,
        digest.hexdigest(),
        max(counter.total - dialect.header, 0),
        open_quote=counter.inside,
        torn_end=counter.torn_end,
        malformed=checker.malformed if checker else 0,
        problems=tuple(checker.problems) if checker else (),
        blanks=checker.blanks if checker else 0,
        misfits=values.bad if values else 0,
        misfit=values.first if values else "",
    )


def _plain(plainer: Plainer, block: bytes, *, final: bool = False) -> tuple[bytes, str]:
    """The block as EXPORT would have written it, or why it cannot be read."""
    try:
        return plainer.feed(block, final=final), ""
    except UnicodeDecodeError as error:
        return b"", f"{error.reason} ({error.encoding})"
