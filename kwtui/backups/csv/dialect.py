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

from kwtui.backups.csv.reading import MalformedRecord, NeedMore, Record, RecordParser
from kwtui.backups.csv.record_scan import PYTHON_CHARSETS
from kwtui.backups.layout.tree import unreadable
from kwtui.files.foreign import open_regular
from kwtui.model.requests import Dialect
from kwtui.model.schema import ColumnSpec

_HEAD = 1 << 18
_LEAST_HEAD = 1 << 12
_ALL_HEADS = 1 << 20
"""So much is read of all files together: opening a tree of a thousand tables must not take long."""
_FILES_PER_TABLE = 4
_NULL_TEXTS = (r"\N", "NULL", "null", "Null")
_TEXT_TYPES = ("STRING", "VARCHAR", "CHAR", "NCHAR", "NVARCHAR", "TEXT", "CLOB", "BYTES", "JSON")
_NUMBER_TYPE = re.compile(r"(?:INT\d?|FLOAT\d?|DECIMAL|NUMERIC)\b(?!.*\[)", re.IGNORECASE)
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
class DialectGuess:
    """The candidates that the files allow, best first, with what speaks for the first."""

    candidates: tuple[Dialect, ...]
    certainty: Certainty
    reason: str

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

    data: bytes
    whole: bool
    columns: tuple[ColumnSpec, ...]
    text: str = ""


@dataclass
class _Observation:
    """What a sample looks like if it is read with one dialect."""

    fits: bool = True
    quoted: int = 0
    headers: int = 0
    plain_empty: int = 0
    nulls: dict[str, int] = field(default_factory=dict)
    """Plain values that could mean NULL, by text."""
    sure_nulls: dict[str, int] = field(default_factory=dict)
    """Those in columns that cannot hold them as text."""


class _ObservingParser(RecordParser):
    """Notes for each value of the last record whether it was quoted."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(replace(dialect, null_text=_NO_TEXT))
        self._enclosed = dialect.enclosed
        self.quoted: list[bool] = []

    def value(self, text: str, position: int, *, final: bool) -> tuple[str | None, int]:
        self.quoted.append(text.startswith(self._enclosed, position))
        return super().value(text, position, final=final)


def sniff_dialect(tables: Sequence[TableSample]) -> DialectGuess:
    """The dialects that fit all samples. Reads the heads of some files, about 1 MiB in all.

    Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE).
    """
    samples = list(_read_heads(tables))
    if not any(s.data for s in samples):
        default = Dialect(null_text="")
        return DialectGuess((default,), Certainty.CERTAIN, "The files hold no records.")
    charsets = _charsets(samples)
    if not charsets:
        reason = "The files are text in none of the charsets that KWDB writes."
        return DialectGuess((), Certainty.UNSURE, reason)
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
            try:
                with open_regular(path) as file:
                    data = file.read(head + 1)
            except OSError as error:
                raise unreadable(path, error) from error
            whole = (
                len(data) <= head
                and len(table.files) <= _FILES_PER_TABLE
                and len(some) == len(filled)
            )
            yield _Sample(data[:head], whole, table.columns)


def _charsets(samples: Sequence[_Sample]) -> list[str]:
    """The charsets in which every sample is text; UTF-8 alone if it is one of them."""
    fitting = []
    for charset, name in PYTHON_CHARSETS.items():
        try:
            for sample in samples:
                decoder = codecs.getincrementaldecoder(name)()
                decoder.decode(sample.data, final=sample.whole)
        except UnicodeDecodeError:
            continue
        if charset == "UTF-8":
            return [charset]
        fitting.append(charset)
    # GB18030 contains GBK: where both fit they read the same.
    return [c for c in fitting if not (c == "GB18030" and "GBK" in fitting)]


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
        reason = "No delimiter and quoting give every record as many fields as the table has."
        return DialectGuess((), Certainty.UNSURE, reason)
    most = max(seen.quoted for _, _, seen in found)
    found = [f for f in found if f[2].quoted == most]
    nulls: set[str] | None = None
    if charset == "UTF-8" and not most and not all(s.whole for s in samples):
        files = [path for table in tables for path in table.files]
        try:
            nulls = plain_nulls(files, found[0][1].delimiter)
        except OSError as error:
            raise unreadable(files[0].parent, error) from error
    return _conclude(samples, found, nulls)


def _delimiters(samples: Sequence[_Sample]) -> list[str]:
    """Usual ones first, then every other mark that stands in the first sample with a record."""
    if all(len(s.columns) == 1 for s in samples):
        return [","]
    text = next((s.text for s in samples if s.text), "")
    others = sorted({c for c in text if c.isascii() and not c.isalnum()} - set("\"'\n\r"))
    return [*_COMMON_DELIMITERS, *(c for c in others if c not in _COMMON_DELIMITERS)]


def _observe(samples: Sequence[_Sample], dialect: Dialect) -> _Observation:
    seen = _Observation()
    for sample in samples:
        if sample.text:
            _observe_one(sample, dialect, seen)
        if not seen.fits:
            break
    return seen


def _observe_one(sample: _Sample, dialect: Dialect, seen: _Observation) -> None:
    parser = _ObservingParser(dialect)
    position, fields, first = 0, len(sample.columns), True
    while position < len(sample.text):
        parser.quoted = []
        try:
            record, position = parser.record(sample.text, position, final=sample.whole)
        except NeedMore:
            break
        except MalformedRecord:
            seen.fits = False
            return
        fields = fields or len(record)
        if len(record) != fields or (not sample.columns and fields == 1):
            seen.fits = False
            return
        if first and _is_header(record, sample.columns):
            seen.headers += 1
        else:
            _observe_values(record, parser.quoted, sample.columns, dialect, seen)
        first = False


def _is_header(record: Record, columns: Sequence[ColumnSpec]) -> bool:
    return bool(columns) and record == tuple(c.name for c in columns if not c.hidden)


def _observe_values(
    record: Record,
    quoted: Sequence[bool],
    columns: Sequence[ColumnSpec],
    dialect: Dialect,
    seen: _Observation,
) -> None:
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
            seen.fits = False
        elif len(value) > 1 and value[0] == value[-1] == other_quote:
            # KWDB would have no reason to write such a value this often: it is the other quoting.
            seen.fits = False
        elif dialect.escaped != dialect.enclosed and dialect.escaped in value:
            seen.fits = False


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


_CHUNK = 1 << 20
_LARGEST = 64 << 20
"""Bytes of all files together; more takes too long while a person waits."""
_QUOTES = (b'"', b"'")


def plain_nulls(files: Iterable[Path], delimiter: str) -> set[str] | None:
    """The texts in the files that could stand for NULL, if no value in them is quoted.

    None if some value may be quoted, or if there is too much to look through.

    Raises OSError.
    """
    files = list(files)
    if sum(path.stat().st_size for path in files) > _LARGEST:
        return None
    edge = re.escape(delimiter.encode()) + rb"\n"
    candidate = re.compile(rb"[" + edge + rb"](\\N|NULL|null|Null|)(?=[" + edge + rb"])")
    found: set[str] = set()
    for path in files:
        with open_regular(path) as file:
            before = b"\n"
            while chunk := file.read(_CHUNK):
                if any(quote in chunk for quote in _QUOTES):
                    return None
                data = before + chunk
                found.update(m.decode() for m in set(candidate.findall(data)))
                # The longest candidate between two edges has six bytes.
                before = data[-6:]
    return found
