"""The names that a statement may hold, and what may stand nowhere in it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kwtui.sql.functions import NO_CALLS, does_more_than_read
from kwtui.sql.lexer import Kind, Token
from kwtui.sql.names import NameAt, name_at, read_name

_SYSTEM = frozenset(
    {"kwdb_internal", "crdb_internal", "information_schema", "pg_catalog", "pg_extension"}
)
_VERBS = """
ALTER ANALYZE BACKUP BEGIN CALL CANCEL COMMENT COMMIT COPY CREATE DEALLOCATE DELETE DISCARD DROP
EXECUTE EXPLAIN EXPORT GRANT IMPORT INSERT PAUSE PREPARE REASSIGN REFRESH RELEASE RESET RESTORE
RESUME REVOKE ROLLBACK SAVEPOINT SCRUB TRUNCATE UPDATE UPSERT USE
"""
CHANGING = frozenset(_VERBS.split())
_FROM_ENDS = frozenset(
    {"WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "UNION", "EXCEPT", "INTERSECT"}
    | {"ON", "USING", "WINDOW", "SELECT", "VALUES", "SET"}
)
_BEFORE_TABLES = frozenset({"JOIN", "REFERENCES", "PARENT"})


@dataclass(frozen=True)
class Bounds:
    """What statements may name."""

    databases: frozenset[str]
    schemas: frozenset[str] = frozenset({"public"})
    """Schemas of these databases."""
    relations: frozenset[tuple[str, str]] | None = None
    """Schema and name of the tables, views and sequences that may be named with both; None: any."""


class OutOfBoundsError(ValueError):
    """Why a statement may not be sent, in words that go on after "it"."""


def said(items: Sequence[Token], count: int) -> str:
    return " ".join(token.text[:40] for token in items[:count])


def name_of(items: Sequence[Token], at: int) -> str:
    if at >= len(items) or items[at].kind is not Kind.NAME:
        raise OutOfBoundsError("does not name what it is about")
    return items[at].name


def check_database(database: str, bounds: Bounds) -> None:
    if database not in bounds.databases:
        raise OutOfBoundsError(f"names the database {database}, which has nothing to do with this")


def check_relation(parts: Sequence[str], bounds: Bounds) -> None:
    """A table, view or sequence: one of these databases."""
    if not parts:
        raise OutOfBoundsError("names a table in a way that cannot be read")
    if len(parts) == 1 or parts[0] in _SYSTEM:
        return
    held = bounds.relations
    if held is not None and (parts[-2], parts[-1]) not in held and parts[-2] not in _SYSTEM:
        raise OutOfBoundsError(f"names {'.'.join(parts)}, which the backup does not hold")
    if parts[0] in bounds.databases:
        return
    if len(parts) > 2 or parts[0] not in bounds.schemas:
        check_database(parts[0], bounds)


def words_outside(items: Sequence[Token]) -> list[str]:
    """The words outside brackets."""
    depth, words = 0, []
    for token in items:
        if token.kind is Kind.SYMBOL:
            depth += (token.text in "([{") - (token.text in ")]}")
        elif depth == 0 and token.word:
            words.append(token.word)
    return words


def check_nothing_changes(items: Sequence[Token]) -> None:
    """No statement that changes something stands in brackets, behind WITH or behind a hint."""
    for before, token, after in zip(items, items[1:], (*items[2:], None), strict=False):
        if token.word in CHANGING and before.text in ("(", "[", ")", "]", "/", "AS", "as"):
            name_only = after is not None and after.text in (",", ")", ".", "(")
            if before.text in ("[", "/") or not name_only:
                raise OutOfBoundsError(f"holds {token.text.upper()} …, a statement of its own")


class Names:
    """Goes through a statement's names: those of tables, of columns, and calls of functions."""

    def __init__(self, items: Sequence[Token], bounds: Bounds, *, is_program: bool = False) -> None:
        self._items = items
        self._before_tables = _BEFORE_TABLES | ({"INTO", "UPDATE", "CALL"} if is_program else set())
        self._bounds = bounds
        self._depth = 0
        self._selects: set[int] = set()
        """Depths of brackets where FROM names a table; elsewhere it does not: EXTRACT(… FROM …)."""
        self._from: set[int] = set()
        self._table_next = False

    def check(self) -> None:
        """Raises OutOfBoundsError."""
        position = 0
        while position < len(self._items):
            token = self._items[position]
            if token.kind is Kind.NAME:
                position = self._word(token, position)
                continue
            if token.kind is Kind.SYMBOL:
                self._symbol(token.text)
            elif self._table_next:
                self._table_next = False
            position += 1

    def _symbol(self, mark: str) -> None:
        if mark in ("(", "["):
            self._depth += 1
            if self._table_next:
                self._selects.add(self._depth)
                self._from.add(self._depth)
        elif mark in (")", "]"):
            self._selects.discard(self._depth)
            self._from.discard(self._depth)
            self._depth -= 1
            self._table_next = False
        else:
            self._table_next = mark == "," and self._depth in self._from

    def _word(self, token: Token, position: int) -> int:
        word = token.word
        if word == "SELECT":
            self._selects.add(self._depth)
        if word in _FROM_ENDS:
            self._from.discard(self._depth)
            self._table_next = False
        elif word == "FROM" and self._depth in self._selects:
            if not (position and self._items[position - 1].is_word("DISTINCT")):
                self._from.add(self._depth)
                self._table_next = True
        elif word in self._before_tables:
            self._table_next = True
        elif not (self._table_next and word in ("ONLY", "LATERAL", "TABLE")):
            return self._named(name_at(self._items, position))
        return position + 1

    def _named(self, found: NameAt) -> int:
        after = self._items[found.end] if found.end < len(self._items) else None
        parts = found.parts
        if after is not None and after.text == "(" and self._is_call(found):
            self._call(found)
        elif self._table_next:
            check_relation(parts, self._bounds)
        elif len(parts) > 2 and parts[0] not in self._bounds.schemas | _SYSTEM:
            check_database(parts[0], self._bounds)
        self._table_next = False
        return found.end

    def _is_call(self, found: NameAt) -> bool:
        token = self._items[found.start]
        before = self._items[found.start - 1] if found.start else None
        is_made = before is not None and before.is_word("TABLE", "VIEW", "INTO", "REFERENCES", "ON")
        return not is_made and (len(found.parts) > 1 or token.word not in NO_CALLS)

    def _call(self, found: NameAt) -> None:
        schema, name = ("", *found.parts)[-2:]
        if does_more_than_read(schema.lower(), name.lower()):
            raise OutOfBoundsError(f"calls {'.'.join(found.parts)}(), which does more than read")
        first = self._items[found.end + 1] if found.end + 1 < len(self._items) else None
        if name.lower() in ("nextval", "currval") and first and first.kind is Kind.STRING:
            check_relation(read_name(first.value) or (first.value,), self._bounds)
