"""Which tables IMPORT INTO refuses for what they are, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kwtui.model.schema import TableName, TableSpec
from kwtui.sql.ddl import StrangeDefinitionError
from kwtui.sql.plain_tables import has_sharded_index, interleaved_in


@dataclass(frozen=True)
class RefusedImport:
    """Why none of a table's rows can be imported right into it."""

    why: str
    """In words, to follow a colon."""
    interleaved: bool = False
    """With another table; then it cannot be emptied without the other one."""


def refused_imports(tables: Iterable[TableSpec]) -> dict[TableName, RefusedImport]:
    """Those of the relational tables that IMPORT INTO refuses."""
    known = list(tables)
    parents = interleave_parents(known)
    holders: dict[TableName, list[TableName]] = {}
    for child, found in parents.items():
        for parent in found:
            holders.setdefault(parent, []).append(child)
    why = {}
    for table in known:
        if _is_sharded(table):
            why[table.name] = RefusedImport("it has a hash-sharded key or index")
        elif parents[table.name] or _parents_as_printed(table):
            printed = [".".join(p) for p in _parents_as_printed(table)]
            words = f"it is interleaved in {', '.join(map(str, parents[table.name] or printed))}"
            why[table.name] = RefusedImport(words, interleaved=True)
        elif table.name in holders:
            words = f"{', '.join(map(str, holders[table.name]))} is interleaved in it"
            why[table.name] = RefusedImport(words, interleaved=True)
    return why


def interleave_parents(tables: Iterable[TableSpec]) -> dict[TableName, tuple[TableName, ...]]:
    """Of each table those that it is interleaved in, as far as it is known which are meant."""
    known = list(tables)
    names = [table.name for table in known]
    found = {}
    for table in known:
        meant = (parent_named(p, table.name, names) for p in _parents_as_printed(table))
        found[table.name] = tuple(dict.fromkeys(name for name in meant if name is not None))
    return found


def parent_named(
    printed: tuple[str, ...], child: TableName, names: Iterable[TableName]
) -> TableName | None:
    """The table that a printed name means: it has no schema, as a foreign key's target has none
    (live-findings, row 28). The one of that name, or the one in the child's own schema."""
    known = set(names)
    if len(printed) > 1:
        full = TableName(printed[-2], printed[-1])
        return full if full in known else None
    candidates = [name for name in known if printed and name.name == printed[0]]
    own = TableName(child.schema, printed[0]) if printed else child
    if own in candidates:
        return own
    return candidates[0] if len(candidates) == 1 else None


def _parents_as_printed(table: TableSpec) -> tuple[tuple[str, ...], ...]:
    try:
        return interleaved_in(table.create_statement)
    except StrangeDefinitionError:
        return ()


def _is_sharded(table: TableSpec) -> bool:
    try:
        return has_sharded_index(table.create_statement)
    except StrangeDefinitionError:
        return False
