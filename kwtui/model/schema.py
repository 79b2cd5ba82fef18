"""What a database consists of, as plain data.

Immutable, without I/O, to and from JSON with msgspec: the schema that a survey reads is at the same
time the content of a backup's ``schema.json``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Engine(StrEnum):
    """KWDB's two storage engines; a database belongs to one of them."""

    RELATIONAL = "relational"
    TIME_SERIES = "time series"


@dataclass(frozen=True, order=True)
class TableName:
    """A table inside one database."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def as_option(self) -> str:
        """As ``--tables`` and ``--without`` read it: a part is quoted when it holds a comma, a dot,
        a quote or a space at its end."""
        return f"{_option_part(self.schema)}.{_option_part(self.name)}"


def _option_part(text: str) -> str:
    if any(char in text for char in ',."') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


@dataclass(frozen=True)
class ColumnSpec:
    """A visible or hidden column, or a tag of a time-series table."""

    name: str
    type: str
    """KWDB's own text: ``INT8``, ``DECIMAL(12,2)``, ``TIMESTAMPTZ(6)``."""
    nullable: bool = True
    default: str | None = None
    """From SHOW COLUMNS: SHOW CREATE misprints some defaults (live-findings, row 27)."""
    computed: str | None = None
    hidden: bool = False
    tag: bool = False
    primary_tag: bool = False
    comment: str | None = None


@dataclass(frozen=True)
class ForeignKeySpec:
    """A foreign key with the schema of its target, which SHOW CREATE leaves out (row 28)."""

    name: str
    columns: tuple[str, ...]
    target: TableName
    target_columns: tuple[str, ...]
    clauses: str = ""
    """``ON DELETE CASCADE`` and the like, as printed."""


@dataclass(frozen=True)
class TableSpec:
    """A table as read before an export."""

    name: TableName
    columns: tuple[ColumnSpec, ...]
    create_statement: str
    create_without_foreign_keys: str
    foreign_keys: tuple[ForeignKeySpec, ...] = ()
    check_constraints: tuple[str, ...] = ()
    """Names; an import leaves them unvalidated (recording 13)."""
    not_validated: tuple[str, ...] = ()
    """Names of foreign keys and checks that rows may break: SHOW CONSTRAINTS (recording 06)."""
    zone_statements: tuple[str, ...] = ()
    index_statements: tuple[str, ...] = ()
    """Indexes that the create statement does not hold, e.g. tag indexes."""
    time_column: str | None = None
    """The first column of a time-series table."""
    time_precision: int | None = None
    """3, 6 or 9; IMPORT stores 6 and 9 wrong (row 13)."""
    retention_seconds: int | None = None
    inherits_retention: bool = False
    """It keeps what its database keeps, though its definition prints that as its own (row 38)."""
    devices: int | None = None
    """How many a time series knows: values of its primary tags. None: not known, or relational."""
    silent_devices: tuple[tuple[str | None, ...], ...] = ()
    """Tag values of devices without readings, in the order of the tags: no SELECT and no EXPORT
    knows them (row 33)."""
    rows: int | None = None
    """Exact count or estimate at the time of the survey."""
    bytes: int | None = None
    """About what its rows take as CSV."""

    @property
    def tags(self) -> tuple[ColumnSpec, ...]:
        return tuple(column for column in self.columns if column.tag)

    @property
    def visible_columns(self) -> tuple[str, ...]:
        """Names of the columns that an export holds, tags included, in order."""
        return tuple(c.name for c in self.columns if not c.hidden)

    @property
    def primary_tag_positions(self) -> tuple[int, ...]:
        """Where a record has the primary tags, if there are several; else nothing."""
        visible = [column for column in self.columns if not column.hidden]
        found = tuple(i for i, column in enumerate(visible) if column.primary_tag)
        return found if len(found) > 1 else ()


@dataclass(frozen=True)
class UnreadTable:
    """A table that is there, and of which the server does not tell what it is."""

    name: TableName
    why: str
    """In words, to follow a colon."""


@dataclass(frozen=True)
class SequenceSpec:
    name: TableName
    create_statement: str
    last_value: int | None = None
    called: bool = True
    """False: the next nextval answers ``last_value`` itself."""


@dataclass(frozen=True)
class ViewSpec:
    name: TableName
    create_statement: str
    materialized: bool = False
    depends_on: tuple[TableName, ...] = ()


@dataclass(frozen=True)
class ProgramSpec:
    """A procedure, trigger, function, stream or the like: no export holds it, no import makes it.

    Its text is kept. A restore makes procedures and triggers again, after the rows. What a stream
    does when it is made again (it starts, with options that each version words in its own way) is
    for a person to decide.
    """

    kind: str
    """``procedure``, ``trigger``, ``function``, ``stream``, ``schedule``, ``publication``,
    ``pipe``."""
    name: str
    """As it is written in SQL, with its schema where that is not ``public``."""
    create_statement: str = ""
    """Empty where the server does not show it."""
    table: str = ""
    """Whose trigger it is, or where a stream writes to."""

    @property
    def is_made_again(self) -> bool:
        """Whether a restore makes it."""
        return self.kind in ("procedure", "trigger")

    def __str__(self) -> str:
        where = f" {'of' if self.kind == 'trigger' else 'into'} {self.table}" if self.table else ""
        return f"{self.kind} {self.name}{where}"


@dataclass(frozen=True)
class CommentSpec:
    """``target`` is the text after COMMENT ON, e.g. ``TABLE public.orders``."""

    target: str
    text: str


UNFINISHED = "kwtui is restoring this database. It is not complete yet."
"""The comment of a database that has its name already and not yet everything that belongs to it."""

UNFINISHED_BY_SCRIPT = "restore.sh is restoring this database. It is not complete yet."
"""The same, made by a backup's restore.sh or restore.sql."""


@dataclass(frozen=True)
class GrantSpec:
    """``target`` is the text after ON, e.g. ``TABLE public.orders``; without admin and root."""

    target: str
    grantee: str
    privileges: tuple[str, ...]


@dataclass(frozen=True)
class DatabaseSchema:
    """Everything that a backup captures of a database but its rows; the body of schema.json."""

    database: str
    engine: Engine
    create_statement: str
    schemas: tuple[str, ...] = ("public",)
    tables: tuple[TableSpec, ...] = ()
    sequences: tuple[SequenceSpec, ...] = ()
    views: tuple[ViewSpec, ...] = ()
    """In the order in which they must be created."""
    comments: tuple[CommentSpec, ...] = ()
    grants: tuple[GrantSpec, ...] = ()
    zone_statements: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    """Grantees that are users, and their roles below."""
    roles: tuple[str, ...] = ()
    retention: str | None = None
    partition_interval: str | None = None
    unread: tuple[UnreadTable, ...] = ()
    not_captured: tuple[str, ...] = ()
    """Objects that were seen and cannot be restored, in words."""
    programs: tuple[ProgramSpec, ...] = ()
    """Procedures and the like whose text is known; triggers of a table in the order in which they
    fire."""

    def table(self, name: TableName) -> TableSpec | None:
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[TableName, TableSpec]:
        """Not a field: whatever is compared or written has the tables alone."""
        return {table.name: table for table in reversed(self.tables)}
