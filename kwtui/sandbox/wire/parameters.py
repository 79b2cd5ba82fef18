"""Placeholders of prepared statements: finding them, their types, and putting values in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.wire import binary
from kwtui.sandbox.wire.messages import format_of

_TOKEN = re.compile(
    r"""
    (?P<skip>
        [eEbB]'(?:[^'\\]|\\.|'')*'      # escaped string
      | '(?:[^']|'')*'                  # string
      | "(?:[^"]|"")*"                  # identifier
      | --[^\n]*
      | /\*.*?\*/
    )
  | \$(?P<number>\d+)(?:\s*:::?\s*(?P<cast>[A-Za-z][A-Za-z0-9]*))?
    """,
    re.VERBOSE | re.DOTALL,
)

_TYPE_NAMES = {
    16: "BOOL",
    17: "BYTES",
    20: "INT8",
    21: "INT2",
    23: "INT4",
    25: "STRING",
    700: "FLOAT4",
    701: "FLOAT8",
    1042: "STRING",
    1043: "STRING",
    1082: "DATE",
    1083: "TIME",
    1114: "TIMESTAMP",
    1184: "TIMESTAMPTZ",
    1700: "DECIMAL",
    2950: "UUID",
    3802: "JSONB",
}
_OIDS = {name: oid for oid, name in _TYPE_NAMES.items() if oid not in (1042, 1043)} | {
    "BIGINT": 20,
    "BOOLEAN": 16,
    "BYTEA": 17,
    "DEC": 1700,
    "DOUBLE": 701,
    "FLOAT": 701,
    "INT": 20,
    "INTEGER": 20,
    "NUMERIC": 1700,
    "REAL": 700,
    "SMALLINT": 21,
    "TEXT": 25,
    "VARCHAR": 1043,
}
_NUMBERS = frozenset({20, 21, 23, 26})
_UNTYPED = frozenset({0, 25, 705, 1042, 1043})


def parameter_oids(sql: str, given: Sequence[int]) -> tuple[int, ...]:
    """The type of each placeholder: what the client gave, else its cast in the text, else 0."""
    oids = list(given)
    for found in _TOKEN.finditer(sql):
        if found["number"] is None:
            continue
        index = int(found["number"]) - 1
        if index < 0:
            raise SqlError("placeholders are numbered from $1", "42601")
        oids.extend([0] * (index + 1 - len(oids)))
        if oids[index] == 0 and found["cast"]:
            oids[index] = _OIDS.get(found["cast"].upper(), 0)
    return tuple(oids)


def fill(sql: str, literals: Sequence[str]) -> str:
    """The statement with each placeholder replaced by its literal.

    Raises SqlError (08P01) where a value is missing.
    """

    def replace(found: re.Match[str]) -> str:
        if found["number"] is None:
            return found[0]
        index = int(found["number"]) - 1
        if index >= len(literals):
            raise SqlError(f"no value provided for placeholder: ${index + 1}", "08P01")
        cast = found[0][found.end("number") - found.start() :]
        return literals[index] + cast

    return _TOKEN.sub(replace, sql)


def literal(oid: int, format_code: int, data: bytes | None) -> str:
    """One bound value as a SQL literal. Raises SqlError for bytes that are no such value."""
    if data is None:
        return "NULL"
    text = binary.decode(oid, data) if format_code else _decode_text(data)
    if oid in _NUMBERS and binary.is_decimal(text):
        return f"({text})" if text.startswith("-") else text
    quoted = "'" + text.replace("'", "''") + "'"
    if oid in _UNTYPED:
        return quoted
    return f"{quoted}::{_TYPE_NAMES[oid]}" if oid in _TYPE_NAMES else quoted


def unknown_values(oids: Sequence[int]) -> list[str]:
    """Literals that stand for values not bound yet: NULLs of the right types."""
    return [f"NULL::{_TYPE_NAMES[oid]}" if oid in _TYPE_NAMES else "NULL" for oid in oids]


def literals(
    oids: Sequence[int], formats: Sequence[int], values: Sequence[bytes | None]
) -> list[str]:
    """Every bound value of a portal as SQL literals, in order."""
    if len(values) != len(oids):
        raise SqlError(f"expected {len(oids)} arguments, got {len(values)}", "08P01")
    return [
        literal(oid, format_of(formats, index), value)
        for index, (oid, value) in enumerate(zip(oids, values, strict=True))
    ]


def _decode_text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise SqlError("parameter is not UTF-8", "22021") from error
