"""Reading records in blocks: where nothing is quoted a whole block at once, else one by one."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from kwtui.backups.csvread import MalformedRecord, NeedMore, Record, RecordParser
from kwtui.backups.records import PYTHON_CHARSETS
from kwtui.model import Dialect

_CHUNK = 1 << 20
_LONGEST_RECORD = 1 << 24
"""Characters; a longer one means that a quote was lost."""


def read_blocks(file: BinaryIO, dialect: Dialect) -> Iterator[str | list[Record]]:
    """Everything from the file's position on, which must be the start of a record.

    A text holds whole records of which no value is quoted; a list holds parsed records. Memory is
    that of one block. Raises `MalformedRecord`, and OSError.
    """
    charset = PYTHON_CHARSETS.get(dialect.charset, dialect.charset)
    decoder = codecs.getincrementaldecoder(charset)(errors="surrogateescape")
    parser = RecordParser(dialect)
    text, final = "", False
    while not final:
        chunk = file.read(_CHUNK)
        final = not chunk
        text += decoder.decode(chunk, final)
        if len(text) > _LONGEST_RECORD + _CHUNK:
            raise MalformedRecord("it is too long: a quote was lost")
        end = len(text) if final else text.rfind("\n") + 1
        if not end:
            continue
        if dialect.enclosed not in text:
            yield text[:end]
        else:
            records, end = _parsed(parser, text, final=final)
            yield records
        text = text[end:]


def parse_block(text: str, dialect: Dialect) -> list[Record]:
    """The records of a text that holds whole ones. Raises `MalformedRecord`."""
    return _parsed(RecordParser(dialect), text, final=True)[0]


def _parsed(parser: RecordParser, text: str, *, final: bool) -> tuple[list[Record], int]:
    records: list[Record] = []
    position = 0
    try:
        while position < len(text):
            record, position = parser.record(text, position, final=final)
            records.append(record)
    except NeedMore:
        pass
    return records, position
