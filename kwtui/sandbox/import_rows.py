"""From records of a CSV file to values of columns: what relational imports accept and refuse.

Messages: recordings 05 (``in_all``) and 06 (``computed``). One bad record fails the whole import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from kwtui.sandbox.answer import SqlError
from kwtui.sandbox.catalog import ColumnDef, SqlType
from kwtui.sandbox.charset import codec
from kwtui.sandbox.csv_reader import CsvReader, CsvSyntaxError, Record
from kwtui.sandbox.import_options import ImportOptions
from kwtui.sandbox.types import INTEGERS, STRINGS, base_family
from kwtui.sandbox.values import Value, fit, parse, quoted

Converter = Callable[[str], Value]
Values = tuple[Any, ...]


def records(path: Path, options: ImportOptions, skip: int = 0) -> Iterator[Record]:
    """The records of a file, without its first ``skip`` lines. Undecodable bytes become U+FFFD."""
    with path.open(encoding=codec(options.charset), errors="replace", newline="\n") as file:
        lines = islice(file, skip, None)
        yield from CsvReader(lines, options.dialect)


def converter(sql_type: SqlType, zone: str) -> Converter:
    """Text to value for one column. The frequent types take a short way."""
    family = base_family(sql_type)
    if not sql_type.array and family in INTEGERS:
        low, high = INTEGERS[family]
        return lambda text: _integer(sql_type, text, low, high)
    if not sql_type.array and family in STRINGS:
        return str if not sql_type.args else lambda text: fit(sql_type, text)
    return lambda text: parse(sql_type, text, zone)


def _integer(sql_type: SqlType, text: str, low: int, high: int) -> Value:
    if text.isascii() and text.isdigit() and low <= (value := int(text)) <= high:
        return value
    return parse(sql_type, text)


class RowParser:
    """Turns records into rows of values for the given columns.

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

    def row(self, record: Record) -> Values:
        """The values of one record. Raises :class:`SqlError` without the name of the file."""
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

    def _value(self, record: Record, index: int, text: str) -> Value:
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
) -> Iterator[Values]:
    """The rows of a file. Errors begin with the file's URI."""
    try:
        for record in records(path, options, skip):
            yield parser.row(record)
    except SqlError as err:
        raise SqlError(f"{uri}: {err.message}", err.sqlstate) from err
    except CsvSyntaxError as err:
        row = quoted(options.dialect.delimiter.join(err.fields))
        raise SqlError(f"{uri}: error parsing row {err.record}: {err} (row: {row})") from err
