"""INSERT statements that a script makes of CSV files: what each begins with, and how values are
written.

The program that makes them is ``documents/insert_rows.awk``: it writes each value as
`statements.typed_literal` does, on one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kwtui.model.schema import TableName
from kwtui.sql.quoting import identifier, qualified
from kwtui.sql.statements import column_list, typed_literal


def insert_head(table: TableName, columns: Sequence[str]) -> str:
    """What every statement of a table begins with, in the current database.

    The schema is only named where it is not the one that is looked in anyway.
    """
    if table.schema == "public":
        name = identifier(table.name)
    else:
        name = qualified(table.schema, table.name)
    return f"INSERT INTO {name} ({column_list(columns)}) VALUES "  # noqa: S608


def value_kinds(types: Iterable[str]) -> str:
    """A letter for each column: n a number, b a boolean, x bytes, s anything else."""
    return "".join(map(_letter, types))


def _letter(kind: str) -> str:
    if typed_literal("1", kind) == "1":
        return "n"
    if typed_literal("true", kind) == "true":
        return "b"
    return "x" if typed_literal(r"\x00", kind).startswith("b'") else "s"
