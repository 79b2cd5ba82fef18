"""What SHOW prints of databases, schemas, tables, columns, indexes and constraints.

Pure functions over the catalogue; column names, types and the order of rows are those of
recordings 01, 02, 05, 07, 12, 13 and 14.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.answers.rowset import RowSet, rowset
from kwtui.sandbox.catalog import grants
from kwtui.sandbox.catalog.lookup import PUBLIC, VIRTUAL_SCHEMAS
from kwtui.sandbox.catalog.objects import (
    Catalog,
    CheckDef,
    ColumnDef,
    DatabaseDef,
    EngineType,
    ForeignKeyDef,
    IndexDef,
    Relation,
    RelationKind,
)
from kwtui.sandbox.language.lexer import quote_identifier

UNSUPPORTED = "0A000"

_COLUMNS = (
    "column_name data_type is_nullable:16 column_default generation_expression indices:1009 "
    "is_hidden:16 is_tag:16"
)
_INDEXES = (
    "table_name index_name non_unique:16 seq_in_index:20 column_name direction storing:16 "
    "implicit:16"
)


@dataclass(frozen=True)
class IndexColumn:
    """One column of an index as ``information_schema.statistics`` lists it."""

    index: IndexDef
    position: int
    name: str
    direction: str
    storing: bool = False
    implicit: bool = False


def visible(catalog: Catalog, user: str, relations: Iterable[Relation]) -> list[Relation]:
    """The relations on which the user holds any privilege: others are not listed."""
    return [relation for relation in relations if grants.holds(catalog, user, relation)]


def show_databases(catalog: Catalog, *, with_comment: bool = False) -> RowSet:
    """SHOW DATABASES [WITH COMMENT]: everybody sees all of them (recording 04)."""
    rows = []
    for name, database in sorted(catalog.databases.items()):
        row: list[object] = [name, database.engine.value]
        rows.append([*row, database.comment] if with_comment else row)
    return rowset("database_name engine_type" + (" comment" if with_comment else ""), rows)


def show_schemas(database: DatabaseDef) -> RowSet:
    """SHOW SCHEMAS."""
    return rowset("schema_name", [[name] for name in schema_names(database)])


def schema_names(database: DatabaseDef) -> list[str]:
    """All schemas of a database in order, with ``public`` and the virtual ones."""
    return sorted({*database.schemas, *VIRTUAL_SCHEMAS, PUBLIC})


def show_tables(
    catalog: Catalog, user: str, database: str, schema: str, *, with_comment: bool = False
) -> RowSet:
    """SHOW TABLES: by name, with comments by id. Sequences are not tables (recording 12).

    Nor is a table that an import holds, or held when it failed (recording 06).
    """
    relations = [
        relation
        for relation in visible(catalog, user, catalog.relations_in(database, schema))
        if relation.kind is not RelationKind.SEQUENCE and not relation.offline
    ]
    if not with_comment:
        listed = sorted((relation.name, relation.kind.value) for relation in relations)
        return rowset("table_name table_type", listed)
    rows = [(r.name, r.kind.value, r.comment or "") for r in relations]
    return rowset("table_name table_type comment", rows)


def show_sequences(catalog: Catalog, user: str, database: str) -> RowSet:
    """SHOW SEQUENCES: those of the schema ``public``."""
    relations = visible(catalog, user, catalog.relations_in(database, PUBLIC))
    names = sorted(r.name for r in relations if r.kind is RelationKind.SEQUENCE)
    return rowset("sequence_name", [[name] for name in names])


def show_columns(relation: Relation, *, with_comment: bool = False) -> RowSet:
    """SHOW COLUMNS: tags come last, hidden columns too are listed."""
    indexed = indexes_by_column(relation)
    rows = []
    for column in sorted(relation.columns, key=lambda column: column.is_tag):
        row: list[object] = [
            column.name,
            column.type.text,
            column.nullable,
            default_text(column),
            column.computed or "",
            indexed.get(column.name, []),
            column.hidden,
            column.is_tag,
        ]
        rows.append([*row, column.comment] if with_comment else row)
    return rowset(_COLUMNS + (" comment" if with_comment else ""), rows)


def default_text(column: ColumnDef) -> str | None:
    """The default as SHOW COLUMNS prints it.

    SHOW CREATE drops the ``e`` in front of a string with escapes, here it is true: that is row 27
    of the live findings.
    """
    text = column.default
    if text is not None and text.startswith("'") and "\\" in text:
        return "e" + text
    return text


def indexes_by_column(relation: Relation) -> dict[str, list[str]]:
    """For each column the names of the indexes that hold it, in any role."""
    found: dict[str, list[str]] = {}
    for entry in index_columns(relation):
        found.setdefault(entry.name, []).append(entry.index.name)
    return found


def index_columns(relation: Relation) -> Iterator[IndexColumn]:
    """The columns of every index: keys, then stored ones, then the primary key they end with."""
    primary = primary_index(relation)
    if primary is None:
        return
    for index in [primary, *relation.indexes]:
        entries = [(name, direction, False, False) for name, direction in index.columns]
        entries += [(name, "N/A", True, False) for name in index.storing]
        held = {name for name, *_ in entries}
        entries += [(name, "ASC", False, True) for name, _ in primary.columns if name not in held]
        for position, (name, direction, storing, implicit) in enumerate(entries, start=1):
            yield IndexColumn(index, position, name, direction, storing, implicit)


def primary_index(relation: Relation) -> IndexDef | None:
    """The primary index; a time-series table's is its time column (recording 13)."""
    if relation.kind is RelationKind.TIME_SERIES and relation.columns:
        return IndexDef(1, "primary", [(relation.columns[0].name, "ASC")], unique=True)
    return relation.primary


def show_indexes(relation: Relation, *, with_comment: bool = False) -> RowSet:
    """SHOW INDEXES, SHOW INDEX and SHOW KEYS of a table."""
    rows = []
    for entry in index_columns(relation):
        row: list[object] = [
            relation.name,
            entry.index.name,
            not entry.index.unique and entry.index.name != "primary",
            entry.position,
            entry.name,
            entry.direction,
            entry.storing,
            entry.implicit,
        ]
        rows.append([*row, entry.index.comment] if with_comment else row)
    return rowset(_INDEXES + (" comment" if with_comment else ""), rows)


@dataclass(frozen=True)
class Constraint:
    """A constraint in the words of ``pg_constraint``: ``kind`` is p, u, c or f."""

    name: str
    kind: str
    definition: str
    validated: bool = True


_CONSTRAINT_KINDS = {"p": "PRIMARY KEY", "u": "UNIQUE", "c": "CHECK", "f": "FOREIGN KEY"}


def constraints(catalog: Catalog, relation: Relation) -> list[Constraint]:
    """All constraints of a table by name."""
    found: list[Constraint] = []
    if relation.primary is not None:
        definition = f"PRIMARY KEY ({_key(relation.primary)})"
        if relation.primary.buckets:
            definition += f" USING HASH WITH BUCKET_COUNT = {relation.primary.buckets}"
        found.append(Constraint(relation.primary.name, "p", definition))
    for index in relation.indexes:
        if index.unique:
            found.append(Constraint(index.name, "u", f"UNIQUE ({_key(index)})"))
    found += [_check(check) for check in relation.checks]
    found += [
        Constraint(key.name, "f", foreign_key_text(catalog, key), key.validated)
        for key in relation.foreign_keys
    ]
    return sorted(found, key=lambda constraint: constraint.name)


def _key(index: IndexDef) -> str:
    return ", ".join(f"{quote_identifier(name)} {order}" for name, order in index.keys)


def _check(check: CheckDef) -> Constraint:
    return Constraint(check.name, "c", f"CHECK (({check.expression}))", check.validated)


def foreign_key_text(catalog: Catalog, key: ForeignKeyDef) -> str:
    """The key as the node prints it: without the schema of the target, row 28 of the findings."""
    target = catalog.relations[key.target_id]
    text = (
        f"FOREIGN KEY ({_names(key.columns)}) "
        f"REFERENCES {quote_identifier(target.name)}({_names(key.target_columns)})"
    )
    if key.on_delete:
        text += f" ON DELETE {key.on_delete}"
    if key.on_update:
        text += f" ON UPDATE {key.on_update}"
    return text


def _names(names: Iterable[str]) -> str:
    return ", ".join(quote_identifier(name) for name in names)


def show_constraints(catalog: Catalog, relation: Relation) -> RowSet:
    """SHOW CONSTRAINTS.

    Raises:
        SqlError: 0A000 for a time-series table.
    """
    refuse_time_series(relation, "show constraints")
    rows = [
        (relation.name, c.name, _CONSTRAINT_KINDS[c.kind], c.definition, c.validated)
        for c in constraints(catalog, relation)
    ]
    return rowset("table_name:19 constraint_name:19 constraint_type details validated:16", rows)


def refuse_time_series(relation: Relation, what: str) -> None:
    """Raise the node's 0A000 if this is a time-series table (recording 09)."""
    if relation.kind is RelationKind.TIME_SERIES:
        raise SqlError(f"{what} is not supported in timeseries table", UNSUPPORTED)


def show_tags(relation: Relation) -> RowSet:
    """SHOW TAGS.

    Raises:
        SqlError: 42809 for a table that has none.
    """
    require_time_series(relation)
    rows = [
        (c.name, c.type.text, c.is_primary_tag, c.nullable) for c in relation.columns if c.is_tag
    ]
    return rowset("tag type is_primary:16 nullable:16", rows)


def require_time_series(relation: Relation) -> None:
    """Let only time-series tables pass."""
    if relation.kind is not RelationKind.TIME_SERIES:
        raise SqlError(f'"{relation.name}" is not a time series table', "42809")


def show_retentions(relation: Relation) -> RowSet:
    """SHOW RETENTIONS ON TABLE: NULL where the retention is the database's (row 38)."""
    if relation.kind is not RelationKind.TIME_SERIES:
        raise SqlError(f"table {relation.name} does not support downsampling", "42809")
    return rowset("name retentions sample", [[relation.name, relation.retention, None]])


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


_PARTITION = re.compile(
    r"^\tPARTITION (?P<name>\"(?:[^\"]|\"\")+\"|\w+) VALUES (?:IN \((?P<list>.*)\)|"
    r"FROM (?P<low>\(.*\)) TO (?P<high>\(.*\)))(?:, )?$",
    re.MULTILINE,
)
_PARTITIONED_BY = re.compile(r"PARTITION BY \w+ \((?P<columns>[^)]*)\)")


def partitions(relation: Relation) -> list[tuple[str | None, ...]]:
    """The partitions of a table as SHOW PARTITIONS lists them; none for a time-series table."""
    text = relation.partitioning or ""
    by = _PARTITIONED_BY.search(text)
    if by is None:
        return []
    index = f"{relation.name}@{relation.primary.name if relation.primary else 'primary'}"
    rows: list[tuple[str | None, ...]] = []
    for found in _PARTITION.finditer(text):
        value = found["list"] or f"{found['low']} TO {found['high']}"
        where = (relation.database, relation.name, found["name"].strip('"'), None)
        rows.append((*where, by["columns"], index, value, None, None))
    return rows
