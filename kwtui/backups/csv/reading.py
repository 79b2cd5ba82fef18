"""Reading records as values, with NULL told apart from an empty text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from kwtui.backups.csv.alterations import Readable
from kwtui.backups.csv.charsets import PYTHON_CHARSETS
from kwtui.model.requests import Dialect

Record = tuple[str | None, ...]

_CHUNK = 1 << 20
_LONGEST_RECORD = 1 << 24
"""Characters; a longer one means that a quote was lost."""


class MalformedRecord(ValueError):
    """A record that does not parse; the text says why."""


class NeedMore(Exception):
    """The record goes on behind what was read."""


class RecordParser:
    """Takes text apart into records of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        quote, escape = re.escape(dialect.enclosed), re.escape(dialect.escaped)
        delimiter = re.escape(dialect.delimiter)
        self._dialect = dialect
        self._quoted = re.compile(
            f"{quote}((?:[^{quote}{escape}]|{escape}.)*+){quote}"
            if dialect.escaped != dialect.enclosed
            else f"{quote}((?:[^{quote}]|{quote}{quote})*+){quote}",
            re.DOTALL,
        )
        self._plain = re.compile(f"[^{delimiter}\n]*")

    def record(self, text: str, start: int, *, final: bool) -> tuple[Record, int]:
        """The record that begins at ``start``, and where the next one does.

        Raises `MalformedRecord`, and `NeedMore` unless ``final``.
        """
        values: list[str | None] = []
        position = start
        while True:
            value, position = self.value(text, position, final=final)
            values.append(value)
            if position >= len(text):
                if final:
                    return tuple(values), position
                raise NeedMore
            separator = text[position]
            position += 1
            if separator == "\n":
                return tuple(values), position
            if separator != self._dialect.delimiter:
                raise MalformedRecord(
                    f"after the quoted value of field {len(values)} comes {separator!r}"
                )

    def value(self, text: str, position: int, *, final: bool) -> tuple[str | None, int]:
        """The value at ``position``, and where it ends. Raises like `record`."""
        quote = self._dialect.enclosed
        if text.startswith(quote, position):
            match = self._quoted.match(text, position)
            if match is None or (match.end() == len(text) and not final):
                if final:
                    raise MalformedRecord("a quoted value is never closed")
                raise NeedMore
            return self._unescape(match[1]), match.end()
        plain = self._plain.match(text, position)
        end = plain.end() if plain else position
        value = text[position:end]
        if quote in value:
            raise MalformedRecord("a quote inside a plain value")
        return None if value == self._dialect.null_text else value, end

    def _unescape(self, quoted: str) -> str:
        escape, quote = self._dialect.escaped, self._dialect.enclosed
        if escape not in quoted:
            return quoted
        if escape == quote:
            return quoted.replace(quote * 2, quote)
        return re.sub(re.escape(escape) + "(.)", r"\1", quoted, flags=re.DOTALL)


def read_records(file: Readable, dialect: Dialect) -> Iterator[Record]:
    """The records from the file's position on, which must be the start of one.

    Bytes that are no text of the charset are kept as surrogates, for `kwtui.text.clean`.

    Raises `MalformedRecord` at the first record that does not parse, and OSError.
    """
    return (record for record, _ in read_with_text(file, dialect))


def read_with_text(file: Readable, dialect: Dialect) -> Iterator[tuple[Record, str]]:
    """The same, each with its text as it stands in the file, line end included."""
    charset = PYTHON_CHARSETS.get(dialect.charset, dialect.charset)
    decoder = codecs.getincrementaldecoder(charset)(errors="surrogateescape")
    parser = RecordParser(dialect)
    text, position, final = "", 0, False
    while True:
        try:
            while position < len(text):
                record, end = parser.record(text, position, final=final)
                yield record, text[position:end]
                position = end
            if final:
                return
        except NeedMore:
            if len(text) - position > _LONGEST_RECORD:
                raise MalformedRecord("it is too long: a quote was lost") from None
        chunk = file.read(max(_CHUNK, len(text) - position))
        final = not chunk
        text = text[position:] + decoder.decode(chunk, final)
        position = 0
