"""Names of tables as people and programs write them, the other way round of `as_option`."""

from __future__ import annotations

import re

from kwtui.model.schema import TableName


def parse_table_names(text: str) -> tuple[TableName, ...]:
    """``orders,archive.old,"a,b"`` as names; the schema is public unless given.

    Raises ValueError with a sentence for people.
    """
    names = []
    for parts in _split_names(text) if text else ():
        if not 1 <= len(parts) <= 2 or not all(parts):
            raise ValueError(f"{'.'.join(parts)!r} is no table. Write orders or schema.orders.")
        names.append(TableName(*parts) if len(parts) == 2 else TableName("public", parts[0]))
    return tuple(names)


def _split_names(text: str) -> list[list[str]]:
    """Names separated by commas, their parts by dots.

    Double quotes keep both inside a name; a doubled one stands for itself.
    """
    names: list[list[str]] = [[]]
    position = 0
    while position <= len(text):
        part, position = _read_part(text, position)
        names[-1].append(part)
        if position < len(text) and text[position] == ",":
            names.append([])
        position += 1
    return names


def _read_part(text: str, start: int) -> tuple[str, int]:
    """One part of a name and where its separator is."""
    match = _QUOTED.match(text, start)
    if match:
        return match[1].replace('""', '"'), match.end()
    match = _BARE.match(text, start)
    if match is None or '"' in match[0]:
        raise ValueError("A double quote in --tables does not stand around a whole name.")
    return match[0].strip(), match.end()


_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?=[.,]|\Z)')
_BARE = re.compile(r"[^.,]*")
