"""What a half written word of a statement could become: tables, columns, keywords. Pure.

The statement is read only as far as its words tell: which tables it names, under which names, and
what stands before the caret. Where that is not enough, too much is offered rather than nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kwtui.model.schema import ColumnSpec, TableName
from kwtui.sql.lexer import Kind, Token, code, tokens
from kwtui.sql.names import name_at
from kwtui.sql.quoting import RESERVED, identifier, quoted
from kwtui.text import clean

Tables = Mapping[TableName, tuple[ColumnSpec, ...]]
"""The tables of one database with their columns; none where the server does not tell them."""

_KEYWORD_TEXT = """
all alter analyze and as asc avg between by case cast columns count create cross database databases
delete desc distinct drop else end except exists explain false from group having in inner insert
intersect interval into is join left like limit max min not null offset on or order outer right
schema select set show sum table tables then true truncate union update use using values when where
with
"""
_KEYWORDS = tuple(_KEYWORD_TEXT.split())

_TAKE_TABLES = ("FROM", "JOIN", "INTO", "UPDATE", "TABLE", "TRUNCATE")
_CLAUSES = (
    *_TAKE_TABLES, "SELECT", "WHERE", "ON", "BY", "HAVING", "SET", "VALUES", "LIMIT", "USING",
)  # fmt: skip
_NO_WORDS = (Kind.BROKEN, Kind.STRING, Kind.NUMBER, Kind.NAME)
"""Behind these no word begins, unless it is a plain one or a quote that is still open."""
_REST_OF_WORD = re.compile(r"[\w$]*")


@dataclass(frozen=True)
class KnownNames:
    """What is known of the server's names."""

    current: str = ""
    """The database in which a name without one is looked for."""
    databases: tuple[str, ...] = ()
    tables: Mapping[str, Tables] = field(default_factory=dict)
    """By database, of those that were read."""


@dataclass(frozen=True, order=True)
class Choice:
    """``text`` is what is written; ``kind`` says in a few words what it is."""

    text: str
    kind: str


@dataclass(frozen=True)
class Completion:
    """What may take the place of the characters from ``start`` to ``end``."""

    start: int
    end: int
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class _Word:
    """The half written word at the caret and the names with dots before it."""

    start: int
    end: int
    begin: str
    is_quoted: bool
    qualifier: tuple[str, ...]
    before: tuple[Token, ...]
    """What stands before the dotted name in its statement."""


def complete(text: str, offset: int, known: KnownNames) -> Completion | None:
    """What fits at the caret; None inside of a text or a comment, and where nothing fits."""
    word = _word_at(text, offset)
    if word is None:
        return None
    found = list(_names(text, word, known))
    if not word.qualifier and not word.is_quoted and word.begin:
        as_typed = str.upper if word.begin[0].isupper() else str.lower
        found += [(keyword, Choice(as_typed(keyword), "keyword")) for keyword in _KEYWORDS]
    begin = word.begin.lower()
    choices: dict[str, Choice] = {}
    for name, choice in found:
        if name.lower().startswith(begin) or choice.text.lower().startswith(begin):
            choices.setdefault(choice.text, choice)
    is_written = text[word.start : word.end]
    if not choices or list(choices) == [is_written]:
        return None
    return Completion(word.start, word.end, tuple(choices.values()))


def databases_named(text: str, offset: int, known: KnownNames) -> tuple[str, ...]:
    """The databases whose tables a completion here needs, the current one first."""
    words = [token.name for token in code(text) if token.kind is Kind.NAME]
    word = _word_at(text, offset)
    if word is not None:
        words += word.qualifier
    named = [name for name in known.databases if name in words]
    return tuple(dict.fromkeys([known.current, *named] if known.current else named))


def table_as_written(database: str, table: TableName, known: KnownNames) -> str:
    """The table's name, as short as it is understood in the current database.

    Raises KwtuiError for a name that no server can have sent.
    """
    parts = [identifier(table.name)]
    if database != known.current or table.schema != "public":
        parts.insert(0, identifier(table.schema))
    if database != known.current:
        parts.insert(0, identifier(database))
    return ".".join(parts)


def is_writable(name: str) -> bool:
    """Whether an editor holds the name as it is: without control and invisible characters."""
    return bool(name) and clean(name) == name


# -- the word at the caret ------------------------------------------------------------------------


def _word_at(text: str, offset: int) -> _Word | None:
    before = list(tokens(text[:offset]))
    start, begin, is_quoted = offset, "", False
    if before:
        last = before[-1]
        if last.kind is Kind.BROKEN and last.text.startswith('"'):
            start, begin, is_quoted = last.start, last.text[1:], True
        elif last.kind is Kind.NAME and not last.quoted:
            start, begin = last.start, last.text
        elif last.text.startswith("--") or last.kind in _NO_WORDS:
            return None
    items = [token for token in before if token.is_code and token.start < start]
    qualifier: list[str] = []
    while len(items) > 1 and items[-1].text == "." and items[-2].kind is Kind.NAME:
        qualifier.insert(0, items[-2].name)
        del items[-2:]
    if items and items[-1].text == ".":
        return None
    first = max((i + 1 for i, token in enumerate(items) if token.text == ";"), default=0)
    rest = _REST_OF_WORD.match(text, offset)
    end = rest.end() if rest is not None else offset
    if is_quoted and text.startswith('"', end):
        end += 1
    return _Word(start, end, begin, is_quoted, tuple(qualifier), tuple(items[first:]))


def _takes_tables(before: tuple[Token, ...]) -> bool:
    """Whether a table is named behind these tokens."""
    return len(before) in set(_places_of_tables(before))


def _places_of_tables(items: Sequence[Token]) -> Iterator[int]:
    """Where tables are named: behind FROM and its like, and behind the commas of a FROM."""
    clauses = [""]
    """The clause that goes on, for each open bracket."""
    for place, token in enumerate(items):
        if token.text == "(":
            clauses.append("")
        elif token.text == ")" and len(clauses) > 1:
            clauses.pop()
        elif token.is_word(*_CLAUSES):
            clauses[-1] = token.word
        if token.is_word(*_TAKE_TABLES) or (token.text == "," and clauses[-1] == "FROM"):
            yield place + 1


# -- names that fit -------------------------------------------------------------------------------

_Named = tuple[str, Choice]
"""A name as the server has it, and what is offered for it."""


def _names(text: str, word: _Word, known: KnownNames) -> Iterator[_Named]:
    in_scope = list(_tables_in_scope(text, word))
    if word.qualifier:
        if _takes_tables(word.before):
            yield from _inside(word, known)
        else:
            yield from _columns_of(word, in_scope, known)
            yield from _inside(word, known)
    elif word.before and word.before[-1].is_word("USE"):
        yield from _plain(word, known.databases, "database")
    elif _takes_tables(word.before):
        yield from _tables_here(word, known)
    else:
        for _, parts in in_scope:
            yield from _columns(word, _table_columns(parts, known))
        yield from _plain(word, [alias for alias, parts in in_scope if alias != parts[-1]], "alias")


def _written(name: str, word: _Word) -> str:
    return quoted(name) if word.is_quoted else identifier(name)


def _plain(word: _Word, names: Iterable[str], kind: str) -> Iterator[_Named]:
    for name in names:
        if is_writable(name):
            yield name, Choice(_written(name, word), kind)


def _columns(word: _Word, columns: tuple[ColumnSpec, ...]) -> Iterator[_Named]:
    for column in columns:
        if not column.hidden and is_writable(column.name):
            kind = f"{'tag' if column.tag else 'column'} {clean(column.type)}"
            yield column.name, Choice(_written(column.name, word), kind)


def _tables_here(word: _Word, known: KnownNames) -> Iterator[_Named]:
    """Of the current database, then its schemas, then the other databases."""
    here = known.tables.get(known.current, {})
    for table in sorted(here, key=lambda table: (table.schema != "public", table)):
        if not is_writable(table.name) or not is_writable(table.schema):
            continue
        if table.schema == "public":
            yield table.name, Choice(_written(table.name, word), "table")
        elif not word.is_quoted:
            yield table.name, Choice(table_as_written(known.current, table, known), "table")
    schemas = sorted({table.schema for table in here} - {"public"})
    yield from _plain(word, schemas, "schema")
    yield from _plain(word, known.databases, "database")


def _inside(word: _Word, known: KnownNames) -> Iterator[_Named]:
    """What follows the dot behind a database or a schema."""
    outer = word.qualifier[0]
    if len(word.qualifier) == 2:
        yield from _plain(word, _in_schema(known, outer, word.qualifier[1]), "table")
    elif len(word.qualifier) == 1:
        yield from _plain(word, _in_schema(known, known.current, outer), "table")
        tables = known.tables.get(outer, {})
        # The server looks for db.table in the schema public of db.
        yield from _plain(word, _in_schema(known, outer, "public"), "table")
        yield from _plain(word, sorted({table.schema for table in tables}), "schema")


def _in_schema(known: KnownNames, database: str, schema: str) -> list[str]:
    tables = known.tables.get(database, {})
    return sorted(table.name for table in tables if table.schema == schema)


def _columns_of(
    word: _Word, in_scope: list[tuple[str, tuple[str, ...]]], known: KnownNames
) -> Iterator[_Named]:
    """Behind the dot of an alias, or of a table that the statement names or could name."""
    for alias, parts in in_scope:
        if word.qualifier in ((alias,), parts):
            yield from _columns(word, _table_columns(parts, known))
            return
    yield from _columns(word, _table_columns(word.qualifier, known))


def _table_columns(parts: tuple[str, ...], known: KnownNames) -> tuple[ColumnSpec, ...]:
    """Of the table that a dotted name means, as the server looks for it."""
    name = parts[-1]
    places = {
        1: [(known.current, "public")],
        2: [(known.current, parts[0]), (parts[0], "public")],
        3: [(parts[0], parts[1] if len(parts) == 3 else "")],
    }.get(len(parts), [])
    for database, schema in places:
        tables = known.tables.get(database, {})
        if TableName(schema, name) in tables:
            return tables[TableName(schema, name)]
    return ()


def _tables_in_scope(text: str, word: _Word) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(name in the statement, parts of the table's name) of each table that the statement names.

    The word at the caret is left out: it may be a quote that is not closed yet.
    """
    cut = text[: word.start] + " " + text[word.end :]
    items: list[Token] = []
    for token in code(cut):
        if token.text == ";":
            if token.start > word.start:
                break
            items = []
        else:
            items.append(token)
    for place in _places_of_tables(items):
        if place < len(items) and items[place].kind is Kind.NAME:
            table = name_at(items, place)
            yield _alias_at(items, table.end) or table.parts[-1], table.parts


def _alias_at(items: list[Token], position: int) -> str:
    """The name that stands for the table before it; empty where there is none."""
    if position < len(items) and items[position].is_word("AS"):
        position += 1
    if position < len(items):
        token = items[position]
        if token.kind is Kind.NAME and (token.quoted or token.name not in RESERVED):
            return token.name
    return ""
