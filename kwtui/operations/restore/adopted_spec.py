"""A table as the meta.sql of a foreign export defines it. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from kwtui.backups.metasql.create_table import MetaTable
from kwtui.model.schema import ColumnSpec, ForeignKeySpec, TableName, TableSpec
from kwtui.server.catalogue.derive import seconds
from kwtui.sql import ddl
from kwtui.sql.names import split_name


def adopted_spec(name: TableName, meta: MetaTable) -> TableSpec:
    """A table as its meta.sql defines it. Its foreign keys, if it has any, are put back later."""
    if meta.time_series:
        return TableSpec(
            name=name,
            columns=meta.columns,
            create_statement=meta.printed,
            create_without_foreign_keys=meta.printed,
            time_column=meta.columns[0].name,
            time_precision=_precision(meta.columns[0].type),
            retention_seconds=_retention(meta.tail),
        )
    keys, checks = _constraints(meta.printed)
    return TableSpec(
        name=name,
        columns=tuple(_with_true_default(c) for c in meta.columns),
        create_statement=meta.printed,
        create_without_foreign_keys=ddl.without_foreign_keys(meta.printed),
        foreign_keys=keys,
        check_constraints=checks,
    )


_CHECK = re.compile(r'CONSTRAINT ("(?:[^"]|"")*"|\S+) CHECK ')
_FOREIGN_KEY = re.compile(r'CONSTRAINT ("(?:[^"]|"")*"|\S+) FOREIGN KEY ')


def _constraints(create: str) -> tuple[tuple[ForeignKeySpec, ...], tuple[str, ...]]:
    """The foreign keys and the names of the checks of a CREATE TABLE."""
    elements = ddl.split_table(create).elements
    keys = tuple(ddl.parse_foreign_key(e)[0] for e in elements if _FOREIGN_KEY.match(e))
    checks = tuple(split_name(match[1])[0] for e in elements if (match := _CHECK.match(e)))
    return keys, checks


_RETENTION = re.compile(r"\bretentions\s+(\d+[a-z]+)", re.IGNORECASE)


def _retention(tail: str) -> int | None:
    match = _RETENTION.search(tail)
    return seconds(match[1]) if match else None


def _precision(kind: str) -> int | None:
    match = re.search(r"\((\d)\)", kind)
    return int(match[1]) if match else None


def _with_true_default(column: ColumnSpec) -> ColumnSpec:
    r"""A default with a backslash is printed without the ``e`` before its quote (row 27)."""
    default = column.default
    if default and default.startswith("'") and "\\" in default:
        return replace(column, default=f"e{default}")
    return column
