"""Where in a statement the server's words about an error point. Pure."""

from __future__ import annotations

import re

_SOURCE = re.compile(r"source SQL:\n(?P<shown>.*?)\n(?P<blank>[^\S\n]*)\^", re.DOTALL)
"""A syntax error comes with the statement up to the line of the error and a caret below it, in
characters: a tab counts as one (recordings 07 and 14)."""

_NAMED = re.compile(
    r"(?:at or near|column|relation|database|schema|function|type|role/user|role|user)"
    r" \"(?P<name>[^\"]+)\""
)


def error_offset(sql: str, words: str) -> int | None:
    """The character of ``sql`` that the words are about; None where they do not say."""
    source = _SOURCE.search(words)
    if source is not None:
        found = _below_caret(sql, source["shown"], len(source["blank"]))
        if found is not None:
            return found
    named = _NAMED.search(words)
    return _place_of(sql, named["name"]) if named is not None else None


def place_in_words(sql: str, offset: int) -> str:
    """``line 2, column 7``, both from 1; the line is left out where there is only one."""
    row = sql.count("\n", 0, offset)
    column = offset - (sql.rfind("\n", 0, offset) + 1) + 1
    return f"line {row + 1}, column {column}" if "\n" in sql else f"column {column}"


def _below_caret(sql: str, shown: str, column: int) -> int | None:
    lines = sql.split("\n")
    row = shown.count("\n")
    if row >= len(lines) or column > len(lines[row]):
        return None
    return sum(len(each) + 1 for each in lines[:row]) + column


def _place_of(sql: str, name: str) -> int | None:
    """Where a name stands; the server tells it without the quotes that the statement may have."""
    for wanted in (name, name.rpartition(".")[2]):
        found = re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", sql, re.IGNORECASE)
        if found is not None:
            return found.start()
    return None
