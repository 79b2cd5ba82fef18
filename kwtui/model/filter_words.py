"""What a filter of a list lets through. Pure.

Every word has to be in the row. ``proof:p2`` looks into one column alone; its name may be cut short
(``data:shop``). Case does not count.
"""

from __future__ import annotations

from collections.abc import Mapping


def lets_through(text: str, told: Mapping[str, str]) -> bool:
    """``told`` is what the row says, by the names of its columns in lower case."""
    return all(_has(word, told) for word in text.casefold().split())


def _has(word: str, told: Mapping[str, str]) -> bool:
    column, colon, rest = word.partition(":")
    asked = [words for name, words in told.items() if colon and column and name.startswith(column)]
    if asked:
        return any(rest in words.casefold() for words in asked)
    return any(word in words.casefold() for words in told.values())
