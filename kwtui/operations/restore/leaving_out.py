"""What a restore of a set does without, because a person said so. Pure.

With a table goes what cannot be without it: tables that are interleaved in it, views over it, its
triggers, comments and grants. All of it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import DatabaseSchema, TableName, TableSpec
from kwtui.operations.restore.source import RestoreSource
from kwtui.operations.shared.command_line import shell_line
from kwtui.server.catalogue.refused_imports import interleave_parents
from kwtui.sql import ddl
from kwtui.sql.lexer import Kind, code
from kwtui.sql.names import name_at
from kwtui.sql.programs import mentions, target_of

_LONGEST_TARGET = 16
"""Tokens of the target of a comment or grant that are read to know whose it is."""


def without_given(source: RestoreSource, given: Iterable[str]) -> RestoreSource:
    """The source without the tables, views and sequences of these names, which are written as for
    ``--tables``. Raises KwtuiError (NOT_FOUND) for one that is not there."""
    names = left_out_names(source.schema, given, source.path)
    return without(source, names) if names else source


def left_out_names(
    schema: DatabaseSchema, given: Iterable[str], path: str
) -> tuple[TableName, ...]:
    """What the texts mean. Raises KwtuiError (NOT_FOUND)."""
    known = {text: name for name in _objects(schema) for text in _spellings(name)}
    found = []
    for text in given:
        if text not in known:
            raise KwtuiError(
                f"{path} has no {text} to leave out.",
                hint=f"List its contents: {shell_line('show', path)}",
                exit_code=ExitCode.NOT_FOUND,
            )
        found.append(known[text])
    return tuple(found)


def without(source: RestoreSource, names: Iterable[TableName]) -> RestoreSource:
    """The source without them and what needs them; what that is stands in `not_included`."""
    gone = gone_with(source.schema, names)
    schema, more = schema_without(source.schema, gone)
    return replace(
        source,
        schema=schema,
        tables=tuple(t for t in source.tables if t.name not in gone),
        not_included=(*source.not_included, *gone.values(), *more),
    )


def gone_with(schema: DatabaseSchema, names: Iterable[TableName]) -> dict[TableName, str]:
    """These and all tables and views that need one of them, each with why it is left out."""
    gone = {name: f"{name}: left out, as requested" for name in names}
    before = -1
    while len(gone) > before:
        before = len(gone)
        for name, needed in _needing(schema, gone):
            gone.setdefault(name, f"{name}: it needs {needed}")
    return gone


def schema_without(
    schema: DatabaseSchema, gone: Mapping[TableName, str]
) -> tuple[DatabaseSchema, tuple[str, ...]]:
    """The schema without them, and the programs that are left out with them, in words."""
    tables, plain = {str(name) for name in gone}, {name.name for name in gone}
    programs = [
        p for p in schema.programs if p.table in tables or (p.is_made_again and mentions(p, plain))
    ]
    about = {target_of(program) for program in programs}
    smaller = replace(
        schema,
        tables=tuple(t for t in schema.tables if t.name not in gone),
        sequences=tuple(s for s in schema.sequences if s.name not in gone),
        views=tuple(v for v in schema.views if v.name not in gone),
        programs=tuple(p for p in schema.programs if p not in programs),
        comments=tuple(
            c for c in schema.comments if owner_of(c.target) not in gone and c.target not in about
        ),
        grants=tuple(
            g for g in schema.grants if owner_of(g.target) not in gone and g.target not in about
        ),
    )
    return smaller, tuple(f"the {p}: it may need what is left out" for p in programs)


def owner_of(target: str) -> TableName | None:
    """The table, view or sequence that the target of a comment or grant begins with, whatever
    stands behind it; None for anything else."""
    kind, _, name = target.partition(" ")
    items = list(islice(code(name), _LONGEST_TARGET))
    if kind in ("DATABASE", "SCHEMA", "PROCEDURE") or not items or items[0].kind is not Kind.NAME:
        return None
    parts = name_at(items, 0).parts
    if kind == "COLUMN":
        parts = parts[:-1]
    return TableName(parts[-2], parts[-1]) if len(parts) >= 2 else None


def _objects(schema: DatabaseSchema) -> Iterator[TableName]:
    """Everything that can be left out: also what is only spoken of in a comment or grant."""
    yield from (t.name for t in schema.tables)
    yield from (v.name for v in schema.views)
    yield from (s.name for s in schema.sequences)
    targets = [c.target for c in schema.comments] + [g.target for g in schema.grants]
    yield from (name for target in targets if (name := owner_of(target)) is not None)


def spelling(name: TableName) -> str:
    """The name as it can be typed: no argument of a program holds a NUL or half a character."""
    text = name.as_option
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def _spellings(name: TableName) -> Iterator[str]:
    yield from (spelling(name), name.as_option, str(name))
    if name.schema == "public":
        yield from (spelling(name).partition(".")[2], name.as_option.partition(".")[2])


def _needing(
    schema: DatabaseSchema, gone: Mapping[TableName, str]
) -> Iterator[tuple[TableName, TableName]]:
    """What is left and cannot be without something of this, and without what."""
    # What is gone may be what cannot be read.
    readable = [replace(t, create_statement="") if t.name in gone else t for t in schema.tables]
    for child, parents in interleave_parents(readable).items():
        yield from ((child, parent) for parent in parents if parent in gone)
    sequences = {s.name.name: s.name for s in schema.sequences if s.name in gone}
    for table in schema.tables if sequences else ():
        yield from ((table.name, sequences[n]) for n in _drawn_from(table) if n in sequences)
    for view in schema.views:
        yield from ((view.name, name) for name in view.depends_on if name in gone)


def _drawn_from(table: TableSpec) -> Iterator[str]:
    """The sequences that defaults of the table take values from."""
    for column in table.columns:
        yield from (parts[-1] for parts in ddl.sequences_in(column.default or ""))
