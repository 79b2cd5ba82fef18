"""Each thing of a set stands once in its manifest and its schema. Pure.

What stood twice would be counted, restored or removed twice.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kwtui.model.schema import DatabaseSchema


def check_schema(schema: DatabaseSchema) -> None:
    """Tables and their columns, views, sequences. Raises DecodeError."""
    once("table", (table.name.as_option for table in schema.tables))
    once("view", (view.name.as_option for view in schema.views))
    once("sequence", (sequence.name.as_option for sequence in schema.sequences))
    for table in schema.tables:
        once(f"column of {table.name}", (column.name for column in table.columns))


def once(what: str, names: Iterable[str]) -> None:
    """Raises DecodeError for a name that stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise msgspec.DecodeError(f"the {what} {name!r} occurs in it twice")
        seen.add(name)
