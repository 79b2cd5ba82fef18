"""How EXPORT prints values: not as the wire does, but as the node's own literals.

Seen in recordings 03 (``types``), 07, 09 and 16 (``hazards``): floats always with a point or an
exponent, FLOAT4 with the digits of its double, arrays as ``ARRAY[…]`` with typed elements,
timestamps always with an offset.
"""

from __future__ import annotations

import math
import re

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.language.lexer import quote_string
from kwtui.sandbox.transfer.csv_writer import Formatter
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.times import shifted_text
from kwtui.sandbox.values.types import BINARY, INTEGERS, base_family

_SQL_ESCAPES = {"'": "\\'", "\r": "\\r", "\n": "\\n"}


def float_text(value: float) -> str:
    """Small whole numbers with one decimal, everything else with the fewest digits (``%g``)."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value.is_integer() and -1_000_000 < value < 1_000_000:
        return f"{value:.1f}"
    mantissa, _, exponent = repr(value).partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    power = len(whole) - 1 - leading + int(exponent or 0)
    digits = digits.rstrip("0")
    if -4 <= power < 6:
        return sign + _positional(digits, power)
    tail = f".{digits[1:]}" if digits[1:] else ""
    return f"{sign}{digits[0]}{tail}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _positional(digits: str, power: int) -> str:
    if power < 0:
        return f"0.{'0' * (-power - 1)}{digits}"
    whole = digits[: power + 1].ljust(power + 1, "0")
    fraction = digits[power + 1 :]
    return f"{whole}.{fraction}" if fraction else whole


def sql_text(text: str) -> str:
    """A string literal as EXPORT INTO SQL writes it.

    Text with a quote or a line break becomes ``E'…'`` without its backslashes being doubled, so it
    comes back changed (facts.md, 1.10).
    """
    if re.search(r"['\r\n]", text) is None:
        return f"'{text}'"
    escaped = re.sub(r"['\r\n]", lambda match: _SQL_ESCAPES[match.group()], text)
    return f"E'{escaped}'"


def csv_formatter(sql_type: SqlType, zone: str) -> Formatter:
    """How values of a column become the text of a CSV field.

    TIMESTAMPTZ is shown in ``zone``, the session's, TIMESTAMP always in UTC (facts.md, 1.12).
    """
    if sql_type.array:
        return _array_formatter(sql_type, zone)
    family = base_family(sql_type)
    if family == "BOOL":
        return lambda value: "true" if value else "false"
    if family in BINARY:
        return lambda value: f"\\x{value.hex()}"
    if family in ("FLOAT4", "FLOAT8"):
        return lambda value: float_text(value)
    if family == "TIMESTAMP":
        return lambda value: f"{value}+00:00"
    if family == "TIMESTAMPTZ" and zone != "UTC":
        return lambda value: _in_zone(value, zone)
    return str


def _in_zone(text: str, zone: str) -> str:
    """A time in the session's zone; a query has already moved its own there."""
    if not text.endswith("+00:00"):
        return text
    return shifted_text(text.removesuffix("+00:00"), zone)


def _array_formatter(sql_type: SqlType, zone: str) -> Formatter:
    element = SqlType(sql_type.family, sql_type.args)
    family = "INT8" if sql_type.family in INTEGERS else sql_type.family
    inner = csv_formatter(element, zone)
    bare = sql_type.family in INTEGERS or sql_type.family in ("FLOAT4", "FLOAT8", "DECIMAL")

    def text(item: object) -> str:
        if item is None:
            return "NULL"
        shown = inner(item)
        if sql_type.family == "BOOL":
            return shown
        return f"{shown if bare else quote_string(shown)}:::{family}"

    return lambda value: f"ARRAY[{','.join(map(text, value))}]"


def sql_formatter(sql_type: SqlType, zone: str) -> Formatter:
    """How values become literals of EXPORT INTO SQL. Raises for bytes, which it cannot write."""
    inner = csv_formatter(sql_type, zone)
    family = base_family(sql_type)
    if family in BINARY and not sql_type.array:
        raise SqlError("Exporting SQL cannot supports BytesFamily")
    bare = family in INTEGERS or family in ("FLOAT4", "FLOAT8", "DECIMAL", "BOOL")
    if bare or sql_type.array:
        return inner
    if family in ("BIT", "VARBIT"):
        return lambda value: f"B'{value}'"
    return lambda value: sql_text(inner(value))
