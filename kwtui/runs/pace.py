"""How fast a run moves and how long it will still take, from a few seconds of samples. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

WINDOW_SECONDS = 15.0
"""Long enough to even out chunk files, short enough to notice a slow disk."""

_MIN_SECONDS = 1.0


class Sample(NamedTuple):
    at: datetime
    bytes: int


@dataclass(frozen=True)
class TimeLeft:
    """``seconds`` is None when there is nothing to estimate from; ``basis`` says why or how."""

    seconds: float | None
    basis: str


def keep_window(samples: tuple[Sample, ...], new: Sample) -> tuple[Sample, ...]:
    """The samples of the last seconds, with one older so that the window is full."""
    kept = (*samples, new)
    while len(kept) > 2 and (new.at - kept[1].at).total_seconds() >= WINDOW_SECONDS:
        kept = kept[1:]
    if len(kept) > 2 and kept[-2].bytes == new.bytes and kept[-3].bytes == new.bytes:
        return (*kept[:-2], new)
    return kept


def rate_of(samples: tuple[Sample, ...]) -> float | None:
    """Bytes a second over the window."""
    if len(samples) < 2:
        return None
    seconds = (samples[-1].at - samples[0].at).total_seconds()
    moved = samples[-1].bytes - samples[0].bytes
    if seconds < _MIN_SECONDS or moved <= 0:
        return None
    return moved / seconds


def time_left(samples: tuple[Sample, ...], total: int | None, source: str) -> TimeLeft:
    rate = rate_of(samples)
    if rate is None:
        return TimeLeft(None, "nothing has moved long enough to measure")
    if total is None:
        return TimeLeft(None, "the size of the rest is not known")
    rest = max(0, total - samples[-1].bytes)
    basis = f"from the pace of the last {WINDOW_SECONDS:.0f} seconds"
    return TimeLeft(rest / rate, f"{basis} and {source}" if source else basis)
