"""What ALTER TABLE does to columns: in the catalogue, and in the rows that are stored."""

from __future__ import annotations

from typing import Any

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.dependencies import check_sequence, dependent_views, referencing
from kwtui.sandbox.catalog.objects import CheckDef, ColumnDef, Relation, RelationKind
from kwtui.sandbox.ddl.index import check_unique_rows
from kwtui.sandbox.ddl.parse import column_definition
from kwtui.sandbox.ddl.table import add_check, add_foreign_key, add_index, column_from
from kwtui.sandbox.ddl.table_spec import TableSpec
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Kind, Token
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.sources import column_name, devices_name, table_name
from kwtui.sandbox.rows.staging import counted_default, expression_sql
from kwtui.sandbox.rows.touched import touch_all
from kwtui.sandbox.values.expression_text import format_tokens
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import storage_type


class ColumnChanges:
    """The columns of one table while an ALTER TABLE runs."""

    def __init__(self, session: Session, cursor: Any, relation: Relation) -> None:
        self.session = session
        self.cursor = cursor
        self.relation = relation
        self.catalog = session.engine.catalog
        session.engine.retyped = True

    def add(self, stream: TokenStream) -> None:
        """``ADD [COLUMN | TAG] [IF NOT EXISTS] definition``. Raises SqlError (42701, …)."""
        relation = self.relation
        series = relation.kind is RelationKind.TIME_SERIES
        tag = series and bool(stream.accept_any("tag", "attribute"))
        stream.accept("column")
        if_not_exists = stream.accept("if", "not", "exists")
        spec = TableSpec([])
        column_spec = column_definition(stream, spec)
        if any(c.name == column_spec.name for c in relation.columns):
            if if_not_exists:
                return
            raise SqlError(
                f'column "{column_spec.name}" of relation "{relation.name}" already exists',
                "42701",
            )
        number = max(c.id for c in relation.columns) + 1
        column = column_from(number, column_spec, self.session.variables.get("timezone"))
        check_sequence(self.catalog, (relation.database, self.session.database), column.default)
        column.is_tag = tag
        self._place(column)
        stored = storage_type(column.type)
        for table in self._tables(column):
            self.cursor.execute(f"ALTER TABLE {table} ADD COLUMN {column_name(column)} {stored}")
        self._fill(column)
        for index in spec.indexes:
            check_unique_rows(self.cursor, relation, add_index(relation, index))
        for check in spec.checks:
            self.check_rows(add_check(relation, check))
        for key in spec.foreign_keys:
            add_foreign_key(self.session, relation, key)

    def _tables(self, column: ColumnDef) -> list[str]:
        """The DuckDB tables that hold a column: a tag is with the readings and with the devices."""
        tables = [table_name(self.relation)]
        return [*tables, devices_name(self.relation)] if column.is_tag else tables

    def _place(self, column: ColumnDef) -> None:
        """A new column comes before the tags and the hidden rowid's family entry."""
        columns = self.relation.columns
        first_tag = next((i for i, c in enumerate(columns) if c.is_tag), len(columns))
        columns.insert(len(columns) if column.is_tag else first_tag, column)
        if self.relation.families:
            self.relation.families[0][1].append(column.name)

    def _fill(self, column: ColumnDef) -> None:
        """Values of a new column in the rows that are there."""
        table = table_name(self.relation)
        name = column_name(column)
        source = column.computed or column.default
        if source is not None and source.startswith(("nextval(", "unique_rowid(")):
            self._fill_counted(column)
        elif source is not None:
            sql = expression_sql(self.session, self.relation, source, table, column.type)
            self.cursor.execute(f"UPDATE {table} SET {name} = {sql}")
        if source is not None:
            touch_all(self.session.engine, self.cursor, self.relation)
        if not column.nullable:
            self.check_nulls(column)

    def _fill_counted(self, column: ColumnDef) -> None:

        table = table_name(self.relation)
        ids = [r[0] for r in self.cursor.execute(f"SELECT rowid FROM {table}").fetchall()]
        numbers = counted_default(self.session, self.relation, column, len(ids))
        self.cursor.execute(
            f"UPDATE {table} SET {column_name(column)} = n.v FROM (SELECT unnest(?::BIGINT[]) AS i,"
            f" unnest(?::BIGINT[]) AS v) n WHERE {table}.rowid = n.i",
            [ids, numbers],
        )

    def check_nulls(self, column: ColumnDef) -> None:
        """Raises SqlError (23502) if a stored row has no value in the column."""
        table = table_name(self.relation)
        sql = f"SELECT 1 FROM {table} WHERE {column_name(column)} IS NULL LIMIT 1"
        if self.cursor.execute(sql).fetchone():
            message = f'null value in column "{column.name}" violates not-null constraint'
            raise SqlError(message, "23502")

    def check_rows(self, check: CheckDef) -> None:
        """Raises SqlError (23514) if a stored row breaks the check."""
        table = table_name(self.relation)
        sql = expression_sql(self.session, self.relation, check.expression, table)
        if self.cursor.execute(f"SELECT 1 FROM {table} WHERE NOT ({sql}) LIMIT 1").fetchone():
            raise SqlError(f'validation of CHECK "{check.expression}" failed on row', "23514")

    def drop(self, column: ColumnDef, *, cascade: bool) -> None:
        """``DROP COLUMN``, with the indexes, keys and checks on it. Raises SqlError (2BP01, …)."""
        relation, name = self.relation, column.name
        primary = {n for n, _ in relation.primary.columns} if relation.primary else set()
        if (
            name in primary
            or column.is_primary_tag
            or (column is relation.columns[0] and (relation.kind is RelationKind.TIME_SERIES))
        ):
            raise SqlError(f'column "{name}" is referenced by the primary key', "42P10")
        for other in referencing(self.catalog, relation):
            if any(
                name in k.target_columns for k in other.foreign_keys if k.target_id == relation.id
            ):
                raise SqlError(
                    f'"{relation.name}" is referenced by foreign key from table "{other.name}"',
                    "2BP01",
                )
        if not cascade and (views := dependent_views(self.catalog, relation)):
            raise SqlError(
                f'cannot drop column "{name}" because view "{views[0].name}" depends on it',
                "2BP01",
                hint=f"you can drop {views[0].name} instead.",
            )
        relation.columns.remove(column)
        relation.indexes = [
            i for i in relation.indexes if name not in [n for n, _ in i.columns] + i.storing
        ]
        relation.foreign_keys = [k for k in relation.foreign_keys if name not in k.columns]
        words = {c.name: TokenStream(c.expression).tokens for c in relation.checks}
        relation.checks = [
            c for c in relation.checks if all(t.value != name for t in words[c.name])
        ]
        relation.families = [(f, [n for n in names if n != name]) for f, names in relation.families]
        for table in self._tables(column):
            self.cursor.execute(f"ALTER TABLE {table} DROP COLUMN {column_name(column)}")

    def retype(self, column: ColumnDef, kind: SqlType) -> None:
        """``ALTER COLUMN … TYPE``."""
        name, stored = column_name(column), storage_type(kind)
        if stored != storage_type(column.type):
            for table in self._tables(column):
                self.cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {stored}")
        column.type = kind

    def rename(self, column: ColumnDef, target: str) -> None:
        """``RENAME COLUMN``, everywhere it is named. Raises SqlError (2BP01)."""
        relation, old = self.relation, column.name
        if views := dependent_views(self.catalog, relation):
            raise SqlError(
                f'cannot rename column "{old}" because view "{views[0].name}" depends on it',
                "2BP01",
                hint=f"you can drop {views[0].name} instead.",
            )
        column.name = target
        swap = {old: target}
        for index in (relation.primary, *relation.indexes):
            if index is not None:
                index.columns = [(swap.get(n, n), d) for n, d in index.columns]
                index.storing = [swap.get(n, n) for n in index.storing]
        for key in relation.foreign_keys:
            key.columns = [swap.get(n, n) for n in key.columns]
        for other in (relation, *referencing(self.catalog, relation)):
            for key in other.foreign_keys:
                if key.target_id == relation.id:
                    key.target_columns = [swap.get(n, n) for n in key.target_columns]
        relation.families = [(f, [swap.get(n, n) for n in names]) for f, names in relation.families]
        for check in relation.checks:
            check.expression = _renamed(check.expression, old, target)
        for other_column in relation.columns:
            if other_column.computed is not None:
                other_column.computed = _renamed(other_column.computed, old, target)


def _renamed(expression_text: str, old: str, new: str) -> str:
    """An expression with a column's name changed."""

    tokens = TokenStream(expression_text).tokens[:-1]
    return format_tokens(
        [
            Token(Kind.QUOTED, new, t.start, t.end)
            if t.kind in (Kind.WORD, Kind.QUOTED) and t.value == old
            else t
            for t in tokens
        ]
    )
