"""The definitions of a database as statements for another name, in the proven order. Pure.

Each function is one step of the exact restore (live-findings.md, section 2). ``database`` is where
the objects go; the captured schema knows the name that they had.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from kwtui.model.schema import (
    CommentSpec,
    DatabaseSchema,
    Engine,
    ForeignKeySpec,
    GrantSpec,
    ProgramSpec,
    TableName,
    TableSpec,
)
from kwtui.operations.shared.selection import Chosen, object_of
from kwtui.server.catalogue.refused_imports import parent_named
from kwtui.sql import ddl, programs, sequences, statements
from kwtui.sql.plain_tables import has_sharded_index, with_parents
from kwtui.sql.programs import IS_OF_PROCEDURE
from kwtui.sql.quoting import identifier


def create_schemas(chosen: Chosen, database: str) -> Iterator[str]:
    yield statements.use_database(database)
    yield from (statements.create_schema(name) for name in chosen.schemas)


def create_sequences(chosen: Chosen, database: str) -> Iterator[str]:
    for sequence in chosen.sequences:
        with _definition_of(sequence.name):
            statement = ddl.with_name(sequence.create_statement, database, sequence.name)
        yield statement


def create_tables(chosen: Chosen, database: str) -> Iterator[str]:
    """Without what an import refuses: foreign keys and defaults (live-findings, rows 18, 22).

    Time-series tables keep their defaults, as they really are (row 27).
    """
    time_series = chosen.schema.engine is Engine.TIME_SERIES
    if not time_series and any(_is_sharded(table) for table in chosen.tables):
        # KWDB makes such an index only where the connection allows it.
        yield statements.allow_sharded_indexes()
    for table in chosen.tables:
        with _definition_of(table.name):
            if time_series:
                text = ddl.with_true_defaults(table.create_statement, table.columns)
                if table.inherits_retention:
                    text = ddl.without_retention(text)
            else:
                text = ddl.without_defaults(table.create_without_foreign_keys, table.columns)
                text = _with_parents(chosen, table, text, database)
            statement = ddl.with_name(text, database, table.name)
        yield statement


def _is_sharded(table: TableSpec) -> bool:
    with _definition_of(table.name):
        return has_sharded_index(table.create_statement)


@contextmanager
def _definition_of(name: TableName) -> Iterator[None]:
    """Name the object whose definition is laid out in a way that cannot be read."""
    try:
        yield
    except ddl.StrangeDefinitionError as error:
        raise ddl.StrangeDefinitionError(
            f"{name}: {error}",
            cause=error.cause,
            hint=error.hint,
            exit_code=error.exit_code,
        ) from error


def _with_parents(chosen: Chosen, table: TableSpec, text: str, database: str) -> str:
    """The tables that this one is interleaved in, where they are now."""

    def find(printed: tuple[str, ...]) -> TableName | None:
        return parent_named(printed, table.name, chosen.names)

    return with_parents(text, find, database)


def create_indexes(chosen: Chosen, database: str) -> Iterator[str]:
    """Indexes that a definition does not hold; they are printed for the current database."""
    found = [s for table in chosen.tables for s in table.index_statements]
    if found:
        yield statements.use_database(database)
        yield from found


def set_defaults(chosen: Chosen, database: str, *, waiting: bool) -> Iterator[str]:
    """The true defaults; those that `waits_for_name`, or all the others."""
    found = []
    for table in chosen.tables if chosen.schema.engine is Engine.RELATIONAL else ():
        for column in table.columns:
            if column.default is None or column.hidden:
                continue
            if missing_sequences(chosen, column.default):
                continue
            if waits_for_name(chosen.schema, column.default) is waiting:
                text = _moved(chosen.schema, column.default, database)
                found.append(statements.set_default(database, table.name, column.name, text))
    if found:
        # A sequence without a schema is looked for in the current database.
        yield statements.use_database(database)
        yield from found


def drop_defaults(chosen: Chosen, database: str) -> Iterator[str]:
    """Take the defaults off existing tables for an import."""
    for table in chosen.tables:
        for column in table.columns:
            if column.default is not None and not column.hidden:
                yield statements.drop_default(database, table.name, column.name)


def set_all_defaults(chosen: Chosen, database: str) -> Iterator[str]:
    """The reverse of `drop_defaults`."""
    found = [
        statements.set_default(database, table.name, column.name, column.default)
        for table in chosen.tables
        for column in table.columns
        if column.default is not None and not column.hidden
    ]
    if found:
        yield statements.use_database(database)
        yield from found


def all_defaults(chosen: Chosen) -> list[list[str]]:
    """Schema, table, column and default of everything that `drop_defaults` takes off."""
    return [
        [table.name.schema, table.name.name, column.name, column.default]
        for table in chosen.tables
        for column in table.columns
        if column.default is not None and not column.hidden
    ]


def validate_all(chosen: Chosen, database: str) -> Iterator[str]:
    """Checks and foreign keys of existing tables after an import."""
    yield from validate_constraints(chosen, database)
    for table in chosen.tables:
        for key in table.foreign_keys:
            if key.name in table.not_validated:
                continue
            yield statements.validate_constraint(database, table.name, key.name)


def waits_for_name(schema: DatabaseSchema, default: str) -> bool:
    """Whether a default is only set when its database has its final name.

    One that takes values from a sequence depends on it as a view does on its tables, and what
    depends can forbid a rename (recording 13); one that names its database would name a wrong one.
    """
    return (
        bool(ddl.sequences_in(default)) or _moved(schema, default, f"{schema.database}_") != default
    )


def missing_sequences(chosen: Chosen, default: str) -> tuple[str, ...]:
    """The sequences of its own database that a default takes values from and that do not come back:
    KWDB refuses such a default (42P01), and a foreign export holds no sequence."""
    known = {sequence.name.name for sequence in chosen.sequences}
    return tuple(
        ".".join(parts)
        for parts in ddl.sequences_in(default)
        if parts[-1] not in known and (len(parts) < 3 or parts[0] == chosen.schema.database)
    )


def default_in(schema: DatabaseSchema, default: str, database: str) -> str:
    """The captured default as it reads in another database."""
    return _moved(schema, default, database)


def keys_of(chosen: Chosen, *, validated: bool) -> tuple[tuple[TableSpec, ForeignKeySpec], ...]:
    """The foreign keys that every row keeps, or those that rows may break."""
    return tuple(
        (table, key)
        for table, key in chosen.foreign_keys
        if (key.name not in table.not_validated) is validated
    )


def add_foreign_keys(
    keys: Iterable[tuple[TableSpec, ForeignKeySpec]], database: str
) -> Iterator[str]:
    for table, key in keys:
        yield statements.add_foreign_key(database, table.name, key)


def validate_constraints(chosen: Chosen, database: str) -> Iterator[str]:
    """An import leaves checks unvalidated (recording 13); those that were so before stay so."""
    for table in chosen.tables:
        for name in table.check_constraints:
            if name in table.not_validated:
                continue
            yield statements.validate_constraint(database, table.name, name)


def set_sequences(chosen: Chosen, database: str) -> Iterator[str]:
    found = (sequences.set_sequence(database, sequence) for sequence in chosen.sequences)
    yield from (statement for statement in found if statement is not None)


def set_zones(chosen: Chosen, database: str) -> Iterator[str]:
    if chosen.whole:
        for text in chosen.schema.zone_statements:
            yield _zone(chosen.schema, text, database)
    for table in chosen.tables:
        for text in table.zone_statements:
            yield _zone(chosen.schema, text, database)


def create_views(chosen: Chosen, database: str) -> Iterator[str]:
    for view in chosen.views:
        text = ddl.without_rowid(view.create_statement) if view.materialized else None
        moved = _moved(chosen.schema, text or view.create_statement, database)
        with _definition_of(view.name):
            statement = ddl.with_name(moved, database, view.name)
        yield statement


def create_programs(chosen: Chosen, database: str) -> Iterator[tuple[ProgramSpec, str]]:
    """Procedures, then triggers, each with the statement for the current database."""
    schema = chosen.schema
    triggers: dict[str, list[ProgramSpec]] = {}
    for program in chosen.programs:
        if program.kind == "trigger":
            triggers.setdefault(program.table, []).append(program)
    procedures = [p for p in chosen.programs if p.kind != "trigger"]
    ordered = [p for of_table in triggers.values() for p in programs.in_order(of_table)]
    for program in (*procedures, *ordered):
        yield program, programs.moved(program, schema.database, database, schema.schemas)


def comments(chosen: Chosen, *, last: bool) -> tuple[CommentSpec, ...]:
    """``last`` gives those on views and procedures, which are made last."""
    views = {v.name for v in chosen.views}
    return tuple(
        c
        for c in chosen.schema.comments
        if (object_of(c.target) in views or c.target.startswith(IS_OF_PROCEDURE)) is last
        and (object_of(c.target) in views or chosen.has(c.target))
    )


def database_comment(chosen: Chosen) -> str | None:
    """The comment of the database itself."""
    return next((c.text for c in chosen.schema.comments if c.target == "DATABASE"), None)


def grants(chosen: Chosen, grantees: frozenset[str], *, last: bool) -> tuple[GrantSpec, ...]:
    """The grants to those who exist (or will be made).

    ``last`` gives those on views, procedures, schemas and the database: what is created after a
    grant on its database inherits it, so such a grant must come when everything is there.
    """
    views = {v.name for v in chosen.views}

    def comes_last(grant: GrantSpec) -> bool:
        name = object_of(grant.target)
        return name is None or name in views

    return tuple(
        g
        for g in chosen.schema.grants
        if g.grantee in grantees
        and comes_last(g) is last
        and (object_of(g.target) in views or chosen.has(g.target))
    )


def comment_and_grant(
    chosen: Chosen, grantees: frozenset[str], database: str, *, last: bool
) -> Iterator[str]:
    found = [statements.comment_on(database, c) for c in comments(chosen, last=last)]
    found += [statements.grant(database, g) for g in grants(chosen, grantees, last=last)]
    if found:
        # Grants on a schema are only taken for the current database.
        yield statements.use_database(database)
        yield from found


def _moved(schema: DatabaseSchema, text: str, database: str) -> str:
    return ddl.with_database(text, schema.database, database, schema.schemas)


_DATABASE_ZONE = re.compile(r'ALTER DATABASE (?:"(?:[^"]|"")*"|\S+) ', re.IGNORECASE)


def _zone(schema: DatabaseSchema, text: str, database: str) -> str:
    if _DATABASE_ZONE.match(text):
        return _DATABASE_ZONE.sub(lambda _: f"ALTER DATABASE {identifier(database)} ", text, 1)
    return _moved(schema, text, database)
