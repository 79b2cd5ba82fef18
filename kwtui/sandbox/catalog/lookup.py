"""Finds the relation that a name means, in the present catalogue or in an earlier one."""

from __future__ import annotations

from collections.abc import Sequence

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import Catalog, EngineType, Relation
from kwtui.sandbox.language.lexer import quote_identifier

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


def is_time_series(catalog: Catalog, database: str) -> bool:
    """Whether a database belongs to the time-series engine."""
    found = catalog.databases.get(database)
    return found is not None and found.engine is EngineType.TIME_SERIES


UNDEFINED_TABLE, UNDEFINED_DATABASE, UNDEFINED_SCHEMA = "42P01", "3D000", "3F000"


def missing_relation(parts: Sequence[str]) -> SqlError:
    """42P01 with the name as it was written."""
    name = ".".join(quote_identifier(part) for part in parts)
    return SqlError(f'relation "{name}" does not exist', UNDEFINED_TABLE)
