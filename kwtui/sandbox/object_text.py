"""The statements that SHOW CREATE prints for databases and relations."""

from __future__ import annotations

from kwtui.sandbox.catalog import Catalog, DatabaseDef, EngineType, Relation
from kwtui.sandbox.lexer import quote_identifier


def create_database_text(database: DatabaseDef) -> str:
    """``CREATE [TS] DATABASE`` with retention and partition interval (recordings 02 and 07)."""
    name = quote_identifier(database.name)
    if database.engine is EngineType.RELATIONAL:
        return f"CREATE DATABASE {name}"
    retention = database.retention or "0s"
    interval = database.partition_interval or "10d"
    return (
        f"CREATE TS DATABASE {name}\n\t retentions {retention} \n\t partition interval {interval} "
    )


def create_relation_text(catalog: Catalog, relation: Relation, *, foreign_keys: bool = True) -> str:
    """The CREATE statement of a table, view or sequence, with its comments."""
    from kwtui.sandbox import create_text

    return create_text.create_relation_text(catalog, relation, foreign_keys=foreign_keys)
