"""Finding what a statement names: relations, schemas and databases, and how they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog import system_tables
from kwtui.sandbox.catalog.lookup import (
    PUBLIC,
    UNDEFINED_DATABASE,
    UNDEFINED_SCHEMA,
    VIRTUAL_SCHEMAS,
    locate,
    lookup,
    missing_relation,
)
from kwtui.sandbox.catalog.objects import DatabaseDef, ProcedureDef, Relation, RelationKind
from kwtui.sandbox.language.lexer import quote_identifier

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session


@dataclass(frozen=True)
class Named:
    """A relation, and the name that the node prints for it."""

    relation: Relation
    shown: str


def find_relation(session: Session, parts: Sequence[str]) -> Relation:
    """The relation of a user that ``[[database.]schema.]name`` or ``database.name`` means.

    Raises:
        SqlError: 42P01, also while an import holds the relation.
    """
    relation = lookup(session.engine.catalog, session.database, parts)
    if relation is None:
        raise missing_relation(parts)
    return relation


def find_table(session: Session, parts: Sequence[str]) -> Relation:
    """A relation that has rows of its own. Raises SqlError (42P01, 42809)."""
    relation = find_relation(session, parts)
    if relation.kind not in (RelationKind.TABLE, RelationKind.TIME_SERIES):
        raise SqlError(f'"{relation.name}" is not a table', "42809")
    return relation


def find_named(session: Session, parts: Sequence[str]) -> Named:
    """As `find_relation`, tables of the system too, with the name that is printed.

    It has the parts that were written; ``database.name`` gets its ``public`` (recording 07,
    ``plant.meters``).

    Raises:
        SqlError: 42P01.
    """
    database, schema, name = locate(session.engine.catalog, session.database, parts)
    if database == system_tables.SYSTEM:
        relation = system_tables.relation(name) if schema == PUBLIC else None
        if relation is None:
            raise missing_relation(parts)
    else:
        relation = find_relation(session, parts)
    left_out = len(parts) == 2 and schema != parts[0]
    shown = [parts[0], schema, name] if left_out else parts
    return Named(relation, ".".join(quote_identifier(part) for part in shown))


def find_procedure(session: Session, parts: Sequence[str]) -> ProcedureDef:
    """The procedure of this name. Raises SqlError: 42883, and as `place_for`."""
    place = place_for(session, parts)
    for procedure in session.engine.catalog.procedures.values():
        if (procedure.database, procedure.schema, procedure.name) == place:
            return procedure
    raise SqlError(f"procedure {'.'.join(parts)} does not exist", "42883")


def find_database(session: Session, name: str) -> DatabaseDef:
    """The database of this name.

    Raises:
        SqlError: 3D000.
    """
    database = session.engine.catalog.databases.get(name)
    if database is None:
        raise SqlError(f'database "{name}" does not exist', UNDEFINED_DATABASE)
    return database


def find_schema(session: Session, parts: Sequence[str]) -> tuple[DatabaseDef, str]:
    """The database and schema that ``database``, ``schema`` or ``database.schema`` means.

    A single name is a schema of the current database if there is one, else a database.

    Raises:
        SqlError: 3F000 (recordings 05 and 08).
    """
    catalog = session.engine.catalog
    if not parts:
        database = catalog.databases.get(session.database)
        if database is not None:
            return database, PUBLIC
        raise SqlError("current search_path does not match any valid schema", UNDEFINED_DATABASE)
    if len(parts) == 1:
        current = catalog.databases.get(session.database)
        if current is not None and _has_schema(current, parts[0]):
            return current, parts[0]
        if parts[0] in catalog.databases:
            return catalog.databases[parts[0]], PUBLIC
    elif len(parts) == 2 and parts[0] in catalog.databases:
        database = catalog.databases[parts[0]]
        if _has_schema(database, parts[1]):
            return database, parts[1]
    raise SqlError("target database or schema does not exist", UNDEFINED_SCHEMA)


def _has_schema(database: DatabaseDef, name: str) -> bool:
    return name in database.schemas or name in VIRTUAL_SCHEMAS or name == PUBLIC


def place_for(session: Session, parts: Sequence[str]) -> tuple[str, str, str]:
    """Database, schema and name for a relation that is to be made.

    Raises SqlError: 3D000, 3F000 or 42P07.
    """
    catalog = session.engine.catalog
    if len(parts) == 2:
        own = catalog.databases.get(session.database)
        schema_first = own is not None and parts[0] in own.schemas
        in_schema = schema_first or parts[0] not in catalog.databases
        database, schema, name = (
            (session.database, *parts) if in_schema else (parts[0], PUBLIC, parts[1])
        )
    else:
        database, schema, name = locate(catalog, session.database, parts)
    found = find_database(session, database)
    if schema in VIRTUAL_SCHEMAS:
        raise SqlError(f'schema cannot be modified: "{schema}"', "42501")
    if schema not in found.schemas:
        raise SqlError(
            f'cannot create "{name}" because the target database or schema does not exist', "3F000"
        )
    return database, schema, name
