"""The objects of the sandbox's databases, as plain data. No SQL and no engine here.

The engine stores rows; this module says what the rows belong to. Expressions (defaults, checks,
computed columns, view queries) are kept as the node prints them in SHOW CREATE.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kwtui.sandbox.values.sql_type import SqlType


class EngineType(StrEnum):
    """What SHOW DATABASES prints in ``engine_type``."""

    RELATIONAL = "RELATIONAL"
    TIME_SERIES = "TIME SERIES"


class RelationKind(StrEnum):
    """Kinds of relations, with the words of SHOW TABLES."""

    TABLE = "BASE TABLE"
    VIEW = "VIEW"
    MATERIALIZED_VIEW = "MATERIALIZED VIEW"
    SEQUENCE = "SEQUENCE"
    TIME_SERIES = "TIME SERIES TABLE"


@dataclass
class ColumnDef:
    """A column or, in a time-series table, a tag."""

    id: int
    name: str
    type: SqlType
    nullable: bool = True
    default: str | None = None
    computed: str | None = None
    hidden: bool = False
    comment: str | None = None
    is_tag: bool = False
    is_primary_tag: bool = False
    storage: str = ""
    """Of a time series: ``ENCODE … COMPRESS …`` as SHOW CREATE prints it."""


@dataclass
class IndexDef:
    id: int
    name: str
    columns: list[tuple[str, str]]
    """(column name, ASC or DESC) in order."""
    unique: bool = False
    storing: list[str] = field(default_factory=list)
    comment: str | None = None
    inverted: bool = False
    buckets: int = 0
    """Of a hash-sharded index, whose first column is the hidden shard column; otherwise 0."""
    parent_id: int | None = None
    """Of the table that it is interleaved in."""
    parent_columns: list[str] = field(default_factory=list)

    @property
    def keys(self) -> list[tuple[str, str]]:
        """The columns as they were written: without the shard column."""
        return self.columns[1:] if self.buckets else self.columns


@dataclass
class ForeignKeyDef:
    name: str
    columns: list[str]
    target_id: int
    target_columns: list[str]
    on_delete: str = ""
    on_update: str = ""
    validated: bool = True


@dataclass
class CheckDef:
    name: str
    expression: str
    validated: bool = True
    hidden: bool = False
    """Of a shard column: SHOW CREATE leaves it out."""


@dataclass
class SequenceDef:
    start: int = 1
    increment: int = 1
    minimum: int = 1
    maximum: int = 9223372036854775807
    cache: int = 1
    virtual: bool = False
    last_value: int | None = None
    """``None`` before the first nextval."""


@dataclass
class Relation:
    """A table, view, sequence or time-series table."""

    id: int
    name: str
    schema: str
    database: str
    kind: RelationKind
    columns: list[ColumnDef] = field(default_factory=list)
    primary: IndexDef | None = None
    indexes: list[IndexDef] = field(default_factory=list)
    foreign_keys: list[ForeignKeyDef] = field(default_factory=list)
    checks: list[CheckDef] = field(default_factory=list)
    families: list[tuple[str, list[str]]] = field(default_factory=list)
    parent_id: int | None = None
    """The table that this one is interleaved in, by the first columns of its key."""
    parent_columns: list[str] = field(default_factory=list)
    partitioning: str | None = None
    zone: str | None = None
    comment: str | None = None
    triggers: list[TriggerDef] = field(default_factory=list)
    grants: dict[str, set[str]] = field(default_factory=dict)
    """Grantee to privilege names, without the implicit admin and root."""
    view_query: str | None = None
    sequence: SequenceDef | None = None
    retention_seconds: int | None = None
    """Time-series tables only. A table takes its database's, as it is then, when it is made."""
    retention: str | None = None
    """The table's own as it was written, e.g. ``3000d``; None if it was its database's."""
    created_at: int = 0
    """HLC wall time in nanoseconds; AS OF SYSTEM TIME before it answers 42P01."""
    version: int = 1
    offline: bool = False
    """While an IMPORT writes into it (live-findings, row 25)."""
    unpublished: bool = False
    """Made by an IMPORT that has not ended: dropped if it never does."""


@dataclass
class SchemaDef:
    id: int
    name: str
    comment: str | None = None
    grants: dict[str, set[str]] = field(default_factory=dict)


@dataclass
class DatabaseDef:
    id: int
    name: str
    engine: EngineType = EngineType.RELATIONAL
    comment: str | None = None
    retention: str | None = None
    partition_interval: str | None = None
    zone: str | None = None
    schemas: dict[str, SchemaDef] = field(default_factory=dict)
    grants: dict[str, set[str]] = field(default_factory=dict)
    created_at: int = 0


@dataclass
class ProcedureDef:
    id: int
    name: str
    schema: str
    database: str
    text: str
    """The CREATE PROCEDURE statement as SHOW CREATE PROCEDURE prints it."""
    comment: str | None = None
    grants: dict[str, set[str]] = field(default_factory=dict)


@dataclass
class TriggerDef:
    id: int
    name: str
    time: str
    """BEFORE or AFTER."""
    event: str
    """INSERT, UPDATE or DELETE."""
    body: str
    """The statements between BEGIN and END as the node prints them."""


@dataclass
class FunctionDef:
    """A function in Lua. No statement of a node shows its body."""

    name: str
    arguments: list[str]
    """Types in the words of SHOW FUNCTION."""
    returns: str
    body: str


@dataclass
class StreamDef:
    name: str
    target_id: int
    sources: list[int]
    """The ids of the tables that it reads."""
    query: str
    options: dict[str, str]
    created_by: str
    created_at: int
    """In nanoseconds."""


@dataclass
class SplitDef:
    """A place where the keys of all tables are cut into ranges."""

    relation_id: int
    key: str
    """In hexadecimal."""
    pretty: str
    value: str | None
    """Of the first column of the primary key; None for the begin of the table."""
    range_id: int = 0
    """The number of the range that begins here."""
    made_at: int = 0
    """In nanoseconds."""
    uncounted: bool = False
    """Whether nobody knows any more how many entries the part in front of it has."""


@dataclass
class UserDef:
    name: str
    is_role: bool = False
    options: list[str] = field(default_factory=list)
    member_of: dict[str, bool] = field(default_factory=dict)
    """Role to "with admin option"."""
    password: str | None = None
    """A salted hash, never the clear text."""
    valid_until: str | None = None


@dataclass
class Catalog:
    """Everything that a node knows of its objects."""

    cluster_id: str
    databases: dict[str, DatabaseDef] = field(default_factory=dict)
    relations: dict[int, Relation] = field(default_factory=dict)
    procedures: dict[int, ProcedureDef] = field(default_factory=dict)
    functions: dict[str, FunctionDef] = field(default_factory=dict)
    streams: dict[str, StreamDef] = field(default_factory=dict)
    users: dict[str, UserDef] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    """Cluster settings that differ from their defaults."""
    splits: list[SplitDef] = field(default_factory=list)
    left_behind: list[int] = field(default_factory=list)
    """Ids at which a range begins because a time-series table ended there that was dropped."""
    next_id: int = 100

    def relations_in(self, database: str, schema: str | None = None) -> list[Relation]:
        """The relations of a database (of one schema), in the order of their ids."""
        return [
            r
            for _, r in sorted(self.relations.items())
            if r.database == database and (schema is None or r.schema == schema)
        ]

    def find(self, database: str, schema: str, name: str) -> Relation | None:
        """The relation with exactly this name."""
        for relation in self.relations.values():
            if (relation.database, relation.schema, relation.name) == (database, schema, name):
                return relation
        return None

    def allocate_id(self) -> int:
        """A fresh descriptor id."""
        self.next_id += 1
        return self.next_id
