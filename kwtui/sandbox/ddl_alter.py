"""ALTER TABLE and ALTER VIEW (recordings 08, 12, 13, 14 and 15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kwtui.sandbox.answer import Answer, SqlError
from kwtui.sandbox.catalog import CheckDef, ColumnDef, ForeignKeyDef, Relation, RelationKind
from kwtui.sandbox.ddl_database import zone_options
from kwtui.sandbox.ddl_drop import dependent_views, referencing
from kwtui.sandbox.ddl_index import check_unique_rows
from kwtui.sandbox.ddl_parse import (
    CheckSpec,
    IndexSpec,
    TableSpec,
    column_definition,
    duration,
    expression,
    foreign_key,
    index_columns,
    names_in,
    seconds_of,
)
from kwtui.sandbox.ddl_table import (
    add_check,
    add_foreign_key,
    add_index,
    check_free,
    column_from,
    column_of,
)
from kwtui.sandbox.dispatch import handles
from kwtui.sandbox.expression_text import default_text
from kwtui.sandbox.foreign_keys import check_orphans
from kwtui.sandbox.lexer import Statement, TokenStream
from kwtui.sandbox.resolve import find_relation, lookup
from kwtui.sandbox.rows import expression_sql
from kwtui.sandbox.session import Session
from kwtui.sandbox.sources import column_name, table_name
from kwtui.sandbox.types import parse_type, storage_type

_KINDS = (RelationKind.TABLE, RelationKind.TIME_SERIES)
Step = Callable[["_Alter"], str]


@handles("ALTER TABLE", "ALTER VIEW", "ALTER MATERIALIZED VIEW")
def alter(session: Session, statement: Statement) -> Answer:
    """``ALTER TABLE t`` with one or more commands."""
    stream = TokenStream.of(statement, "try \\h ALTER TABLE")
    stream.expect("alter")
    stream.accept("materialized")
    view = stream.next().value == "view"
    if_exists = stream.accept("if", "exists")
    parts = stream.qualified_name()
    tag = "ALTER VIEW" if view else "ALTER TABLE"
    if if_exists and lookup(session.engine.catalog, session.database, parts) is None:
        return Answer(tag)
    relation = find_relation(session, parts)
    if not view and relation.kind not in _KINDS:
        raise SqlError(f'"{relation.name}" is not a table', "42809")
    if stream.accept("rename", "to"):
        target = stream.qualified_name()[-1]
        stream.expect_end()
        rename_relation(session, relation, target)
        return Answer("RENAME VIEW" if view else "RENAME TABLE")
    if stream.accept("configure", "zone"):
        with session.engine.change(session):
            session.engine.catalog.relations[relation.id].zone = zone_options(stream)
        return Answer("CONFIGURE ZONE 1")
    with session.engine.change(session) as cursor:
        relation = session.engine.catalog.relations[relation.id]
        work = _Alter(session, cursor, relation, stream)
        while True:
            tag = work.command()
            if not stream.accept(","):
                break
        stream.expect_end()
        relation.version += 1
    return Answer(tag)


def rename_relation(session: Session, relation: Relation, name: str) -> None:
    """Gives a relation another name in its schema. Raises SqlError (42P07, 2BP01)."""
    catalog = session.engine.catalog
    check_free(catalog, relation.database, relation.schema, name)
    for view in dependent_views(catalog, relation):
        raise SqlError(
            f'cannot rename relation "{relation.name}" because view "{view.name}" depends on it',
            "2BP01",
            hint=f"you can drop {view.name} instead.",
        )
    with session.engine.change(session):
        session.engine.catalog.relations[relation.id].name = name


class _Alter:
    """The commands of one ALTER TABLE."""

    def __init__(
        self, session: Session, cursor: Any, relation: Relation, stream: TokenStream
    ) -> None:
        self.session = session
        self.cursor = cursor
        self.relation = relation
        self.stream = stream
        self.catalog = session.engine.catalog

    def command(self) -> str:
        """Runs one command; answers the statement's tag."""
        stream = self.stream
        if stream.accept("add"):
            return self._add()
        if stream.accept("drop"):
            return self._drop()
        if stream.accept("alter"):
            stream.accept("column")
            return self._alter_column(stream.expect_identifier())
        if stream.accept("validate", "constraint"):
            return self._validate(stream.expect_identifier())
        if stream.accept("rename"):
            return self._rename()
        if stream.accept("set"):
            return self._set()
        raise stream.error()

    # --- ADD ------------------------------------------------------------------------------

    def _add(self) -> str:
        stream, relation = self.stream, self.relation
        name = stream.expect_identifier() if stream.accept("constraint") else None
        if stream.accept("foreign", "key"):
            spec = foreign_key(stream, names_in(stream), name)
            key = add_foreign_key(self.session, relation, spec)
            key.validated = not stream.accept("not", "valid")
            if key.validated:
                check_orphans(self.cursor, relation, key, self.catalog.relations[key.target_id])
        elif stream.accept("check"):
            check = add_check(relation, CheckSpec(stream.balanced(), name))
            check.validated = not stream.accept("not", "valid")
            if check.validated:
                self._check_rows(check)
        elif stream.accept("unique"):
            spec_index = IndexSpec(index_columns(stream), name, unique=True)
            check_unique_rows(self.cursor, relation, add_index(relation, spec_index))
        elif stream.accept("primary", "key"):
            raise SqlError("multiple primary keys for table are not allowed", "42P16")
        elif name is not None:
            raise stream.error()
        else:
            self._add_column()
        return "ALTER TABLE"

    def _add_column(self) -> None:
        stream, relation = self.stream, self.relation
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
        column.is_tag = tag
        self._place(column)
        stored = storage_type(column.type)
        self.cursor.execute(
            f"ALTER TABLE {table_name(relation)} ADD COLUMN {column_name(column)} {stored}"
        )
        self._fill(column)
        for index in spec.indexes:
            check_unique_rows(self.cursor, relation, add_index(relation, index))
        for check in spec.checks:
            self._check_rows(add_check(relation, check))
        for key in spec.foreign_keys:
            add_foreign_key(self.session, relation, key)

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
        if not column.nullable:
            self._check_nulls(column)

    def _fill_counted(self, column: ColumnDef) -> None:
        from kwtui.sandbox.rows import counted_default

        table = table_name(self.relation)
        ids = [r[0] for r in self.cursor.execute(f"SELECT rowid FROM {table}").fetchall()]
        numbers = counted_default(self.session, self.relation, column, len(ids))
        self.cursor.execute(
            f"UPDATE {table} SET {column_name(column)} = n.v FROM (SELECT unnest(?::BIGINT[]) AS i,"
            f" unnest(?::BIGINT[]) AS v) n WHERE {table}.rowid = n.i",
            [ids, numbers],
        )

    def _check_nulls(self, column: ColumnDef) -> None:
        table = table_name(self.relation)
        sql = f"SELECT 1 FROM {table} WHERE {column_name(column)} IS NULL LIMIT 1"
        if self.cursor.execute(sql).fetchone():
            message = f'null value in column "{column.name}" violates not-null constraint'
            raise SqlError(message, "23502")

    def _check_rows(self, check: CheckDef) -> None:
        table = table_name(self.relation)
        sql = expression_sql(self.session, self.relation, check.expression, table)
        if self.cursor.execute(f"SELECT 1 FROM {table} WHERE NOT ({sql}) LIMIT 1").fetchone():
            raise SqlError(
                f'validation of CHECK "{check.expression}" failed on row', "23514"
            )

    # --- DROP -----------------------------------------------------------------------------

    def _drop(self) -> str:
        stream = self.stream
        if stream.accept("constraint"):
            if_exists = stream.accept("if", "exists")
            self._drop_constraint(stream.expect_identifier(), if_exists=if_exists)
            stream.accept_any("cascade", "restrict")
            return "ALTER TABLE"
        stream.accept("tag")
        stream.accept("column")
        if_exists = stream.accept("if", "exists")
        name = stream.expect_identifier()
        cascade = stream.accept_any("cascade", "restrict") == "cascade"
        if if_exists and not any(c.name == name for c in self.relation.columns):
            return "ALTER TABLE"
        self._drop_column(column_of(self.relation, name), cascade=cascade)
        return "ALTER TABLE"

    def _drop_constraint(self, name: str, *, if_exists: bool) -> None:
        relation = self.relation
        keys = [k for k in relation.foreign_keys if k.name != name]
        checks = [c for c in relation.checks if c.name != name]
        if len(keys) == len(relation.foreign_keys) and len(checks) == len(relation.checks):
            if any(i.unique and i.name == name for i in relation.indexes):
                raise SqlError(
                    f'cannot drop UNIQUE constraint "{name}" using ALTER TABLE DROP CONSTRAINT,'
                    " use DROP INDEX CASCADE instead",
                    "0A000",
                )
            if if_exists:
                return
            raise SqlError(f'constraint "{name}" does not exist', "42704")
        relation.foreign_keys, relation.checks = keys, checks

    def _drop_column(self, column: ColumnDef, *, cascade: bool) -> None:
        relation, name = self.relation, column.name
        primary = {n for n, _ in relation.primary.columns} if relation.primary else set()
        if name in primary or column.is_primary_tag or column is relation.columns[0] and (
            relation.kind is RelationKind.TIME_SERIES
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
        self.cursor.execute(f"ALTER TABLE {table_name(relation)} DROP COLUMN {column_name(column)}")

    # --- ALTER COLUMN ---------------------------------------------------------------------

    def _alter_column(self, name: str) -> str:
        stream = self.stream
        column = column_of(self.relation, name)
        if stream.accept("set", "default"):
            zone = self.session.variables.get("timezone")
            text = default_text(expression(stream), column.type, zone)
            column.default = None if text == "NULL" else text
        elif stream.accept("drop", "default"):
            column.default = None
        elif stream.accept("set", "not", "null"):
            self._check_nulls(column)
            column.nullable = False
        elif stream.accept("drop", "not", "null"):
            primary = {n for n, _ in self.relation.primary.columns} if self.relation.primary else ()
            if name in primary:
                raise SqlError(f'column "{name}" is in a primary index', "42P16")
            column.nullable = True
        elif stream.accept("drop", "stored"):
            column.computed = None
        elif stream.accept("type") or stream.accept("set", "data", "type"):
            self._retype(column)
        else:
            raise stream.error()
        return "ALTER TABLE"

    def _retype(self, column: ColumnDef) -> None:
        kind = parse_type(self.stream)
        table, name = table_name(self.relation), column_name(column)
        if storage_type(kind) != storage_type(column.type):
            self.cursor.execute(
                f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {storage_type(kind)}"
            )
        column.type = kind

    # --- the rest -------------------------------------------------------------------------

    def _validate(self, name: str) -> str:
        key: ForeignKeyDef | None = next(
            (k for k in self.relation.foreign_keys if k.name == name), None
        )
        check = next((c for c in self.relation.checks if c.name == name), None)
        if key is not None:
            parent = self.catalog.relations[key.target_id]
            check_orphans(self.cursor, self.relation, key, parent)
            key.validated = True
        elif check is not None:
            self._check_rows(check)
            check.validated = True
        else:
            raise SqlError(f'constraint "{name}" does not exist', "42704")
        return "ALTER TABLE"

    def _rename(self) -> str:
        stream, relation = self.stream, self.relation
        if stream.accept("constraint"):
            return self._rename_constraint(stream.expect_identifier())
        stream.accept("tag")
        stream.accept("column")
        column = column_of(relation, stream.expect_identifier())
        stream.expect("to")
        target = stream.expect_identifier()
        if any(c.name == target for c in relation.columns):
            raise SqlError(f'column name "{target}" already exists', "42701")
        self._rename_column(column, target)
        return "RENAME COLUMN"

    def _rename_constraint(self, name: str) -> str:
        self.stream.expect("to")
        target = self.stream.expect_identifier()
        for item in (*self.relation.foreign_keys, *self.relation.checks, *self.relation.indexes):
            if item.name == name:
                item.name = target
                return "ALTER TABLE"
        raise SqlError(f'constraint "{name}" does not exist', "42704")

    def _rename_column(self, column: ColumnDef, target: str) -> None:
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

    def _set(self) -> str:
        stream, relation = self.stream, self.relation
        if relation.kind is not RelationKind.TIME_SERIES:
            raise stream.error()
        stream.expect("retentions")
        relation.retention = duration(stream)
        relation.retention_seconds = seconds_of(relation.retention)
        return "ALTER TABLE"


def _renamed(expression_text: str, old: str, new: str) -> str:
    """An expression with a column's name changed."""
    from kwtui.sandbox.expression_text import format_tokens
    from kwtui.sandbox.lexer import Kind, Token

    tokens = TokenStream(expression_text).tokens[:-1]
    return format_tokens(
        [
            Token(Kind.QUOTED, new, t.start, t.end)
            if t.kind in (Kind.WORD, Kind.QUOTED) and t.value == old
            else t
            for t in tokens
        ]
    )
