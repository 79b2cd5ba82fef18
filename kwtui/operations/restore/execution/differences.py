"""Definitions that did not come back as they were captured, compared by what they mean. Pure.

KWDB prints one thing in several ways (`kwtui.sql.meaning`), so that no text is compared as text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.model.schema import ColumnSpec, DatabaseSchema, ForeignKeySpec, TableName, TableSpec
from kwtui.operations.restore.accepting import meant
from kwtui.operations.restore.definitions import default_in, waits_for_name
from kwtui.operations.shared.selection import Chosen
from kwtui.sql import ddl
from kwtui.sql.meaning import Meaning, meaning, same
from kwtui.sql.quoting import qualified
from kwtui.text import shell_quoted

NOTHING = "nothing"


@dataclass(frozen=True)
class Difference:
    """One of them. ``name`` is what a person accepts it by: a table or one of its columns."""

    name: tuple[str, ...]
    words: str
    acceptable: bool = True
    """False for what no name makes good: a table that is not there."""

    @property
    def printed_name(self) -> str:
        return qualified(*self.name)


class DefinitionsDiffer(KwtuiError):
    """Restored definitions that are not as captured, and that nobody accepted."""

    def __init__(self, database: str, differences: Sequence[Difference]) -> None:
        first, *others = [difference.words for difference in differences]
        super().__init__(
            f"The restored definitions in {database} differ from the backup: {first}.",
            cause=lines_of(*others),
            exit_code=ExitCode.RESTORE_DIFFERS,
        )
        self.accepting = accept_options(differences)
        """The options that accept them; empty where that is not possible."""


def accept_options(differences: Iterable[Difference]) -> str:
    """For a shell, to be put behind a command; empty where one of them cannot be accepted."""
    found = tuple(differences)
    if not all(difference.acceptable for difference in found):
        return ""
    names = dict.fromkeys(d.printed_name for d in found)
    return " ".join(f"--accept {shell_quoted(name)}" for name in names)


def left_after(differences: Iterable[Difference], accepted: Collection[str]) -> list[Difference]:
    """Those that nobody accepted, by its own name or by that of its table."""
    names = {parts for name in accepted for parts in meant(name)}
    return [d for d in differences if not d.acceptable or not names & {d.name, d.name[:2]}]


def definition_differences(
    chosen: Chosen, restored: DatabaseSchema, database: str
) -> Iterator[Difference]:
    """Columns, defaults, foreign keys and checks that are not as captured.

    Defaults that wait for the final name are left out: they are put back after this.
    """
    lost = {table.name: table.why for table in restored.unread}
    for table in chosen.tables:
        found = restored.table(table.name)
        if found is None:
            name = (table.name.schema, table.name.name)
            why = lost.get(table.name)
            words = f"{table.name} is missing" if why is None else f"{table.name}: {why}"
            yield Difference(name, words, acceptable=False)
            continue
        yield from _column_differences(chosen.schema, table, found, database)
        if table.inherits_retention is not found.inherits_retention:
            own, inherited = "its own", "inherited from the database"
            now, was = (own, inherited) if table.inherits_retention else (inherited, own)
            words = f"the retention of {table.name} is {now}, and was {was}"
            yield Difference((table.name.schema, table.name.name), words)
        wanted = [key for t, key in chosen.foreign_keys if t.name == table.name]
        yield from _other_names("foreign key", table.name, _keys(wanted), _keys(found.foreign_keys))
        checks = [{name: name for name in t.check_constraints} for t in (table, found)]
        yield from _other_names("check constraint", table.name, *checks)


def late_defaults(chosen: Chosen, restored: DatabaseSchema, database: str) -> Iterator[Difference]:
    """Defaults that were put back under the final name, and are not as captured."""
    for table in chosen.tables:
        found = restored.table(table.name)
        defaults = {c.name: c.default for c in found.columns} if found else {}
        for column in table.columns:
            if column.default is None or not waits_for_name(chosen.schema, column.default):
                continue
            wanted = default_in(chosen.schema, column.default, database)
            if not same(defaults.get(column.name), wanted):
                yield _of_column(table.name, column.name, "default", wanted, defaults[column.name])


def printed_differences(
    chosen: Chosen, restored: DatabaseSchema, database: str
) -> Iterator[Difference]:
    """Tables that SHOW CREATE prints with another meaning than when they were captured.

    Order counts for columns, not for keys and constraints: those that come back by ALTER TABLE are
    printed last.
    """
    for table in chosen.tables:
        found = restored.table(table.name)
        if found is None:
            continue
        was = ddl.with_database(
            table.create_statement, chosen.schema.database, database, chosen.schema.schemas
        )
        if was != found.create_statement:
            yield from _printed(table.name, was, found.create_statement)


# -- columns ----------------------------------------------------------------------------------


def _column_differences(
    schema: DatabaseSchema, was: TableSpec, now: TableSpec, database: str
) -> Iterator[Difference]:
    there = {column.name: column for column in now.columns}
    for column in was.columns:
        found = there.pop(column.name, None)
        if found is None:
            words = f"{was.name} has no column {column.name}"
            yield Difference(_name(was.name, column.name), words)
        else:
            yield from _one_column(schema, was.name, column, found, database)
    for name in there:
        words = f"{was.name} has a column {name}, which it had not"
        yield Difference(_name(was.name, name), words)
    orders = [[c.name for c in t.columns if not c.hidden] for t in (was, now)]
    if orders[0] != orders[1] and sorted(orders[0]) == sorted(orders[1]):
        words = f"the columns of {was.name} are {', '.join(orders[1])}; their order was "
        yield Difference(_name(was.name), words + ", ".join(orders[0]))


def _one_column(
    schema: DatabaseSchema, table: TableName, was: ColumnSpec, now: ColumnSpec, database: str
) -> Iterator[Difference]:
    def moved(text: str | None) -> str | None:
        if text is None:
            return None
        return ddl.with_database(text, schema.database, database, schema.schemas)

    parts: list[tuple[str, str | None, str | None]] = [
        ("type", was.type, now.type),
        ("computed value", moved(was.computed), now.computed),
        ("kind", _kind(was), _kind(now)),
    ]
    if was.default is None or not waits_for_name(schema, was.default):
        parts.append(("default", was.default, now.default))
    for what, before, after in parts:
        if not same(before, after):
            yield _of_column(table, was.name, what, before, after)


def _kind(column: ColumnSpec) -> str:
    words = ["NULL" if column.nullable else "NOT NULL"]
    words += [word for word, has in (("TAG", column.tag), ("hidden", column.hidden)) if has]
    return " ".join(words)


def _of_column(
    table: TableName, column: str, what: str, was: str | None, now: str | None
) -> Difference:
    words = f"the {what} of {table}.{column} is {_text(now)}, and was {_text(was)}"
    return Difference(_name(table, column), words)


def _text(text: str | None) -> str:
    return NOTHING if text is None else f"`{text}`"


def _name(table: TableName, *column: str) -> tuple[str, ...]:
    return (table.schema, table.name, *column)


# -- constraints and printed texts --------------------------------------------------------------


def _keys(keys: Iterable[ForeignKeySpec]) -> dict[str, str]:
    return {
        key.name: f"({', '.join(key.columns)}) to {key.target} ({', '.join(key.target_columns)}) "
        f"{key.clauses}".rstrip()
        for key in keys
    }


def _other_names(
    what: str, table: TableName, was: dict[str, str], now: dict[str, str]
) -> Iterator[Difference]:
    for name in sorted({*was, *now}):
        if was.get(name) == now.get(name):
            continue
        if name not in now:
            words = f"{table} has no {what} {name}"
        elif name not in was:
            words = f"{table} has a {what} {name}, which it had not"
        else:
            words = f"the {what} {name} of {table} is `{now[name]}`, and was `{was[name]}`"
        yield Difference(_name(table), words)


_ELEMENT = re.compile(
    r'(?P<kind>CONSTRAINT|(?:UNIQUE |INVERTED )*INDEX|FAMILY) (?P<name>"(?:[^"]|"")*"|\S+)'
)


def _printed(table: TableName, was: str, now: str) -> Iterator[Difference]:
    before, after = _parts(was), _parts(now)
    for key in dict.fromkeys([*before, *after]):
        one, other = before.get(key), after.get(key)
        if one is not None and other is not None and one[0] == other[0]:
            continue
        texts = [part[1] if part else None for part in (one, other)]
        words = f"SHOW CREATE of {table} prints {_text(texts[1])}, and printed {_text(texts[0])}"
        column = key.removeprefix(_COLUMN) if key.startswith(_COLUMN) else ""
        yield Difference(_name(table, column) if column else _name(table), words)


_COLUMN = "column "


def _parts(statement: str) -> dict[str, tuple[Meaning, str]]:
    """A definition's parts by what they are, but for foreign keys, which are compared alone."""
    try:
        text = ddl.split_table(ddl.without_foreign_keys(statement))
    except ddl.StrangeDefinitionError:
        return {"definition": (meaning(statement), statement)}
    found = {"tail": (meaning(text.tail), text.tail.strip())}
    for element in text.elements:
        found[_key_of(element)] = (meaning(element), element)
    return found


def _key_of(element: str) -> str:
    column = ddl.column_name(element)
    if column:
        return f"{_COLUMN}{column}"
    named = _ELEMENT.match(element)
    return f"{named['kind']} {named['name']}" if named else element
