"""Dividing a time series into stretches of time, and knowing which of them did not change. Pure.

What a segment's files hold is known by its windows: the rows of each day with their counts, sums
and lengths. A segment is taken from an earlier set only if every window in it reads the same now
as it did then. Late rows, deletions and overwritten values change a window's readings. A text that
was replaced by one of the same length does not, nor do values that were exchanged within a day:
everything is written anew from time to time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kwtui.backups.manifest import Segment, TableEntry
from kwtui.backups.readings import differences
from kwtui.model.checks import CheckLevel, Window, WindowReadings
from kwtui.model.schema import ColumnSpec, TableSpec

STRETCH_BYTES = 32 << 20
"""About the size that a segment's files shall have together."""
_MOST_FILES = 5


@dataclass(frozen=True)
class Stretch:
    """A segment of the backup that is being made."""

    since: str
    until: str
    rows: int
    taken: Segment | None = None
    """The segment of the earlier set that holds the same."""


def stretches(
    earlier: TableEntry | None, now: WindowReadings, most_rows: int
) -> tuple[Stretch, ...]:
    """All of the table, in order of time. Without windows that tell, one stretch holds it all."""
    if not now.width or len(now.windows) < 2:
        same = _unchanged(earlier, now)
        only = earlier.segments[0] if earlier and same and len(earlier.segments) == 1 else None
        return (Stretch("", "", now.rows, only),)
    starts = {window.since: place for place, window in enumerate(now.windows)}
    taken = dict(_taken(earlier, now, starts))
    found: list[Stretch] = []
    fresh: list[Window] = []
    place = 0
    while place < len(now.windows):
        if place in taken:
            found += _divided(fresh, most_rows)
            fresh = []
            segment, count = taken[place]
            rows = sum(w.rows for w in now.windows[place : place + count])
            found.append(Stretch(now.windows[place].since, segment.until, rows, segment))
            place += count
        else:
            fresh.append(now.windows[place])
            place += 1
    found += _divided(fresh, most_rows, open_end=True)
    return tuple(_with_ends(found))


def rows_per_stretch(table: TableSpec, chunk_rows: int) -> int:
    """About how many records make the size that is wanted; EXPORT cuts files at ``chunk_rows``."""
    length = sum(_length(column) for column in table.columns if not column.hidden)
    return max(1, min(STRETCH_BYTES // max(length, 1), _MOST_FILES * chunk_rows))


def comparable(earlier: TableEntry, columns: Sequence[str], now: WindowReadings) -> bool:
    """Whether readings of then and now tell whether the rows are the same ones.

    A column that was added or dropped makes older files unfit (live-findings, row 32).
    """
    then = earlier.windows
    return (
        tuple(columns) == earlier.columns
        and then is not None
        and bool(earlier.segments)
        and (then.column, then.width) == (now.column, now.width)
        and set(then.aggregates) == set(now.aggregates)
        and then.level is CheckLevel.AGGREGATES
    )


def _unchanged(earlier: TableEntry | None, now: WindowReadings) -> bool:
    then = earlier.windows if earlier is not None else None
    return then is not None and not then.unsettled and not any(differences(then, now))


def _taken(
    earlier: TableEntry | None, now: WindowReadings, starts: dict[str, int]
) -> Iterator[tuple[int, tuple[Segment, int]]]:
    """Where each segment that is the same begins among the windows, and how many it holds."""
    if earlier is None or earlier.windows is None:
        return
    then = earlier.windows
    changed = {d.since for d in differences(then, now)} | set(then.unsettled)
    old = [window.since for window in then.windows]
    for number, segment in enumerate(earlier.segments):
        inside = _inside(old, earlier.segments, number)
        here = [starts[since] for since in inside if since in starts]
        whole = bool(inside) and len(here) == len(inside) and not changed.intersection(inside)
        if whole and here == list(range(here[0], here[0] + len(here))):
            yield here[0], (segment, len(here))


def _inside(old: Sequence[str], segments: Sequence[Segment], number: int) -> list[str]:
    """The windows of one of the earlier segments: from its own to where the next one begins."""
    begin = _place(old, segments[number].since)
    following = segments[number + 1 :]
    end = _place(old, following[0].since) if following else len(old)
    return list(old[begin:end]) if begin is not None and end is not None else []


def _place(old: Sequence[str], since: str) -> int | None:
    """The first window that begins at this time or later: both are texts of one server, in one
    zone and width, so that they are in order as texts."""
    if not since:
        return 0
    return next((place for place, text in enumerate(old) if text >= since), len(old))


def _divided(
    windows: Sequence[Window], most_rows: int, *, open_end: bool = False
) -> Iterator[Stretch]:
    """Windows that must be written, as few files of a fitting size.

    The last window of a table that takes more files than one stays apart: it will change.
    """
    apart = open_end and sum(w.rows for w in windows) > most_rows
    closed = windows[:-1] if apart else windows
    group: list[Window] = []
    rows = 0
    for window in closed:
        if group and rows + window.rows > most_rows:
            yield _stretch(group)
            group, rows = [], 0
        group.append(window)
        rows += window.rows
    if group:
        yield _stretch(group)
    if apart:
        yield _stretch(windows[-1:])


def _stretch(windows: Sequence[Window]) -> Stretch:
    return Stretch(windows[0].since, "", sum(w.rows for w in windows))


def _with_ends(found: Sequence[Stretch]) -> Iterator[Stretch]:
    """Each ends where the next one begins, so that a row between two windows is in one of them.

    One that was taken keeps the end that its files were written with, if they had one.
    """
    for number, stretch in enumerate(found):
        until = found[number + 1].since if number + 1 < len(found) else ""
        yield replace(stretch, until=stretch.until or until)


def _length(column: ColumnSpec) -> int:
    """About how many characters a value takes in a file."""
    kind = column.type.upper()
    if kind.startswith(("TIME", "DATE")):
        return 27
    if kind.startswith(("INT2", "BOOL", "SMALLINT")):
        return 5
    if kind.startswith(("INT", "BIGINT", "FLOAT", "REAL", "DOUBLE")):
        return 12
    if "(" in kind and kind.endswith(")"):
        digits = kind[kind.rindex("(") + 1 : -1].partition(",")[0]
        return min(int(digits), 40) + 1 if digits.isdigit() else 20
    return 24
