"""The words that every layer shares, as plain data: names, schemas, dialects, findings, proof.

Everything here is immutable, knows no I/O and goes to and from JSON with msgspec: the survey of a
database is at the same time the content of a backup's ``schema.json``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum


class Engine(StrEnum):
    """KWDB's two storage engines; a database belongs to one of them."""

    RELATIONAL = "relational"
    TIME_SERIES = "time series"


class ProofLevel(IntEnum):
    """How far a backup was proven. The statement's "succeeded" is level 0."""

    P0 = 0
    """Exported."""
    P1 = 1
    """Every file there, size and SHA-256 as in the manifest."""
    P2 = 2
    """Every record parses, counts equal what the server said, every meta.sql parses."""
    P3 = 3
    """The schema was restored in a scratch database."""
    P4 = 4
    """The data too: counts and content checksums equal."""
    P5 = 5
    """The off-site copy was read back."""


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    REFUSAL = "refusal"
    """The operation does not start while this stands."""


@dataclass(frozen=True)
class Finding:
    """Something that the person must know before a run, and what kwtui does about it."""

    severity: Severity
    code: str
    """Stable, for scripts: ``default_needs_sequence``, ``view_not_exported``, ..."""
    subject: str
    """The object it is about, e.g. ``shop.public.orders``; empty for the whole database."""
    message: str
    remedy: str = ""


@dataclass(frozen=True, order=True)
class TableName:
    """A table inside one database."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


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
    rows: int | None = None
    """Exact count or estimate at the time of the survey."""
    bytes: int | None = None

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

    Its text names tables with their database, and what it does when it is made again (a trigger
    fires, a stream starts) is for a person to decide: it is kept, and made again by hand.
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


@dataclass(frozen=True)
class GrantSpec:
    """``target`` is the text after ON, e.g. ``TABLE public.orders``; without admin and root."""

    target: str
    grantee: str
    privileges: tuple[str, ...]


@dataclass(frozen=True)
class ServerFacts:
    """What is known of the server after connecting."""

    version: str
    cluster_id: str
    node_id: int
    user: str
    is_admin: bool
    tls: bool
    nodes: tuple[NodeFacts, ...] = ()
    store_paths: tuple[str, ...] = ()
    """From the server's start arguments, where they may be read."""
    start_arguments: tuple[str, ...] = ()
    """The whole command line of the node that one is connected to; admins only."""
    time_zone: str = "UTC"


@dataclass(frozen=True)
class NodeFacts:
    node_id: int
    address: str
    is_live: bool
    version: str = ""


@dataclass(frozen=True)
class DatabaseSummary:
    """A line of the list of databases."""

    name: str
    engine: Engine
    comment: str | None = None
    tables: int | None = None
    system: bool = False
    """One of KWDB's own databases."""


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
    not_captured: tuple[str, ...] = ()
    """Objects that were seen and cannot be restored, in words."""
    programs: tuple[ProgramSpec, ...] = ()
    """Procedures and the like whose text is known."""

    def table(self, name: TableName) -> TableSpec | None:
        return next((t for t in self.tables if t.name == name), None)


class Becomes(StrEnum):
    """What a backup makes of a kind of objects."""

    EXPORTED = "exported"
    CAPTURED = "captured beside"
    BY_HAND = "captured, put back by hand"
    NOT_POSSIBLE = "not possible"


@dataclass(frozen=True)
class Coverage:
    """One kind of objects in a database, and what a backup makes of it."""

    kind: str
    """In the plural: ``tables``, ``sequences with their values``."""
    count: int
    becomes: Becomes
    why: str = ""


@dataclass(frozen=True)
class Survey:
    """A database as it was read before a backup, with what to watch out for."""

    schema: DatabaseSchema
    server: ServerFacts
    taken_at: datetime
    findings: tuple[Finding, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    """Of each kind of objects what a backup makes of it."""


@dataclass(frozen=True)
class Dialect:
    """How the CSV files of an export are written. The defaults are the one proven safe dialect."""

    delimiter: str = ","
    enclosed: str = '"'
    escaped: str = '"'
    null_text: str = r"\N"
    charset: str = "UTF-8"
    header: bool = False


class BackupMethod(StrEnum):
    SNAPSHOT = "snapshot"
    """Table by table at one timestamp (time series: table by table)."""
    DATABASE = "database"
    """One EXPORT ... FROM DATABASE."""
    TABLES = "tables"
    """Plain EXPORT ... FROM TABLE, one a table, each at its own moment."""


class RestoreStrategy(StrEnum):
    EXACT = "exact"
    NATIVE = "native"
    SCHEMA_ONLY = "schema-only"
    DATA_ONLY = "data-only"


@dataclass(frozen=True)
class ContentChecksum:
    """count(*), xor_agg and sum of a hash per row; independent of order and chunking."""

    rows: int
    xor: str
    sum: str


@dataclass(frozen=True)
class BackupRequest:
    """What a person asks for; the planner turns it into steps."""

    database: str
    tables: tuple[TableName, ...] = ()
    """Empty: all of them."""
    method: BackupMethod = BackupMethod.SNAPSHOT
    prefix: str = "kwtui"
    node_id: int | None = None
    """Whose extern receives the files; None: the node one is connected to."""
    dialect: Dialect = field(default_factory=Dialect)
    chunk_rows: int = 100_000
    parallel: int = 2
    content_checksums: bool = True
    label: str = ""
    with_users: bool = False
    """Also EXPORT USERS: accounts, roles and who is in them; never passwords."""
    with_settings: bool = False
    """Also EXPORT CLUSTER SETTING."""
    unseen: bool = False
    """The destination's files cannot be seen from here: the set stays at P0 until it is sealed on
    its node."""
    sweep: bool = False
    """Remove what was written when the backup does not finish; else it is kept, and marked."""


@dataclass(frozen=True)
class RestoreRequest:
    """What a person asks for; the planner turns it into steps."""

    source: str
    """Path of the set or export tree relative to extern."""
    target: str | None = None
    """Name of the database to make; None: the name that was backed up."""
    strategy: RestoreStrategy = RestoreStrategy.EXACT
    tables: tuple[TableName, ...] = ()
    """Empty: all of them."""
    create_missing_users: bool = False
    with_users: bool = False
    """Create the users and roles that the set holds and the server does not have."""
    with_settings: bool = False
    """Set the cluster settings that the set holds."""
    replace: str | None = None
    """The typed name of an existing database that may be replaced."""
    dialect: Dialect | None = None
    """For trees without a manifest, where the person says how they were written."""
    node_id: int | None = None


@dataclass(frozen=True)
class DrillRequest:
    """What a person asks for: the rehearsal of a restore."""

    source: str
    """Path of the set or export tree relative to extern."""
    level: ProofLevel = ProofLevel.P4
    """P3: the definitions; P4: the data too."""
    on_sandbox: bool = False
    """In a sandbox of its own, that is removed afterwards, instead of the connected server."""
    strategy: RestoreStrategy = RestoreStrategy.EXACT
    """EXACT or NATIVE."""
    dialect: Dialect | None = None
    """For trees without a manifest, where the person says how they were written."""
    node_id: int | None = None


@dataclass(frozen=True)
class RetentionPolicy:
    """Which backups of a database stay. All counts are of periods that hold a backup.

    Only sets proven to ``min_proof`` take a place. Without any count nothing goes.
    """

    keep_last: int = 0
    keep_daily: int = 0
    keep_weekly: int = 0
    """ISO weeks."""
    keep_monthly: int = 0
    keep_yearly: int = 0
    min_proof: ProofLevel = ProofLevel.P2

    @property
    def keeps_nothing(self) -> bool:
        """Whether it has no count at all, and therefore decides nothing."""
        counts = (self.keep_last, self.keep_daily, self.keep_weekly, self.keep_monthly)
        return not any((*counts, self.keep_yearly))


@dataclass(frozen=True)
class RetentionPolicies:
    """The policies of a person: one for each database, and one for all others."""

    default: RetentionPolicy | None = None
    databases: dict[str, RetentionPolicy] = field(default_factory=dict)

    def of(self, database: str) -> RetentionPolicy | None:
        return self.databases.get(database, self.default)
