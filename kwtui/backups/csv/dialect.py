"""Finding out how the CSV files of an export without a manifest were written.

Only what KWDB can write is considered (facts.md, 1.3 and 1.12): it always quotes an empty text, and
any value that holds a delimiter, a quote, an escape or a line end, or begins with a blank.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path

from kwtui.backups.csv.charsets import fitting_charsets, is_damaged_utf8, undecodable
from kwtui.backups.csv.form import Plainer, form_of
from kwtui.backups.csv.plain_nulls import plain_nulls
from kwtui.backups.csv.reading import MalformedRecord, NeedMore, Record, RecordParser
from kwtui.backups.csv.record_scan import PYTHON_CHARSETS
from kwtui.files.foreign import cannot_read, open_regular
from kwtui.model.requests import Dialect
from kwtui.model.schema import ColumnSpec
from kwtui.text import clean, plural

_HEAD = 1 << 18
_LEAST_HEAD = 1 << 12
_ALL_HEADS = 1 << 20
"""So much is read of all files together: opening a tree of a thousand tables must not take long."""
_FILES_PER_TABLE = 4
_NULL_TEXTS = (r"\N", "NULL", "null", "Null")
_TEXT_TYPES = ("STRING", "VARCHAR", "CHAR", "NCHAR", "NVARCHAR", "TEXT", "CLOB", "BYTES", "JSON")
_NUMBER_TYPE = re.compile(
    r"(?:(?:BIG|SMALL|TINY)?INT\d?|INTEGER|FLOAT\d?|DOUBLE|REAL|DECIMAL|NUMERIC)\b(?!.*\[)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|Inf|Infinity)|NaN")
_QUOTINGS = (('"', '"'), ('"', "\\"), ("'", "'"), ("'", "\\"))
_COMMON_DELIMITERS = (",", "|", "\t", ";")
_NO_TEXT = "\0"


class Certainty(IntEnum):
    """How sure a guess is. Below LIKELY a person must decide."""

    UNSURE = 0
    LIKELY = 1
    CERTAIN = 2


@dataclass(frozen=True)
class Misfit:
    """The first record of a file that is not what all the others are."""

    path: str
    record: int
    """From 1, a line of column names not counted."""
    reason: str


@dataclass(frozen=True)
class DialectGuess:
    """The candidates that the files allow, best first, with what speaks for the first."""

    candidates: tuple[Dialect, ...]
    certainty: Certainty
    reason: str
    nearest: Dialect | None = None
    """Where no dialect fits every file: the one that fits most of them."""
    misfits: tuple[Misfit, ...] = ()
    """What does not fit the nearest one."""

    @property
    def dialect(self) -> Dialect | None:
        return self.candidates[0] if self.candidates else None


@dataclass(frozen=True)
class TableSample:
    """What is known of one table of the tree: its files and, from meta.sql, its columns."""

    files: tuple[Path, ...]
    columns: tuple[ColumnSpec, ...] = ()


@dataclass
class _Sample:
    """The head of one file, or all of it."""

    path: Path
    data: bytes
    whole: bool
    columns: tuple[ColumnSpec, ...]
    text: str = ""
    first_is_row: bool = False


@dataclass
class _Observation:
    """What a sample looks like if it is read with one dialect."""

    misfits: list[Misfit] = field(default_factory=list)
    records: int = 0
    quoted: int = 0
    headers: int = 0
    plain_empty: int = 0
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


def sniff_dialect(tables: Sequence[TableSample], *, first_is_row: bool = False) -> DialectGuess:
    """The dialects that fit all samples. Reads the heads of some files, about 1 MiB in all.

    ``first_is_row``: a person said that no file begins with column names.

    Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE).
    """
    samples = [replace(s, first_is_row=first_is_row) for s in _read_heads(tables)]
    if not any(s.data for s in samples):
        default = Dialect(null_text="")
        return DialectGuess((default,), Certainty.CERTAIN, "The files hold no records.")
    heads = [s.data for s in samples]
    charsets = fitting_charsets(heads)
    if not charsets or ("UTF-8" not in charsets and is_damaged_utf8(heads)):
        return _broken_text(samples)
    guesses = [_guess(tables, samples, charset) for charset in charsets]
    found = [g for g in guesses if g.candidates]
    if len(found) == 1 or (found and charsets[0] == "UTF-8"):
        return found[0]
    if not found:
        return guesses[0]
    names = " or ".join(str(g.candidates[0].charset) for g in found)
    candidates = tuple(c for g in found for c in g.candidates)
    reason = f"The text could be {names}: look at a page and choose. {found[0].reason}"
    return DialectGuess(candidates, Certainty.UNSURE, reason)


def _read_heads(tables: Sequence[TableSample]) -> Iterable[_Sample]:
    filled = [t for t in tables if t.files]
    some = filled[:: len(filled) * _LEAST_HEAD // _ALL_HEADS + 1]
    count = sum(min(len(t.files), _FILES_PER_TABLE) for t in some)
    head = max(min(_ALL_HEADS // max(count, 1), _HEAD), _LEAST_HEAD)
    for table in some:
        for path in table.files[:_FILES_PER_TABLE]:
            data = read_head(path, head + 1)
            whole = (
                len(data) <= head
                and len(table.files) <= _FILES_PER_TABLE
                and len(some) == len(filled)
            )
            data = Plainer(form_of(data)).feed(data[:head], final=whole)
            yield _Sample(path, data, whole, table.columns)


def read_head(path: Path, size: int) -> bytes:
    """The first bytes of a file. Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE)."""
    try:
        with open_regular(path) as file:
            return file.read(size)
    except OSError as error:
        raise cannot_read(path, error) from error


def _broken_text(samples: Sequence[_Sample]) -> DialectGuess:
    """Text of none of KWDB's charsets, or UTF-8 that is damaged in some files: which, and where."""
    misfits = []
    for sample in samples:
        if found := undecodable(sample.data, "UTF-8"):
            at, why = found
            record = sample.data.count(b"\n", 0, at) + 1
            reason = f"byte {sample.data[at]:#04x} is no UTF-8 text ({why})"
            misfits.append(Misfit(str(sample.path), record, reason))
    reason = "The files are text in none of the charsets that KWDB writes."
    nearest = Dialect(null_text="")
    return DialectGuess((), Certainty.UNSURE, reason, nearest, tuple(misfits))


def _guess(tables: Sequence[TableSample], samples: Sequence[_Sample], charset: str) -> DialectGuess:
    decoder = codecs.getincrementaldecoder(PYTHON_CHARSETS[charset])
    for sample in samples:
        sample.text = decoder().decode(sample.data, final=sample.whole)
    found: list[tuple[int, Dialect, _Observation]] = []
    # Without any quote or backslash all quotings read the same.
    marked = any(mark in s.text for s in samples for mark in "\"'\\")
    for rank, delimiter in enumerate(_delimiters(samples)):
        for enclosed, escaped in _QUOTINGS if marked else _QUOTINGS[:1]:
            if delimiter in (enclosed, escaped):
                continue
            dialect = Dialect(delimiter, enclosed, escaped, "", charset)
            seen = _observe(samples, dialect)
            if seen.fits:
                found.append((rank, dialect, seen))
    if not found:
        return _nearest(samples, charset)
    most = max(seen.quoted for _, _, seen in found)
    found = [f for f in found if f[2].quoted == most]
    nulls: set[str] | None = None
    if charset == "UTF-8" and not most and not all(s.whole for s in samples):
        files = [path for table in tables for path in table.files]
        try:
            nulls = plain_nulls(files, found[0][1].delimiter)
        except OSError as error:
            raise cannot_read(files[0].parent, error) from error
    return _conclude(samples, found, nulls)


def _delimiters(samples: Sequence[_Sample]) -> list[str]:
    """Usual ones first, then every other mark that stands in the first sample with a record."""
    if all(len(s.columns) == 1 for s in samples):
        return [","]
    text = next((s.text for s in samples if s.text), "")
    others = sorted({c for c in text if c.isascii() and not c.isalnum()} - set("\"'\n\r"))
    return [*_COMMON_DELIMITERS, *(c for c in others if c not in _COMMON_DELIMITERS)]


def _nearest(samples: Sequence[_Sample], charset: str) -> DialectGuess:
    """No dialect fits: the one that fits most files, and of those the one that reads furthest."""
    best: tuple[int, int] | None = None
    nearest, misfits = Dialect(null_text="", charset=charset), list[Misfit]()
    for delimiter in _COMMON_DELIMITERS:
        dialect = replace(nearest, delimiter=delimiter)
        seen = _observe(samples, dialect, tolerant=True)
        rank = (-len(seen.misfits), seen.records)
        if best is None or rank > best:
            best, misfits, nearest = rank, seen.misfits, dialect
    reason = "No delimiter and quoting give every record as many fields as the table has."
    return DialectGuess((), Certainty.UNSURE, reason, nearest, tuple(misfits))


def _observe(
    samples: Sequence[_Sample], dialect: Dialect, *, tolerant: bool = False
) -> _Observation:
    """What the samples look like; up to the first that does not fit unless all are wanted."""
    seen = _Observation()
    for sample in samples:
        if sample.text:
            _observe_one(sample, dialect, seen)
        if seen.misfits and not tolerant:
            break
    return seen


def _observe_one(sample: _Sample, dialect: Dialect, seen: _Observation) -> None:
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


def _observe_values(
    record: Record,
    quoted: Sequence[bool],
    columns: Sequence[ColumnSpec],
    dialect: Dialect,
    seen: _Observation,
) -> str:
    """Note what the values tell; why one of them cannot be what it is read as, else nothing."""
    other_quote = "'" if dialect.enclosed == '"' else '"'
    for position, (value, was_quoted) in enumerate(zip(record, quoted, strict=True)):
        if was_quoted or value is None:
            seen.quoted += 1
            continue
        if value == "":
            seen.plain_empty += 1
        elif value in _NULL_TEXTS:
            seen.nulls[value] = seen.nulls.get(value, 0) + 1
            if columns and not columns[position].type.upper().startswith(_TEXT_TYPES):
                seen.sure_nulls[value] = seen.sure_nulls.get(value, 0) + 1
        elif columns and not _plausible(value, columns[position].type):
            column = columns[position]
            return f"{shortened(value)} is no {column.type} (column {column.name})"
        elif len(value) > 1 and value[0] == value[-1] == other_quote:
            # KWDB would have no reason to write such a value this often: it is the other quoting.
            return "values stand in other quotes"
        elif dialect.escaped != dialect.enclosed and dialect.escaped in value:
            return "the mark that escapes stands outside quotes"
    return ""


_LONGEST_SHOWN = 40


def shortened(value: str) -> str:
    """A value of somebody else's file, in quotes and fit for a message."""
    text = clean(value)
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")


def _plausible(value: str, column_type: str) -> bool:
    return not _NUMBER_TYPE.match(column_type) or _NUMBER.fullmatch(value) is not None


def _conclude(
    samples: Sequence[_Sample],
    found: Sequence[tuple[int, Dialect, _Observation]],
    nulls: set[str] | None,
) -> DialectGuess:
    """``nulls``: what stands for NULL in all files, if it is known that nothing is quoted."""
    _, best, seen = found[0]
    whole = all(s.whole for s in samples) or (nulls is not None and nulls <= {""})
    if nulls == {""}:
        seen.plain_empty += 1
    doubts: list[str] = []
    null_texts, null_doubt = _null_texts(seen, whole=whole)
    if null_doubt:
        doubts.append(null_doubt)
    if any(not s.columns for s in samples):
        doubts.append("the columns are not known")
    if best.charset != "UTF-8":
        doubts.append(f"that the text is {best.charset} is a guess from its bytes")
    delimiters = {d.delimiter for _, d, _ in found}
    if len(delimiters) > 1:
        doubts.append(f"the delimiter could be any of {' '.join(map(repr, sorted(delimiters)))}")
    if not seen.quoted and not whole:
        doubts.append("no quoted value was seen")
    header = seen.headers > 0 and seen.headers == sum(1 for s in samples if s.data)
    if seen.headers and not header:
        doubts.append("only some files begin with the column names")
    dialects = [replace(best, null_text=n, header=header) for n in null_texts]
    dialects += [
        replace(d, null_text=null_texts[0], header=header)
        for _, d, _ in found[1:]
        if d.delimiter != best.delimiter or (seen.quoted and d.enclosed != best.enclosed)
    ]
    certainty = Certainty.CERTAIN
    if doubts:
        unsure = len(delimiters) > 1 or any(not s.columns for s in samples)
        certainty = Certainty.UNSURE if unsure else Certainty.LIKELY
    return DialectGuess(tuple(dialects), certainty, _reason(samples, doubts, whole=whole))


def _null_texts(seen: _Observation, *, whole: bool) -> tuple[list[str], str]:
    """The texts that may mean NULL, best first, and what is doubtful about it."""
    if seen.plain_empty:
        return [""], ""
    if seen.sure_nulls:
        return [max(seen.sure_nulls, key=lambda n: seen.sure_nulls[n])], ""
    if seen.nulls:
        best = max(seen.nulls, key=lambda n: seen.nulls[n])
        return [best, ""], f"{best} stands for NULL, or is a text, in text columns only"
    if whole:
        return [""], ""
    return ["", *_NULL_TEXTS], "no NULL was seen, so that its text is not known"


def _reason(samples: Sequence[_Sample], doubts: Sequence[str], *, whole: bool) -> str:
    read = "All records were read" if whole else "The first records of the files were read"
    fit = "and each has as many fields as its table has columns"
    if any(not s.columns for s in samples):
        fit = "and all of a file have the same number of fields"
    text = f"{read}, {fit}."
    if doubts:
        text += " But " + "; ".join(doubts) + "."
    return text
