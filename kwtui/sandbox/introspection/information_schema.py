"""``information_schema``: the standard's view of tables, columns, constraints and privileges.

Rows and their order follow recordings 02 and 12.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from kwtui.sandbox.answers.rowset import TEXT, text
from kwtui.sandbox.catalog import grants, oids
from kwtui.sandbox.catalog.listings import (
    constraints,
    default_text,
    index_columns,
    schema_names,
)
from kwtui.sandbox.catalog.objects import ColumnDef, EngineType, Relation, RelationKind
from kwtui.sandbox.catalog.users import ADMIN, PUBLIC, ROOT, roles_of
from kwtui.sandbox.query.virtual_tables import (
    INFORMATION_SCHEMA,
    Definition,
    Rows,
    Scope,
    definitions,
    provides,
)
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import INTEGERS, base_family, type_of_oid

_DATA_TYPES = {
    "BOOL": "boolean", "BYTES": "bytea", "VARBYTES": "varbytes", "NAME": "name",
    "INT1": "tinyint", "INT2": "smallint", "INT4": "integer", "INT8": "bigint",
    "STRING": "text", "VARCHAR": "character varying", "CHAR": "character", "NCHAR": "nchar",
    "NVARCHAR": "nvarchar", "FLOAT4": "real", "FLOAT8": "double precision",
    "DECIMAL": "numeric", "DATE": "date", "TIME": "time without time zone",
    "TIMETZ": "time with time zone", "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMPTZ": "timestamp with time zone", "INTERVAL": "interval", "UUID": "uuid",
    "INET": "inet", "JSONB": "jsonb", "BIT": "bit", "VARBIT": "bit varying", "OID": "oid",
    "GEOMETRY": "geometry", "CLOB": "clob", "BLOB": "blob",
}  # fmt: skip
_LENGTHS = {"STRING", "VARCHAR", "CHAR", "NCHAR", "NVARCHAR", "BIT", "VARBIT"}
_PRECISIONS = {"INT1": 8, "INT2": 16, "INT4": 32, "INT8": 64, "FLOAT4": 24, "FLOAT8": 53}
_COLUMN_COUNT = 48


def data_type(column: ColumnDef) -> str:
    """The standard's name of a column's type."""
    if column.type.array:
        return "ARRAY"
    family = base_family(column.type)
    return _DATA_TYPES.get(family, family.lower())


def yes(value: bool) -> str:
    """``YES`` or ``NO``."""
    return "YES" if value else "NO"


@provides(INFORMATION_SCHEMA, "tables")
def tables(scope: Scope) -> Rows:
    for (schema, name), _ in definitions().items():
        oid = oids.namespace_oid(_database_id(scope), schema)
        yield scope.database, schema, name, "SYSTEM VIEW", "NO", 1, oid
    for relation in scope.relations:
        if relation.kind is RelationKind.SEQUENCE:
            continue
        insertable = relation.kind in (RelationKind.TABLE, RelationKind.TIME_SERIES)
        yield (
            relation.database,
            relation.schema,
            relation.name,
            relation.kind.value,
            yes(insertable),
            relation.version,
            oids.namespace_oid(_database_id(scope), relation.schema),
        )


def _database_id(scope: Scope) -> int:
    database = scope.catalog.databases.get(scope.database)
    return database.id if database is not None else 0


@provides(INFORMATION_SCHEMA, "columns")
def columns(scope: Scope) -> Rows:
    for row in _virtual_column_rows():
        yield scope.database, *row[1:]
    for relation in scope.relations:
        for position, column in enumerate(_listed_columns(relation), start=1):
            yield _column_row(relation, column, position)


@cache
def _virtual_column_rows() -> list[list[str | None]]:
    """The columns of the virtual tables, which are the same in every database but for its name."""
    relations = [_as_relation(definition) for definition in definitions().values()]
    rows = (_column_row(relation, c, c.id) for relation in relations for c in relation.columns)
    return [[text(value) for value in row] for row in rows]


def _as_relation(definition: Definition) -> Relation:
    """A virtual table in the words of a stored one."""
    made = []
    for place, word in enumerate(definition.columns.split(), start=1):
        name, _, oid = word.rstrip("!").partition(":")
        column_type = type_of_oid(int(oid or TEXT))
        made.append(ColumnDef(place, name, column_type, nullable=not word.endswith("!")))
    where = (definition.schema, "")
    return Relation(definition.id, definition.name, *where, RelationKind.VIEW, columns=made)


def _listed_columns(relation: Relation) -> list[ColumnDef]:
    if relation.kind is not RelationKind.SEQUENCE or relation.columns:
        return relation.columns
    return [ColumnDef(1, "value", SqlType("INT8"), nullable=False)]


def _column_row(relation: Relation, column: ColumnDef, position: int) -> list[object]:
    row: list[object] = [None] * _COLUMN_COUNT
    family = base_family(column.type)
    row[0:4] = [relation.database, relation.schema, relation.name, column.name]
    row[4:8] = [position, default_text(column), yes(column.nullable), data_type(column)]
    if family in _LENGTHS and column.type.args:
        row[8] = column.type.args[0]
        row[9] = column.type.args[0] * (1 if family in ("BIT", "VARBIT") else 4)
    if family in _PRECISIONS:
        row[10:12] = [_PRECISIONS[family], 2]
        row[12] = 0 if family in INTEGERS else None
    elif family == "DECIMAL" and column.type.args:
        row[10:13] = [column.type.args[0], 10, (*column.type.args, 0)[1]]
    row[41] = yes(column.computed is not None)
    row[42] = column.computed or ""
    row[43] = yes(relation.kind is RelationKind.TABLE and column.computed is None)
    row[44:46] = [yes(column.hidden), column.type.text]
    row[47] = yes(column.is_tag)
    return row


@provides(INFORMATION_SCHEMA, "schemata")
def schemata(scope: Scope) -> Rows:
    database = scope.catalog.databases.get(scope.database)
    if database is None:
        return
    for name in schema_names(database):
        schema = database.schemas.get(name)
        yield (
            database.name,
            name,
            database.id,
            schema.id if schema else None,
            None,
            None,
            database.engine.value,
            None if database.engine is EngineType.RELATIONAL else 0,
            None,
        )


@provides(INFORMATION_SCHEMA, "sequences")
def sequences(scope: Scope) -> Rows:
    for relation in scope.relations:
        sequence = relation.sequence
        if sequence is None:
            continue
        yield (
            relation.database,
            relation.schema,
            relation.name,
            "bigint",
            64,
            2,
            0,
            str(sequence.start),
            str(sequence.minimum),
            str(sequence.maximum),
            str(sequence.increment),
            "NO",
        )


@provides(INFORMATION_SCHEMA, "views")
def views(scope: Scope) -> Rows:
    for relation in scope.relations:
        if relation.view_query is not None:
            where = (relation.database, relation.schema, relation.name)
            yield (*where, relation.view_query, None, "NO", "NO", "NO", "NO", "NO")


@provides(INFORMATION_SCHEMA, "statistics")
def statistics(scope: Scope) -> Rows:
    for relation in scope.relations:
        for entry in index_columns(relation):
            unique = entry.index.unique or entry.index.name == "primary"
            yield (
                relation.database,
                relation.schema,
                relation.name,
                yes(not unique),
                relation.schema,
                entry.index.name,
                entry.position,
                entry.name,
                None,
                None,
                entry.direction,
                yes(entry.storing),
                yes(entry.implicit),
            )


_KINDS = {"p": "PRIMARY KEY", "u": "UNIQUE", "c": "CHECK", "f": "FOREIGN KEY"}


@provides(INFORMATION_SCHEMA, "table_constraints")
def table_constraints(scope: Scope) -> Rows:
    for relation in scope.relations:
        where = (relation.database, relation.schema)
        for constraint in constraints(scope.catalog, relation):
            kind = _KINDS[constraint.kind]
            yield (*where, constraint.name, *where, relation.name, kind, "NO", "NO")
        for column in relation.columns:
            if not column.nullable and relation.kind is RelationKind.TABLE:
                name = f"{_database_id(scope)}_{relation.id}_{column.id}_not_null"
                yield (*where, name, *where, relation.name, "CHECK", "NO", "NO")


@provides(INFORMATION_SCHEMA, "check_constraints")
def check_constraints(scope: Scope) -> Rows:
    for relation in scope.relations:
        for check in relation.checks:
            yield relation.database, relation.schema, check.name, f"(({check.expression}))"
        for column in relation.columns:
            if not column.nullable and relation.kind is RelationKind.TABLE:
                name = f"{_database_id(scope)}_{relation.id}_{column.id}_not_null"
                yield relation.database, relation.schema, name, f"{column.name} IS NOT NULL"


@provides(INFORMATION_SCHEMA, "key_column_usage")
def key_column_usage(scope: Scope) -> Rows:
    for relation in scope.relations:
        where = (relation.database, relation.schema)
        for name, keys, referenced in _keys(relation):
            for position, column in enumerate(keys, start=1):
                row = (*where, name, *where, relation.name, column, position)
                yield (*row, position if referenced else None)


def _keys(relation: Relation) -> Iterator[tuple[str, list[str], bool]]:
    if relation.primary is not None:
        yield relation.primary.name, [name for name, _ in relation.primary.columns], False
    for index in relation.indexes:
        if index.unique:
            yield index.name, [name for name, _ in index.columns], False
    for key in relation.foreign_keys:
        yield key.name, key.columns, True


@provides(INFORMATION_SCHEMA, "referential_constraints")
def referential_constraints(scope: Scope) -> Rows:
    for relation in scope.relations:
        for key in relation.foreign_keys:
            target = scope.catalog.relations[key.target_id]
            yield (
                relation.database,
                relation.schema,
                key.name,
                target.database,
                target.schema,
                target.primary.name if target.primary else None,
                "NONE",
                key.on_update or "NO ACTION",
                key.on_delete or "NO ACTION",
                relation.name,
                target.name,
            )


@provides(INFORMATION_SCHEMA, "constraint_column_usage")
def constraint_column_usage(scope: Scope) -> Rows:
    for relation in scope.relations:
        for name, keys, referenced in _keys(relation):
            if referenced:
                continue
            for column in keys:
                where = (relation.database, relation.schema, relation.name, column)
                yield (*where, relation.database, relation.schema, name)


@provides(INFORMATION_SCHEMA, "schema_privileges")
def schema_privileges(scope: Scope) -> Rows:
    database = scope.catalog.databases.get(scope.database)
    if database is None:
        return
    for name, schema, grantee, privilege in grants.schema_privileges(scope.catalog, database):
        yield grantee, name, schema, privilege, None


@provides(INFORMATION_SCHEMA, "table_privileges", "role_table_grants")
def table_privileges(scope: Scope) -> Rows:
    held = grants.table_privileges(scope.catalog, scope.relations)
    for database, schema, table, grantee, privilege in held:
        row = (None, grantee, database, schema, table, privilege)
        yield (*row, None, yes(privilege == "SELECT"))


@provides(INFORMATION_SCHEMA, "column_privileges")
def column_privileges(scope: Scope) -> Rows:
    for relation in scope.relations:
        held = grants.table_privileges(scope.catalog, [relation])
        for database, schema, table, grantee, privilege in held:
            for column in relation.columns:
                yield None, grantee, database, schema, table, column.name, privilege, None


@provides(INFORMATION_SCHEMA, "enabled_roles")
def enabled_roles(scope: Scope) -> Rows:
    return [[name] for name in sorted(roles_of(scope.catalog, scope.user) - {PUBLIC})]


@provides(INFORMATION_SCHEMA, "applicable_roles")
def applicable_roles(scope: Scope) -> Rows:
    for role, member, admin in _memberships(scope):
        yield member, role, yes(admin)


@provides(INFORMATION_SCHEMA, "administrable_role_authorizations")
def administrable_roles(scope: Scope) -> Rows:
    for role, member, admin in _memberships(scope):
        if admin:
            yield member, role, "YES"


def _memberships(scope: Scope) -> list[tuple[str, str, bool]]:
    user = scope.catalog.users.get(scope.user)
    memberships = user.member_of if user is not None else {}
    return [(role, scope.user, admin) for role, admin in sorted(memberships.items())]


@provides(INFORMATION_SCHEMA, "user_privileges")
def user_privileges(scope: Scope) -> Rows:
    for grantee in (ADMIN, ROOT):
        for privilege in (grants.ALL, *grants.PRIVILEGES):
            yield grantee, scope.database, privilege, None


@provides(INFORMATION_SCHEMA, "procedure_privileges")
def procedure_privileges(scope: Scope) -> Rows:
    held = grants.procedure_privileges(scope.procedures)
    for database, schema, procedure, grantee, privilege in held:
        yield None, grantee, database, schema, procedure, privilege, None
