"""Changing a TOML file of a person in place: comments, order and spelling stay.

A comment above a table's head belongs to that table, although the parser keeps it with the one
before: so it must neither go with that one nor be parted from its head by a new key or table.
TOML has many spellings (dotted keys, tables in pieces), and not all of them can be changed in
place: a file whose new text would not say what it should is written anew, without its comments.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kwtui.files.toml import FORMAT, parse_toml, read_toml_text, write_private

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Item, Table

Names = tuple[str, ...]
"""The path to a table; empty: the document itself."""


def plain_fields(
    value: object, defaults: object, skip: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """What of a dataclass is written down: the fields that differ from the defaults."""
    found = {}
    for field in fields(value):  # type: ignore[arg-type]
        current = getattr(value, field.name)
        if field.name in skip or current is None or current == getattr(defaults, field.name):
            continue
        found[field.name] = current.value if isinstance(current, Enum) else current
    return found


def put_table(path: Path, names: Names, values: Mapping[str, Any], defaults: object) -> None:
    """Let a table of the file, which may not be there yet, hold these values.

    A key that stands there and is not among them goes, unless it says what is the default anyway.
    The caller has read the file and knows that it can be understood. Raises as `write_private`.
    """
    wanted = parse_toml(read_toml_text(path), path) or {"format": FORMAT}
    table = wanted
    for name in names:
        table = table.setdefault(name, {})
    gone = [key for key in table if key not in values and _says_something(table, key, defaults)]
    for key in gone:
        del table[key]
    table.update(values)
    _edit(path, wanted, lambda document: _put(document, names, values, gone))


def drop_table(path: Path, names: Names) -> None:
    """Take a table of the file away. What is written above the next one stays with that."""
    wanted = parse_toml(read_toml_text(path), path)
    table = wanted
    for name in names[:-1]:
        table = table[name]
    del table[names[-1]]
    _edit(path, wanted, lambda document: _drop(document, names))


def _says_something(table: Mapping[str, Any], key: str, defaults: object) -> bool:
    default = getattr(defaults, key, None)
    plain = default.value if isinstance(default, Enum) else default
    return key != "format" and not isinstance(table[key], dict) and table[key] != plain


def _edit(path: Path, wanted: dict[str, Any], change: Callable[[TOMLDocument], None]) -> None:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(read_toml_text(path))
        if not document:
            document.add("format", tomlkit.item(FORMAT))
        _give_comments_to_the_next(document)
        change(document)
        text = tomlkit.dumps(document)
        as_wanted = _without_empty(tomllib.loads(text)) == _without_empty(wanted)
    except (TOMLKitError, ValueError, TypeError, AttributeError, LookupError):
        as_wanted = False
    write_private(path, text if as_wanted else tomlkit.dumps(wanted))


def _without_empty(document: dict[str, Any]) -> dict[str, Any]:
    """Without tables of tables that hold none: nothing is said by their heads."""
    return {key: value for key, value in document.items() if value or not isinstance(value, dict)}


# -- in the parser's own terms ------------------------------------------------------------------


def _put(document: TOMLDocument, names: Names, values: Mapping[str, Any], gone: list[str]) -> None:
    import tomlkit

    table: Any = document
    new = False
    for index, name in enumerate(names):
        if name not in table:
            new = True
            table.add(name, tomlkit.table(is_super_table=index < len(names) - 1))
        table = table[name]
    for key in gone:
        del table[key]
    trailing = _cut_trailing(table)
    for key, value in values.items():
        if key not in table:
            table.add(key, value)
        elif table[key] != value:
            table[key] = value
    _body(table).extend((None, item) for item in trailing)
    if new and not any(table is last for last in list(_tables(document))[-1:]):
        _body(table).append((None, tomlkit.nl()))


def _drop(document: TOMLDocument, names: Names) -> None:
    parent: Any = document
    for name in names[:-1]:
        parent = parent[name]
    tables = list(_tables(document))
    gone = parent[names[-1]]
    if len(tables) > 1 and tables[-1] is gone:
        # What stands below the last table is about the whole file.
        _body(tables[-2]).extend((None, item) for item in _of_the_next(_cut_trailing(gone)))
    del parent[names[-1]]


def _give_comments_to_the_next(document: TOMLDocument) -> None:
    """Move what is written above a table's head from the end of the table before to that head."""
    tables = list(_tables(document))
    for table, following in pairwise(tables):
        trailing = _cut_trailing(table)
        moved = _of_the_next(trailing)
        _body(table).extend((None, item) for item in trailing[: len(trailing) - len(moved)])
        text = "".join(item.as_string() for item in moved)
        following.trivia.indent = text + following.trivia.indent


def _tables(container: Any) -> Iterator[Table]:
    """Those that have a head of their own, as they stand in the file."""
    from tomlkit.items import Table

    for _, item in _body(container):
        if isinstance(item, Table):
            if not item.is_super_table():
                yield item
            yield from _tables(item)


def _body(table: Any) -> list[Any]:
    found: list[Any] = table.body if hasattr(table, "body") else table.value.body
    return found


def _cut_trailing(table: Any) -> list[Item]:
    """Blank lines and comments after the last key, taken out."""
    from tomlkit.items import Comment, Whitespace

    body = _body(table)
    found: list[Item] = []
    while body and body[-1][0] is None and isinstance(body[-1][1], Comment | Whitespace):
        found.insert(0, body.pop()[1])
    return found


def _of_the_next(trailing: list[Item]) -> list[Item]:
    """From behind the first blank line on: a comment right under the last key is about that."""
    from tomlkit.items import Whitespace

    blank = (i for i, item in enumerate(trailing) if isinstance(item, Whitespace))
    return trailing[next(blank, len(trailing)) + 1 :]
