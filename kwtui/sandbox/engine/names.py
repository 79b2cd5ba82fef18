"""Finding what a statement names: relations, schemas and databases, and how they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.grants import VIRTUAL_SCHEMAS
from kwtui.sandbox.catalog.lookup import UNDEFINED_DATABASE, UNDEFINED_SCHEMA, missing_relation
from kwtui.sandbox.catalog.objects import DatabaseDef, Relation
from kwtui.sandbox.language.lexer import quote_identifier

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session


PUBLIC = "public"


@dataclass(frozen=True)
class Named:
    """A relation, and the name that the node prints for it."""

    relation: Relation
    shown: str


def find_database(session: Session, name: str) -> DatabaseDef:
    """The database of this name.

    Raises:
        SqlError: 3D000.
    """
    database = session.engine.catalog.databases.get(name)
    if database is None:
        raise SqlError(f'database "{name}" does not exist', UNDEFINED_DATABASE)
    return database


def find_relation(session: Session, parts: Sequence[str]) -> Named:
    """The relation that ``[[database.]schema.]name`` or ``database.name`` means.

    The printed name has the parts that were written; ``database.name`` gets its ``public``
    (recording 07, ``plant.meters``).

    Raises:
        SqlError: 42P01, also while an import holds the relation.
    """
    relation, shown = None, list(parts)
    if len(parts) == 1:
        relation = _lookup(session, session.database, PUBLIC, parts[0])
    elif len(parts) == 2:
        relation = _lookup(session, session.database, parts[0], parts[1])
        if relation is None:
            relation = _lookup(session, parts[0], PUBLIC, parts[1])
            shown = [parts[0], PUBLIC, parts[1]]
    elif len(parts) == 3:
        relation = _lookup(session, *parts)
    if relation is None or relation.offline:
        raise missing_relation(parts)
    return Named(relation, ".".join(quote_identifier(part) for part in shown))


def _lookup(session: Session, database: str, schema: str, name: str) -> Relation | None:
    if database == "system":
        from kwtui.sandbox.catalog import system_tables

        return system_tables.relation(name) if schema == PUBLIC else None
    return session.engine.catalog.find(database, schema, name)


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
