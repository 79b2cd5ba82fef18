"""All SQL that kwtui sends, built from typed values.

Names of tables are always written with their database and schema, so that a statement means the
same whatever the session's current database is. The few that KWDB takes only for the current
database (schemas and their grants) say so; run `use_database` first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import (
    CommentSpec,
    DatabaseSchema,
    Engine,
    ForeignKeySpec,
    GrantSpec,
    TableName,
)
from kwtui.sql.meaning import typed_back
from kwtui.sql.quoting import identifier, literal, qualified

# -- session ----------------------------------------------------------------------------------


def show(variable: str) -> str:
    return f"SHOW {identifier(variable)}"


def use_database(database: str) -> str:
    return f"USE {identifier(database)}"


def allow_sharded_indexes() -> str:
    """Needed once in a connection that creates a table with a hash-sharded index."""
    return "SET experimental_enable_hash_sharded_indexes = true"


def databases() -> str:
    return "SHOW DATABASES"


def queries() -> str:
    """What every session runs (recording 01)."""
    return "SHOW QUERIES"


def cancel_query(query_id: str) -> str:
    return f"CANCEL QUERY {literal(query_id)}"


def cancel_job(job_id: int) -> str:
    return f"CANCEL JOB {int(job_id)}"


def running_jobs(job_type: str) -> str:
    """Jobs of a type (``IMPORT``, ``EXPORT``) that are not finished: id, statement, status."""
    return (
        "SELECT job_id, description, status, fraction_completed FROM [SHOW JOBS] "
        f"WHERE job_type = {literal(job_type)} AND status IN ('pending', 'running')"
    )


def jobs_being_undone(job_type: str) -> str:
    """Jobs that were cancelled and have not yet put back what they did (recording 10)."""
    return (
        "SELECT job_id, description, status, fraction_completed FROM [SHOW JOBS] "
        f"WHERE job_type = {literal(job_type)} AND status IN ('cancel-requested', 'reverting')"
    )


def server_time() -> str:
    """The server's own clock when the statement began."""
    return "SELECT now()"


def logical_timestamp() -> str:
    """The cluster's clock as AS OF SYSTEM TIME takes it."""
    return "SELECT cluster_logical_timestamp()"


# -- what is there ----------------------------------------------------------------------------


def count_rows(database: str, table: TableName, timestamp: str | None = None) -> str:
    return f"SELECT count(*) FROM {table_name(database, table)}{as_of(timestamp)}"


# Of many tables in one statement: each part tells its number, so that no order is relied on.


def numbered_count(number: int, database: str, table: TableName) -> str:
    return f"SELECT {number} AS n, count(*) FROM {table_name(database, table)}"


def numbered_length(
    number: int, database: str, table: TableName, columns: Sequence[str], limit: int
) -> str:
    r"""About the bytes that the first rows take as CSV, where ``\N`` is NULL; their number."""
    fields = " + ".join(
        f"coalesce(length(convert_to({identifier(c)}::STRING, 'utf8')), 2)" for c in columns
    )
    return (
        f"SELECT {number} AS n, sum(b), count(b) FROM (SELECT {fields} + {len(columns)} AS b "
        f"FROM {table_name(database, table)} LIMIT {limit})"
    )


def numbered_devices(number: int, database: str, table: TableName) -> str:
    """How many devices a time series knows, also those without readings."""
    return (
        f"SELECT {number} AS n, count(*) FROM [SHOW TAG VALUES FROM {table_name(database, table)}]"
    )


def numbered_heard(
    number: int, database: str, table: TableName, primary_tags: Sequence[str]
) -> str:
    """How many devices have readings, and how many readings.

    The sum is not for its own sake: without it nothing of a reading were asked for, and devices
    without any would be counted too.
    """
    names = column_list(primary_tags)
    return (
        f"SELECT {number} AS n, count(*), sum(k) "
        f"FROM (SELECT count(*) AS k FROM {table_name(database, table)} GROUP BY {names})"
    )


def together(parts: Sequence[str]) -> str:
    return " UNION ALL ".join(parts)


@dataclass(frozen=True)
class Part:
    """The rows of a table with ``since`` <= ``column`` < ``until``; values as the server has them.

    ``until`` is empty where there is no end.
    """

    column: str
    kind: str
    """The column's type."""
    since: str
    until: str = ""

    @property
    def where(self) -> str:
        """The clause with its leading space."""
        name = identifier(self.column)
        since = f" WHERE {name} >= {typed_literal(self.since, self.kind)}"
        until = f" AND {name} < {typed_literal(self.until, self.kind)}" if self.until else ""
        return since + until


def content_checksum(
    database: str,
    table: TableName,
    columns: Sequence[str],
    *,
    timestamp: str | None = None,
    time_column: str | None = None,
    until: str | None = None,
    part: Part | None = None,
) -> str:
    """Count, xor and sum of a hash per row: independent of order, chunks and the hidden rowid.

    ``timestamp`` is for relational tables only: time-series tables ignore it (live-findings, row
    30); for them ``time_column`` and ``until`` bound what is read, ``part`` bounds it for both.
    Live-findings, section 2.
    """
    hashed = row_hash(table, columns)
    where = part.where if part is not None else within(time_column, until=until)
    return (
        f"SELECT count(*), xor_agg({hashed}), sum({hashed}::DECIMAL) "
        f"FROM {table_name(database, table)}{as_of(timestamp)}{where}"
    )


def row_hash(table: TableName, columns: Sequence[str]) -> str:
    """The expression that content checksums are made of."""
    if not columns:
        raise _usage(f"The table {table} has no visible column to compare.")
    parts = ", ".join(
        f"coalesce(encode(convert_to({identifier(c)}::STRING, 'utf8'), 'hex'), '~') || ';'"
        for c in columns
    )
    return f"fnv64({parts})"


# -- schema -----------------------------------------------------------------------------------


def create_database(schema: DatabaseSchema, name: str | None = None) -> str:
    """The database as it was, or under another name; a time-series one with its retention."""
    name = identifier(name or schema.database)
    if schema.engine is Engine.RELATIONAL:
        return f"CREATE DATABASE {name}"
    text = f"CREATE TS DATABASE {name}"
    if schema.retention:
        text += f" RETENTIONS {duration(schema.retention)}"
    if schema.partition_interval:
        text += f" PARTITION INTERVAL {duration(schema.partition_interval)}"
    return text


def drop_database(name: str) -> str:
    return f"DROP DATABASE {identifier(name)} CASCADE"


def rename_database(old: str, new: str) -> str:
    """Refused while the database holds views (recording 13)."""
    return f"ALTER DATABASE {identifier(old)} RENAME TO {identifier(new)}"


def create_schema(name: str) -> str:
    """In the current database."""
    return f"CREATE SCHEMA {identifier(name)}"


def set_default(database: str, table: TableName, column: str, default: str) -> str:
    """``default`` is an expression in KWDB's own words, as SHOW COLUMNS has it.

    It is typed so that SHOW COLUMNS has it again (live-findings, row 39).
    """
    return (
        f"ALTER TABLE {table_name(database, table)} "
        f"ALTER COLUMN {identifier(column)} SET DEFAULT {typed_back(default)}"
    )


def drop_default(database: str, table: TableName, column: str) -> str:
    """For an import, which takes no table with defaults (live-findings, row 22)."""
    return (
        f"ALTER TABLE {table_name(database, table)} ALTER COLUMN {identifier(column)} DROP DEFAULT"
    )


def truncate_table(database: str, table: TableName) -> str:
    """Refused while a foreign key of another table refers to it (recording 06)."""
    return f"TRUNCATE TABLE {table_name(database, table)}"


def drop_table(database: str, table: TableName, *, if_exists: bool = False) -> str:
    return f"DROP TABLE {'IF EXISTS ' if if_exists else ''}{table_name(database, table)}"


def copy_rows(database: str, source: TableName, target: TableName, columns: Sequence[str]) -> str:
    """All rows of one table into another (recording 20, `h2` and `h3`)."""
    names = column_list(columns)
    return (
        f"INSERT INTO {table_name(database, target)} ({names}) "
        f"SELECT {names} FROM {table_name(database, source)}"
    )


def drop_view(database: str, view: TableName, *, materialized: bool = False) -> str:
    kind = "MATERIALIZED VIEW" if materialized else "VIEW"
    return f"DROP {kind} IF EXISTS {table_name(database, view)}"


def add_foreign_key(database: str, table: TableName, key: ForeignKeySpec) -> str:
    text = (
        f"ALTER TABLE {table_name(database, table)} ADD CONSTRAINT {identifier(key.name)} "
        f"FOREIGN KEY ({column_list(key.columns)}) "
        f"REFERENCES {table_name(database, key.target)} ({column_list(key.target_columns)})"
    )
    return f"{text} {key.clauses}" if key.clauses else text


def validate_constraint(database: str, table: TableName, name: str) -> str:
    return f"ALTER TABLE {table_name(database, table)} VALIDATE CONSTRAINT {identifier(name)}"


def comment_on(database: str, comment: CommentSpec) -> str:
    """A comment; the one of the database goes to ``database`` whatever its name was."""
    return f"COMMENT ON {_target(database, comment.target)} IS {literal(comment.text)}"


def comment_on_database(database: str, text: str | None) -> str:
    """The comment of a database, or none."""
    return f"COMMENT ON DATABASE {identifier(database)} IS {literal(text) if text else 'NULL'}"


def grant(database: str, spec: GrantSpec) -> str:
    """A grant; for a SCHEMA in the current database."""
    privileges = ", ".join(_privilege(p) for p in spec.privileges)
    target = _target(database, spec.target)
    return f"GRANT {privileges} ON {target} TO {identifier(spec.grantee)}"


def create_user(name: str) -> str:
    """A user without a password: passwords are never exported."""
    return f"CREATE USER IF NOT EXISTS {identifier(name)}"


def create_role(name: str) -> str:
    return f"CREATE ROLE IF NOT EXISTS {identifier(name)}"


# -- rows -------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_BYTES = re.compile(r"(VAR)?BYTES(\(\d+\))?\Z", re.I)
_HEX = re.compile(r"\\x((?:[0-9a-f]{2})+)\Z")
_NUMERIC = re.compile(r"(INT|FLOAT|DOUBLE|REAL|DECIMAL|NUMERIC|SMALLINT|BIGINT)", re.I)


def insert_rows(
    database: str,
    table: TableName,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[str | None]],
) -> str:
    """One INSERT of several rows, each value as an export's CSV has it, None for NULL.

    ``columns`` are names and types. This is the right way back for time-series tables with
    microsecond or nanosecond time (live-findings, row 13).
    """
    types = [kind for _, kind in columns]
    lines = []
    for row in rows:
        values = (typed_literal(v, kind) for v, kind in zip(row, types, strict=True))
        lines.append(f"({', '.join(values)})")
    names = column_list([name for name, _ in columns])
    return f"INSERT INTO {table_name(database, table)} ({names}) VALUES {', '.join(lines)}"


def typed_literal(value: str | None, kind: str) -> str:
    r"""A value as SQL: numbers and booleans bare, everything else as a string.

    Bytes go as ``b'...'``: an INSERT into a time-series table measures the text of ``'\x00ff'``
    against the column's width, six characters for two bytes, and takes ``b''`` for NULL.
    """
    if value is None:
        return "NULL"
    if _NUMERIC.match(kind) and "[" not in kind and _NUMBER.match(value):
        return value
    if kind.upper() == "BOOL" and value in ("true", "false", "t", "f"):
        return "true" if value.startswith("t") else "false"
    digits = _HEX.match(value) if _BYTES.match(kind) else None
    if digits:
        return "b'" + re.sub("..", r"\\x\g<0>", digits[1]) + "'"
    return literal(value)


# -- parts ------------------------------------------------------------------------------------


def table_name(database: str, table: TableName) -> str:
    return qualified(database, table.schema, table.name)


def column_list(columns: Iterable[str]) -> str:
    return ", ".join(identifier(c) for c in columns)


_TIMESTAMP = re.compile(r"\d+(\.\d+)?\Z|-\d+(ms|s|m|h)\Z|\d{4}-\d\d-\d\d[ T0-9:.+-]*\Z")


def as_of(timestamp: str | None) -> str:
    """The clause with its leading space; empty for None. ``{timestamp}`` is a plan's blank."""
    if timestamp is None:
        return ""
    if timestamp != "{timestamp}" and not _TIMESTAMP.match(timestamp):
        raise _usage(f"{timestamp!r} is no timestamp.")
    return f" AS OF SYSTEM TIME '{timestamp}'"


def within(
    time_column: str | None, since: str = "", before: str = "", until: str | None = None
) -> str:
    """The clause with its leading space; empty where there is no bound.

    From ``since`` on, earlier than ``before``, and no later than ``until``.
    """
    if time_column is None:
        return ""
    signs = ((">=", since), ("<", before), ("<=", until))
    bounds = [f"{identifier(time_column)} {sign} {literal(text)}" for sign, text in signs if text]
    return f" WHERE {' AND '.join(bounds)}" if bounds else ""


_DURATION = re.compile(r"\d+(ns|us|ms|s|m|h|d|w|mon|y)\Z")


def duration(text: str) -> str:
    """A retention or partition interval in KWDB's words (``3650d``). Raises KwtuiError."""
    if not _DURATION.match(text):
        raise _usage(f"{text!r} is no duration that KWDB knows, like 30d.")
    return text


def _target(database: str, target: str) -> str:
    kind, _, name = target.partition(" ")
    if kind == "DATABASE":
        return f"DATABASE {identifier(database)}"
    if kind == "SCHEMA":
        return target
    return f"{kind} {identifier(database)}.{name}"


def _privilege(name: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z ]*", name):
        raise _usage(f"{name!r} is no privilege.")
    return name


def _usage(title: str) -> KwtuiError:
    return KwtuiError(title, exit_code=ExitCode.USAGE)
