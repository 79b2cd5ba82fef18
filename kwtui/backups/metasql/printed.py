"""Tables as KWDB prints them, read line by line: what was read once is not read again.

Among a hundred thousand tables few lines differ. A line is taken for an element of a table only
where its tokens are whole in it and its brackets match: so it reads the same wherever it stands,
and need not be read again. Everything else is left to `create_table`, which reads each token.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from kwtui.backups.metasql.create_table import MetaTable, read_column, read_tags
from kwtui.backups.metasql.layout import NO_COLUMN, is_printed_element
from kwtui.backups.metasql.statements import split_at_commas, statements
from kwtui.errors import KwtuiError
from kwtui.model.schema import ColumnSpec
from kwtui.sql.lexer import Token

_NAME = r'(?:[^\W\dA-Z][\w$]*+|"[^"\n]++")'
_BETWEEN = ",\n\t"
# Possessive, and never beyond a semicolon: what does not match is looked at once.
_TABLE = re.compile(
    rf"[ \t\r\n\f]*+(?P<head>CREATE TABLE (?P<names>{_NAME}(?:\.{_NAME})*+) \(\n\t"
    r"(?P<elements>(?:[^\n;]*+(?<=,)\n\t)*+[^\n;]*+)\n\))(?P<rest>[^;]*+)(?:;|\Z)"
)
_ONE_NAME = re.compile(_NAME)
_COLUMN = re.compile(f"({_NAME})(?= )")
_TAGS, _PRIMARY_TAGS = f" TAGS ({_BETWEEN[1:]}", " ) PRIMARY TAGS("
_LIST_OF_NAMES = re.compile(rf"{_NAME}(?:, {_NAME})*+")
_LONGEST = 1 << 20
"""Characters of a table: what is longer is counted token by token."""
_MOST_KEPT = 10_000
_Kept = TypeVar("_Kept")


class _Element(NamedTuple):
    column: ColumnSpec | None
    """None for a constraint, an index, a family."""
    references: bool

    def named(self, name: str) -> _Element:
        """The same column under another name; `replace` would take several times as long."""
        if (of := self.column) is None:
            return self
        column = ColumnSpec(name, of.type, of.nullable, of.default, of.computed)
        return _Element(column, self.references)


class _Rest(NamedTuple):
    """What follows the columns."""

    tags: tuple[ColumnSpec, ...]
    head: str
    """Up to the end of the tags."""
    tail: str
    references: bool


@dataclass(frozen=True)
class PrintedTable:
    """A table, and where its statement begins and ends; its semicolon belongs to it."""

    table: MetaTable
    start: int
    end: int


class PrintedTables:
    """Reads the tables of one file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._elements: dict[str, _Element | None] = {}
        self._forms: dict[str, _Element | None] = {}
        """By what follows the name of a column."""
        self._rests: dict[str, _Rest | None] = {}

    def at(self, text: str, position: int) -> PrintedTable | None:
        """The table whose statement comes next; None where none does that is laid out so.

        Between the statement before and the position there is nothing but blanks.
        """
        found = _TABLE.match(text, position)
        if found is None or found.end() - found.start() > _LONGEST:
            return None
        names = _ONE_NAME.findall(found["names"])
        elements = [self._element(line) for line in found["elements"].split(_BETWEEN)]
        rest = self._rest(found["rest"])
        if rest is None or None in elements or not all(map(_is_printed, names)):
            return None
        table = self._table(found["head"], names, [e for e in elements if e is not None], rest)
        return PrintedTable(table, found.start("head"), found.end()) if table else None

    def _table(
        self, head: str, names: Sequence[str], elements: Sequence[_Element], rest: _Rest
    ) -> MetaTable | None:
        columns = [element.column for element in elements if element.column is not None]
        if not columns:
            return None
        name, *schema = [name.strip('"') for name in reversed(names)]
        return MetaTable(
            name=name,
            schema=schema[0] if schema else None,
            columns=(*columns, *rest.tags),
            time_series=bool(rest.tags),
            text=head + rest.head + rest.tail,
            tail=rest.tail,
            foreign_keys=rest.references or any(e.references for e in elements),
            head=head + rest.head,
        )

    def _element(self, line: str) -> _Element | None:
        if line in self._elements:
            return self._elements[line]
        named = _COLUMN.match(line)
        name = named[1] if named else ""
        if name and _is_printed(name) and name.upper() not in NO_COLUMN:
            # Of columns that differ by their names alone one is read.
            form = self._kept(self._forms, f"a{line[len(name) :]}", self._read_element)
            found = form and form.named(name.strip('"'))
            if len(self._elements) < _MOST_KEPT:
                self._elements[line] = found
            return found
        return self._kept(self._elements, line, self._read_element)

    def _rest(self, text: str) -> _Rest | None:
        return self._kept(self._rests, text, lambda text: self._tags(text) or self._read_rest(text))

    def _tags(self, text: str) -> _Rest | None:
        """What follows the columns of a time series, its tags read line by line too."""
        closes = text.find(_PRIMARY_TAGS) if text.startswith(_TAGS) else -1
        end = text.find(")", closes + len(_PRIMARY_TAGS))
        if closes < 0 or end < 0:
            return None
        named = text[closes + len(_PRIMARY_TAGS) : end]
        elements = [self._element(line) for line in text[len(_TAGS) : closes].split(_BETWEEN)]
        tail = self._kept(self._rests, text[end + 1 :], self._read_rest)
        if not _LIST_OF_NAMES.fullmatch(named) or tail is None or tail.tags:
            return None
        names = _ONE_NAME.findall(named)
        tags = [element.column for element in elements if element and element.column]
        if len(tags) < len(elements) or not all(map(_is_printed, names)):
            return None
        primary = {name.strip('"') for name in names}
        return _Rest(
            tuple(_as_tag(column, column.name in primary) for column in tags),
            text[: end + 1] + tail.head,
            tail.tail,
            tail.references or any(e is not None and e.references for e in elements),
        )

    @staticmethod
    def _kept(known: dict[str, _Kept], text: str, read: Callable[[str], _Kept]) -> _Kept:
        if text in known:
            return known[text]
        found = read(text)
        if len(known) < _MOST_KEPT:
            known[text] = found
        return found

    def _read_element(self, line: str) -> _Element | None:
        try:
            (body,) = statements(line, self._path)
            if (body[0].start, body[-1].end) != (0, len(line)):
                return None
            if len(split_at_commas(body)) != 1 or not is_printed_element(body, line):
                return None
            is_column = body[0].word not in NO_COLUMN
            column = read_column(body, line, self._path) if is_column else None
        except (KwtuiError, ValueError):
            return None
        return _Element(column, _refers(body))

    def _read_rest(self, text: str) -> _Rest | None:
        # An empty list in place of the columns, which are read by themselves.
        text = f"(){text}"
        try:
            (body,) = statements(text, self._path)
            tags, last = read_tags(body, 1, text, self._path)
        except (KwtuiError, ValueError):
            return None
        end = body[-1].end
        if text[end:].strip(" \t\r\n\f"):
            # A comment, in which the semicolon may stand.
            return None
        head = text[2 : body[last].end]
        return _Rest(tuple(tags), head, text[body[last].end : end], _refers(body))


def _is_printed(name: str) -> bool:
    return name[0] == '"' or (name == name.lower() and name != "references")


def _as_tag(of: ColumnSpec, primary: bool) -> ColumnSpec:
    return ColumnSpec(
        of.name, of.type, of.nullable, of.default, of.computed, tag=True, primary_tag=primary
    )


def _refers(body: Sequence[Token]) -> bool:
    return any(token.word == "REFERENCES" for token in body)
