"""Finds the relation that a name means, in the present catalogue or in an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.lookup import PUBLIC, VIRTUAL_SCHEMAS, locate, lookup, missing_relation
from kwtui.sandbox.catalog.objects import Catalog, DatabaseDef, Relation, RelationKind

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session


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
