"""Finding a text in a CSV file of any size, as the number of the record that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from kwtui.backups.csv.charsets import PYTHON_CHARSETS
from kwtui.backups.csv.index import CsvIndex, Reading
from kwtui.backups.csv.reading import MalformedRecord, read_records
from kwtui.backups.csv.record_scan import RecordCounter
from kwtui.files.foreign.reading import cannot_read, open_regular, status_of
from kwtui.model.requests import Dialect

_BLOCK = 1 << 22


def find_record(
    index: CsvIndex, text: str, start: int, *, forward: bool, reading: Reading
) -> int | None:
    """The next record behind ``start`` (-1: from the first on) that holds ``text``, or the last one
    before it; None if there is none. Blocking.

    Latin letters are found in either case. The text is looked for as it stands in the file, so it
    may go over several values: ``7,open``. Records are counted without the header.

    Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE), ReadingStopped.
    """
    try:
        search = _Search(index, text, reading)
        return search.after(start) if forward else search.before(start)
    except OSError as error:
        raise cannot_read(index.path, error) from error


class _Search:
    def __init__(self, index: CsvIndex, text: str, reading: Reading) -> None:
        self._index = index
        self._text = text
        self._reading = reading
        self._header = int(index.dialect.header)
        self._wanted = as_written(text, index.dialect).lower()
        reading.total = status_of(index.path).st_size

    def after(self, start: int) -> int | None:
        offset = self._offset_of(start + 1)
        for place in self._places(offset):
            record = self._record_at(place)
            if record > start and self._holds(record):
                return record
        return None

    def before(self, start: int) -> int | None:
        end = self._offset_of(start)
        for place in self._places_backward(end):
            record = self._record_at(place)
            if 0 <= record < start and self._holds(record):
                return record
        return None

    def _record_at(self, place: int) -> int:
        return self._index.record_at(place, self._reading) - self._header

    def _offset_of(self, record: int) -> int:
        """Where the record begins, exactly."""
        number = max(record, 0) + self._header
        offset, known = self._index.place_of(number, self._reading)
        with open_regular(self._index.path) as file:
            return _skip(file, offset, number - known, self._index.dialect)

    def _holds(self, record: int) -> bool:
        """A charset whose characters hold the bytes of others is looked at again as text."""
        dialect = self._index.dialect
        if dialect.charset == "UTF-8":
            return True
        offset = self._offset_of(record)
        with open_regular(self._index.path) as file:
            file.seek(offset)
            try:
                values = next(read_records(file, dialect), ())
            except MalformedRecord:
                return True
        joined = dialect.delimiter.join(value or "" for value in values)
        return self._text.casefold() in joined.casefold()

    def _places(self, offset: int) -> Iterator[int]:
        overlap = len(self._wanted) - 1
        with open_regular(self._index.path, buffering=0) as file:
            file.seek(offset)
            kept = b""
            while block := file.read(_BLOCK):
                self._reading.reached(offset)
                whole = (kept + block).lower()
                yield from (offset - len(kept) + at for at in _hits(whole, self._wanted))
                offset += len(block)
                kept = whole[-overlap:] if overlap else b""

    def _places_backward(self, end: int) -> Iterator[int]:
        overlap = len(self._wanted) - 1
        with open_regular(self._index.path, buffering=0) as file:
            while end > 0:
                self._reading.reached(end)
                start = max(0, end - _BLOCK)
                file.seek(start)
                whole = file.read(end - start + overlap).lower()
                found = [start + at for at in _hits(whole, self._wanted) if start + at < end]
                yield from reversed(found)
                end = start


def _hits(block: bytes, wanted: bytes) -> Iterator[int]:
    at = block.find(wanted)
    while at >= 0:
        yield at
        at = block.find(wanted, at + 1)


def _skip(file: BinaryIO, offset: int, records: int, dialect: Dialect) -> int:
    """The byte offset behind so many records from ``offset`` on."""
    if not records:
        return offset
    counter = RecordCounter(dialect)
    file.seek(offset)
    # In pieces: a line of a file that somebody else made may be as long as a disk.
    while line := file.readline(_BLOCK):
        counter.feed(line)
        offset += len(line)
        if counter.records == records and not counter.inside:
            break
    return offset


def as_written(text: str, dialect: Dialect) -> bytes:
    """A text as a value of the file holds it: quotes doubled or escaped, in its charset."""
    quote, escape = dialect.enclosed, dialect.escaped
    if escape != quote:
        text = text.replace(escape, escape * 2)
    charset = PYTHON_CHARSETS.get(dialect.charset, dialect.charset)
    return text.replace(quote, escape + quote).encode(charset, "replace")
