"""Intervals: ``1 day 02:03:04``, ``-10 mons -3 days +04:05:06.789`` (recordings 02 and 16)."""

from __future__ import annotations

import re
from decimal import Decimal

from kwtui.sandbox.answers.answer import SqlError

_UNITS = {
    "year": (12, 0, 0), "yr": (12, 0, 0), "y": (12, 0, 0), "month": (1, 0, 0), "mon": (1, 0, 0),
    "decade": (120, 0, 0), "century": (1200, 0, 0), "week": (0, 7, 0), "w": (0, 7, 0),
    "day": (0, 1, 0), "d": (0, 1, 0), "hour": (0, 0, 3_600_000_000), "hr": (0, 0, 3_600_000_000),
    "h": (0, 0, 3_600_000_000), "minute": (0, 0, 60_000_000), "min": (0, 0, 60_000_000),
    "m": (0, 0, 60_000_000), "second": (0, 0, 1_000_000), "sec": (0, 0, 1_000_000),
    "s": (0, 0, 1_000_000), "millisecond": (0, 0, 1000), "ms": (0, 0, 1000),
    "microsecond": (0, 0, 1), "us": (0, 0, 1), "usec": (0, 0, 1), "msec": (0, 0, 1000),
}  # fmt: skip
_PIECE = re.compile(
    r"\s*(?:(?P<sign>[+-])?(?P<hours>\d+):(?P<minutes>\d+)(?::(?P<seconds>\d+(?:\.\d+)?))?"
    r"|(?P<number>[+-]?\d+(?:\.\d+)?)\s*(?P<unit>[A-Za-zµ]+)?)\s*"
)
_ISO = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)


def parse_interval(text: str) -> str:
    """The node's text of an interval. Raises SqlError (22007) if it is none."""
    return interval_text(*_parts(text))


def _parts(text: str) -> tuple[int, int, int]:
    """Months, days and microseconds."""
    if iso := _ISO.fullmatch(text.strip()):
        years, months, weeks, days, hours, minutes, seconds = (
            Decimal(g or 0) for g in iso.groups()
        )
        micros = (hours * 3600 + minutes * 60 + seconds) * 1_000_000
        return int(years * 12 + months), int(weeks * 7 + days), int(micros)
    months, days, micros, position = Decimal(0), Decimal(0), Decimal(0), 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None or match.end() == position:
            raise _unparsable(text)
        position = match.end()
        if match["hours"] is not None:
            clock = int(match["hours"]) * 3600 + int(match["minutes"]) * 60
            value = (clock + Decimal(match["seconds"] or 0)) * 1_000_000
            micros += -value if match["sign"] == "-" else value
            continue
        unit = (match["unit"] or "s").lower()
        factors = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
        if factors is None:
            raise _unparsable(text)
        number = Decimal(match["number"])
        months += number * factors[0]
        days += number * factors[1]
        micros += number * factors[2]
    return _carried(months, days, micros)


def _carried(months: Decimal, days: Decimal, micros: Decimal) -> tuple[int, int, int]:
    """Fractions of a month become days, fractions of a day time, as PostgreSQL does."""
    days += (months - int(months)) * 30
    micros += (days - int(days)) * 86_400_000_000
    return int(months), int(days), int(micros.to_integral_value())


def interval_text(months: int, days: int, micros: int) -> str:
    """The node's text of an interval. A field after a negative one shows its plus sign."""
    years, rest = divmod(abs(months), 12)
    sign = -1 if months < 0 else 1
    pieces: list[str] = []
    negative = False
    for number, unit in ((sign * years, "year"), (sign * rest, "mon"), (days, "day")):
        if number:
            plus = "+" if negative and number > 0 else ""
            pieces.append(f"{plus}{number} {unit}{'' if number == 1 else 's'}")
            negative = number < 0
    if micros or not pieces:
        mark = "-" if micros < 0 else "+" if negative else ""
        seconds, fraction = divmod(abs(micros), 1_000_000)
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        tail = f".{fraction:06d}".rstrip("0") if fraction else ""
        pieces.append(f"{mark}{clock}{tail}")
    return " ".join(pieces)


def interval_storage(text: str) -> str:
    """The same interval in words that DuckDB reads."""
    months, days, micros = _parts(text)
    return f"{months} months {days} days {micros} microseconds"


def _unparsable(text: str) -> SqlError:
    return SqlError(f'could not parse "{text}" as type interval: invalid input syntax', "22007")
