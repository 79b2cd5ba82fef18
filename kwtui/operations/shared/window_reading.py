"""Reading a table's windows from the server (`kwtui.sql.content`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.checks import (
    MAX_WINDOWS,
    Aggregate,
    AggregateKind,
    Extremes,
    Window,
    WindowReadings,
)
from kwtui.model.schema import TableSpec
from kwtui.operations.runner import Halt
from kwtui.operations.shared.cancellable import run_stoppable
from kwtui.server.connection.results import ResultSet, Row
from kwtui.server.connection.server import Server
from kwtui.sql import content
from kwtui.text import sentences

Stretches = Callable[[WindowReadings], Sequence[tuple[str, str]]]
"""From what was read of all windows: from when, and before when; empty where there is no end."""

_WIDTHS = {content.DAY: timedelta(days=1)}


@dataclass(frozen=True)
class Reading:
    """What was read, and why it is less than was asked for."""

    windows: WindowReadings
    reason: str = ""


@dataclass(frozen=True)
class Asked:
    """What is to be read of a table."""

    database: str
    table: TableSpec
    timestamp: str | None = None
    """Of relational tables only (live-findings, row 30)."""
    until: str | None = None
    """The newest time that counts, of a time series."""
    aggregates: tuple[Aggregate, ...] = ()
    width: str = ""
    lengths_of: Stretches | None = None
    """Of which stretches of time text lengths are read, which cost the engine more than all the
    rest together; None: of all."""

    def at(self, aggregates: tuple[Aggregate, ...], width: str) -> WindowReadings:
        column = self.table.time_column or ""
        return WindowReadings(column=column, width=width if column else "", aggregates=aggregates)


async def read_windows(
    server: Server, asked: Asked, halt: Halt, *, rounding: bool = True
) -> Reading:
    """Read what is asked for, or less where the node refuses it.

    First the lengths of texts are left out, then all but counts by window, then the windows.

    ``rounding`` reads also how far rounded sums may be apart. Raises KwtuiError where the node does
    not even count, or is gone.
    """
    reason = ""
    for aggregates, width in _ways(asked):
        try:
            found = await _read(server, asked, asked.at(aggregates, width), halt)
            if found is not None:
                return Reading(await _with_extremes(server, asked, found, halt, rounding), reason)
            reason = f"it has rows on more than {MAX_WINDOWS:,} days"
        except KwtuiError as error:
            refused = error.exit_code is ExitCode.STATEMENT_REFUSED
            if halt.requested.is_set() or not refused or (aggregates, width) == _last(asked):
                raise
            reason = sentences(error.title, error.cause)
    raise RuntimeError("one window is always few enough")


def _ways(asked: Asked) -> Iterator[tuple[tuple[Aggregate, ...], str]]:
    without_texts = tuple(a for a in asked.aggregates if a.kind is not AggregateKind.LENGTH)
    few = content.times_of(asked.table)
    ways = [(aggregates, asked.width) for aggregates in (asked.aggregates, without_texts, few)]
    yield from dict.fromkeys((*ways, _last(asked)))


def _last(asked: Asked) -> tuple[tuple[Aggregate, ...], str]:
    return (content.times_of(asked.table), "")


def newest(readings: WindowReadings) -> str | None:
    """The newest time that was seen; None of an empty table and of a relational one."""
    last = Aggregate(AggregateKind.MAX, readings.column)
    if not readings.windows or last not in readings.aggregates:
        return None
    return readings.windows[-1].values[readings.aggregates.index(last)]


async def _read(
    server: Server, asked: Asked, form: WindowReadings, halt: Halt
) -> WindowReadings | None:
    """None for more windows than are written down."""
    lengths = tuple(a for a in form.aggregates if a.kind is AggregateKind.LENGTH)
    if asked.lengths_of is None or not lengths or not form.width:
        return await _ask(server, asked, form, halt)
    others = tuple(a for a in form.aggregates if a not in lengths)
    found = await _ask(server, asked, asked.at(others, form.width), halt)
    if found is None:
        return None
    known: dict[str, Lengths] = {}
    for since, before in asked.lengths_of(found):
        more = await _ask(server, asked, asked.at(lengths, form.width), halt, since, before)
        known |= lengths_in(more) if more is not None else {}
    return with_lengths(found, form.aggregates, known)


class Lengths(NamedTuple):
    """Of the texts of a window that held so many rows."""

    rows: int
    values: Mapping[Aggregate, str | None]


def lengths_in(readings: WindowReadings) -> dict[str, Lengths]:
    """What is known of the lengths of each window, by its ``since``."""
    places = [
        (place, aggregate)
        for place, aggregate in enumerate(readings.aggregates)
        if aggregate.kind is AggregateKind.LENGTH
    ]
    return {
        window.since: Lengths(window.rows, {each: window.values[i] for i, each in places})
        for window in readings.windows
    }


def with_lengths(
    readings: WindowReadings, aggregates: Sequence[Aggregate], known: Mapping[str, Lengths]
) -> WindowReadings:
    """The readings with values for these aggregates: lengths that they do not have are those that
    are known. Of a window that held other rows then nothing is."""

    def completed(window: Window) -> Window:
        lengths = known.get(window.since)
        found = dict(zip(readings.aggregates, window.values, strict=True))
        if lengths is not None and lengths.rows == window.rows:
            found |= {a: v for a, v in lengths.values.items() if found.get(a) is None}
        return window._replace(values=tuple(found.get(a) for a in aggregates))

    windows = tuple(completed(window) for window in readings.windows)
    return replace(readings, aggregates=tuple(aggregates), windows=windows)


async def _ask(
    server: Server,
    asked: Asked,
    form: WindowReadings,
    halt: Halt,
    since: str = "",
    before: str = "",
) -> WindowReadings | None:
    sql = content.window_aggregates(
        asked.database,
        asked.table.name,
        form.aggregates,
        time_column=asked.table.time_column,
        width=form.width,
        timestamp=asked.timestamp,
        since=since,
        before=before,
        until=asked.until,
    )
    answer = (await run_stoppable(server, sql, halt)).result
    return parse_windows(form, answer) if len(answer.rows) <= MAX_WINDOWS else None


def parse_windows(form: WindowReadings, answer: ResultSet) -> WindowReadings:
    """``form`` says what was asked. An empty table answers no window, or one without rows."""
    windows = tuple(_windows(form, answer.rows))
    return WindowReadings(form.column, form.width, form.aggregates, windows=windows)


def _windows(form: WindowReadings, rows: Sequence[Row]) -> Iterator[Window]:
    for row in rows:
        since, (count, *values) = (row[0] or "", row[1:]) if form.width else ("", row)
        if int(count or 0):
            until = window_end(since, form.width)
            yield Window(since, until, int(count or 0), tuple(values))


def window_end(since: str, width: str) -> str:
    """Where the window ends; empty where it has no end, or none that a time can say."""
    if not width:
        return ""
    try:
        return (datetime.fromisoformat(since) + _WIDTHS[width]).isoformat(" ")
    except (ValueError, OverflowError):
        return ""


async def _with_extremes(
    server: Server, asked: Asked, found: WindowReadings, halt: Halt, rounding: bool
) -> WindowReadings:
    columns = content.rounded_columns(asked.table, found.aggregates) if rounding else ()
    if not columns or not found.windows:
        return found
    sql = content.extremes(
        asked.database,
        asked.table.name,
        columns,
        time_column=asked.table.time_column,
        timestamp=asked.timestamp,
        until=asked.until,
    )
    row = (await run_stoppable(server, sql, halt)).result.rows[0]
    seen = tuple(Extremes(name, row[2 * i], row[2 * i + 1]) for i, name in enumerate(columns))
    return WindowReadings(found.column, found.width, found.aggregates, seen, found.windows)
