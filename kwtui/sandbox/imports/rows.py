"""From records of a CSV file to rows for storage: what relational imports accept and refuse.

Messages: recordings 05 (``in_all``) and 06 (``computed``). One bad record fails the whole import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import ColumnDef
from kwtui.sandbox.imports.options import ImportOptions
from kwtui.sandbox.transfer.charset import codec
from kwtui.sandbox.transfer.csv_reader import CsvReader, CsvSyntaxError, Record
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import INTEGERS, STRINGS, base_family
from kwtui.sandbox.values.values import fit, parse, quoted, storage_text

Converter = Callable[[str], str | None]
"""From the text of a field to the text that storage casts (see ``values.storage_text``)."""
Stored = tuple[str | None, ...]

_DATE_TIME = 19
_UTC = "+00:00"


def records(path: Path, options: ImportOptions, skip: int = 0) -> Iterator[Record]:
    """The records of a file, without its first ``skip`` lines. Undecodable bytes become U+FFFD."""
    with path.open(encoding=codec(options.charset), errors="replace", newline="\n") as file:
        lines = islice(file, skip, None)
        yield from CsvReader(lines, options.dialect)


def converter(sql_type: SqlType, zone: str) -> Converter:
    """Field text to storage text for one column. The frequent types take a short way."""
    family = base_family(sql_type)

    # Prices, times of a batch, names of places: the same texts come again and again.
    @lru_cache(1000)
    def parsed(text: str) -> str | None:
        return storage_text(sql_type, parse(sql_type, text, zone))

    if sql_type.array:
        return parsed
    if family in INTEGERS:
        low, high = INTEGERS[family]
        return lambda text: text if _is_plain(text, low, high) else parsed(text)
    if family in STRINGS:
        return str if not sql_type.args else lambda text: str(fit(sql_type, text))
    if family in ("TIMESTAMP", "TIMESTAMPTZ"):
        digits = sql_type.args[0] if sql_type.args else 6
        return lambda text: _plain_moment(text, digits) or parsed(text)
    return parsed


def _is_plain(text: str, low: int, high: int) -> bool:
    return text.isascii() and text.isdigit() and low <= int(text) <= high


def _plain_moment(text: str, digits: int) -> str | None:
    """A time as EXPORT writes it, in UTC and no finer than the column; None for any other text."""
    if not text.endswith(_UTC):
        return None
    moment = text[: -len(_UTC)]
    fraction = moment[_DATE_TIME:]
    if fraction and not (fraction[0] == "." and fraction[1:].isdigit() and len(fraction) <= digits):
        return None
    try:
        datetime.fromisoformat(moment[:_DATE_TIME])
    except ValueError:
        return None
    return moment if len(moment) >= _DATE_TIME and moment[10] == " " else None


class RowParser:
    """Turns records into rows for the given columns.

    ``strips_apostrophes`` is the node's defect of row 5 in live-findings: every ``'`` vanishes
    from the first field.
    """

    def __init__(
        self,
        columns: Sequence[ColumnDef],
        options: ImportOptions,
        zone: str,
        *,
        strips_apostrophes: bool,
    ) -> None:
        self._columns = columns
        self._delimiter = options.dialect.delimiter
        self._converters = [converter(column.type, zone) for column in columns]
        self._required = [not column.nullable for column in columns]
        self._strips_apostrophes = strips_apostrophes

    def row(self, record: Record) -> Stored:
        """The storage texts of one record. Raises :class:`SqlError` without naming the file."""
        fields = record.fields
        if len(fields) != len(self._columns):
            # A delimiter behind the last field is forgiven.
            if len(fields) != len(self._columns) + 1 or fields[-1]:
                raise self._refuse(
                    record, f"expected {len(self._columns)} fields, got {len(fields)}"
                )
            fields = fields[:-1]
        if self._strips_apostrophes and "'" in fields[0]:
            fields = [fields[0].replace("'", ""), *fields[1:]]
        return tuple(self._value(record, index, text) for index, text in enumerate(fields))

    def _value(self, record: Record, index: int, text: str) -> str | None:
        if index in record.nulls:
            if self._required[index]:
                name = self._columns[index].name
                reason = f'null value in column "{name}" violates not-null constraint'
                raise self._refuse(record, reason)
            return None
        try:
            return self._converters[index](text)
        except SqlError as err:
            column = self._columns[index]
            reason = f"parse {quoted(column.name)} as {column.type.text}: {err.message}"
            raise self._refuse(record, reason) from err

    def _refuse(self, record: Record, reason: str) -> SqlError:
        row = quoted(self._delimiter.join(record.fields))
        return SqlError(f"error parsing row {record.number}: {reason} (row: {row})")


def parsed_rows(
    path: Path, uri: str, options: ImportOptions, parser: RowParser, skip: int
) -> Iterator[Stored]:
    """The rows of a file. Errors begin with the file's URI."""
    try:
        for record in records(path, options, skip):
            yield parser.row(record)
    except SqlError as err:
        raise SqlError(f"{uri}: {err.message}", err.sqlstate) from err
    except CsvSyntaxError as err:
        row = quoted(options.dialect.delimiter.join(err.fields))
        raise SqlError(f"{uri}: error parsing row {err.record}: {err} (row: {row})") from err
