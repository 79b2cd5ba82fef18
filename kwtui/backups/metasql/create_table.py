"""Reading one CREATE TABLE of a meta.sql, relational or time series."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from kwtui.backups.metasql.layout import NO_COLUMN, is_printed, laid_out, plain
from kwtui.backups.metasql.statements import bracket_end, damaged, split_at_commas
from kwtui.model.schema import ColumnSpec
from kwtui.sql.lexer import Kind, Token

_ENDS = """
    NULL NOT DEFAULT AS CHECK CONSTRAINT ENCODE COMPRESS COMMENT DICT PRIMARY UNIQUE REFERENCES
    FAMILY ON
"""
_AFTER_TYPE = frozenset(_ENDS.split())
_AFTER_EXPRESSION = _AFTER_TYPE | {"STORED"}
_SYMBOL = Kind.SYMBOL
_OLD_CLAUSES = re.compile(
    r"\s*\b(?:activetime\s+\w+|dict\s+encoding|partition\s+interval\s+\w+)", re.IGNORECASE
)
"""Clauses of time-series tables that KWDB 3.2 and later refuse (facts.md, 11.2)."""
_PARTITION = re.compile(r"\bpartition\s+interval\s+(\d+[a-z]+)", re.IGNORECASE)


@dataclass(frozen=True)
class MetaTable:
    """A CREATE TABLE, read."""

    name: str
    schema: str | None
    """None where the statement does not say: the folder does."""
    columns: tuple[ColumnSpec, ...]
    """Tags at the end, as in the data files."""
    time_series: bool
    text: str
    tail: str = ""
    """What follows columns and tags: retentions, in older versions activetime and the like."""
    foreign_keys: bool = False
    head: str = ""
    """The statement up to its tail, laid out as KWDB prints it."""

    @property
    def printed(self) -> str:
        """The statement as KWDB would print it, without what 3.2 and later refuse."""
        return self.head + (_OLD_CLAUSES.sub("", self.tail) if self.old_clauses else self.tail)

    @property
    def visible_columns(self) -> tuple[str, ...]:
        """Names in the order of the data files."""
        return tuple(c.name for c in self.columns if not c.hidden)

    @property
    def old_clauses(self) -> tuple[str, ...]:
        """Clauses that KWDB 3.2 and later refuse, as printed."""
        if not self.time_series:
            return ()
        return tuple(m.group().strip() for m in _OLD_CLAUSES.finditer(self.tail))

    @property
    def partition_interval(self) -> str | None:
        """Of a table of KWDB up to 3.0; later ones have it on the database (facts.md, 11.2)."""
        match = _PARTITION.search(self.tail) if self.time_series else None
        return match[1] if match else None

    @property
    def modern_text(self) -> str:
        """The statement without the clauses that KWDB 3.2 and later refuse."""
        if not self.old_clauses:
            return self.text
        head = self.text[: len(self.text) - len(self.tail)]
        return head + _OLD_CLAUSES.sub("", self.tail)


def read_table(body: Sequence[Token], text: str, path: str) -> MetaTable:
    """Read the tokens of a CREATE TABLE.

    Raises KwtuiError (META_DAMAGED).
    """
    names, at = _name(body, text, path)
    end = bracket_end(body, at)
    elements = split_at_commas(body[at + 1 : end])
    columns_end = end
    columns = [read_column(e, text, path) for e in elements if e[0].word not in NO_COLUMN]
    if not columns:
        raise damaged(path, text, body[at].start, f"table {names[-1]} has no columns")
    tags, end = read_tags(body, end, text, path)
    whole = text[body[0].start : body[-1].end]
    tail = text[body[end].end : body[-1].end]
    if is_printed(body[:at], elements, text):
        head = text[body[0].start : body[end].end]
    else:
        head = laid_out(names, elements, text, path) + text[body[columns_end].end : body[end].end]
    return MetaTable(
        name=names[-1],
        schema=names[-2] if len(names) > 1 else None,
        columns=(*columns, *tags),
        time_series=bool(tags),
        text=whole,
        tail=tail,
        foreign_keys="REFERENCES" in whole.upper() and any(t.word == "REFERENCES" for t in body),
        head=head,
    )


def _name(body: Sequence[Token], text: str, path: str) -> tuple[list[str], int]:
    """The parts of the table's name, and where its columns open."""
    at, names = 2, []
    if [t.text.upper() for t in body[2:5]] == ["IF", "NOT", "EXISTS"]:
        at = 5
    while at < len(body) and body[at].kind is Kind.NAME:
        names.append(body[at].name)
        at += 1
        if at < len(body) and body[at].text == ".":
            at += 1
    if not names or at >= len(body) or body[at].text != "(":
        place = body[min(at, len(body) - 1)].start
        raise damaged(path, text, place, "a table's name or its columns are missing")
    return names, at


def read_tags(
    body: Sequence[Token], end: int, text: str, path: str
) -> tuple[list[ColumnSpec], int]:
    """The tags of a time-series table, and the index of the last token that describes them."""
    at = end + 1
    if len(body) <= at + 1 or not body[at].is_word("TAGS", "ATTRIBUTES"):
        return [], end
    close = bracket_end(body, at + 1)
    tags = [
        replace(read_column(e, text, path), tag=True) for e in split_at_commas(body[at + 2 : close])
    ]
    following = close + 1
    if len(body) > following + 2 and body[following].is_word("PRIMARY"):
        last = bracket_end(body, following + 2)
        primary = {t.name for t in body[following + 3 : last] if t.kind is Kind.NAME}
        return [replace(t, primary_tag=t.name in primary) for t in tags], last
    return tags, close


def read_column(element: Sequence[Token], text: str, path: str) -> ColumnSpec:
    first = element[0]
    if first.kind is not Kind.NAME or len(element) < 2:
        raise damaged(path, text, first.start, "a column's name or type is missing")
    words = [token.word for token in element]
    type_end = 1
    while type_end < len(element) and words[type_end] not in _AFTER_TYPE:
        type_end += 1
    if type_end == 1:
        raise damaged(path, text, first.start, f"column {first.name} has no type")
    return ColumnSpec(
        name=first.name,
        type=plain(element[1:type_end]),
        nullable=("NOT", "NULL") not in pairwise(words[type_end:]),
        default=_expression(element, words, "DEFAULT", type_end),
        computed=_expression(element, words, "AS", type_end),
    )


def _expression(
    element: Sequence[Token], words: Sequence[str], keyword: str, type_end: int
) -> str | None:
    """The expression after DEFAULT or AS, up to the next keyword outside brackets."""
    if keyword not in words[type_end:-1]:
        return None
    start = end = words.index(keyword, type_end) + 1
    depth = 0
    while end < len(element):
        token = element[end]
        if token.kind is _SYMBOL:
            depth += (token.text in "([{") - (token.text in ")]}")
        elif depth == 0 and end > start and words[end] in _AFTER_EXPRESSION:
            break
        end += 1
    return plain(element[start:end])
