"""Finds the relation that a name means, in the present catalogue or in an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kwtui.sandbox.answer import SqlError
from kwtui.sandbox.catalog import Catalog, DatabaseDef, EngineType, Relation, RelationKind
from kwtui.sandbox.names import missing_relation

if TYPE_CHECKING:
    from kwtui.sandbox.session import Session

VIRTUAL_SCHEMAS = frozenset({"kwdb_internal", "information_schema", "pg_catalog"})
PUBLIC = "public"


def locate(catalog: Catalog, database: str, parts: Sequence[str]) -> tuple[str, str, str]:
    """Database, schema and name behind ``name``, ``a.name`` or ``a.b.name``.

    ``a`` is a schema of the current database if there is such a relation or no such database.
    """
    name = parts[-1]
    if len(parts) == 1:
        return database, PUBLIC, name
    if len(parts) == 2:
        if parts[0] in VIRTUAL_SCHEMAS or catalog.find(database, parts[0], name):
            return database, parts[0], name
        own = catalog.databases.get(database)
        if own is not None and parts[0] in own.schemas and parts[0] not in catalog.databases:
            return database, parts[0], name
        known = parts[0] in catalog.databases
        return (parts[0], PUBLIC, name) if known else (database, parts[0], name)
    if len(parts) == 3:
        return parts[0], parts[1], name
    raise SqlError(f"invalid table name: {'.'.join(parts)}", "42601")


def lookup(catalog: Catalog, database: str, parts: Sequence[str]) -> Relation | None:
    """The relation, or None. A relation that an import holds is not there."""
    relation = catalog.find(*locate(catalog, database, parts))
    return None if relation is None or relation.offline else relation


def find_relation(
    session: Session, parts: Sequence[str], catalog: Catalog | None = None
) -> Relation:
    """The relation. Raises SqlError (42P01) if there is none."""
    relation = lookup(catalog or session.engine.catalog, session.database, parts)
    if relation is None:
        raise missing_relation(parts)
    return relation


def find_table(session: Session, parts: Sequence[str]) -> Relation:
    """A relation that has rows of its own. Raises SqlError (42P01, 42809)."""
    relation = find_relation(session, parts)
    if relation.kind not in (RelationKind.TABLE, RelationKind.TIME_SERIES):
        raise SqlError(f'"{relation.name}" is not a table', "42809")
    return relation


def find_database(session: Session, name: str) -> DatabaseDef:
    """The database. Raises SqlError (3D000)."""
    database = session.engine.catalog.databases.get(name)
    if database is None:
        raise SqlError(f'database "{name}" does not exist', "3D000")
    return database


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


def is_time_series(catalog: Catalog, database: str) -> bool:
    """Whether a database belongs to the time-series engine."""
    found = catalog.databases.get(database)
    return found is not None and found.engine is EngineType.TIME_SERIES
