"""KWDB's CSV dialect, reading side, one record at a time.

Rules that matter (facts.md, 2.10; recordings 06 and 16): an unquoted null text or an unquoted
empty field is NULL, a quoted field never is; empty lines are skipped, which loses the NULL rows
of one-column tables (live-findings, row 12); line feeds and carriage returns inside quotes are
data; a quote inside an unquoted field is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from kwtui.sandbox.transfer.csv_writer import Dialect


@dataclass(frozen=True)
class Record:
    """One record. ``nulls`` holds the positions of the fields that stand for NULL."""

    number: int
    """Counts records from 1, the header line included."""
    fields: list[str]
    nulls: frozenset[int]
    has_line_break: bool = False


class CsvSyntaxError(Exception):
    """The text is no CSV of this dialect. Says where, in the words of the node's reader."""

    def __init__(self, record: int, line: int, column: int, reason: str, fields: list[str]) -> None:
        super().__init__(f"parse error on line {line}, column {column}: {reason}")
        self.record = record
        self.fields = fields


class CsvReader:
    """Reads records from physical lines (each with its line feed, the last one perhaps without)."""

    def __init__(self, lines: Iterable[str], dialect: Dialect) -> None:
        self._lines = iter(lines)
        self._dialect = dialect
        self._line_number = 0
        self._record_number = 0

    def __iter__(self) -> Iterator[Record]:
        delimiter, quote = self._dialect.delimiter, self._dialect.enclosed
        null_text = self._dialect.null_text
        for line in self._lines:
            self._line_number += 1
            if line in ("\n", "\r\n"):
                continue
            self._record_number += 1
            if quote in line:
                yield self._quoted_record(line)
                continue
            fields = _without_line_end(line).split(delimiter)
            nulls = frozenset(i for i, f in enumerate(fields) if not f or f == null_text)
            yield Record(self._record_number, fields, nulls)

    def _quoted_record(self, line: str) -> Record:
        delimiter, quote = self._dialect.delimiter, self._dialect.enclosed
        fields: list[str] = []
        nulls: set[int] = set()
        broken = False
        pos = 0
        while True:
            if line.startswith(quote, pos):
                text, line, pos, crossed = self._quoted_field(line, pos + 1, fields)
                broken = broken or crossed
            else:
                end = line.find(delimiter, pos)
                raw = line[pos:] if end < 0 else line[pos:end]
                pos = len(line) if end < 0 else end
                text = _without_line_end(raw) if end < 0 else raw
                if quote in text:
                    self._fail(
                        pos - len(raw) + raw.index(quote),
                        f"bare {quote} in non-quoted-field",
                        fields,
                    )
                if not text or text == self._dialect.null_text:
                    nulls.add(len(fields))
            fields.append(text)
            if not line.startswith(delimiter, pos):
                return Record(self._record_number, fields, frozenset(nulls), broken)
            pos += len(delimiter)

    def _quoted_field(self, line: str, pos: int, done: list[str]) -> tuple[str, str, int, bool]:
        """Return the field's text, the line it ended on, where, and whether it crossed a line."""
        quote, escape, delimiter = (
            self._dialect.enclosed,
            self._dialect.escaped,
            self._dialect.delimiter,
        )
        parts: list[str] = []
        crossed = False
        while True:
            stop = _first(line, pos, quote, escape)
            if stop < 0:
                parts.append(line[pos:])
                following = next(self._lines, None)
                if following is None:
                    reason = f"extraneous or missing {quote} in quoted-field"
                    self._fail(len(line), reason, [*done, "".join(parts)])
                line, pos, crossed = following, 0, True
                self._line_number += 1
                continue
            parts.append(line[pos:stop])
            following_char = line[stop + 1 : stop + 2]
            if line[stop] == escape and following_char and following_char in (quote, escape):
                parts.append(following_char)
                pos = stop + 2
            elif line[stop] == quote:
                rest = line[stop + 1 :]
                if rest.startswith(delimiter) or rest in ("", "\n", "\r\n"):
                    return "".join(parts), line, stop + 1, crossed
                self._fail(stop, f"extraneous or missing {quote} in quoted-field", done)
            else:
                parts.append(escape)
                pos = stop + 1

    def _fail(self, column: int, reason: str, fields: list[str]) -> NoReturn:
        raise CsvSyntaxError(self._record_number, self._line_number, column + 1, reason, fields)


def _without_line_end(text: str) -> str:
    if text.endswith("\n"):
        text = text[:-1]
        if text.endswith("\r"):
            text = text[:-1]
    return text


def _first(line: str, pos: int, quote: str, escape: str) -> int:
    """Where the next quote or escape stands, -1 if there is none."""
    found = line.find(quote, pos)
    if escape == quote:
        return found
    other = line.find(escape, pos)
    if found < 0 or other < 0:
        return max(found, other)
    return min(found, other)
