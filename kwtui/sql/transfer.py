"""EXPORT and IMPORT statements with their options and storage addresses (facts.md, 1 to 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import Dialect
from kwtui.model.schema import TableName
from kwtui.sql.dialect import check_dialect
from kwtui.sql.lexer import tokens
from kwtui.sql.quoting import identifier, literal
from kwtui.sql.statements import as_of, column_list, table_name, within

DEFAULT_CHUNK_ROWS = 100_000
MAX_CHUNK_ROWS = 100_000
_PLAIN = Dialect(null_text="")
"""What a node does without any option."""


@dataclass(frozen=True)
class ExportOptions:
    """The options of an EXPORT; those that a node assumes anyway are not written."""

    dialect: Dialect = field(default_factory=Dialect)
    chunk_rows: int = DEFAULT_CHUNK_ROWS
    """Rows per file; 0 for one file."""
    comment: bool = False
    privileges: bool = False
    foreign_key: bool = False
    meta_only: bool = False
    data_only: bool = False
    thread_concurrency: int | None = None
    limit_memory: str | None = None

    def clause(self) -> str:
        """The WITH clause with its leading space, or nothing. Raises KwtuiError (USAGE)."""
        check_dialect(self.dialect)
        if not 0 <= self.chunk_rows <= MAX_CHUNK_ROWS:
            raise _usage(f"Rows per file must be from 0 to {MAX_CHUNK_ROWS}.")
        parts = [*_dialect_options(self.dialect, "nullas")]
        if self.chunk_rows != DEFAULT_CHUNK_ROWS:
            parts.append(f"chunk_rows = '{self.chunk_rows}'")
        if self.dialect.header:
            parts.append("column_name")
        for name in ("comment", "privileges", "foreign_key", "meta_only", "data_only"):
            if getattr(self, name):
                parts.append(name)
        parts.extend(_resources(self.thread_concurrency, self.limit_memory))
        return _with(parts)


@dataclass(frozen=True)
class ImportOptions:
    """The options of an IMPORT. The dialect must be the one of the files."""

    dialect: Dialect = field(default_factory=Dialect)
    comment: bool = False
    privileges: bool = False
    thread_concurrency: int | None = None
    limit_memory: str | None = None
    time_series: bool = False
    """Time-series imports know no ``skip``: their header line is an error (live-findings, 20)."""

    def clause(self) -> str:
        """The WITH clause with its leading space, or nothing. Raises KwtuiError (USAGE)."""
        check_dialect(self.dialect)
        if self.dialect.header and self.time_series:
            raise _usage(
                "Files with a line of column names cannot be imported into a time-series table."
            )
        parts = [*_dialect_options(self.dialect, "nullif")]
        if self.dialect.header:
            parts.append("skip = '1'")
        for name in ("comment", "privileges"):
            if getattr(self, name):
                parts.append(name)
        parts.extend(_resources(self.thread_concurrency, self.limit_memory))
        return _with(parts)


def export_select(
    uri: str,
    database: str,
    table: TableName,
    columns: Sequence[str],
    *,
    timestamp: str | None = None,
    time_column: str | None = None,
    since: str = "",
    before: str = "",
    until: str | None = None,
    options: ExportOptions = ExportOptions(),
) -> str:
    """Export the visible columns of a table, at a timestamp or by moments of its time column.

    A time-series table ignores the timestamp (live-findings, row 30); its time is the only cut:
    from ``since`` on, earlier than ``before``, and no later than ``until`` (recording 17).
    """
    if not columns:
        raise _usage(f"The table {table} has no visible column to export.")
    bounds = within(time_column, since, before, until)
    return (
        f"EXPORT INTO CSV {literal(uri)} FROM SELECT {column_list(columns)} "
        f"FROM {table_name(database, table)}{as_of(timestamp)}{bounds}{options.clause()}"
    )


def export_table(
    uri: str, database: str, table: TableName, options: ExportOptions = ExportOptions()
) -> str:
    return (
        f"EXPORT INTO CSV {literal(uri)} FROM TABLE {table_name(database, table)}{options.clause()}"
    )


def export_database(uri: str, database: str, options: ExportOptions = ExportOptions()) -> str:
    return f"EXPORT INTO CSV {literal(uri)} FROM DATABASE {identifier(database)}{options.clause()}"


def export_users(uri: str) -> str:
    """Accounts, roles and memberships as statements in ``users.sql``; no passwords."""
    return f"EXPORT USERS TO SQL {literal(uri)}"


def export_settings(uri: str) -> str:
    """The cluster settings that were ever set, as statements in ``clustersetting.sql``."""
    return f"EXPORT CLUSTER SETTING TO SQL {literal(uri)}"


def import_into(
    database: str,
    table: TableName,
    uris: Sequence[str],
    *,
    columns: Sequence[str] = (),
    options: ImportOptions = ImportOptions(),
) -> str:
    """Relational tables want every file named, time-series tables their folder (facts.md, 2.5).

    Of several folders a time series would be imported from the first alone (live-findings, row 31).
    """
    if options.time_series and len(uris) > 1:
        raise _usage(
            f"KWDB imports a time series from one folder; {table} has {len(uris)} of them."
        )
    names = f" ({column_list(columns)})" if columns else ""
    return (
        f"IMPORT INTO {table_name(database, table)}{names} CSV DATA ({_uris(uris)})"
        f"{options.clause()}"
    )


def import_database(uri: str, options: ImportOptions = ImportOptions()) -> str:
    return f"IMPORT DATABASE CSV DATA ({literal(uri)}){options.clause()}"


def is_same_import(sent: str, described: str) -> bool:
    """Whether a job's description is of the statement that was sent.

    The server quotes names and writes options its own way (recording 06), so words are compared,
    and only up to the options.
    """

    def words(text: str) -> list[str]:
        found = []
        for token in tokens(text):
            if token.is_word("WITH"):
                break
            if token.is_code:
                found.append(token.value)
        return found

    return bool(described) and words(sent) == words(described)


def nodelocal(node_id: int, path: str) -> str:
    """The address of a path below a node's extern directory.

    The node reads it as a URL: ``%``, ``?`` and ``#`` and control characters are escaped, the rest
    stays as it is, as the recordings have it. Raises KwtuiError (USAGE) for a path that leaves
    extern or names nothing.
    """
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise _usage(f"{path!r} is no path below extern.")
    if node_id < 1:
        raise _usage("The number of a node is 1 or more.")
    return f"nodelocal://{node_id}/{''.join(_escape(char) for char in path)}"


def _escape(char: str) -> str:
    if char in "%?#" or ord(char) < 32 or ord(char) == 127:
        return f"%{ord(char):02X}"
    return char


def _dialect_options(dialect: Dialect, null_option: str) -> list[str]:
    parts = []
    if dialect.delimiter != _PLAIN.delimiter:
        parts.append(f"delimiter = {literal(dialect.delimiter)}")
    if dialect.null_text != _PLAIN.null_text:
        parts.append(f"{null_option} = {literal(dialect.null_text)}")
    if dialect.charset != _PLAIN.charset:
        parts.append(f"charset = {literal(dialect.charset)}")
    return parts


def _resources(threads: int | None, memory: str | None) -> list[str]:
    parts = []
    if threads is not None:
        parts.append(f"thread_concurrency = '{int(threads)}'")
    if memory is not None:
        parts.append(f"limit_memory = {literal(memory)}")
    return parts


def _with(parts: Sequence[str]) -> str:
    return f" WITH {', '.join(parts)}" if parts else ""


def _uris(uris: Sequence[str]) -> str:
    if not uris:
        raise _usage("There is no file to import.")
    return ", ".join(literal(uri) for uri in uris)


def _usage(title: str) -> KwtuiError:
    return KwtuiError(title, exit_code=ExitCode.USAGE)
