"""What a filter of a list lets through. Pure.

Every word has to be in the row. ``proof:p2`` looks into one column alone; its name may be cut short
(``data:shop``). Case does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

Row = TypeVar("Row")


def rows_with(
    rows: Iterable[Row], text: str, told: Callable[[Row], Mapping[str, str]]
) -> list[Row]:
    """The rows that ``text`` lets through, in their order; those first whose name it is. The name
    of a row is what its first column says."""
    found = [(row, columns) for row in rows if lets_through(text, columns := told(row))]
    name = text.casefold().strip()
    if name:
        found.sort(key=lambda each: next(iter(each[1].values()), "").casefold() != name)
    return [row for row, _ in found]


def lets_through(text: str, told: Mapping[str, str]) -> bool:
    """``told`` is what the row says, by the names of its columns in lower case."""
    return all(_has(word, told) for word in text.casefold().split())


def _has(word: str, told: Mapping[str, str]) -> bool:
    column, colon, rest = word.partition(":")
    asked = [words for name, words in told.items() if colon and column and name.startswith(column)]
    if asked:
        return any(rest in words.casefold() for words in asked)
    return any(word in words.casefold() for words in told.values())
