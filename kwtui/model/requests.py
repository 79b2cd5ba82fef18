"""What a person asks for: a backup, a restore, a drill, and how. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kwtui.model.checks import CheckLevel, default_level
from kwtui.model.proof import ProofLevel
from kwtui.model.schema import Engine, TableName


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


class Incremental(StrEnum):
    """Whether files of an earlier backup are linked where what they hold did not change."""

    AUTO = "auto"
    """Yes, and everything is written anew when that was not done for long."""
    FULL = "full"
    """Everything is written again."""
    ALWAYS = "always"
    """Yes, however long ago everything was written."""


ANEW_AFTER = 30
"""Days that files are linked for, where nobody says otherwise."""


@dataclass(frozen=True)
class BackupRequest:
    """What a person asks for; the planner turns it into steps."""

    database: str
    tables: tuple[TableName, ...] = ()
    """Empty: all of them."""
    without: tuple[TableName, ...] = ()
    """Those of them that are left out."""
    method: BackupMethod = BackupMethod.SNAPSHOT
    prefix: str = "kwtui"
    node_id: int | None = None
    """Whose extern receives the files; None: the node one is connected to."""
    dialect: Dialect = field(default_factory=Dialect)
    chunk_rows: int = 100_000
    parallel: int = 2
    check: CheckLevel | None = None
    """How much of the content is compared; None: what costs little for the engine."""
    incremental: Incremental = Incremental.AUTO
    anew_after: int = ANEW_AFTER
    """Days after which ``auto`` writes everything anew."""
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
    chinese: bool = False
    """RESTORE.md comes in Chinese too."""

    def level(self, engine: Engine) -> CheckLevel:
        """How much of the content is compared."""
        return self.check or default_level(engine)

    @property
    def is_whole(self) -> bool:
        """Whether every table is asked for."""
        return not self.tables and not self.without


def with_level(data: Mapping[str, Any]) -> dict[str, Any]:
    """A backup's request as plain data, also one that was written before there were levels: then
    there was a checksum of every row, or none."""
    if "content_checksums" not in data:
        return dict(data)
    level = CheckLevel.FULL if data["content_checksums"] else CheckLevel.COUNTS
    return {**data, "check": level.value}


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
    accept: tuple[str, ...] = ()
    """Tables, or columns of tables, whose definition may come back otherwise than captured; as SQL
    has their names."""
    leave_out: tuple[str, ...] = ()
    """What a person does without: of sets tables, views and sequences as ``--tables`` has them, of
    trees files and folders relative to the tree."""
    empty: tuple[TableName, ...] = ()
    """Of trees: tables without a data file that had no rows, as a person says."""
    first_is_row: bool = False
    """Of trees: no file begins with column names, whatever its first record says."""


@dataclass(frozen=True)
class ExcerptRequest:
    """What a person asks for: some rows of a time series, in a table of their own."""

    source: str
    """Path of the set relative to extern."""
    table: TableName
    into: TableName
    """The table that is made for them."""
    target: str | None = None
    """The database that it is made in; None: the one of the name that was backed up."""
    since: str = ""
    """UTC, as EXPORT prints it, without a zone: ``2026-11-01 00:00:00``. Empty: from the first."""
    until: str = ""
    """The same; rows of this very moment are not among them. Empty: to the last."""
    where: str = ""
    """What the tags of the devices are, as SQL (`kwtui.sql.tag_conditions`). Empty: all."""
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
    accept: tuple[str, ...] = ()
    """As in a restore."""
    leave_out: tuple[str, ...] = ()
    """Of trees: files and folders, relative to the tree, that a person does without."""
    empty: tuple[TableName, ...] = ()
    """Of trees: tables without a data file that had no rows, as a person says."""
    first_is_row: bool = False
    """Of trees: no file begins with column names, whatever its first record says."""
