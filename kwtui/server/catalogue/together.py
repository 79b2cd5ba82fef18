"""Asking about many tables with one statement.

Where it is refused, because one of them cannot be read, its halves are asked, down to the table
that is to blame: one bad table among n costs some 2 log n statements, and none hides the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    waiting = list(_groups(parts))
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


def _groups(parts: Sequence[str]) -> Iterator[list[int]]:
    """Of all parts one, but where the statement would be longer than a node should get."""
    group: list[int] = []
    size = 0
    for number, part in enumerate(parts):
        if group and (len(group) == _MOST_PARTS or size + len(part) > _MOST_CHARACTERS):
            yield group
            group, size = [], 0
        group.append(number)
        size += len(part)
    if group:
        yield group
