"""Times of rows as people type them, for options that choose rows of a time series."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(text: str | None) -> str:
    """As EXPORT prints it, without a zone; empty for none. Raises KwtuiError (USAGE)."""
    if not text:
        return ""
    from kwtui.node.logs.time_words import parse_when

    when = parse_when(text, datetime.now(UTC))
    fraction = f".{when.microsecond:06}".rstrip("0").rstrip(".")
    return f"{when:%Y-%m-%d %H:%M:%S}{fraction}"
