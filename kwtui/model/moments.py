"""Times that a file tells, checked when it is read. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

_FIRST, _LAST = 1970, 9000
"""Years: nearer to the ends of the calendar a time cannot be told in every zone."""


def check_moments(*moments: datetime | None) -> None:
    """Raise ValueError for a time without a zone, and for one that no clock told.

    Two such times cannot be compared with others, or not be shown: one of them would end a listing.
    """
    for moment in moments:
        if moment is None:
            continue
        if moment.utcoffset() is None:
            raise ValueError(f"the time {moment.isoformat()} has no zone")
        if not _FIRST <= moment.year <= _LAST:
            raise ValueError(f"the year {moment.year} cannot be")


def moment_of(seconds: float) -> datetime | None:
    """A file's time (seconds since 1970); None where it is one that no clock told."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
        check_moments(moment)
    except (ValueError, OverflowError, OSError):
        return None
    return moment
