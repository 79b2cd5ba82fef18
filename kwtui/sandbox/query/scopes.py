"""The columns that an expression can name, and what they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import Relation
from kwtui.sandbox.values.sql_type import SqlType


@dataclass(frozen=True)
class SourceColumn:
    """A column of a table in FROM. The type is None where only DuckDB knows it."""

    name: str
    type: SqlType | None
    hidden: bool = False


@dataclass
class Source:
    """A table in FROM under its alias."""

    alias: str
    columns: list[SourceColumn]
    relation: Relation | None = None

    def find(self, name: str) -> SourceColumn | None:
        return next((c for c in self.columns if c.name == name), None)


@dataclass
class Scope:
    """The tables of one SELECT, inside those of the SELECTs around it."""

    parent: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    tables: dict[str, list[SourceColumn]] = field(default_factory=dict)
    """Common table expressions by name."""
    aliases: set[str] = field(default_factory=set)
    """Names of output columns, for GROUP BY and ORDER BY."""

    def table(self, name: str) -> list[SourceColumn] | None:
        """The columns of a common table expression."""
        if name in self.tables:
            return self.tables[name]
        return self.parent.table(name) if self.parent else None

    def source(self, alias: str) -> Source | None:
        """The table with this alias, here or further out."""
        for source in self.sources:
            if source.alias == alias:
                return source
        return self.parent.source(alias) if self.parent else None

    def column(self, name: str, table: str = "") -> SourceColumn:
        """The column that a name means.

        Raises SqlError: 42703, 42702 or 42P01 as the node.
        """
        if table:
            source = self.source(table)
            if source is None:
                raise SqlError(f"no data source matches prefix: {table}", "42P01")
            found = source.find(name)
            if found is None:
                raise SqlError(f'column "{table}.{name}" does not exist', "42703")
            return found
        scope: Scope | None = self
        while scope is not None:
            matches = [c for s in scope.sources if (c := s.find(name)) is not None]
            if len(matches) > 1:
                where = ", ".join(f"{s.alias}.{name}" for s in scope.sources if s.find(name))
                raise SqlError(
                    f'column reference "{name}" is ambiguous (candidates: {where})', "42702"
                )
            if matches:
                return matches[0]
            scope = scope.parent
        raise SqlError(f'column "{name}" does not exist', "42703")


@dataclass
class Output:
    """A column of a result."""

    name: str
    type: SqlType | None
    """None where only DuckDB knows it."""
    afterwards: str | None = None
    """A function that is computed on the finished rows."""
