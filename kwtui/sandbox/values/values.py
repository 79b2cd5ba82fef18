"""Values of columns: from text as people and files write them, to text as the node prints it.

A value is an ``int``, ``float``, ``bool``, ``bytes``, ``str``, a ``list`` of values, or None. All
types without a Python type of their own (DECIMAL, dates and times, INTERVAL, UUID, INET, JSONB,
BIT) are the node's own text. Shown in recordings 02, 05, 07 and 16.
"""

from __future__ import annotations

import ipaddress
import json
import math
import re
import uuid
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.language.lexer import escape_body
from kwtui.sandbox.values.arrays import array_text, parse_array
from kwtui.sandbox.values.intervals import interval_storage, parse_interval
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.times import parse_date, parse_time, parse_timestamp, parse_timetz
from kwtui.sandbox.values.types import BINARY, INTEGERS, STRINGS, base_family


class _Number(str):
    """A number in its own notation."""

    __slots__ = ()


def canonical_json(text: str) -> str:
    """The node's text of a JSON document. Raises SqlError (22P02) if it is none."""
    try:
        document = json.loads(
            text, parse_float=_Number, parse_int=_Number, parse_constant=_no_constant
        )
    except (json.JSONDecodeError, RecursionError, ValueError) as error:
        pass

        raise unparsable(text, "json", "unable to decode JSON") from error
    return json_text(document)


def _no_constant(name: str) -> Any:
    raise SqlError(f"invalid JSON token {name}", "22P02")


def json_text(document: Any) -> str:
    """The node's text of a document made of plain Python values."""
    if isinstance(document, dict):
        pairs = (f"{_string(k)}: {json_text(document[k])}" for k in sorted(document))
        return "{" + ", ".join(pairs) + "}"
    if isinstance(document, list):
        return "[" + ", ".join(map(json_text, document)) + "]"
    if isinstance(document, _Number):
        return str(document)
    if isinstance(document, str):
        return _string(document)
    return json.dumps(document)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


Value = Any
"""See the module's docstring."""

_WIDE = Context(prec=2000)
_LIMITED = STRINGS | BINARY | {"VARBIT"}
_TRUE = {"t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"}
_FALSE = {"f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"}


def quoted(text: str) -> str:
    """A text between double quotes, as the node's messages show one."""
    return '"' + escape_body(text).replace("\\'", "'").replace('"', '\\"') + '"'


def unparsable(text: str, kind: str, why: str = "") -> SqlError:
    """The node's 22P02 for a text that is no value of a type."""
    reason = f": {why}" if why else ""
    return SqlError(f"could not parse {quoted(text)} as type {kind}{reason}", "22P02")


def parse(sql_type: SqlType, text: str, zone: str = "UTC") -> Value:
    """The value of ``sql_type`` that ``text`` means; timestamps without an offset are in ``zone``.

    Raises SqlError with the node's words if it means none.
    """
    if sql_type.array:
        element = SqlType(sql_type.family, sql_type.args)
        items = parse_array(text)
        return [None if item is None else parse(element, item, zone) for item in items]
    family = base_family(sql_type)
    if family in ("TIMESTAMP", "TIMESTAMPTZ"):
        return parse_timestamp(text, sql_type, zone)
    parser = _PARSERS.get(family)
    return fit(sql_type, text if parser is None else parser(text))


def parse_integer(text: str) -> int:
    """A whole number, decimal or ``0x…``."""
    stripped = text.strip()
    if not re.fullmatch(r"[+-]?(\d+|0[xX][0-9a-fA-F]+)", stripped):
        raise unparsable(text, "int", f"strconv.ParseInt: parsing {quoted(text)}: invalid syntax")
    value = int(stripped, 16 if "x" in stripped.lower() else 10)
    if not -(2**63) <= value < 2**63:
        raise unparsable(
            text, "int", f"strconv.ParseInt: parsing {quoted(text)}: value out of range"
        )
    return value


def parse_float(text: str) -> float:
    """A floating point number; Infinity, +Inf, NaN in any case."""
    try:
        return float(text.strip().replace("_", "x"))
    except ValueError as error:
        why = f"strconv.ParseFloat: parsing {quoted(text)}: invalid syntax"
        raise unparsable(text, "float", why) from error


def parse_bool(text: str) -> bool:
    """A truth value: t, true, yes, on, 1, and their opposites."""
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise unparsable(text, "bool", "invalid bool value")


def parse_decimal(text: str) -> str:
    """A decimal number of any length, in the node's notation."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation as error:
        raise unparsable(text, "decimal") from error
    if number.is_nan():
        return "NaN"
    return str(number)


def parse_bytes(text: str) -> bytes:
    """Bytes as ``\\x…`` in hexadecimal, or with ``\\ooo`` escapes."""
    if text.startswith("\\x"):
        try:
            return bytes.fromhex(text[2:])
        except ValueError as error:
            raise unparsable(text, "bytes", "encoding/hex: invalid byte") from error
    pieces = re.split(r"(\\\\|\\[0-3][0-7]{2})", text)
    result = b""
    for piece in pieces:
        if piece.startswith("\\") and len(piece) == 4:
            result += bytes([int(piece[1:], 8)])
        elif piece == "\\\\":
            result += b"\\"
        elif "\\" in piece:
            why = "invalid bytea escape sequence"
            raise SqlError(f"could not parse {quoted(text)} as type bytes: {why}", "22025")
        else:
            result += piece.encode()
    return result


def parse_uuid(text: str) -> str:
    """A UUID, with or without dashes and braces."""
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError as error:
        why = f"uuid: incorrect UUID length: {text}"
        raise unparsable(text, "uuid", why) from error


def parse_inet(text: str) -> str:
    """An IPv4 or IPv6 address, with its prefix length unless that is the whole address."""
    try:
        interface = ipaddress.ip_interface(text.strip())
    except ValueError as error:
        raise unparsable(text, "inet", "invalid IP") from error
    length = interface.network.prefixlen
    address = str(interface.ip)
    return address if length == interface.max_prefixlen else f"{address}/{length}"


def parse_bits(text: str) -> str:
    """A string of 0 and 1."""
    if re.fullmatch(r"[01]*", text) is None:
        bad = re.sub(r"[01]", "", text)[:1]
        raise unparsable(text, "varbit", f'"{bad}" is not a valid binary digit')
    return text


_PARSERS: dict[str, Callable[[str], Value]] = {
    **dict.fromkeys(INTEGERS, parse_integer),
    **dict.fromkeys(BINARY, parse_bytes),
    "FLOAT4": parse_float,
    "FLOAT8": parse_float,
    "BOOL": parse_bool,
    "DECIMAL": parse_decimal,
    "DATE": parse_date,
    "TIME": parse_time,
    "TIMETZ": parse_timetz,
    "INTERVAL": parse_interval,
    "UUID": parse_uuid,
    "INET": parse_inet,
    "BIT": parse_bits,
    "VARBIT": parse_bits,
    "JSONB": canonical_json,
}


def fit(sql_type: SqlType, value: Value) -> Value:
    """The value as a column of the type keeps it: in range, rounded to scale, not too long.

    Raises SqlError (22003, 22001, 22026).
    """
    family = base_family(sql_type)
    if family in INTEGERS:
        low, high = INTEGERS[family]
        if not low <= value <= high:
            raise SqlError(f"integer out of range for type {family.lower()}", "22003")
    elif family == "DECIMAL" and sql_type.args:
        return _fit_decimal(sql_type, value)
    elif family in ("TIMESTAMP", "TIMESTAMPTZ") and sql_type.args:
        return parse_timestamp(value, sql_type)
    elif family == "BIT" and len(value) != (sql_type.args or (1,))[0]:
        wanted = (sql_type.args or (1,))[0]
        raise SqlError(f"bit string length {len(value)} does not match type BIT({wanted})", "22026")
    elif sql_type.args and family in _LIMITED and len(value) > sql_type.args[0]:
        raise SqlError(f"value too long for type {sql_type.text}", "22001")
    return value


def _fit_decimal(sql_type: SqlType, text: str) -> str:
    precision, scale = (*sql_type.args, 0)[:2]
    number = Decimal(text)
    if not number.is_finite():
        # DuckDB's DECIMAL, which holds these columns, has no NaN and no infinity.
        raise SqlError(f"the sandbox cannot keep {text} in a {sql_type.text} column", "0A000")
    rounded = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _WIDE)
    if abs(rounded) >= Decimal(10) ** (precision - scale):
        raise SqlError(
            f"value with precision {precision}, scale {scale} must round to an absolute value"
            f" less than 10^{precision - scale}",
            "22003",
        )
    return f"{rounded:f}"


def float_text(value: float, digits: int = 15) -> str:
    """A FLOAT8 as the wire shows it: at most 15 digits."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return f"{value:.{digits}g}"


def wire_text(sql_type: SqlType, value: Value) -> str | None:
    """A value as the node sends it in text format; None for NULL."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, list):
        element = SqlType(sql_type.family, sql_type.args)
        return array_text([wire_text(element, item) for item in value])
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, float):
        if base_family(sql_type) == "FLOAT4" and math.isfinite(value):
            return f"{value:.6f}"
        return float_text(value)
    return str(value)


def storage_text(sql_type: SqlType, value: Value) -> str | None:
    """The text that DuckDB casts to the column's storage type (see ``storage_cast``)."""
    if value is None:
        return None
    if isinstance(value, list):
        import json

        return json.dumps([_json_item(sql_type, item) for item in value], ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float):
        return repr(value)
    family = base_family(sql_type)
    if family == "TIMESTAMPTZ":
        return str(value).removesuffix("+00:00")
    if family == "INTERVAL":
        return interval_storage(str(value))
    return str(value)


def _json_item(sql_type: SqlType, item: Value) -> Value:
    if isinstance(item, bytes):
        raise SqlError("the sandbox does not keep arrays of BYTES", "0A000")
    if isinstance(item, float):
        return repr(item)
    if base_family(sql_type) in ("TIMESTAMPTZ", "INTERVAL") and isinstance(item, str):
        return storage_text(SqlType(sql_type.family), item)
    return item


def literal(value: Value) -> str:
    """A DuckDB string literal."""
    return "'" + str(value).replace("'", "''") + "'"
