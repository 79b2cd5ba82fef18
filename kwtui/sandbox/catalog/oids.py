"""The object ids that a node computes for what has no descriptor: schemas, indexes, users.

They are 32-bit FNV-1 hashes; that of a schema was checked against recordings 02 and 12.
"""

from __future__ import annotations

import struct

_NAMESPACE, _INDEX, _COLUMN, _CONSTRAINT, _PRIMARY, _FOREIGN, _UNIQUE = 1, 2, 3, 4, 5, 6, 7
_FUNCTION, _USER = 8, 9
_TAGS = {"c": _CONSTRAINT, "p": _PRIMARY, "f": _FOREIGN, "u": _UNIQUE}


def _hash(*parts: bytes) -> int:
    value = 0x811C9DC5
    for byte in b"".join(parts):
        value = value * 0x01000193 & 0xFFFFFFFF ^ byte
    return value


def _tag(tag: int) -> bytes:
    return bytes([tag])


def _number(number: int) -> bytes:
    return struct.pack(">I", number & 0xFFFFFFFF)


def namespace_oid(database_id: int, schema: str) -> int:
    """The oid of a schema."""
    return _hash(_tag(_NAMESPACE), _number(database_id), schema.encode())


def index_oid(relation_id: int, index_id: int) -> int:
    """The oid of an index."""
    return _hash(_tag(_INDEX), _number(relation_id), _number(index_id))


def column_oid(relation_id: int, column_id: int) -> int:
    """The oid of a column's default."""
    return _hash(_tag(_COLUMN), _number(relation_id), _number(column_id))


def constraint_oid(kind: str, relation_id: int, name: str) -> int:
    """The oid of a constraint; ``kind`` is p, u, c or f."""
    return _hash(_tag(_TAGS[kind]), _number(relation_id), name.encode())


def user_oid(name: str) -> int:
    """The oid of a user or role."""
    return _hash(_tag(_USER), name.encode())
