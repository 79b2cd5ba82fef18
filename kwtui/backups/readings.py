"""Comparing two readings of a table's windows. Pure.

Counts, integers, decimals, lengths and times are compared exactly. A sum of floats depends on the
order of addition, and a parallel scan adds in another order each time. For n values, none greater
than M, every order stays within γ·n·M of the true sum, γ = (n-1)u / (1-(n-1)u) with u = 2^-53
(Higham, Accuracy and Stability of Numerical Algorithms, 4.2); so two orders differ by 2·γ·n·M at
most, and more than that is a difference in the values. The time-series engine adds FLOAT4 and
FLOAT8 alike as doubles, and integers too once their sum passes 64 bits (KWDB's public source,
``SumAggregate``). The server prints a double so that it reads back as itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kwtui.model.checks import Aggregate, AggregateKind, Window, WindowReadings
from kwtui.text import plural

_UNIT = 2.0**-53
_LARGEST_INTEGER = 2**63


@dataclass(frozen=True)
class WindowDifference:
    """One window that is not the same in both readings."""

    since: str
    rows_before: int
    rows_after: int
    columns: tuple[str, ...] = ()
    """Whose aggregates differ."""

    @property
    def words(self) -> str:
        """``2026-11-01: 5 rows instead of 7``."""
        where = f"{short(self.since)}: " if self.since else ""
        if self.rows_before != self.rows_after:
            return f"{where}{plural(self.rows_after, 'row')} instead of {self.rows_before:,}"
        return f"{where}other values in {', '.join(self.columns[:5])}"


def short(since: str) -> str:
    """A day for a window that begins at midnight UTC, else the whole time."""
    day, _, time = since.partition(" ")
    return day if time.startswith("00:00:00") and time[8:] in ("", "+00:00") else since


def differences(before: WindowReadings, after: WindowReadings) -> Iterator[WindowDifference]:
    """Windows that differ, in order of time; those that are unsettled in either are left out.

    Only aggregates that both have are compared.
    """
    skipped = {*before.unsettled, *after.unsettled}
    if before.width != after.width:
        if not skipped and before.rows != after.rows:
            yield WindowDifference("", before.rows, after.rows)
        return
    old = {window.since: window for window in before.windows}
    new = {window.since: window for window in after.windows}
    pairs = _pairs(before, after)
    # Either will do: the bound is asked for under the assumption that the values are the same.
    largest = {**_largest(after), **_largest(before)}
    for since in sorted({*old, *new} - skipped):
        one, two = old.get(since), new.get(since)
        rows = (one.rows if one else 0, two.rows if two else 0)
        if one is None or two is None or rows[0] != rows[1]:
            yield WindowDifference(since, *rows)
            continue
        columns = tuple(_differing(one, two, pairs, largest))
        if columns:
            yield WindowDifference(since, *rows, columns)


def _pairs(before: WindowReadings, after: WindowReadings) -> list[tuple[Aggregate, int, int]]:
    there = {aggregate: place for place, aggregate in enumerate(after.aggregates)}
    return [(a, i, there[a]) for i, a in enumerate(before.aggregates) if a in there]


def _largest(readings: WindowReadings) -> Mapping[str, float]:
    """The greatest magnitude in each column whose sums may be rounded."""
    return {
        e.column: max(abs(float(e.least)), abs(float(e.greatest)))
        for e in readings.extremes
        if e.least is not None and e.greatest is not None
    }


def _differing(
    one: Window,
    two: Window,
    pairs: list[tuple[Aggregate, int, int]],
    largest: Mapping[str, float],
) -> Iterator[str]:
    for aggregate, i, j in pairs:
        a, b = one.values[i], two.values[j]
        if aggregate.kind is AggregateKind.LENGTH and None in (a, b):
            # It was not read then or now. Where no value is, their counts tell.
            continue
        if a != b and not _equal(aggregate, a, b, one.rows, largest):
            yield aggregate.column


def _equal(
    aggregate: Aggregate, a: str | None, b: str | None, rows: int, largest: Mapping[str, float]
) -> bool:
    if a is None or b is None or aggregate.column not in largest:
        return False
    most = largest[aggregate.column]
    if aggregate.kind is AggregateKind.SUM and rows * most < _LARGEST_INTEGER:
        return False
    if aggregate.kind not in (AggregateKind.SUM, AggregateKind.FLOAT_SUM):
        return False
    return _within(float(a), float(b), tolerance(rows, most))


def tolerance(rows: int, most: float) -> float:
    """How far two sums of the same floats may be apart, none greater than ``most``."""
    if rows < 2:
        return 0.0
    error = (rows - 1) * _UNIT
    return 2 * error / (1 - error) * rows * most


def _within(a: float, b: float, allowed: float) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    if math.isinf(a) or math.isinf(b):
        return a == b
    return math.isnan(allowed) or abs(a - b) <= allowed
