"""What a backup makes of each kind of objects: exported, captured beside, or not possible. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from kwtui.model.schema import DatabaseSchema, Engine, TableSpec
from kwtui.model.server import Becomes, Coverage, ServerFacts

_ROWS = "KWDB's own EXPORT writes them as CSV files."
_CAPTURED = {
    "defaults": "KWDB's import refuses them or leaves them out; set after the data.",
    "computed columns": "Their expressions; their values are recomputed.",
    "checks": "Part of the table's own definition, and validated after the data.",
    "foreign keys": "Left out of the export; added after the data, which validates them.",
    "comments": "On the database, tables, columns, indexes and procedures.",
    "grants": "On the database, schemas and tables; to users and roles that must exist.",
    "zone configurations": "As the statements that the server shows.",
    "partitions": "Part of the table's own definition.",
    "sequences": "Never exported; with the value where they stand after the export.",
    "views": "Never exported; recreated after the data, in the order in which they need each "
    "other.",
    "materialized views": "Never exported; their rows are recomputed.",
    "procedures": "Never exported; recreated after the data.",
    "triggers": "Never exported; recreated after the data, in the order in which they fire.",
    "schemas": "Including empty ones.",
    "tags": "Part of the table's own definition.",
    "devices without readings": "EXPORT omits them; their tag values are restored by INSERT.",
    "tag indexes": "Recreated with the table.",
    "retentions": "Of tables by their definition; the one of the database is captured beside.",
    "partition interval": "Left out of the export; set on the new database.",
}
_BY_HAND = "Its text is in schema.json and RESTORE.md; no restore recreates it automatically."


def coverage(schema: DatabaseSchema, server: ServerFacts) -> tuple[Coverage, ...]:
    """Each kind of objects that the database has, with what becomes of it.

    Of a database of which the user may not see everything, what is not seen is said to be that.
    """
    tables = Coverage("tables with their rows", len(schema.tables), Becomes.EXPORTED, _ROWS)
    hidden = Coverage(
        "tables, views and sequences on which the user has no privilege",
        0,
        Becomes.NOT_VISIBLE,
        f"KWDB does not show them to {server.user}: whether there are any is unknown.",
    )
    found = [
        *([tables] if schema.tables or server.is_admin else []),
        *([] if server.is_admin else [hidden]),
        *(
            Coverage(kind, count, Becomes.CAPTURED, _CAPTURED[kind])
            for kind, count in _captured(schema)
            if count
        ),
    ]
    kinds = Counter(p.kind for p in schema.programs if not p.is_made_again)
    found += [Coverage(f"{k}s", n, Becomes.BY_HAND, _BY_HAND) for k, n in kinds.items()]
    lost = [*(f"table {table.name} ({table.why})" for table in schema.unread)]
    lost += schema.not_captured
    found += [Coverage(words, 1, Becomes.NOT_POSSIBLE) for words in lost]
    return tuple(found)


def _captured(schema: DatabaseSchema) -> Iterator[tuple[str, int]]:
    columns = [c for table in schema.tables for c in table.columns if not c.hidden]
    if schema.engine is Engine.TIME_SERIES:
        yield "tags", sum(c.tag for c in columns)
        silent = sum(len(table.silent_devices) for table in schema.tables)
        yield "devices without readings", silent
        yield "tag indexes", sum(len(table.index_statements) for table in schema.tables)
        with_retention = sum(table.retention_seconds is not None for table in schema.tables)
        yield "retentions", with_retention + (schema.retention is not None)
        yield "partition interval", int(schema.partition_interval is not None)
    yield "defaults", sum(c.default is not None for c in columns)
    yield "computed columns", sum(c.computed is not None for c in columns)
    yield "checks", sum(len(table.check_constraints) for table in schema.tables)
    yield "foreign keys", sum(len(table.foreign_keys) for table in schema.tables)
    yield "partitions", sum(_partitioned(schema.tables))
    yield "sequences", len(schema.sequences)
    yield "views", sum(not view.materialized for view in schema.views)
    yield "materialized views", sum(view.materialized for view in schema.views)
    yield "procedures", sum(p.kind == "procedure" for p in schema.programs)
    yield "triggers", sum(p.kind == "trigger" for p in schema.programs)
    yield "schemas", len([name for name in schema.schemas if name != "public"])
    yield "comments", len(schema.comments)
    yield "grants", len(schema.grants)
    zones = sum(len(table.zone_statements) for table in schema.tables)
    yield "zone configurations", zones + len(schema.zone_statements)


def _partitioned(tables: Iterable[TableSpec]) -> Iterator[bool]:
    """A table's PARTITION BY stands behind its columns (recording 08, `parts`)."""
    return (") PARTITION BY " in " ".join(t.create_statement.split()) for t in tables)
