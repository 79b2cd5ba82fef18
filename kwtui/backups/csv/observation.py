"""What samples of CSV files look like when they are read with one dialect. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kwtui.backups.csv.reading import MalformedRecord, NeedMore, Record, RecordParser
from kwtui.backups.csv.samples import Sample
from kwtui.backups.csv.values import is_odd_moment, misfit, value_fits
from kwtui.model.requests import Dialect
from kwtui.model.schema import ColumnSpec
from kwtui.text import plural

NULL_TEXTS = (r"\N", "NULL", "null", "Null")
_TEXT_TYPES = ("STRING", "VARCHAR", "CHAR", "NCHAR", "NVARCHAR", "TEXT", "CLOB", "BYTES", "JSON")
_NO_TEXT = "\0"


@dataclass(frozen=True)
class Misfit:
    """The first record of a file that is not what all the others are."""

    path: str
    record: int
    """From 1, a line of column names not counted."""
    reason: str


@dataclass
class Observation:
    """What a sample looks like if it is read with one dialect."""

    misfits: list[Misfit] = field(default_factory=list)
    records: int = 0
    quoted: int = 0
    headers: int = 0
    plain_empty: int = 0
    odd_moments: int = 0
    """Values of time columns in a form that EXPORT does not write."""
    nulls: dict[str, int] = field(default_factory=dict)
    """Plain values that could mean NULL, by text."""
    sure_nulls: dict[str, int] = field(default_factory=dict)
    """Those in columns that cannot hold them as text."""

    @property
    def fits(self) -> bool:
        return not self.misfits


class _ObservingParser(RecordParser):
    """Notes for each value of the last record whether it was quoted."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(replace(dialect, null_text=_NO_TEXT))
        self._enclosed = dialect.enclosed
        self.quoted: list[bool] = []

    def value(self, text: str, position: int, *, final: bool) -> tuple[str | None, int]:
        self.quoted.append(text.startswith(self._enclosed, position))
        return super().value(text, position, final=final)


def observe(samples: Sequence[Sample], dialect: Dialect, *, tolerant: bool = False) -> Observation:
    """What the samples look like; up to the first that does not fit unless all are wanted."""
    seen = Observation()
    for sample in samples:
        if sample.text:
            _observe_one(sample, dialect, seen)
        if seen.misfits and not tolerant:
            break
    return seen


def _observe_one(sample: Sample, dialect: Dialect, seen: Observation) -> None:
    parser = _ObservingParser(dialect)
    position, number, fields, first = 0, 0, len(sample.columns), not sample.first_is_row
    while position < len(sample.text):
        parser.quoted = []
        number += 1
        reason = ""
        try:
            record, position = parser.record(sample.text, position, final=sample.whole)
        except NeedMore:
            break
        except MalformedRecord as error:
            record, reason = (), str(error)
        fields = fields or len(record)
        if not reason and len(record) != fields:
            reason = f"{plural(len(record), 'field')} instead of {fields}"
        if not reason and not sample.columns and fields == 1:
            reason = "one field only"
        if not reason and first and _is_header(record, sample.columns):
            seen.headers += 1
            number = 0
        elif not reason and first and _looks_like_names(record, sample.columns):
            reason = "column names, but not those of the table in its order"
        elif not reason:
            reason = _observe_values(record, parser.quoted, sample.columns, dialect, seen)
        if reason:
            seen.misfits.append(Misfit(str(sample.path), number, reason))
            return
        seen.records += 1
        first = False


def _is_header(record: Record, columns: Sequence[ColumnSpec]) -> bool:
    return bool(columns) and names_columns(record, [c.name for c in columns if not c.hidden])


def names_columns(record: Record, names: Sequence[str]) -> bool:
    """Whether a record is a line of column names; a spreadsheet may have changed their letters."""
    return [(value or "").strip().casefold() for value in record] == [n.casefold() for n in names]


def _looks_like_names(record: Record, columns: Sequence[ColumnSpec]) -> bool:
    """Whether a record that is no line of the table's column names is one of some others'."""
    names = {c.name.casefold() for c in columns}
    known = sum((value or "").strip().casefold() in names for value in record)
    return known >= 2 and known * 2 >= len(record)


def _odd_moments(record: Record, columns: Sequence[ColumnSpec]) -> int:
    pairs = zip(record, columns, strict=False)
    return sum(bool(value) and is_odd_moment(value or "", c.type) for value, c in pairs)


def _observe_values(
    record: Record,
    quoted: Sequence[bool],
    columns: Sequence[ColumnSpec],
    dialect: Dialect,
    seen: Observation,
) -> str:
    """Note what the values tell; why one of them cannot be what it is read as, else nothing."""
    seen.odd_moments += _odd_moments(record, columns)
    other_quote = "'" if dialect.enclosed == '"' else '"'
    for position, (value, was_quoted) in enumerate(zip(record, quoted, strict=True)):
        if was_quoted or value is None:
            seen.quoted += 1
            continue
        if value == "":
            seen.plain_empty += 1
        elif value in NULL_TEXTS:
            seen.nulls[value] = seen.nulls.get(value, 0) + 1
            if columns and not columns[position].type.upper().startswith(_TEXT_TYPES):
                seen.sure_nulls[value] = seen.sure_nulls.get(value, 0) + 1
        elif columns and not value_fits(value, columns[position].type):
            column = columns[position]
            return misfit(value, column.name, column.type)
        elif len(value) > 1 and value[0] == value[-1] == other_quote:
            # KWDB would have no reason to write such a value this often: it is the other quoting.
            return "values stand in other quotes"
        elif dialect.escaped != dialect.enclosed and dialect.escaped in value:
            return "the mark that escapes stands outside quotes"
    return ""
