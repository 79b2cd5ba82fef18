"""Columns of every type with values that tend to get lost, as hypothesis strategies."""

from __future__ import annotations

import string
from dataclasses import dataclass

from hypothesis import strategies as st

Literal = st.SearchStrategy[str]
"""SQL text of a value."""

NULL = st.just("NULL")

_HAZARDS = [
    "",
    " ",
    "NULL",
    "null",
    r"\N",
    r"\\N",
    "\\",
    '"',
    '""',
    "'",
    "it's",
    ",",
    ";",
    "|",
    "a,b",
    'say "hi"',
    "\n",
    "two\nlines",
    "\r\n",
    "\r",
    "\t",
    " leading",
    "trailing ",
    "0",
    "-0",
    "\\x00",
    "{a,b}",
    "é",
    "值",
    "🙂",
    "\u200b",
    "\ufeff",
    "#",
    "--",
    "%41",
]
_ALPHABET = st.one_of(
    st.sampled_from("\"'\\,;|\n\r\t N\u00a0值🙂"),
    st.characters(codec="utf-8", exclude_characters="\0", max_codepoint=0x2FFF),
)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def texts(most: int, *, simple: bool = False) -> Literal:
    """Texts of at most so many characters."""
    alphabet = string.ascii_letters + string.digits + " _-" if simple else _ALPHABET
    free = st.text(alphabet, max_size=most)
    if simple:
        return free.map(quoted)
    return st.one_of(st.sampled_from([h for h in _HAZARDS if len(h) <= most]), free).map(quoted)


def integers(bits: int) -> Literal:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return st.one_of(st.sampled_from([0, -1, low, high]), st.integers(low, high)).map(str)


def floats(width: int) -> Literal:
    """Also what is no number."""
    special = st.sampled_from(["'NaN'", "'Infinity'", "'-Infinity'", "'-0'", "0"])
    usual = st.floats(allow_nan=False, allow_infinity=False, width=32 if width == 32 else 64)
    return st.one_of(special, usual.map(lambda value: f"'{value!r}'"))


def moments(digits: int) -> Literal:
    """Between the years 1 and 9999, with so many digits of a second."""

    def text(parts: tuple[int, int, int, int, int, int, int]) -> str:
        year, month, day, hour, minute, second, fraction = parts
        clock = f"{hour:02d}:{minute:02d}:{second:02d}.{fraction:0{digits}d}"
        return f"'{year:04d}-{month:02d}-{day:02d} {clock}'"

    return st.tuples(
        st.sampled_from([1, 1600, 1969, 1970, 2026, 9999]),
        st.integers(1, 12),
        st.integers(1, 28),
        st.integers(0, 23),
        st.integers(0, 59),
        st.integers(0, 59),
        st.integers(0, 10**digits - 1),
    ).map(text)


def recent_moments(digits: int) -> Literal:
    """Times that a time-series table takes, with so many digits of a second."""
    return st.tuples(st.integers(1, 28), st.integers(0, 86399), st.integers(0, 10**digits - 1)).map(
        lambda p: (
            f"'2026-10-{p[0]:02d} {p[1] // 3600:02d}:{p[1] // 60 % 60:02d}:{p[1] % 60:02d}"
            f".{p[2]:0{digits}d}'"
        )
    )


def decimals(precision: int, scale: int) -> Literal:
    limit = 10**precision - 1
    return st.integers(-limit, limit).map(
        lambda n: f"{'-' if n < 0 else ''}{abs(n) // 10**scale}.{abs(n) % 10**scale:0{scale}d}"
    )


_dates = st.dates().map(lambda d: f"'{d.isoformat()}'")
_times = st.tuples(st.integers(0, 86399), st.integers(0, 999_999)).map(
    lambda p: f"'{p[0] // 3600:02d}:{p[0] // 60 % 60:02d}:{p[0] % 60:02d}.{p[1]:06d}'"
)
_intervals = st.tuples(
    st.integers(-120, 120), st.integers(-400, 400), st.integers(-(10**6), 10**6)
).map(lambda p: f"'{p[0]} mons {p[1]} days {p[2]} seconds'::INTERVAL")
_uuids = st.uuids().map(lambda u: f"'{u}'")
_inets = st.ip_addresses(v=4).map(lambda a: f"'{a}'") | st.just("'10.0.0.0/8'")
_binary = st.binary(max_size=12).map(lambda b: f"'\\x{b.hex()}'::BYTES")
_bits = st.text("01", min_size=8, max_size=8).map(lambda b: f"B'{b}'")
_json = st.sampled_from(
    ["'{}'", "'[]'", "'null'", "'{\"a\": \"b''c\"}'", '\'{"a": [1, 2.5, null, "x,y"]}\'', "'\"q\"'"]
)
_integer_arrays = st.lists(st.integers(-9, 9).map(str) | NULL, max_size=4).map(
    lambda items: f"ARRAY[{', '.join(items)}]::INT8[]"
)
_text_arrays = st.lists(st.sampled_from(["a", "b,c", 'q"', "", "NULL", "值"]), max_size=3).map(
    lambda items: f"ARRAY[{', '.join(quoted(i) for i in items)}]::STRING[]"
)

RELATIONAL: dict[str, Literal] = {
    "INT2": integers(16),
    "INT4": integers(32),
    "INT8": integers(64),
    "FLOAT4": floats(32),
    "FLOAT8": floats(64),
    "DECIMAL(12,2)": decimals(12, 2),
    "DECIMAL": decimals(30, 10),
    "BOOL": st.sampled_from(["true", "false"]),
    "STRING": texts(40),
    "VARCHAR(20)": texts(20),
    "CHAR(4)": texts(4, simple=True),
    "BYTES": _binary,
    "DATE": _dates,
    "TIME": _times,
    "TIMESTAMP": moments(6),
    "TIMESTAMP(3)": moments(3),
    "TIMESTAMPTZ": moments(6),
    "INTERVAL": _intervals,
    "UUID": _uuids,
    "INET": _inets,
    "JSONB": _json,
    "BIT(8)": _bits,
    "INT8[]": _integer_arrays,
    "STRING[]": _text_arrays,
}
"""Every type of a relational column that has values of its own."""

SERIES: dict[str, Literal] = {
    "INT2": integers(16),
    "INT4": integers(32),
    "INT8": integers(64),
    "FLOAT4": floats(32),
    "FLOAT8": floats(64),
    "BOOL": st.sampled_from(["true", "false"]),
    "VARCHAR(30)": texts(8),
    "NVARCHAR(30)": texts(8),
    "CHAR(10)": texts(3, simple=True),
    # b'' would be NULL there, and the text of more than nine bytes too long for the column.
    "VARBYTES(20)": st.binary(max_size=20).map(
        lambda b: "b'" + "".join(f"\\x{byte:02x}" for byte in b) + "'" if b else "'\\x'"
    ),
    "TIMESTAMP(3)": recent_moments(3),
}
"""Every type of a time-series column."""

NAMES = [
    "plain",
    "Mixed Case",
    "select",
    "we ird-name",
    "sel/ect",
    "表",
    'quo"te',
    "com,ma",
    "do.t",
    "%41",
    "it's",
    "a:b",
    "n1.0.csv",
    "meta.sql",
    " lead",
]
"""Names that a table or a column may have."""


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    nullable: bool

    @property
    def definition(self) -> str:
        return f"{identifier(self.name)} {self.type}{'' if self.nullable else ' NOT NULL'}"


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Table:
    """A table with its rows, as SQL text."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    key: bool
    """Whether the first column, a number without a gap, is the primary key."""


@st.composite
def columns(draw: st.DrawFn, kinds: dict[str, Literal], most: int) -> tuple[Column, ...]:
    types = draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=most))
    names = draw(
        st.lists(st.sampled_from(NAMES), min_size=len(types), max_size=len(types), unique=True)
    )
    return tuple(
        Column(name, kind, draw(st.booleans())) for name, kind in zip(names, types, strict=True)
    )


def values(column: Column, kinds: dict[str, Literal]) -> Literal:
    literal = kinds[column.type]
    return st.one_of(literal, NULL) if column.nullable else literal


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A relational table; without a key rows may be there twice."""
    found = draw(columns(RELATIONAL, 7))
    rows = draw(st.lists(st.tuples(*(values(c, RELATIONAL) for c in found)), max_size=7).map(tuple))
    return Table(draw(st.sampled_from(NAMES)), found, rows, draw(st.booleans()))
