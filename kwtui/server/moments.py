"""Times as the server prints them in a session whose time zone is UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def to_time(value: str | None) -> datetime | None:
    """A TIMESTAMP or TIMESTAMPTZ as text; None for NULL and for what Python cannot hold."""
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def age_seconds(since: datetime | None, now: datetime) -> float | None:
    """How long ago it was; never negative."""
    return None if since is None else max(0.0, (now - since).total_seconds())
