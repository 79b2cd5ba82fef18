"""How fast a run moves: samples of a few seconds for its pace, its course for a drawing. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

WINDOW_SECONDS = 15.0
"""Long enough to even out chunk files, short enough to notice a slow disk."""

_MIN_SECONDS = 1.0

MOST_SPANS = 48
"""Spans of a drawn course; when there are more, two become one of twice the length."""


class Sample(NamedTuple):
    at: datetime
    bytes: int
    rows: int = 0


@dataclass(frozen=True)
class TimeLeft:
    """``seconds`` is None when there is nothing to estimate from; ``basis`` says why or how."""

    seconds: float | None
    basis: str


@dataclass(frozen=True)
class Course:
    """The bytes that a run moved in each of the spans since it began, all of the same length."""

    began: datetime | None = None
    span_seconds: int = 1
    moved: tuple[int, ...] = ()

    def add(self, at: datetime, moved: int) -> Course:
        """With ``moved`` more bytes, that were noticed at ``at``."""
        if self.began is None:
            return Course(at, 1, (max(0, moved),))
        course = self
        seconds = max(0, int((at - self.began).total_seconds()))
        while seconds // course.span_seconds >= MOST_SPANS:
            course = course._coarser()
        index = seconds // course.span_seconds
        spans = [*course.moved, *[0] * (index + 1 - len(course.moved))]
        spans[index] += max(0, moved)
        return replace(course, moved=tuple(spans))

    def _coarser(self) -> Course:
        spans = [*self.moved, 0] if len(self.moved) % 2 else list(self.moved)
        pairs = zip(spans[::2], spans[1::2], strict=True)
        return Course(self.began, self.span_seconds * 2, tuple(one + two for one, two in pairs))


def keep_window(samples: tuple[Sample, ...], new: Sample) -> tuple[Sample, ...]:
    """The samples of the last seconds, with one older so that the window is full."""
    kept = (*samples, new)
    while len(kept) > 2 and (new.at - kept[1].at).total_seconds() >= WINDOW_SECONDS:
        kept = kept[1:]
    if len(kept) > 2 and kept[-2][1:] == new[1:] and kept[-3][1:] == new[1:]:
        return (*kept[:-2], new)
    return kept


def rate_of(samples: tuple[Sample, ...]) -> float | None:
    """Bytes a second over the window."""
    return _rate(samples, lambda sample: sample.bytes)


def row_rate_of(samples: tuple[Sample, ...]) -> float | None:
    """Rows a second over the window."""
    return _rate(samples, lambda sample: sample.rows)


def _rate(samples: tuple[Sample, ...], amount: Callable[[Sample], int]) -> float | None:
    if len(samples) < 2:
        return None
    seconds = (samples[-1].at - samples[0].at).total_seconds()
    moved = amount(samples[-1]) - amount(samples[0])
    if seconds < _MIN_SECONDS or moved <= 0:
        return None
    return moved / seconds


def time_left(
    samples: tuple[Sample, ...], total: int | None, source: str, rows_total: int | None = None
) -> TimeLeft:
    """From the bytes that are left, or from the rows where nobody knows the bytes."""
    rate, row_rate = rate_of(samples), row_rate_of(samples)
    if rate is None and row_rate is None:
        return TimeLeft(None, "not enough progress to measure")
    if rate is not None and total is not None:
        seconds = max(0, total - samples[-1].bytes) / rate
    elif row_rate is not None and rows_total is not None:
        seconds = max(0, rows_total - samples[-1].rows) / row_rate
    else:
        return TimeLeft(None, "the remaining size is unknown")
    basis = f"from the pace of the last {WINDOW_SECONDS:.0f} seconds"
    return TimeLeft(seconds, f"{basis} and {source}" if source else basis)
