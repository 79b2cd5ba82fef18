"""SHOW EXPERIMENTAL_FINGERPRINTS: one hash for each index, with the node's own failures.

The node hashes the text of every column as if it were a byte string literal, so that a backslash
in a text makes the whole statement fail (recordings 05 and 06).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.answers.rowset import rowset
from kwtui.sandbox.catalog.grants import require
from kwtui.sandbox.catalog.listings import index_columns, primary_index, refuse_time_series
from kwtui.sandbox.catalog.objects import ColumnDef, Relation
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_named
from kwtui.sandbox.language.lexer import Statement, quote_identifier, split_statements
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.values.types import BINARY, base_family

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

_OFFSET, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, 2**64 - 1
_OCTAL = re.compile(r"\\([0-3][0-7]{2})")
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v"}


@handles("SHOW EXPERIMENTAL_FINGERPRINTS")
def fingerprints(session: Session, statement: Statement) -> Answer:
    """``SHOW EXPERIMENTAL_FINGERPRINTS FROM TABLE table``."""
    stream = TokenStream.of(statement)
    stream.expect("show", "experimental_fingerprints", "from", "table")
    named = find_named(session, stream.qualified_name())
    stream.expect_end()
    require(session.engine.catalog, session.user, named.relation, "SELECT")
    refuse_time_series(named.relation, "show fingerprints")
    rows = [
        (name, _index_fingerprint(session, named.relation, columns))
        for name, columns in _hashed_columns(named.relation)
    ]
    listed = rowset("index_name fingerprint", rows)
    return listed.answer("SHOW EXPERIMENTAL_FINGERPRINTS")


def _hashed_columns(relation: Relation) -> Iterable[tuple[str, list[ColumnDef]]]:
    """Every index with the columns that it hashes: the primary one all of the table's."""
    by_name = {column.name: column for column in relation.columns}
    primary = primary_index(relation)
    if primary is not None:
        yield primary.name, relation.columns
    for index in relation.indexes:
        entries = [entry for entry in index_columns(relation) if entry.index is index]
        entries.sort(key=lambda entry: (entry.storing, entry.implicit, entry.position))
        yield index.name, [by_name[entry.name] for entry in entries]


def _index_fingerprint(
    session: Session, relation: Relation, columns: Sequence[ColumnDef]
) -> str | None:
    shown = ", ".join(_as_text(column) for column in columns)
    primary = primary_index(relation)
    order = ", ".join(quote_identifier(name) for name, _ in primary.columns) if primary else "1"
    parts = (relation.database, relation.schema, relation.name)
    source = ".".join(quote_identifier(part) for part in parts)
    statement = split_statements(f"SELECT {shown} FROM {source} ORDER BY {order}")[0]
    binary = [_is_binary(column) for column in columns]
    found = session.run(statement)
    return combine(
        [None if v is None else _bytes(v, b) for v, b in zip(row, binary, strict=True)]
        for row in found.rows
    )


def _is_binary(column: ColumnDef) -> bool:
    return base_family(column.type) in BINARY and not column.type.array


def _as_text(column: ColumnDef) -> str:
    name = quote_identifier(column.name)
    return f"encode({name}, 'hex')" if _is_binary(column) else f"{name}::STRING"


def _bytes(value: str, binary: bool) -> bytes:
    return bytes.fromhex(value) if binary else text_as_bytes(value)


def text_as_bytes(text: str) -> bytes:
    """A text read as the literal of a byte string.

    Raises:
        SqlError: 22025 for a backslash that begins no escape.
    """
    if text.startswith("\\x"):
        try:
            return bytes.fromhex(text[2:])
        except ValueError:
            raise _unreadable(text, "encoding/hex: invalid byte") from None
    if "\\" not in text:
        return text.encode()
    rest = _OCTAL.sub("", text.replace("\\\\", ""))
    if "\\" in rest:
        raise _unreadable(text, "invalid bytea escape sequence")
    marked = text.encode().decode("latin-1").replace("\\\\", "\\134")
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), marked).encode("latin-1")


def _unreadable(text: str, why: str) -> SqlError:
    shown = _go_quoted(text)
    return SqlError(f"hash-fingerprint: could not parse {shown} as type bytes: {why}", "22025")


def _go_quoted(text: str) -> str:
    """A text in double quotes, with the escapes of Go's ``%q``."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(_NAMED.get(char, char) for char in escaped) + '"'


def combine(rows: Iterable[Sequence[bytes | None]]) -> str | None:
    """The exclusive or of all rows' hashes as a signed number; ``None`` without any."""
    total, any_row = 0, False
    for row in rows:
        present = [value for value in row if value is not None]
        if present:
            total ^= fnv64(present)
            any_row = True
    if not any_row:
        return None
    return str(total - 2**64 if total >= 2**63 else total)


def fnv64(values: Iterable[bytes]) -> int:
    """FNV-1 over all bytes of the values, as ``fnv64()`` computes it, without a sign."""
    state = _OFFSET
    for value in values:
        for byte in value:
            state = (state * _PRIME & _MASK) ^ byte
    return state
