"""INSERT statements for a script: one line each, for the current database.

A script is read by clients that look for the end of a statement line by line, so that no value may
break one: what holds a control character is written as ``e'...'`` (recording 02, `hazards`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kwtui.model.schema import TableName
from kwtui.sql.quoting import identifier, qualified
from kwtui.sql.statements import column_list, typed_literal

MAX_ROWS = 500
"""Rows in one statement, as in kwtui's own restore."""
MAX_CHARACTERS = 1 << 19
"""Of one statement, unless a single row is longer; a node takes 128 MiB in one message (facts.md,
9.1)."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", "'": "\\'"}
_TO_ESCAPE = re.compile(r"[\x01-\x1f\x7f\\']")
_NEEDS_CARE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_NUMBERS = re.compile(r"(?:-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?:\n|\Z))*")


def insert_head(table: TableName, columns: Sequence[str]) -> str:
    """What every statement of a table begins with.

    The schema is only named where it is not the one that is looked in anyway.
    """
    if table.schema == "public":
        name = identifier(table.name)
    else:
        name = qualified(table.schema, table.name)
    return f"INSERT INTO {name} ({column_list(columns)}) VALUES "  # noqa: S608


def statements_of(head: str, rows: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The rows as statements with their line ends, and how many rows each puts in."""
    for start in range(0, len(rows), MAX_ROWS):
        part = rows[start : start + MAX_ROWS]
        text = ", ".join(part)
        if len(text) <= MAX_CHARACTERS or len(part) == 1:
            yield f"{head}{text};\n", len(part)
        else:
            half = len(part) // 2
            yield from statements_of(head, part[:half])
            yield from statements_of(head, part[half:])


def row_text(record: Sequence[str | None], kinds: Sequence[str]) -> str:
    """One row; the values are as an export's CSV has them, None for NULL.

    Raises KwtuiError for a value with a NUL, which SQL cannot carry.
    """
    return f"({', '.join(map(one_line, record, kinds))})"


def one_line(value: str | None, kind: str) -> str:
    """A value as SQL on one line."""
    text = typed_literal(value, kind)
    if value is None or not _CONTROL.search(text):
        return text
    return "e'" + _TO_ESCAPE.sub(_escape, value) + "'"


def rows_of_block(
    text: str, kinds: Sequence[str], delimiter: str, null_text: str
) -> list[str] | None:
    """All rows of whole records without any quoted value, many times faster than `row_text`.

    None where that cannot be done: a value needs an escape, or a record has other fields.
    """
    if _NEEDS_CARE.search(text):
        return None
    records = [line.split(delimiter) for line in text.removesuffix("\n").split("\n")]
    if set(map(len, records)) != {len(kinds)}:
        return None
    quoted = "'" in text
    columns = [
        _column(values, kind, null_text, quoted=quoted)
        for values, kind in zip(zip(*records, strict=True), kinds, strict=True)
    ]
    return [f"({', '.join(row)})" for row in zip(*columns, strict=True)]


def _column(values: Sequence[str], kind: str, null_text: str, *, quoted: bool) -> Sequence[str]:
    """As `typed_literal` writes each of them; ``quoted``: there may be a quote in one."""
    if typed_literal("1", kind) == "1":
        if _NUMBERS.fullmatch("\n".join(values)):
            return values
        return [typed_literal(None if v == null_text else v, kind) for v in values]
    if typed_literal("\\x00", kind) != "'\\x00'":
        return [typed_literal(None if v == null_text else v, kind) for v in values]
    if typed_literal("true", kind) == "true" or typed_literal(r"\x00", kind) != r"'\x00'":
        known = {v: typed_literal(None if v == null_text else v, kind) for v in set(values)}
        return [known[v] for v in values]
    doubled = [v.replace("'", "''") for v in values] if quoted else values
    if null_text in values:
        return ["NULL" if v == null_text else f"'{v}'" for v in doubled]
    return [f"'{v}'" for v in doubled]


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _ESCAPED.get(character) or f"\\x{ord(character):02x}"
