"""Tables that IMPORT INTO refuses, and the plain ones that take their rows. Text in, text out.

It refuses a table with a hash-sharded key or index (live-findings, row 35) and one that is
interleaved, or that others are interleaved in (facts.md, 2.3). An INSERT of what a plain table
holds brings the rows into it all the same (recording 20, `h2` and `h3`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kwtui.model.schema import TableName
from kwtui.sql.ddl import TableText, column_name, split_table
from kwtui.sql.names import split_name
from kwtui.sql.quoting import qualified

_SHARDED = re.compile(r"(?<=\)) USING HASH WITH BUCKET_COUNT = \d+")
_INTERLEAVED = re.compile(r' INTERLEAVE IN PARENT (?P<parent>(?:"(?:[^"]|"")*"|[^\s("])+)(?= \()')
_PRIMARY_KEY = re.compile(r'CONSTRAINT (?:"(?:[^"]|"")*"|\S+) PRIMARY KEY \(')


def has_sharded_index(statement: str) -> bool:
    """Whether an index of the CREATE TABLE, or its primary key, is spread over hash buckets.

    Raises KwtuiError for a layout that KWDB does not print, as everything here does.
    """
    elements = split_table(statement).elements
    return any(not column_name(e) and _SHARDED.search(e) for e in elements)


def interleaved_in(statement: str) -> tuple[tuple[str, ...], ...]:
    """The tables, in parts as printed, that this one or an index of it is interleaved in."""
    table = split_table(statement)
    places = [table.tail, *(e for e in table.elements if not column_name(e))]
    found = (_INTERLEAVED.search(place) for place in places)
    return tuple(split_name(match["parent"]) for match in found if match)


def with_parents(
    statement: str, find: Callable[[tuple[str, ...]], TableName | None], database: str
) -> str:
    """The CREATE TABLE with the full names of the tables that it is interleaved in.

    KWDB prints them without a schema (public source, show_create_clauses.go). ``find`` tells which
    table a printed name means; what it does not know stays as it is printed.
    """

    def full(match: re.Match[str]) -> str:
        parent = find(split_name(match["parent"]))
        if parent is None:
            return match[0]
        return f" INTERLEAVE IN PARENT {qualified(database, parent.schema, parent.name)}"

    table = split_table(statement)
    elements = tuple(e if column_name(e) else _INTERLEAVED.sub(full, e) for e in table.elements)
    return str(TableText(table.head, elements, _INTERLEAVED.sub(full, table.tail)))


def plain_table(statement: str) -> str:
    """The CREATE TABLE with its columns and its plain primary key, and nothing else."""
    table = split_table(statement)
    kept = []
    for element in table.elements:
        if column_name(element):
            kept.append(element)
        elif _PRIMARY_KEY.match(element):
            kept.append(_SHARDED.sub("", element))
    return str(TableText(table.head, tuple(kept), "\n)"))
