"""Dates, times and timestamps between years 1 and 9999, with up to nine digits of a second."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from kwtui.sandbox.answers.answer import SqlError, not_implemented
from kwtui.sandbox.language.keywords import words
from kwtui.sandbox.values.sql_type import SqlType

_TIMESTAMP = re.compile(
    r"\s*(?P<year>\d{1,4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[ T]+(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?)?"
    r"\s*(?P<zone>[zZ]|UTC|[+-]\d{1,2}(?::?\d{2})?(?::?\d{2})?)?\s*"
)
_TIME = re.compile(
    r"\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?\s*([zZ]|[+-]\d{1,2}(?::?\d{2})?)?\s*"
)


def zone_of(name: str) -> tzinfo:
    """The time zone that SET TIME ZONE named: a name, or an offset in hours."""
    if name in ("UTC", ""):
        return UTC
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", name):
        return timezone(timedelta(hours=float(name)))
    return ZoneInfo(name)


def _unparsable(text: str, kind: str) -> SqlError:
    return SqlError(f'parsing as type {kind}: could not parse "{text}"', "22007")


_WORDS = words(
    """infinity now today tomorrow yesterday epoch ad ce bc bce am pm allballs gmt utc z zulu t j
    jan january feb february mar march apr april may jun june jul july aug august sep sept september
    oct october nov november dec december"""
)
"""Words that a node reads in a moment (KWDB 3.2.1, ``util/timeutil/pgdate/setters.go``)."""


def _unknown(text: str, kind: str) -> SqlError:
    """For a text that is no moment here: whether a node would read it must stay open."""
    named = re.findall(r"[A-Za-z]+", text)
    compact = re.fullmatch(r"\s*-?(\d{6}|\d{8}|\d{5,}-\d{1,2}-\d{1,2}.*|\d+/\d+/\d+.*)", text)
    if compact or (named and all(word.lower() in _WORDS for word in named)):
        return not_implemented(f"the {kind} '{text}'")
    return _unparsable(text, kind)


def parse_timestamp(text: str, sql_type: SqlType, zone: str = "UTC") -> str:
    """The node's text of a timestamp: TIMESTAMPTZ in UTC with its offset, TIMESTAMP without one.

    Raises SqlError (22007).
    """
    with_zone = sql_type.family == "TIMESTAMPTZ"
    moment, nanoseconds, offset = _read(text, sql_type.family.lower())
    digits = sql_type.args[0] if sql_type.args else 6
    if with_zone:
        where = zone_of(zone) if offset is None else offset
        moment = _shifted(moment, where)
    moment, nanoseconds = _rounded(moment, nanoseconds, digits)
    fraction = f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""
    plain = f"{moment.year:04d}-{moment:%m-%d %H:%M:%S}{fraction}"
    return f"{plain}+00:00" if with_zone else plain


def _shifted(moment: datetime, where: tzinfo) -> datetime:
    if where is UTC:
        return moment
    try:
        return moment.replace(tzinfo=where).astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise SqlError("timestamp out of range", "22008") from error


def _read(text: str, kind: str) -> tuple[datetime, int, tzinfo | None]:
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        if text.strip().lower() in ("now", "epoch"):
            now = datetime.now(UTC).replace(tzinfo=None)
            moment = now if text.strip().lower() == "now" else datetime(1970, 1, 1)  # noqa: DTZ001
            return moment.replace(microsecond=0), moment.microsecond * 1000, UTC
        raise _unknown(text, kind)
    year, month, day, hour, minute, second = (
        int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    try:
        moment = datetime(year, month, day, 0 if hour == 24 else hour, minute, second)  # noqa: DTZ001
    except ValueError as error:
        raise _unparsable(text, kind) from error
    moment += timedelta(days=1 if hour == 24 else 0)
    nanoseconds = int((match["fraction"] or "0").ljust(9, "0")[:9])
    return moment, nanoseconds, _offset(match["zone"])


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text.upper() in ("Z", "UTC"):
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])
    delta = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-delta if text[0] == "-" else delta)


def _rounded(moment: datetime, nanoseconds: int, digits: int) -> tuple[datetime, int]:
    unit = 10 ** (9 - digits)
    nanoseconds = (nanoseconds + unit // 2) // unit * unit
    if nanoseconds >= 1_000_000_000:
        return moment + timedelta(seconds=1), nanoseconds - 1_000_000_000
    return moment, nanoseconds


def parse_date(text: str) -> str:
    """The node's text of a date. Raises SqlError (22007)."""
    moment, _, _ = _read(text, "date")
    return f"{moment.year:04d}-{moment:%m-%d}"


def parse_time(text: str) -> str:
    """The node's text of a time of day. Raises SqlError (22007)."""
    match = _TIME.fullmatch(text)
    if match is None or int(match[1]) > 24 or int(match[2]) > 59 or int(match[3] or 0) > 59:
        raise _unparsable(text, "time")
    fraction = f".{(match[4] or '').ljust(6, '0')[:6]}".rstrip("0").rstrip(".")
    return f"{int(match[1]):02d}:{match[2]}:{match[3] or '00'}{fraction}{match[5] or ''}"


def parse_timetz(text: str) -> str:
    """The node's text of a time of day with its offset, in hours, minutes and seconds.

    Raises SqlError (22007).
    """
    plain = parse_time(text)
    mark = max(plain.rfind("+"), plain.rfind("-"))
    clock, digits = (plain, "") if mark < 0 else (plain[:mark], plain[mark + 1 :].replace(":", ""))
    if len(digits) <= 2:
        digits = digits.rjust(2, "0") + "00"
    sign = "-" if mark >= 0 and plain[mark] == "-" else "+"
    return f"{clock.rstrip('zZ')}{sign}{digits[:-2].rjust(2, '0')}:{digits[-2:]}:00"


def shifted_text(text: str, zone: str) -> str:
    """A TIMESTAMPTZ in UTC (without offset) as a session in ``zone`` sees it."""
    whole, _, fraction = text.partition(".")
    moment = datetime.strptime(whole.rjust(19, "0"), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    local = moment.astimezone(zone_of(zone))
    offset = local.utcoffset() or timedelta(0)
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    tail = f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    return f"{local.year:04d}-{local:%m-%d %H:%M:%S}{'.' + fraction if fraction else ''}{tail}"
