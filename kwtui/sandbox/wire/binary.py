"""Binary values of the wire protocol, to and from the text that a node prints.

Covers the types that psycopg and asyncpg ask for in binary: numbers, booleans, text, bytes, UUID,
dates and times, JSONB and one-dimensional arrays of those.
"""

from __future__ import annotations

import re
import struct
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from kwtui.sandbox.answers.answer import SqlError

ARRAY_ELEMENTS = {
    1000: 16,
    1001: 17,
    1003: 19,
    1005: 21,
    1007: 23,
    1009: 25,
    1015: 1043,
    1016: 20,
    1021: 700,
    1022: 701,
    1028: 26,
    1115: 1114,
    1182: 1082,
    1185: 1184,
    1231: 1700,
    2951: 2950,
}
"""Array type OIDs to the OIDs of their elements."""

_TEXT_OIDS = frozenset({18, 19, 25, 114, 705, 1042, 1043, 91002, 91004, 91010, 91014})
_INTEGERS = {20: "!q", 21: "!h", 23: "!i", 26: "!I"}
_DAYS_1970_TO_2000 = 10957
_DAY_MICROSECONDS = 86_400_000_000
_INFINITY = {"infinity": 2**63 - 1, "-infinity": -(2**63)}
_NUMERIC_SIGNS = {0x4000: "-", 0xC000: "NaN", 0xD000: "Infinity", 0xF000: "-Infinity"}

_STAMP = re.compile(
    r"(?P<date>\d{4,}-\d\d-\d\d)(?:[ T](?P<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)"
    r"(?P<zone>Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?)?(?P<bc> BC)?"
)


def _unsupported(oid: int) -> SqlError:
    return SqlError(f"unsupported binary format for type with OID {oid}", "0A000")


def encode(oid: int, text: str) -> bytes:
    """The binary form of a value that the node prints as ``text``.

    Raises SqlError (0A000) for a type without a binary form here.
    """
    if oid in _TEXT_OIDS:
        return text.encode()
    if oid in _INTEGERS:
        return struct.pack(_INTEGERS[oid], int(text))
    if oid in ARRAY_ELEMENTS:
        return _encode_array(ARRAY_ELEMENTS[oid], text)
    encoder = _ENCODERS.get(oid)
    if encoder is None:
        raise _unsupported(oid)
    return encoder(text)


def decode(oid: int, data: bytes) -> str:
    """The text of a binary parameter.

    Raises SqlError: 0A000 for a type without a binary form here, 22P03 for bytes that are none.
    """
    try:
        if oid in _TEXT_OIDS or oid == 0:
            return data.decode()
        if oid in _INTEGERS:
            return str(struct.unpack(_INTEGERS[oid], data)[0])
        decoder = _DECODERS.get(oid)
        if decoder is None:
            raise _unsupported(oid)
        return decoder(data)
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise SqlError(f"invalid binary value for type with OID {oid}: {error}", "22P03") from error


def _encode_float(text: str) -> bytes:
    return struct.pack("!d", float(text))


def _encode_numeric(text: str) -> bytes:
    value = Decimal(text)
    if not value.is_finite():
        sign = 0xC000 if value.is_nan() else (0xF000 if value < 0 else 0xD000)
        return struct.pack("!hhHh", 0, 0, sign, 0)
    whole, _, fraction = f"{value.copy_abs():f}".partition(".")
    scale = len(fraction)
    whole = whole.lstrip("0")
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    fraction = fraction.ljust(-(-scale // 4) * 4, "0")
    digits = [int((whole + fraction)[i : i + 4]) for i in range(0, len(whole) + len(fraction), 4)]
    weight = len(whole) // 4 - 1
    while digits and digits[0] == 0:
        digits.pop(0)
        weight -= 1
    while digits and digits[-1] == 0:
        digits.pop()
    sign = 0x4000 if value.is_signed() and digits else 0
    head = struct.pack("!hhHh", len(digits), weight if digits else 0, sign, scale)
    return head + struct.pack(f"!{len(digits)}h", *digits)


def _decode_numeric(data: bytes) -> str:
    count, weight, sign, scale = struct.unpack_from("!hhHh", data)
    if sign in _NUMERIC_SIGNS and sign != 0x4000:
        return _NUMERIC_SIGNS[sign]
    groups = [f"{d:04}" for d in struct.unpack_from(f"!{count}h", data, 8)]
    if weight < 0:
        groups = ["0000"] * (-weight - 1) + groups
    before = max(0, weight + 1)
    whole = "".join(groups[:before]).ljust(4 * before, "0").lstrip("0") or "0"
    fraction = "".join(groups[before:]).ljust(scale, "0")[:scale]
    return _NUMERIC_SIGNS.get(sign, "") + whole + (f".{fraction}" if fraction else "")


def _days(date: str, before_christ: bool) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar, for any year."""
    year, month, day = (int(part) for part in date.split("-"))
    if before_christ:
        year = 1 - year
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def _date_text(days_since_2000: int) -> str:
    shifted = days_since_2000 + _DAYS_1970_TO_2000 + 719468
    era, of_era = divmod(shifted, 146097)
    year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    part = (5 * of_year + 2) // 153
    day, month = of_year - (153 * part + 2) // 5 + 1, part + (3 if part < 10 else -9)
    year = year_of_era + era * 400 + (month <= 2)
    if year <= 0:
        return f"{1 - year:04}-{month:02}-{day:02} BC"
    return f"{year:04}-{month:02}-{day:02}"


def _time_microseconds(time: str) -> int:
    hours, minutes, *rest = time.split(":")
    seconds, _, fraction = (rest[0] if rest else "0").partition(".")
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1_000_000 + int(fraction[:6].ljust(6, "0"))


def _time_text(microseconds: int) -> str:
    seconds, fraction = divmod(microseconds, 1_000_000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction:06}" if fraction else text


def _zone_microseconds(zone: str | None) -> int:
    if not zone or zone == "Z":
        return 0
    parts = re.findall(r"\d\d", zone)
    seconds = sum(int(part) * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    return (-seconds if zone[0] == "-" else seconds) * 1_000_000


def _encode_stamp(text: str) -> bytes:
    if text in _INFINITY:
        return struct.pack("!q", _INFINITY[text])
    found = _STAMP.fullmatch(text)
    if found is None:
        raise SqlError(f"could not send {text!r} as a timestamp in binary", "22007")
    days = _days(found["date"], bool(found["bc"])) - _DAYS_1970_TO_2000
    time = _time_microseconds(found["time"] or "00:00")
    return struct.pack("!q", days * _DAY_MICROSECONDS + time - _zone_microseconds(found["zone"]))


def _decode_stamp(data: bytes) -> str:
    (value,) = struct.unpack("!q", data)
    for name, special in _INFINITY.items():
        if value == special:
            return name
    days, time = divmod(value, _DAY_MICROSECONDS)
    date, _, era = _date_text(days).partition(" ")
    return f"{date} {_time_text(time)}" + (f" {era}" if era else "")


def _encode_date(text: str) -> bytes:
    if text in _INFINITY:
        return struct.pack("!i", 2**31 - 1 if text == "infinity" else -(2**31))
    found = _STAMP.fullmatch(text)
    if found is None:
        raise SqlError(f"could not send {text!r} as a date in binary", "22007")
    return struct.pack("!i", _days(found["date"], bool(found["bc"])) - _DAYS_1970_TO_2000)


def _array_items(text: str) -> list[str | None]:
    """The elements of a one-dimensional array literal such as ``{a,"b,c",NULL}``."""
    items: list[str | None] = []
    pattern = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,]+)', re.DOTALL)
    for found in pattern.finditer(text[1:-1]):
        if found[2] is not None:
            items.append(None if found[2] == "NULL" else found[2])
        else:
            items.append(re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL))
    return items


def _encode_array(element: int, text: str) -> bytes:
    items = _array_items(text)
    if not items:
        return struct.pack("!iii", 0, 0, element)
    has_null = any(item is None for item in items)
    parts = [struct.pack("!iiiii", 1, int(has_null), element, len(items), 1)]
    for item in items:
        if item is None:
            parts.append(b"\xff\xff\xff\xff")
        else:
            value = encode(element, item)
            parts += [struct.pack("!i", len(value)), value]
    return b"".join(parts)


def _encode_bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("\\x"))


def _bool(data: bytes) -> str:
    return "true" if struct.unpack("!?", data)[0] else "false"


_ENCODERS: dict[int, Callable[[str], bytes]] = {
    16: lambda text: b"\1" if text in ("t", "true") else b"\0",
    17: _encode_bytes,
    700: lambda text: struct.pack("!f", float(text)),
    701: _encode_float,
    1082: _encode_date,
    1083: lambda text: struct.pack("!q", _time_microseconds(text)),
    1114: _encode_stamp,
    1184: _encode_stamp,
    1700: _encode_numeric,
    2950: lambda text: uuid.UUID(text).bytes,
    3802: lambda text: b"\1" + text.encode(),
    91006: _encode_bytes,
    91012: _encode_bytes,
}

_DECODERS: dict[int, Callable[[bytes], str]] = {
    16: _bool,
    17: lambda data: "\\x" + data.hex(),
    700: lambda data: repr(struct.unpack("!f", data)[0]),
    701: lambda data: repr(struct.unpack("!d", data)[0]),
    1082: lambda data: _date_text(struct.unpack("!i", data)[0]),
    1083: lambda data: _time_text(struct.unpack("!q", data)[0]),
    1114: _decode_stamp,
    1184: lambda data: _decode_stamp(data) + "+00:00",
    1700: _decode_numeric,
    2950: lambda data: str(uuid.UUID(bytes=data)),
    3802: lambda data: data[1:].decode(),
    91006: lambda data: "\\x" + data.hex(),
}


def is_decimal(text: str) -> bool:
    """Whether the text is a number that SQL takes without quotes."""
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False
