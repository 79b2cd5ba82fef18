"""What time-series databases and tables may be: names, columns, tags, retentions.

Recordings 07 and 09 show what is accepted; the refusals and their words are those of KWDB's own
``CREATE TS DATABASE`` and ``CREATE TABLE`` (KWDB 3.2, ``sql/create_database.go``,
``sql/create_table.go``, ``sql/sqlbase/table.go``).
"""

from __future__ import annotations

import re

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import Catalog, ColumnDef, DatabaseDef, EngineType, Relation
from kwtui.sandbox.ddl.durations import seconds_of
from kwtui.sandbox.ddl.table_spec import ColumnSpec, TableSpec
from kwtui.sandbox.language.lexer import quote_identifier
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import base_family

LONGEST_DATABASE_NAME, LONGEST_NAME = 63, 128
MOST_PRIMARY_TAGS = 4
LONGEST_LIFE = 1000 * 365 * 86_400
"""1000 years, in seconds."""
_TIMES = ("TIMESTAMP", "TIMESTAMPTZ")
_STORED = frozenset(
    {
        "INT2", "INT4", "INT8", "FLOAT4", "FLOAT8", "BOOL", "CHAR", "NCHAR", "VARCHAR", "NVARCHAR",
        "BYTES", "VARBYTES", "GEOMETRY", *_TIMES,
    }
)  # fmt: skip
_NO_PRIMARY_TAG = frozenset({"FLOAT4", "FLOAT8", "VARBYTES"})
_WIDEST_PRIMARY_TAG = 128
_PRIMARY_TAG_WIDTH = 64
_STRANGE = re.compile(r"[^a-zA-Z0-9!-/:-@\[-`{-~\s]")


def check_name(name: str, kind: str, longest: int = LONGEST_NAME) -> None:
    """Raises SqlError (42602) for a database or table name that the engine cannot keep."""
    if _STRANGE.search(name):
        raise SqlError(
            f"invalid name: {quote_identifier(name)}, naming of time series objects only supports"
            " letters, numbers and symbols",
            "42602",
        )
    _check_length(name, kind, longest)


def _check_length(name: str, kind: str, longest: int) -> None:
    if len(name.encode()) > longest:
        raise SqlError(f'ts {kind} name "{name}" exceeds max length ({longest})', "42602")


def refuse_in_series(catalog: Catalog, database: str, what: str) -> None:
    """Raises SqlError (0A000) for what only relational databases hold."""
    if catalog.databases[database].engine is EngineType.TIME_SERIES:
        raise SqlError(f"{what} is not supported in timeseries table", "0A000")


def check_partition_interval(text: str) -> None:
    """Raises SqlError (22023) for a unit below a day, or a length that no node takes."""
    unit = text.lstrip("0123456789")
    if unit in ("s", "second", "m", "minute", "h", "hour"):
        raise SqlError(f"unsupported partition interval unit: {unit}", "22023")
    if not 0 < seconds_of(text) <= LONGEST_LIFE:
        raise SqlError(
            f"partition interval {text} is invalid, the time range is [1day, 1000year]", "22023"
        )


def check_retention(text: str) -> None:
    """Raises SqlError (22023)."""
    if seconds_of(text) > LONGEST_LIFE:
        raise SqlError(f"retention {text} is out of range", "22023")


def make_series(relation: Relation, spec: TableSpec, owner: DatabaseDef) -> None:
    """Makes a relation a time-series table: time first, tags last (recordings 07 and 09).

    Raises SqlError.
    """
    check_name(relation.name, "table")
    _check_constraints(spec)
    columns = [column for column in relation.columns if not column.is_tag]
    if len(columns) < 2:
        raise SqlError("ts table must have at least 2 columns", "42P16")
    _check_tags(relation, spec)
    _check_time(columns[0])
    for column in columns[1:]:
        _fit(column, "column")
    relation.retention = spec.retention
    inherited = owner.retention or "0s"
    check_retention(spec.retention or inherited)
    relation.retention_seconds = seconds_of(spec.retention or inherited)


_ENCODINGS = {
    **dict.fromkeys(("INT2", "INT4", "INT8", "TIMESTAMP", "TIMESTAMPTZ"), "simple8b"),
    "FLOAT4": "chimp",
    "FLOAT8": "chimp",
    "BOOL": "bit-packing",
}
_COMPRESSIONS = frozenset({"lz4", "zlib", "zstd", "snappy", "disabled"})
_LEVELS = {"l": "low", "m": "medium", "h": "high"}


def check_storage(spec: ColumnSpec) -> str:
    """``ENCODE … COMPRESS … LEVEL …`` as it is printed (``sql/sqlbase/table.go``).

    Raises SqlError (0A000).
    """
    kind, printed = spec.type.family.lower(), []
    if spec.encoding is not None:
        encoding = spec.encoding.lower()
        if encoding not in ("disabled", _ENCODINGS.get(base_family(spec.type))):
            raise SqlError(f"type {kind} does not support encode type {encoding}", "0A000")
        printed.append(f"ENCODE {encoding.upper()}")
    if spec.compression is not None:
        compression = spec.compression.lower()
        if compression not in _COMPRESSIONS:
            raise SqlError(f"type {kind} does not support compress type {compression}", "0A000")
        printed.append(f"COMPRESS {compression.upper()}")
    if spec.level is not None:
        level = _LEVELS.get(spec.level.lower(), spec.level.lower())
        if level not in _LEVELS.values():
            raise SqlError(f"compress level {level} is not supported", "0A000")
        printed.append(f"LEVEL {level.upper()}")
    return " ".join(printed)


def _check_constraints(spec: TableSpec) -> None:
    """A time series has neither keys nor computed columns (KWDB 3.2, checkTSColValidity)."""
    found = [
        ("primary key", spec.primary is not None),
        ("unique constraint", any(index.unique for index in spec.indexes)),
        ("serial column", any(column.serial for column in spec.columns)),
        ("computed column", any(column.computed is not None for column in spec.columns)),
    ]
    for what, has in found:
        if has:
            raise SqlError(f"{what} is not supported in timeseries table", "0A000")


def _check_time(column: ColumnDef) -> None:
    if column.type.family not in _TIMES:
        raise SqlError(
            f"column {column.name}: the 1st column's type in timeseries table must be TimestampTZ",
            "42804",
        )
    if column.nullable:
        raise SqlError(f"the 1st TimestampTZ column {column.name} must be not null", "23502")
    _check_column_name(column, "column")
    column.type = SqlType("TIMESTAMPTZ", column.type.args or (3,))


def _check_tags(relation: Relation, spec: TableSpec) -> None:
    tags = {column.name: column for column in relation.columns if column.is_tag}
    for name in spec.primary_tags:
        if name in tags and tags[name].type == SqlType("VARCHAR"):
            tags[name].type = SqlType("VARCHAR", (_PRIMARY_TAG_WIDTH,))
    for tag in tags.values():
        _fit(tag, "tag")
    if len(spec.primary_tags) > MOST_PRIMARY_TAGS:
        raise SqlError(f"the max number of primary tags is {MOST_PRIMARY_TAGS}", "54000")
    for name in spec.primary_tags:
        if name not in tags:
            raise SqlError(f"primary tag {name} is not a tag", "42602")
        _check_primary(tags[name])
        tags[name].is_primary_tag = True


def _check_primary(tag: ColumnDef) -> None:
    if tag.nullable:
        raise SqlError(f"tag {tag.name} can not be a nullable tag as primary tag", "23502")
    family = base_family(tag.type)
    if family in _NO_PRIMARY_TAG:
        raise SqlError(
            f"data type {family.lower()} is not supported for primary tag {tag.name}", "42809"
        )
    if family == "VARCHAR" and tag.type.args and tag.type.args[0] > _WIDEST_PRIMARY_TAG:
        raise SqlError(
            f"tag {tag.name}: {tag.type.args[0]} exceeded the maximum width limit of the type"
            " varchar as primary tag",
            "42611",
        )


def _fit(column: ColumnDef, kind: str) -> None:
    """Gives a column the precision or width that it has by default, and checks it."""
    _check_column_name(column, kind)
    family = base_family(column.type)
    unfit = family not in _STORED or (family == "BYTES" and kind == "column")
    if column.type.array or unfit:
        shown = family.lower() + ("[]" if column.type.array else "")
        raise SqlError(
            f"column {column.name}: unsupported {kind} type {shown} in timeseries table", "42809"
        )
    if family in _TIMES and not column.type.args:
        column.type = SqlType(column.type.family, (3,))
    elif family == "VARCHAR" and not column.type.args:
        column.type = SqlType("VARCHAR", (254,))


def _check_column_name(column: ColumnDef, kind: str) -> None:
    _check_length(column.name, kind, LONGEST_NAME)
    if _STRANGE.search(column.name):
        raise SqlError(
            f"invalid name: {column.name}, naming of column/tag in timeseries table only supports"
            " letters, numbers and symbols",
            "42602",
        )
