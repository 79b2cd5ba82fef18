"""Values that KWDB's IMPORT refuses for their column's type, found while a file is read.

Only what is certain is told: KWDB takes dates, times and intervals in many forms, so that a value
is refused here if it names a month or an hour that there is not, and let pass if it is merely odd.
A record as EXPORT writes it is passed over by one regular expression, at the speed of that; only
what it stops at is looked at value by value.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache

from kwtui.backups.csv.charsets import PYTHON_CHARSETS
from kwtui.backups.csv.reading import MalformedRecord, NeedMore, Record, RecordParser
from kwtui.model.requests import Dialect
from kwtui.text import clean

Columns = Sequence[tuple[str, str]]
"""Names and types, in the order of a file; a type ends with `NOT_NULL` where no NULL may be."""
NOT_NULL = " NOT NULL"
MOST_COUNTED = 1000
"""Records with bad values; by then a file has told what it is."""
_LONGEST_RECORD = 1 << 24
_LONGEST_SHOWN = 40
_TYPE = re.compile(r"\s*(?P<name>[A-Za-z]+)")
_INTEGERS = frozenset({"INT", "BIGINT", "SMALLINT", "TINYINT", "INTEGER"})
_FRACTIONS = frozenset({"FLOAT", "DOUBLE", "REAL", "DECIMAL", "NUMERIC"})
_TIMES = frozenset({"DATE", "TIMESTAMP", "TIMESTAMPTZ"})
_INTEGER = re.compile(r"[-+]?\d+")
_NUMBER = re.compile(
    r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|Inf|Infinity)|NaN", re.IGNORECASE
)
_BOOL = re.compile(
    r"t(?:r(?:ue?)?)?|f(?:a(?:l(?:se?)?)?)?|y(?:es?)?|no?|on|off?|[01]", re.IGNORECASE
)
_UUID = re.compile(
    r"(?:urn:uuid:)?\{?(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})\}?",
    re.IGNORECASE,
)
_INET = re.compile(r"[0-9a-fA-F:.]+(?:/\d{1,3})?")
_DAY = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[ T](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?)?(?!\d)"
)
_CLOCK = re.compile(r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?!\d)")
_TIME_WORDS = re.compile(
    r"[-+]?infinity|epoch|now|today|tomorrow|yesterday|allballs", re.IGNORECASE
)


_BITS = {"INT1": 8, "TINYINT": 8, "INT2": 16, "SMALLINT": 16, "INT4": 32}
"""Of integers; all others have 64 (KWDB prints INT and INTEGER as INT8)."""
_SIZED = re.compile(r"\s*(?P<name>[A-Za-z]+)\((?P<size>\d{1,9})(?:, ?(?P<scale>\d{1,9}))?\)(?!\[)")
_TEXTS = frozenset(
    {"VARCHAR", "CHAR", "STRING", "TEXT", "NVARCHAR", "NCHAR", "CHARACTER", "BPCHAR"}
)


def type_name(column_type: str) -> str:
    """``DECIMAL`` of ``DECIMAL(12,2)``, ``INT`` of ``INT4``; with brackets for an array."""
    match = _TYPE.match(column_type)
    name = match["name"].upper() if match else column_type.upper()
    return name + ("[]" if "[" in column_type else "")


def value_fits(value: str, column_type: str) -> bool:
    """Whether IMPORT may take the value for the type; what is not known for certain fits."""
    name = type_name(column_type)
    fits = _FITS.get(name)
    if fits is not None and not fits(value):
        return False
    if name in _INTEGERS:
        return _in_range(value, column_type)
    sized = _SIZED.match(column_type)
    return sized is None or _has_room(value, sized)


def _in_range(value: str, column_type: str) -> bool:
    half = 1 << (_bits(column_type) - 1)
    digits = value.strip()
    return len(digits) > _LONGEST_NUMBER or -half <= int(digits) < half


_LONGEST_NUMBER = 4000
"""Digits that are turned into a number; Python refuses more."""


def _bits(column_type: str) -> int:
    return _BITS.get(column_type.split()[0].upper(), 64)


def _has_room(value: str, sized: re.Match[str]) -> bool:
    """A text's characters, which are no more than its bytes; the digits before a decimal point."""
    size = int(sized["size"])
    name = sized["name"].upper()
    if name in _TEXTS:
        # Blanks at the end are no part of a CHAR.
        return len(value) <= size or len(value.rstrip(" ")) <= size
    if name in ("DECIMAL", "NUMERIC"):
        whole = _PLAIN_NUMBER.fullmatch(value.strip())
        return whole is None or len(whole[1].lstrip("0")) <= size - int(sized["scale"] or 0)
    return True


_PLAIN_NUMBER = re.compile(r"[-+]?(\d+)(?:\.\d*)?")


def is_odd_moment(value: str, column_type: str) -> bool:
    """Whether it is read as a day or a moment and is in another form than EXPORT writes."""
    if type_name(column_type) not in _TIMES or _DAY.match(value):
        return False
    return not _TIME_WORDS.fullmatch(value.strip())


def _whole(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value.strip()) is not None


def _moment_fits(value: str) -> bool:
    """A day that there is; in a form other than EXPORT's anything that has a digit."""
    match = _DAY.match(value)
    if match is None:
        return any(c.isdigit() for c in value) or bool(_TIME_WORDS.fullmatch(value.strip()))
    try:
        date(max(int(match["year"]), 1), int(match["month"]), int(match["day"]))
    except ValueError:
        return False
    return match["hour"] is None or _hours_fit(match)


def _time_fits(value: str) -> bool:
    match = _CLOCK.match(value)
    if match is None:
        return any(c.isdigit() for c in value) or bool(_TIME_WORDS.fullmatch(value.strip()))
    return _hours_fit(match)


def _hours_fit(match: re.Match[str]) -> bool:
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    return hour <= 24 and minute <= 59 and second <= 60


def _json_fits(value: str) -> bool:
    try:
        json.loads(value, strict=False)
    except ValueError:
        return False
    except RecursionError:
        return True
    return True


def _has_digit(value: str) -> bool:
    return any(c.isdigit() for c in value)


_FITS: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(_INTEGERS, _whole(_INTEGER)),
    **dict.fromkeys(_FRACTIONS, _whole(_NUMBER)),
    **dict.fromkeys(("BOOL", "BOOLEAN"), _whole(_BOOL)),
    **dict.fromkeys(_TIMES, _moment_fits),
    "TIME": _time_fits,
    "TIMETZ": _time_fits,
    "INTERVAL": _has_digit,
    "UUID": _whole(_UUID),
    "INET": _whole(_INET),
    "JSON": _json_fits,
    "JSONB": _json_fits,
}
_MONTH_AND_DAY = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8]))"
)
_HOURS = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[-+]\d\d:\d\d)?"
_AS_EXPORTED = {
    **dict.fromkeys(_INTEGERS, r"-?\d+"),
    **dict.fromkeys(_FRACTIONS, r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"),
    **dict.fromkeys(("BOOL", "BOOLEAN"), "true|false"),
    **dict.fromkeys(_TIMES, rf"\d{{4}}-{_MONTH_AND_DAY}(?: {_HOURS})?"),
    "TIME": _HOURS,
    "TIMETZ": _HOURS,
    "UUID": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "INET": r"[0-9a-f:.]+(?:/\d{1,3})?",
}
"""The usual forms of the values that a file is full of; others are looked at one by one."""


class ValueChecker:
    """Finds the records of one file with a value that does not fit its column."""

    def __init__(self, dialect: Dialect, columns: Columns) -> None:
        charset = PYTHON_CHARSETS.get(dialect.charset, dialect.charset)
        self._decoder = codecs.getincrementaldecoder(charset)(errors="replace")
        self._columns = tuple(columns)
        self._null = dialect.null_text
        self._parser = RecordParser(dialect)
        self._usual = _usual_records(dialect, tuple(kind for _, kind in columns))
        self._text = ""
        # A header is record 0: it is no row.
        self._done = -int(dialect.header)
        self._header = dialect.header
        self._lost = False
        self.bad = 0
        """Records with such a value, counted up to `MOST_COUNTED`."""
        self.first = ""
        """The first of them, in words."""

    def feed(self, block: bytes) -> None:
        """The next part of the file. After a record that does not parse no more is looked at."""
        self._feed(block, final=False)

    def finish(self) -> None:
        """The end of the file."""
        self._feed(b"", final=True)

    def _feed(self, block: bytes, *, final: bool) -> None:
        if self._lost:
            return
        self._text += self._decoder.decode(block, final)
        position = 0
        try:
            while position < len(self._text) and not self._lost:
                position = self._past_usual(position)
                if position < len(self._text):
                    position = self._past_one(position, final=final)
        except NeedMore:
            self._lost = self._lost or len(self._text) - position > _LONGEST_RECORD
        except MalformedRecord:
            self._lost = True
        self._text = "" if self._lost else self._text[position:]

    def _past_usual(self, position: int) -> int:
        if self._usual is None or self._header:
            return position
        if self._usual.groups:
            return self._past_documents(self._usual, position)
        match = self._usual.match(self._text, position)
        if match is None:
            return position
        self._done += self._records_in(position, match.end())
        return match.end()

    def _past_documents(self, usual: re.Pattern[str], position: int) -> int:
        """Record by record, as each of their JSON documents has to be parsed."""
        while match := usual.match(self._text, position):
            for document in match.groups():
                if document and not _json_fits(document.replace('""', '"')):
                    return position
            self._done += 1
            position = match.end()
        return position

    def _records_in(self, start: int, end: int) -> int:
        """Usual records have newlines inside quotes only."""
        text = self._text[start:end]
        if '"' not in text:
            return text.count("\n")
        return sum(part.count("\n") for part in text.split('"')[::2])

    def _past_one(self, position: int, *, final: bool) -> int:
        record, end = self._parser.record(self._text, position, final=final)
        self._done += 1
        if not self._header and len(record) == len(self._columns):
            self._check(record)
        self._header = False
        return end

    def _check(self, record: Record) -> None:
        for value, (name, kind) in zip(record, self._columns, strict=True):
            if value is None:
                words = f"NULL in {name}, which is NOT NULL" if kind.endswith(NOT_NULL) else ""
            elif value == self._null or value_fits(value, kind):
                words = ""
            else:
                words = misfit(value, name, kind)
            if words:
                self.bad += 1
                self.first = self.first or f"record {self._done:,}: {words}"
                self._lost = self.bad >= MOST_COUNTED
                return


def misfit(value: str, name: str, kind: str) -> str:
    """What is wrong with a value, in words."""
    text = clean(value)
    shown = repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")
    kind = kind.removesuffix(NOT_NULL)
    fits = _FITS.get(type_name(kind))
    if fits is None or fits(value):
        length = f" of {len(value):,} characters" if type_name(kind) in _TEXTS else ""
        return f"{shown}{length} is too large for {kind} (column {name})"
    return f"{shown} is no {kind} (column {name})"


@cache
def _usual_records(dialect: Dialect, kinds: tuple[str, ...]) -> re.Pattern[str] | None:
    """As many records as are as EXPORT writes them; with JSON documents one, with them as groups.

    None for a dialect that has no simple form.
    """
    if dialect.enclosed != dialect.escaped or dialect.enclosed != '"':
        return None
    delimiter, null = re.escape(dialect.delimiter), re.escape(dialect.null_text)
    fields = []
    for kind in kinds:
        name = type_name(kind)
        or_null = "" if kind.endswith(NOT_NULL) else f"|{null}"
        if name in ("JSON", "JSONB"):
            fields.append(rf'(?:"((?:[^"]++|"")++)"{or_null})')
        elif name in _AS_EXPORTED:
            fields.append(f"(?:{_usual_number(kind) or _AS_EXPORTED[name]}{or_null})")
        elif name in _FITS:
            fields.append(f"(?:{null})" if or_null else r"(?!)")
        else:
            not_null = "" if or_null else rf"(?!{null}(?:{delimiter}|\n))"
            fields.append(f"{not_null}(?:{_usual_text(kind, delimiter)})")
    one = delimiter.join(fields) + "\n"
    return re.compile(one if {"JSON", "JSONB"} & set(map(type_name, kinds)) else f"(?:{one})*+")


_USUAL_INTEGERS = {
    8: r"-?(?:1[01]\d|\d{1,2})",
    16: r"-?(?:[12]\d{4}|\d{1,4})",
    32: r"-?(?:1\d{9}|20\d{8}|\d{1,9})",
    64: r"-?(?:[1-8]\d{18}|9[01]\d{17}|\d{1,18})",
}
"""By bits: nearly all that fit, and none that does not."""


def _usual_number(kind: str) -> str:
    """Of a number that is bounded; empty for what is not."""
    name, sized = type_name(kind), _SIZED.match(kind)
    if name in _INTEGERS:
        return _USUAL_INTEGERS[_bits(kind)]
    if name in ("DECIMAL", "NUMERIC") and sized is not None:
        whole = max(1, int(sized["size"]) - int(sized["scale"] or 0))
        return rf"-?\d{{1,{whole}}}(?:\.\d+)?"
    return ""


def _usual_text(kind: str, delimiter: str) -> str:
    sized = _SIZED.match(kind)
    if sized is None or sized["name"].upper() not in _TEXTS:
        return rf'"(?:[^"]++|"")*+"|[^{delimiter}\n"]*+'
    most = f"{{0,{sized['size']}}}+"
    # The first form is the fast one, of a text without quotes in it.
    return rf'"[^"]{most}"(?!")|"(?:[^"]|""){most}"|[^{delimiter}\n"]{most}'
