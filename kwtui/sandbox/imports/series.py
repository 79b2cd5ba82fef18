"""Rows on their way into a time-series table: what is rejected, misread or forgotten on the way.

The defects are the node's own (live-findings, rows 13 to 15): a time of more than milliseconds is
stored at the wrong scale, rows older than the retention are counted and gone, a bad row goes into
a reject file beside the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import ColumnDef
from kwtui.sandbox.imports.options import ImportOptions
from kwtui.sandbox.imports.rows import Stored, converter, records
from kwtui.sandbox.transfer.csv_reader import CsvSyntaxError, Record
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import base_family

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass
class SeriesReport:
    """What became of the rows of one table."""

    rows: int = 0
    """Accepted, whether or not the retention lets them live."""
    rejects: list[str] = field(default_factory=list)
    """Lines of the reject file: a record, then why, in turns."""

    @property
    def rejected(self) -> int:
        return len(self.rejects) // 2


def misscaled(sql_type: SqlType, text: str) -> str:
    """A time (storage text, UTC) as IMPORT stores it: milliseconds taken for finer units.

    2026-11-01 in a TIMESTAMP(6) column becomes 1970-01-21 (recording 09).
    """
    digits = sql_type.args[0] if sql_type.args else 3
    if digits <= 3:
        return text
    plain, _, fraction = text.partition(".")
    whole = datetime.fromisoformat(plain).replace(tzinfo=UTC)
    count = (whole - _EPOCH) // _MILLISECOND + int(fraction.ljust(3, "0")[:3])
    seconds, rest = divmod(count, 10**digits)
    moment = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
    tail = f".{rest:0{digits}d}".rstrip("0") if rest else ""
    return moment + tail


class SeriesParser:
    """Turns records into rows of a time-series table."""

    def __init__(self, columns: Sequence[ColumnDef], zone: str, *, into: bool) -> None:
        self._columns = columns
        self._converters = [converter(column.type, zone) for column in columns]
        self._times = [base_family(c.type) in ("TIMESTAMP", "TIMESTAMPTZ") for c in columns]
        # IMPORT INTO takes files of another product: quotes around times, spaces before numbers.
        self._lenient = into

    def row(self, fields: Sequence[str], nulls: frozenset[int]) -> Stored:
        """The values of one record. Raises :class:`SqlError` with the text for the reject file."""
        if len(fields) != len(self._columns):
            raise SqlError(f"expected {len(self._columns)} fields, got {len(fields)}")
        return tuple(
            self._null(index) if index in nulls else self._value(index, text)
            for index, text in enumerate(fields)
        )

    def _null(self, index: int) -> str | None:
        if self._columns[index].nullable:
            return None
        name = self._columns[index].name
        raise SqlError(f'null value in column "{name}" violates not-null constraint', "23502")

    def _value(self, index: int, text: str) -> str | None:
        column = self._columns[index]
        if self._lenient and index == 0:
            text = text.replace("'", "")
        elif self._lenient and base_family(column.type) in ("FLOAT4", "FLOAT8"):
            text = text.lstrip(" ")
        value = self._converters[index](text)
        return misscaled(column.type, value) if value and self._times[index] else value


def series_rows(
    files: Sequence[tuple[Path, str]],
    options: ImportOptions,
    parser: SeriesParser,
    report: SeriesReport,
    oldest: str | None,
) -> Iterator[Stored]:
    """The rows of a table's files that its retention keeps, counted in ``report``.

    ``oldest`` is the text of the earliest time that is kept, ``None`` without a retention. Reading
    ends at the first empty file, as on a node (facts.md, 2.8).
    """
    for path, uri in files:
        if path.stat().st_size == 0:
            return
        for record in _safe_records(path, uri, options, report):
            try:
                row = parser.row(record.fields, record.nulls)
            except SqlError as err:
                _reject(report, options, record.fields, err.message)
                continue
            report.rows += 1
            if oldest is None or (row[0] or "") >= oldest:
                yield row


def _safe_records(
    path: Path, uri: str, options: ImportOptions, report: SeriesReport
) -> Iterator[Record]:
    """Records of one file; several threads cut a file at lines and cannot have breaks in fields."""
    try:
        for record in records(path, options):
            if record.has_line_break and options.threads > 1:
                raise SqlError(
                    f"Import failed due to incorrect delimiter used, or the CSV file: {uri}, "
                    "contains line breaks. The imported database/table needs to be deleted and "
                    "REIMPORT with thread_concurrency='1' or correct delimiter."
                )
            yield record
    except CsvSyntaxError as err:
        _reject(report, options, err.fields, str(err))


def _reject(
    report: SeriesReport, options: ImportOptions, fields: Sequence[str], reason: str
) -> None:
    report.rejects += [options.dialect.delimiter.join(fields), reason]
