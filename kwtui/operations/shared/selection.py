"""The part of a captured database that a plan is about. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kwtui.model.schema import (
    DatabaseSchema,
    ForeignKeySpec,
    ProgramSpec,
    SequenceSpec,
    TableName,
    TableSpec,
    ViewSpec,
)
from kwtui.sql import ddl
from kwtui.sql.lexer import Kind, tokens
from kwtui.sql.names import name_at
from kwtui.sql.programs import IS_OF_PROCEDURE, mentions, target_of


@dataclass(frozen=True)
class Chosen:
    """The part of a captured schema that is restored."""

    schema: DatabaseSchema
    tables: tuple[TableSpec, ...]
    whole: bool

    @property
    def names(self) -> frozenset[TableName]:
        return frozenset(t.name for t in self.tables)

    @property
    def schemas(self) -> tuple[str, ...]:
        """Schemas to be made: all of them, or those of the chosen tables."""
        wanted = self.schema.schemas if self.whole else [t.name.schema for t in self.tables]
        return tuple(s for s in dict.fromkeys(wanted) if s != "public")

    @property
    def sequences(self) -> tuple[SequenceSpec, ...]:
        """All sequences, or those that defaults of the chosen tables take values from."""
        if self.whole:
            return self.schema.sequences
        used = {
            parts[-1]
            for table in self.tables
            for column in table.columns
            for parts in ddl.sequences_in(column.default or "")
        }
        return tuple(s for s in self.schema.sequences if s.name.name in used)

    @property
    def views(self) -> tuple[ViewSpec, ...]:
        """Views whose tables and views are all there, in the order of their making."""
        there = set(self.names)
        kept = []
        for view in self.schema.views:
            if self.whole or (view.depends_on and set(view.depends_on) <= there):
                kept.append(view)
                there.add(view.name)
        return tuple(kept)

    @property
    def programs(self) -> tuple[ProgramSpec, ...]:
        """Procedures and triggers that are made again: all, or triggers of the chosen tables that
        need no other."""
        made = (p for p in self.schema.programs if p.is_made_again)
        if self.whole:
            return tuple(made)
        tables = {str(name) for name in self.names}
        others = {t.name.name for t in self.schema.tables} - {name.name for name in self.names}
        return tuple(p for p in made if p.table in tables and not mentions(p, others))

    @property
    def foreign_keys(self) -> tuple[tuple[TableSpec, ForeignKeySpec], ...]:
        """Foreign keys whose target is there too."""
        there = self.names
        return tuple((t, k) for t in self.tables for k in t.foreign_keys if k.target in there)

    def has(self, target: str) -> bool:
        """Whether the object of a comment or grant (``TABLE public.orders``) is restored."""
        kind, _, name = target.partition(" ")
        if target.startswith(IS_OF_PROCEDURE):
            return target in map(target_of, self.programs)
        if self.whole or kind == "DATABASE":
            return True
        if kind == "SCHEMA":
            return name in ("public", *self.schemas)
        return object_of(target) in {*self.names, *(s.name for s in self.sequences)}


def part_of(schema: DatabaseSchema, tables: tuple[TableSpec, ...]) -> DatabaseSchema:
    """The schema without what belongs to other tables than these."""
    chosen = Chosen(schema, tables, whole=False)
    views = {view.name for view in chosen.views}
    return replace(
        schema,
        schemas=("public", *chosen.schemas),
        tables=tables,
        sequences=chosen.sequences,
        views=chosen.views,
        programs=(
            *(p for p in schema.programs if not p.is_made_again),
            *chosen.programs,
        ),
        comments=tuple(
            c for c in schema.comments if chosen.has(c.target) or object_of(c.target) in views
        ),
        grants=tuple(
            g for g in schema.grants if chosen.has(g.target) or object_of(g.target) in views
        ),
    )


def object_of(target: str) -> TableName | None:
    """The table, view or sequence of a comment or grant; None for anything else."""
    kind, _, name = target.partition(" ")
    items = list(tokens(name))
    if not items or items[0].kind is not Kind.NAME or target.startswith(IS_OF_PROCEDURE):
        return None
    found = name_at(items, 0)
    if found.end < len(items) and items[found.end].text != "@":
        return None
    parts = found.parts[:-1] if kind == "COLUMN" else found.parts
    return TableName(parts[-2], parts[-1]) if len(parts) >= 2 else None
