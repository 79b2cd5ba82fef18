"""When relational tables were last written: of all of them in two statements.

Asked for one table (recording 18) it takes some 0.05 s, more than to export a small one. So the
ranges of the whole cluster are listed, and those that hold the tables are asked for at once. Keys
are understood as KWDB prints them; what is not clear tells nothing, and then nothing is linked.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kwtui.model.schema import TableName
from kwtui.operations.runner import Halt
from kwtui.operations.shared.cancellable import run_stoppable
from kwtui.server.catalogue.batching import groups
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.results import Row, to_int
from kwtui.server.connection.server import Server
from kwtui.sql import content, inspection

_TABLE = re.compile(r"/Table/(\d+)(/.*)?\Z", re.DOTALL)
_BEFORE_TABLES = re.compile(r"/(Min|Meta|Local|System|Table/SystemConfigSpan)", re.IGNORECASE)
_BEHIND_TABLES = "/Max"
_MOST_RANGES = 1_000
"""That are asked for: each takes a round trip between nodes. A table of 64 GB has as many."""
_AT_A_TIME = 50
_CHARACTERS = 100_000

_Place = tuple[int, bool]
"""A table's id, and whether the key lies behind the beginning of that table."""


@dataclass(frozen=True)
class TableRange:
    """A stretch of keys, as `inspection.ranges` tells it."""

    number: int
    start: str
    end: str


def ranges_of(tables: Iterable[int], rows: Sequence[Row]) -> dict[int, tuple[TableRange, ...]]:
    """The ranges that hold each table, by its id; without those of which that is not clear.

    ``rows`` are the answer to `inspection.ranges`. Pure.
    """
    wanted = sorted(set(tables))
    holding: dict[int, list[TableRange]] = defaultdict(list)
    for row in rows:
        each = TableRange(to_int(row[0]) or 0, row[1] or "", row[2] or "")
        start, end = _place(each.start), _place(each.end)
        if start is None or end is None:
            continue  # The tables beside it are not whole without it.
        last = bisect_right(wanted, end[0]) if end[1] else bisect_left(wanted, end[0])
        for table in wanted[bisect_left(wanted, start[0]) : last]:
            holding[table].append(each)
    return {table: tuple(found) for table, found in holding.items() if _is_whole(table, found)}


def _place(key: str) -> _Place | None:
    """Where a key lies among the tables; None for one that is not understood."""
    found = _TABLE.match(key)
    if found:
        return int(found[1]), bool(found[2])
    if key == _BEHIND_TABLES:
        return 1 << 62, False
    return (-1, False) if _BEFORE_TABLES.match(key) else None


def _is_whole(table: int, ranges: Sequence[TableRange]) -> bool:
    """Whether each begins where another ends, from before the table to behind it."""
    following = {each.start: each for each in ranges}
    first = [each for each in ranges if (_place(each.start) or (table, True)) <= (table, False)]
    if len(first) != 1 or len(following) != len(ranges):
        return False
    seen, key = 1, first[0].end
    while key in following:
        seen, key = seen + 1, following[key].end
        if seen > len(ranges):
            return False
    behind = _place(key)
    return seen == len(ranges) and behind is not None and behind >= (table + 1, False)


async def last_writes(
    server: Server, tables: Mapping[TableName, int], halt: Halt
) -> dict[TableName, tuple[str | None, ...]]:
    """Of each table, by its id, when each of its ranges was last written, as `was_written` takes
    it; without tables of which that is not clear, of none where the server does not tell.

    Raises CONNECTION_LOST, and what a run that is to halt raises.
    """
    try:
        listed = (await run_stoppable(server, inspection.ranges(), halt)).result
        found = ranges_of(tables.values(), listed.rows)
        asked = {each.number: each for ranges in found.values() for each in ranges}
        if not 0 < len(asked) <= _MOST_RANGES:
            return {}
        sql = inspection.last_updates_of(sorted(asked))
        told = (await run_stoppable(server, sql, halt)).result
    except StatementRefused:
        if halt.requested.is_set():
            raise
        return {}
    written = {
        TableRange(to_int(row[0]) or 0, row[1] or "", row[2] or ""): row[3] for row in told.rows
    }
    # A range that was cut meanwhile is another one now.
    return {
        name: tuple(written[each] for each in found[number])
        for name, number in tables.items()
        if number in found and all(each in written for each in found[number])
    }


async def rows_at(
    server: Server, database: str, tables: Sequence[TableName], timestamp: str, halt: Halt
) -> dict[TableName, int]:
    """Rows of tables at one instant, in few statements; without those that could not be counted.

    Raises as `last_writes`.
    """
    parts = [content.numbered_rows(number, database, name) for number, name in enumerate(tables)]
    found: dict[TableName, int] = {}
    for group in groups(parts, _AT_A_TIME, _CHARACTERS):
        sql = content.counts_together(group, timestamp)
        try:
            answer = (await run_stoppable(server, sql, halt)).result
        except StatementRefused:
            if halt.requested.is_set():
                raise
            continue
        for number, rows in answer.rows:
            counted = to_int(rows)
            if counted is not None:
                found[tables[to_int(number) or 0]] = counted
    return found
