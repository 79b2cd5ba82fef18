"""Reading the ``meta.sql`` files of KWDB's exports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kwtui.model import ColumnSpec, Engine, Finding


class MetaKind(StrEnum):
    """What a statement of a meta.sql makes."""

    DATABASE = "database"
    SCHEMA = "schema"
    TABLE = "table"
    INDEX = "index"
    COMMENT = "comment"
    GRANT = "grant"
    OTHER = "other"


@dataclass(frozen=True)
class MetaStatement:
    """One statement, without its semicolon."""

    kind: MetaKind
    name: str
    """The object's name without quotes: the last part of a qualified one."""
    text: str
    line: int
    """Where it begins, from 1."""


@dataclass(frozen=True)
class MetaTable:
    """A CREATE TABLE, read."""

    name: str
    schema: str | None
    columns: tuple[ColumnSpec, ...]
    """Tags at the end, as in the data files."""
    time_series: bool
    text: str
    line: int
    tail: str = ""
    """What follows the tags: retentions, and in older versions activetime and the like."""

    @property
    def visible_columns(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns if not c.hidden)


@dataclass(frozen=True)
class MetaFile:
    """A whole meta.sql."""

    path: str
    statements: tuple[MetaStatement, ...]
    tables: tuple[MetaTable, ...]
    database: str | None = None
    engine: Engine | None = None
    """None where the file does not tell: a schema's file."""
    schemas: tuple[str, ...] = ()


def parse_meta(text: str, path: str) -> MetaFile:
    """Read a meta.sql; ``path`` is for messages.

    Raises KwtuiError (META_DAMAGED) with the file, the line and what is wrong.
    """
    raise NotImplementedError


def import_refusals(meta: MetaFile) -> tuple[Finding, ...]:
    """What KWDB's own IMPORT would refuse, or get wrong, of this file."""
    raise NotImplementedError


def rename_database(text: str, path: str, new: str) -> str:
    """The text with the database's name replaced in every statement that has it.

    Raises KwtuiError (META_DAMAGED).
    """
    raise NotImplementedError
