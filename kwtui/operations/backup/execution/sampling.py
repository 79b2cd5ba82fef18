"""Which rows of a table are hashed when only a sample is: others in each backup.

A hashed row costs the server ten times what its export does, so a sample is measured in rows: as
many as a tenth of the time that the table's export took allows. They are read by a range of the
primary key or of the time, which touches no other row, and the same range can be read of a restored
table.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from kwtui.model.checks import Window
from kwtui.model.schema import ColumnSpec, TableSpec
from kwtui.operations.runner import Halt
from kwtui.operations.shared.cancellable import run_stoppable
from kwtui.operations.shared.checksums import SMALL
from kwtui.operations.shared.window_reading import Asked
from kwtui.server.connection.server import Server
from kwtui.sql import content, ddl
from kwtui.sql.statements import Part

_SHARE = 0.1
_FIRST_SPEED = 40_000.0
"""Rows a second, until one was measured: half of what a node did (live-findings, section 5)."""
_FEW = 100_000
"""Rows whose texts take little time to measure: 0.05 s (live-findings, section 5)."""
_MOST_RUNS = 8
_SKEW = 4
"""A range with more than so many times the rows that were wanted is not read."""

_INTEGER = re.compile(r"(INT[248]?|INTEGER|SMALLINT|BIGINT)\Z", re.I)
_ORDERED = re.compile(
    r"(INT[248]?|INTEGER|SMALLINT|BIGINT|STRING|TEXT|VARCHAR|CHAR|UUID|DATE|TIMESTAMP|TIMESTAMPTZ|"
    r"DECIMAL|NUMERIC)(\(|\Z)",
    re.I,
)


@dataclass
class Pace:
    """How fast the server hashes rows."""

    speed: float = _FIRST_SPEED

    def rows(self, export_seconds: float) -> int:
        """How many may be hashed for a table whose export took so long."""
        return max(SMALL, int(export_seconds * _SHARE * self.speed))

    def learn(self, rows: int, seconds: float) -> None:
        if rows >= SMALL and seconds > 0:
            self.speed = rows / seconds


def chance(set_path: str, table: TableSpec) -> random.Random:
    """Chance that the same backup repeats, and the next one does not."""
    seed = hashlib.sha256(f"{set_path}\0{table.name}".encode()).digest()
    return random.Random(seed)  # noqa: S311 - it chooses rows, it hides nothing


# -- relational -------------------------------------------------------------------------------


def sampling_key(table: TableSpec) -> ColumnSpec | None:
    """The column by whose ranges rows can be chosen; None where there is none."""
    name = ddl.leading_key(table.create_statement)
    column = next((c for c in table.columns if c.name == name and not c.hidden), None)
    return column if column is not None and _ORDERED.match(column.type) else None


async def part_by_key(
    server: Server, asked: Asked, rows: int, size: int, luck: random.Random, halt: Halt
) -> Part | None:
    """About ``size`` of the rows, in a row by the primary key; None where that cannot be told."""
    key = sampling_key(asked.table)
    if key is None:
        return None
    since = await _start(server, asked, key, luck.random() * max(rows - size, 0), rows, halt)
    if since is None:
        return None
    behind = Part(key.name, key.type, since)
    until = await _key_at(server, asked, key, behind.where, size, halt)
    part = Part(key.name, key.type, since, until or "")
    count = content.count_part(asked.database, asked.table.name, part.where, asked.timestamp)
    found = int((await run_stoppable(server, count, halt)).result.scalar() or 0)
    return part if 0 < found <= _SKEW * size else None


async def _start(
    server: Server, asked: Asked, key: ColumnSpec, place: float, rows: int, halt: Halt
) -> str | None:
    """The key where the sample begins: guessed for numbers, counted off for others."""
    if not _INTEGER.match(key.type):
        return await _key_at(server, asked, key, "", int(place), halt)
    sql = content.extremes(asked.database, asked.table.name, (key.name,), timestamp=asked.timestamp)
    least, greatest = (await run_stoppable(server, sql, halt)).result.rows[0]
    if least is None or greatest is None:
        return None
    return str(int(least) + int((int(greatest) - int(least)) * (place / max(rows, 1))))


async def _key_at(
    server: Server, asked: Asked, key: ColumnSpec, since: str, offset: int, halt: Halt
) -> str | None:
    sql = content.key_at(
        asked.database,
        asked.table.name,
        key.name,
        timestamp=asked.timestamp,
        since=since,
        offset=offset,
    )
    return (await run_stoppable(server, sql, halt)).result.scalar()


# -- time series ------------------------------------------------------------------------------


def parts_by_time(
    table: TableSpec,
    windows: Iterable[Window],
    newest: str,
    size: int,
    luck: random.Random,
) -> tuple[Part, ...]:
    """Whole windows as far as ``size`` rows go, else a stretch of one of them. Pure.

    Rows at the newest time itself are left out: others may still come in beside them.
    """
    found, left = [], size
    shuffled = [w for w in windows if w.since]
    luck.shuffle(shuffled)
    for window in shuffled:
        if window.rows <= left and (part := _whole(table, window, newest)):
            found.append(part)
            left -= window.rows
    if found:
        return tuple(found)
    stretches = (_stretch(table, window, newest, size, luck) for window in shuffled)
    return tuple(_first(stretches))


def days_in_a_row(windows: Sequence[Window], luck: random.Random) -> list[tuple[str, str]]:
    """A run of windows somewhere, with a twentieth of the rows or few; all of them if that is few.
    As a stretch of time. Pure."""
    rows = sum(window.rows for window in windows)
    size = max(_FEW, rows // 20)
    first = luck.randrange(len(windows)) if rows > size else 0
    last, held = first, 0
    for last in range(first, len(windows)):
        held += windows[last].rows
        if held >= size:
            break
    return [(windows[first].since, windows[last].until)] if windows else []


def runs_without(windows: Sequence[Window], known: Container[str]) -> list[tuple[str, str]]:
    """The windows that are not known, as few stretches of time. Pure."""
    runs: list[tuple[str, str]] = []
    fresh = False
    for window in windows:
        if window.since in known:
            fresh = False
            continue
        runs = [*runs[:-1], (runs[-1][0], window.until)] if fresh else [*runs, window[:2]]
        fresh = True
    return runs if len(runs) <= _MOST_RUNS else [(runs[0][0], runs[-1][1])]


def _first(parts: Iterable[Part | None]) -> Iterator[Part]:
    part = next((part for part in parts if part is not None), None)
    if part is not None:
        yield part


def _column(table: TableSpec) -> ColumnSpec:
    return next(c for c in table.columns if c.name == table.time_column)


def _end(window: Window, newest: str) -> str:
    """Times of one column are printed alike, so that texts are in the order of the times."""
    return min(window.until, newest) if window.until else newest


def _whole(table: TableSpec, window: Window, newest: str) -> Part | None:
    column, end = _column(table), _end(window, newest)
    return Part(column.name, column.type, window.since, end) if window.since < end else None


def _stretch(
    table: TableSpec, window: Window, newest: str, size: int, luck: random.Random
) -> Part | None:
    """So much of the window's time as of its rows is wanted."""
    column = _column(table)
    try:
        begin = datetime.fromisoformat(window.since)
        end = datetime.fromisoformat(_end(window, newest))
    except ValueError:
        return None
    length = (end - begin) * min(1.0, size / window.rows)
    start = begin + (end - begin - length) * luck.random()
    start = start.replace(microsecond=start.microsecond // 1000 * 1000)
    stop = (start + length).replace(microsecond=0)
    if stop <= start:
        return None
    return Part(column.name, column.type, _text(start), _text(stop))


def _text(time: datetime) -> str:
    return time.isoformat(" ")
