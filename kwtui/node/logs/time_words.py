"""Times as people type them: ``12:30``, ``-10m``, ``2026-11-22 08:30``. Pure; all in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from kwtui.errors import ExitCode, KwtuiError

FORMS = "12:30, 2026-11-22 08:30:17, -10m, -2h30m, -3d, today"
"""What can be typed, for prompts and help."""

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_SPAN = re.compile(r"(\d+)\s*(w|d|h|min|m|s)")
_RELATIVE = re.compile(r"([+-])\s*((?:\d+\s*(?:w|d|h|min|m|s)\s*)+)\Z")
_CLOCK = r"(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)"
_ABSOLUTE = re.compile(
    r"(?:(?P<date>\d{4}-\d{1,2}-\d{1,2}|\d{1,2}-\d{1,2}|\d{6}|today|yesterday)"
    rf"(?:[T ]+{_CLOCK})?|{_CLOCK.replace('clock', 'only')})\s*(?:Z|UTC)?\Z",
    re.IGNORECASE,
)


def parse_when(text: str, now: datetime, *, here: datetime | None = None) -> datetime:
    """The time (UTC) that the text means.

    ``-10m`` counts back from ``now``, ``+10m`` on from ``here``. A clock time alone is the last
    such time before ``now``; a date alone is its midnight. Raises KwtuiError (USAGE).
    """
    stripped = text.strip()
    if stripped.lower() == "now":
        return now
    relative = _RELATIVE.match(stripped.lower())
    try:
        if relative:
            span = _span(relative[2])
            return now - span if relative[1] == "-" else (here or now) + span
        absolute = _ABSOLUTE.match(stripped)
        if absolute:
            return _absolute(absolute, now)
    except (ValueError, OverflowError):
        pass  # a clock or a calendar does not have it: the same answer as for no time at all
    raise KwtuiError(
        f"{text!r} is not a time.",
        hint=f"Write one of these, in UTC: {FORMS}.",
        exit_code=ExitCode.USAGE,
    )


def time_of_rows(text: str | None) -> str:
    """The time that the text means, as EXPORT prints it, without a zone; empty for no text.

    For what chooses rows of a time series. Raises KwtuiError (USAGE).
    """
    if not (text or "").strip():
        return ""
    when = parse_when(text or "", datetime.now(UTC))
    fraction = f".{when.microsecond:06}".rstrip("0").rstrip(".")
    return f"{when:%Y-%m-%d %H:%M:%S}{fraction}"


def _span(text: str) -> timedelta:
    total = timedelta()
    for amount, unit in _SPAN.findall(text):
        total += timedelta(**{_UNITS[unit[0]]: int(amount)})
    return total


def _absolute(match: re.Match[str], now: datetime) -> datetime:
    clock = match["clock"] or match["only"] or "0:00"
    hours, minutes, *rest = clock.split(":")
    seconds, _, fraction = (rest[0] if rest else "0").partition(".")
    time = timedelta(
        hours=_below(hours, 24),
        minutes=_below(minutes, 60),
        seconds=_below(seconds, 60),
        microseconds=int(fraction[:6].ljust(6, "0") or 0),
    )
    if match["date"]:
        return _date(match["date"].lower(), now) + time
    when = _midnight(now) + time
    return when if when <= now else when - timedelta(days=1)


def _below(text: str, limit: int) -> int:
    number = int(text)
    if number >= limit:
        raise ValueError(f"{text} is not below {limit}")
    return number


def _date(text: str, now: datetime) -> datetime:
    if text == "today":
        return _midnight(now)
    if text == "yesterday":
        return _midnight(now) - timedelta(days=1)
    if text.isdigit():
        # As in the log's own lines.
        return datetime(2000 + int(text[:2]), int(text[2:4]), int(text[4:]), tzinfo=UTC)
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 2:
        parts.insert(0, now.year)
    return datetime(parts[0], parts[1], parts[2], tzinfo=UTC)


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
