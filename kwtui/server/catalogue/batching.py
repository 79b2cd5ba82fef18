"""Asking about many tables with one statement.

Where it is refused, because one of them cannot be read, its halves are asked, down to the table
that is to blame: one bad table among n costs some 2 log n statements, and none hides the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.results import Row, to_int
from kwtui.server.connection.server import Server
from kwtui.sql import statements

_MOST_PARTS = 500
_MOST_CHARACTERS = 250_000
"""A node keeps whole statements in its lists of queries and in its log."""


async def ask_together(
    server: Server, parts: Sequence[str]
) -> tuple[dict[int, Row], dict[int, StatementRefused]]:
    """Rows by the number in their first column, and what was said of the parts that were refused.

    Part i is a SELECT of one row that begins with i. However long it takes; raises ConnectionLost.
    """
    found: dict[int, Row] = {}
    refused: dict[int, StatementRefused] = {}
    every = iter(range(len(parts)))
    waiting = [list(islice(every, len(g))) for g in groups(parts, _MOST_PARTS, _MOST_CHARACTERS)]
    while waiting:
        numbers = waiting.pop()
        try:
            sql = statements.together([parts[number] for number in numbers])
            answer = await server.query(sql, within=None)
        except StatementRefused as error:
            if len(numbers) == 1:
                refused[numbers[0]] = error
            else:
                half = len(numbers) // 2
                waiting += [numbers[half:], numbers[:half]]
            continue
        for row in answer.rows:
            found[to_int(row[0]) or 0] = row[1:]
    return found, refused


def groups(parts: Iterable[str], most: int, characters: int) -> Iterator[list[str]]:
    """All in order, in groups of so many parts and characters at most; a longer one stands alone.

    So that a statement made of a group is no longer than a node should get.
    """
    group: list[str] = []
    size = 0
    for part in parts:
        if group and (len(group) == most or size + len(part) > characters):
            yield group
            group, size = [], 0
        group.append(part)
        size += len(part)
    if group:
        yield group
