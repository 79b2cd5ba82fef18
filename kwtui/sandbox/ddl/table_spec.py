"""A CREATE TABLE statement as plain data: what was written, before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from kwtui.sandbox.language.lexer import Token
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.values.sql_type import SqlType


@dataclass
class ColumnSpec:
    """A column or tag as it was written."""

    name: str
    type: SqlType
    serial: bool = False
    nullable: bool = True
    default: list[Token] | None = None
    computed: list[Token] | None = None
    family: str | None = None
    comment: str | None = None
    is_tag: bool = False
    encoding: str | None = None
    compression: str | None = None
    level: str | None = None
    """How its values are stored in a time series, as it was written."""


@dataclass
class IndexSpec:
    """An index, a UNIQUE constraint or the primary key."""

    columns: list[tuple[str, str]]
    name: str | None = None
    unique: bool = False
    inverted: bool = False
    storing: list[str] = field(default_factory=list)
    buckets: int = 0
    """Of a hash-sharded index."""
    interleaving: Interleaving | None = None


@dataclass
class ForeignKeySpec:
    columns: list[str]
    target: list[str]
    target_columns: list[str]
    name: str | None = None
    on_delete: str = ""
    on_update: str = ""


@dataclass
class CheckSpec:
    tokens: list[Token]
    name: str | None = None


@dataclass(frozen=True)
class Interleaving:
    """``INTERLEAVE IN PARENT name (columns)``."""

    parent: list[str]
    columns: list[str]


@dataclass
class TableSpec:
    """A CREATE TABLE statement."""

    name: list[str]
    if_not_exists: bool = False
    columns: list[ColumnSpec] = field(default_factory=list)
    primary: IndexSpec | None = None
    indexes: list[IndexSpec] = field(default_factory=list)
    foreign_keys: list[ForeignKeySpec] = field(default_factory=list)
    checks: list[CheckSpec] = field(default_factory=list)
    families: list[tuple[str, list[str]]] = field(default_factory=list)
    interleaving: Interleaving | None = None
    partitioning: TokenStream | None = None
    """What stands behind PARTITION."""
    elements: list[list[Token] | ForeignKeySpec] = field(default_factory=list)
    """The items between the parentheses, without inline REFERENCES: for the text of the job."""
    time_series: bool = False
    primary_tags: list[str] = field(default_factory=list)
    retention: str | None = None
    comment: str | None = None
    hash_buckets: int = 0
    """Of ``WITH HASH(n)``, over which a time-series table's devices are spread; 0 if not given."""
    query: str | None = None
    """The SELECT of CREATE TABLE … AS."""
