"""Dotted names in SQL text. Pure.

In a statement KWDB folds what stands without quotes to small letters: ``Shop.t`` is a table of the
database shop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kwtui.sql.lexer import Kind, Token, tokens


@dataclass(frozen=True)
class NameAt:
    """A dotted name, as KWDB reads it, and the range of tokens that it takes, end excluded."""

    parts: tuple[str, ...]
    start: int
    end: int


def names(items: Sequence[Token]) -> Iterator[NameAt]:
    """Every dotted name of the tokens, single words included."""
    position = 0
    while position < len(items):
        if items[position].kind is not Kind.NAME:
            position += 1
            continue
        found = name_at(items, position)
        yield found
        position = found.end


def name_at(items: Sequence[Token], start: int) -> NameAt:
    """The dotted name that begins at a token, which must be a name."""
    parts = [items[start].name]
    end = start + 1
    while end + 1 < len(items) and items[end].text == "." and items[end + 1].kind is Kind.NAME:
        parts.append(items[end + 1].name)
        end += 2
    return NameAt(tuple(parts), start, end)


def split_name(text: str) -> tuple[str, ...]:
    """The parts of a printed dotted name; empty when the text is something else.

    Capital letters stay, since not all that a server tells has quotes where it needs them.
    """
    return tuple(token.value for token in _parts(text))


def read_name(text: str) -> tuple[str, ...]:
    """The parts of a dotted name as KWDB reads it; empty when the text is something else."""
    return tuple(token.name for token in _parts(text))


def _parts(text: str) -> list[Token]:
    items = list(tokens(text))
    if not items or items[0].kind is not Kind.NAME or name_at(items, 0).end != len(items):
        return []
    return items[::2]
