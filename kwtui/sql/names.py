"""Dotted names in SQL text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kwtui.sql.lexer import Kind, Token, tokens


@dataclass(frozen=True)
class NameAt:
    """A dotted name and the range of tokens that it takes, end excluded."""

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
    parts = [items[start].value]
    end = start + 1
    while end + 1 < len(items) and items[end].text == "." and items[end + 1].kind is Kind.NAME:
        parts.append(items[end + 1].value)
        end += 2
    return NameAt(tuple(parts), start, end)


def split_name(text: str) -> tuple[str, ...]:
    """The parts of a printed dotted name; empty when the text is something else."""
    items = list(tokens(text))
    if not items or items[0].kind is not Kind.NAME:
        return ()
    found = name_at(items, 0)
    return found.parts if found.end == len(items) else ()
