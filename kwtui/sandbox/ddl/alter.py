"""ALTER TABLE and ALTER VIEW (recordings 08, 12, 13, 14 and 15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kwtui.sandbox.answers.answer import Answer, Notice, SqlError
from kwtui.sandbox.catalog.dependencies import check_sequence, dependent_views
from kwtui.sandbox.catalog.lookup import lookup
from kwtui.sandbox.catalog.objects import CheckDef, ForeignKeyDef, IndexDef, Relation, RelationKind
from kwtui.sandbox.ddl.columns import ColumnChanges
from kwtui.sandbox.ddl.database import zone_options
from kwtui.sandbox.ddl.durations import duration, seconds_of
from kwtui.sandbox.ddl.index import check_unique_rows, store_computed
from kwtui.sandbox.ddl.parse import default_value, foreign_key, index_columns
from kwtui.sandbox.ddl.partition import read_hash_points, read_partitioning
from kwtui.sandbox.ddl.ranges import split_table
from kwtui.sandbox.ddl.sharding import accept_buckets, check_allowed, shard
from kwtui.sandbox.ddl.storage import check_free
from kwtui.sandbox.ddl.table import add_check, add_foreign_key, add_index, column_of
from kwtui.sandbox.ddl.table_spec import CheckSpec, IndexSpec
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_relation
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Statement
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.rows.foreign_keys import check_orphans
from kwtui.sandbox.values.expression_text import default_text
from kwtui.sandbox.values.types import parse_type

_KINDS = (RelationKind.TABLE, RelationKind.TIME_SERIES)
_PRIMARY_KEY_LATER = (
    "primary key changes are finalized asynchronously; further schema changes on this table may be"
    " restricted until the job completes"
)
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
    if stream.accept("split", "at"):
        return split_table(session, relation, stream)
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
    return Answer(tag, notices=work.notices)


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
        self.columns = ColumnChanges(session, cursor, relation)
        self.notices: list[Notice] = []

    def command(self) -> str:
        """Runs one command; answers the statement's tag."""
        stream = self.stream
        if stream.accept("add"):
            return self._add()
        if stream.accept("drop"):
            return self._drop()
        if stream.accept("alter", "primary", "key"):
            return self._primary_key()
        if stream.accept("alter"):
            stream.accept("column")
            return self._alter_column(stream.expect_identifier())
        if stream.accept("validate", "constraint"):
            return self._validate(stream.expect_identifier())
        if stream.accept("rename"):
            return self._rename()
        if stream.accept("set"):
            return self._set()
        if stream.accept("partition"):
            return self._partition()
        raise stream.error()

    # --- ADD ------------------------------------------------------------------------------

    def _add(self) -> str:
        stream, relation = self.stream, self.relation
        name = stream.expect_identifier() if stream.accept("constraint") else None
        if stream.accept("foreign", "key"):
            spec = foreign_key(stream, stream.name_list(), name)
            key = add_foreign_key(self.session, relation, spec)
            key.validated = not stream.accept("not", "valid")
            if key.validated:
                check_orphans(self.cursor, relation, key, self.catalog.relations[key.target_id])
        elif stream.accept("check"):
            check = add_check(relation, CheckSpec(stream.balanced(), name))
            check.validated = not stream.accept("not", "valid")
            if check.validated:
                self.columns.check_rows(check)
        elif stream.accept("unique"):
            spec_index = IndexSpec(index_columns(stream), name, unique=True)
            check_unique_rows(self.cursor, relation, add_index(relation, spec_index))
        elif stream.accept("primary", "key"):
            raise SqlError("multiple primary keys for table are not allowed", "42P16")
        elif name is not None:
            raise stream.error()
        else:
            self.columns.add(stream)
        return "ALTER TABLE"

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
        self.columns.drop(column_of(self.relation, name), cascade=cascade)
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

    # --- ALTER COLUMN ---------------------------------------------------------------------

    def _alter_column(self, name: str) -> str:
        stream = self.stream
        column = column_of(self.relation, name)
        if stream.accept("set", "default"):
            zone = self.session.variables.get("timezone")
            text = default_text(default_value(stream), column.type, zone)
            databases = (self.relation.database, self.session.database)
            check_sequence(self.session.engine.catalog, databases, text)
            column.default = None if text == "NULL" else text
        elif stream.accept("drop", "default"):
            column.default = None
        elif stream.accept("set", "not", "null"):
            self.columns.check_nulls(column)
            column.nullable = False
        elif stream.accept("drop", "not", "null"):
            primary = {n for n, _ in self.relation.primary.columns} if self.relation.primary else ()
            if name in primary:
                raise SqlError(f'column "{name}" is in a primary index', "42P16")
            column.nullable = True
        elif stream.accept("drop", "stored"):
            column.computed = None
        elif stream.accept("type") or stream.accept("set", "data", "type"):
            self.columns.retype(column, parse_type(stream))
        else:
            raise stream.error()
        return "ALTER TABLE"

    # --- ALTER PRIMARY KEY ------------------------------------------------------------------

    def _primary_key(self) -> str:
        """Gives the table another primary key; the old one lives on as a unique index."""
        stream, relation = self.stream, self.relation
        stream.expect("using", "columns")
        columns = index_columns(stream)
        buckets = accept_buckets(stream)
        check_allowed(self.session, buckets)
        for name, _ in columns:
            if column_of(relation, name).nullable:
                raise SqlError(f'cannot use nullable column "{name}" in primary key', "42P15")
        old = relation.primary
        number = max(i.id for i in (old, *relation.indexes) if i is not None) + 1
        primary = IndexDef(number, "primary", columns, unique=True, buckets=buckets)
        if buckets:
            shard(relation, columns, buckets)
        if old is not None and not any(column_of(relation, n).hidden for n, _ in old.keys):
            add_index(relation, IndexSpec(list(old.columns), unique=True))
            relation.indexes[-1].buckets = old.buckets
        relation.primary = primary
        store_computed(self.session, self.cursor, relation)
        check_unique_rows(self.cursor, relation, primary)
        self.notices.append(Notice(_PRIMARY_KEY_LATER))
        return "ALTER TABLE"

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
            self.columns.check_rows(check)
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
        self.columns.rename(column, target)
        return "RENAME COLUMN"

    def _rename_constraint(self, name: str) -> str:
        self.stream.expect("to")
        target = self.stream.expect_identifier()
        relation = self.relation
        named: list[ForeignKeyDef | CheckDef | IndexDef] = [*relation.foreign_keys]
        named += [*relation.checks, *relation.indexes]
        for item in named:
            if item.name == name:
                item.name = target
                return "ALTER TABLE"
        raise SqlError(f'constraint "{name}" does not exist', "42704")

    def _partition(self) -> str:
        if self.relation.kind is not RelationKind.TIME_SERIES:
            self.relation.partitioning = read_partitioning(self.stream, self.relation)
        elif self.stream.looking_at("by", "hashpoint"):
            read_hash_points(self.stream)
        else:
            raise SqlError(f'can not partition ts table "{self.relation.name}"', "42809")
        return "ALTER TABLE"

    def _set(self) -> str:
        stream, relation = self.stream, self.relation
        if relation.kind is not RelationKind.TIME_SERIES:
            raise stream.error()
        stream.expect("retentions")
        relation.retention = duration(stream)
        relation.retention_seconds = seconds_of(relation.retention)
        return "ALTER TABLE"
