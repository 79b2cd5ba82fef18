"""``pg_catalog``: PostgreSQL's own view of the objects, for the clients that read it.

Covers what psql's ``\\d``, ``\\l`` and ``\\dt`` and drivers ask for. Comments and the oids of
virtual tables follow recording 12.
"""

from __future__ import annotations

from collections.abc import Iterator

from kwtui.sandbox.catalog import oids
from kwtui.sandbox.catalog.listings import (
    constraints,
    create_database_text,
    default_text,
    primary_index,
    schema_names,
)
from kwtui.sandbox.catalog.objects import ColumnDef, DatabaseDef, IndexDef, Relation, RelationKind
from kwtui.sandbox.catalog.users import role_members
from kwtui.sandbox.language.lexer import quote_identifier
from kwtui.sandbox.query.system_tables import (
    COLUMN_COMMENT,
    INDEX_COMMENT,
    PROCEDURE_COMMENT,
    TABLE_COMMENT,
    comments,
)
from kwtui.sandbox.query.virtual_tables import PG_CATALOG, Rows, Scope, definitions, provides
from kwtui.sandbox.values.types import base_family, oid_of

_CLASS, _DATABASE = 4294967126, 4294967119
"""The oids of pg_class and pg_database themselves, as classoid names them."""
_INVALID = 0
_UTF8 = 6
_KINDS = {
    RelationKind.TABLE: "r",
    RelationKind.TIME_SERIES: "r",
    RelationKind.VIEW: "v",
    RelationKind.MATERIALIZED_VIEW: "m",
    RelationKind.SEQUENCE: "S",
}
_SIZES = {"BOOL": 1, "INT1": 1, "INT2": 2, "INT4": 4, "INT8": 8, "FLOAT4": 4, "FLOAT8": 8}
_SIZES |= {"OID": 4, "UUID": 16, "DATE": 4, "TIME": 8, "TIMESTAMP": 8, "TIMESTAMPTZ": 8}
_CATEGORIES = {
    "BOOL": "B", "BYTES": "U", "INT2": "N", "INT4": "N", "INT8": "N", "FLOAT4": "N",
    "FLOAT8": "N", "DECIMAL": "N", "OID": "N", "STRING": "S", "VARCHAR": "S", "CHAR": "S",
    "NAME": "S", "DATE": "D", "TIME": "D", "TIMETZ": "D", "TIMESTAMP": "D", "TIMESTAMPTZ": "D",
    "INTERVAL": "T", "INET": "I", "BIT": "V", "VARBIT": "V",
}  # fmt: skip
_TYPE_NAMES = {
    "BOOL": "bool", "BYTES": "bytea", "NAME": "name", "INT8": "int8", "INT2": "int2",
    "INT4": "int4", "STRING": "text", "OID": "oid", "FLOAT4": "float4", "FLOAT8": "float8",
    "INET": "inet", "CHAR": "bpchar", "VARCHAR": "varchar", "DATE": "date", "TIME": "time",
    "TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamptz", "INTERVAL": "interval",
    "TIMETZ": "timetz", "BIT": "bit", "VARBIT": "varbit", "DECIMAL": "numeric", "UUID": "uuid",
    "JSONB": "jsonb",
}  # fmt: skip


def _database(scope: Scope) -> DatabaseDef | None:
    return scope.catalog.databases.get(scope.database)


def _namespace(scope: Scope, schema: str) -> int:
    database = _database(scope)
    return oids.namespace_oid(database.id if database else 0, schema)


@provides(PG_CATALOG, "pg_namespace")
def pg_namespace(scope: Scope) -> Rows:
    database = _database(scope)
    if database is None:
        return
    for name in schema_names(database):
        yield _namespace(scope, name), name, None, None


@provides(PG_CATALOG, "pg_database")
def pg_database(scope: Scope) -> Rows:
    for database in scope.databases:
        yield (
            database.id,
            database.name,
            None,
            _UTF8,
            "en_US.utf8",
            "en_US.utf8",
            False,
            True,
            -1,
            None,
            None,
            None,
            _INVALID,
            None,
            create_database_text(database),
        )


@provides(PG_CATALOG, "pg_class")
def pg_class(scope: Scope) -> Rows:
    for (schema, _), definition in definitions().items():
        yield _class_row(scope, definition.id, definition.name, schema, "r", False)
    for relation in scope.relations:
        indexed = primary_index(relation) is not None
        yield _class_row(
            scope, relation.id, relation.name, relation.schema, _KINDS[relation.kind], indexed
        )
        for index in _indexes(relation):
            oid = oids.index_oid(relation.id, index.id)
            yield _class_row(scope, oid, index.name, relation.schema, "i", False)


def _class_row(
    scope: Scope, oid: int, name: str, schema: str, kind: str, indexed: bool
) -> list[object]:
    row: list[object] = [oid, name, _namespace(scope, schema), _INVALID, _INVALID, None]
    row += [_INVALID, _INVALID, _INVALID, None, None, _INVALID, _INVALID]
    row += [indexed, False, "p", False, kind, 0, 0, False, indexed, False, False, False]
    row += [0, None, None, False, False, True, "d", _INVALID, False, None]
    return row


def _indexes(relation: Relation) -> list[IndexDef]:
    primary = primary_index(relation)
    return [*([primary] if primary else []), *relation.indexes]


@provides(PG_CATALOG, "pg_attribute")
def pg_attribute(scope: Scope) -> Rows:
    for relation in scope.relations:
        for position, column in enumerate(relation.columns, start=1):
            yield _attribute_row(relation.id, position, column)
        for index in _indexes(relation):
            by_name = {column.name: column for column in relation.columns}
            oid = oids.index_oid(relation.id, index.id)
            for position, (name, _) in enumerate(index.columns, start=1):
                if name in by_name:
                    yield _attribute_row(oid, position, by_name[name])


def _attribute_row(relation: int, position: int, column: ColumnDef) -> list[object]:
    size = -1 if column.type.array else _SIZES.get(base_family(column.type), -1)
    row: list[object] = [relation, column.name, oid_of(column.type), 0, size, position]
    row += [1 if column.type.array else 0, -1, _modifier(column), None, None, None]
    row += [not column.nullable, column.default is not None, "", "", False, True, 0]
    row += [_INVALID, None, None, None]
    return row


def _modifier(column: ColumnDef) -> int:
    args = column.type.args
    family = base_family(column.type)
    if family == "DECIMAL" and args:
        return ((args[0] << 16) | (*args, 0)[1]) + 4
    if family in ("STRING", "VARCHAR", "CHAR") and args:
        return args[0] + 4
    return args[0] if family in ("BIT", "VARBIT") and args else -1


@provides(PG_CATALOG, "pg_attrdef")
def pg_attrdef(scope: Scope) -> Rows:
    for relation in scope.relations:
        for position, column in enumerate(relation.columns, start=1):
            if column.default is not None:
                oid = oids.column_oid(relation.id, column.id)
                yield oid, relation.id, position, default_text(column), default_text(column)


@provides(PG_CATALOG, "pg_index")
def pg_index(scope: Scope) -> Rows:
    for relation in scope.relations:
        positions = {column.name: n for n, column in enumerate(relation.columns, start=1)}
        primary = primary_index(relation)
        for index in _indexes(relation):
            keys = [positions.get(name, 0) for name, _ in index.columns]
            options = [0 if order == "ASC" else 3 for _, order in index.columns]
            own = index is primary or (primary is not None and index.id == primary.id)
            row: list[object] = [oids.index_oid(relation.id, index.id), relation.id, len(keys)]
            row += [index.unique or own, False, own, False, index.unique or own, False, True]
            row += [False, False, True, False, _vector(keys), _vector([0] * len(keys))]
            row += [_vector([0] * len(keys)), _vector(options), None, None]
            yield row


def _vector(numbers: list[int]) -> str:
    return " ".join(map(str, numbers))


@provides(PG_CATALOG, "pg_indexes")
def pg_indexes(scope: Scope) -> Rows:
    for relation in scope.relations:
        for index in _indexes(relation):
            oid = oids.index_oid(relation.id, index.id)
            definition = index_definition(relation, index)
            yield oid, relation.schema, relation.name, index.name, None, definition


def index_definition(relation: Relation, index: IndexDef) -> str:
    """The CREATE INDEX statement of an index."""
    unique = "UNIQUE " if index.unique or index.name == "primary" else ""
    where = [relation.database, relation.schema, relation.name]
    keys = ", ".join(f"{quote_identifier(name)} {order}" for name, order in index.columns)
    text = f"CREATE {unique}INDEX {quote_identifier(index.name)} ON "
    text += ".".join(quote_identifier(part) for part in where) + f" ({keys})"
    if index.storing:
        text += f" STORING ({', '.join(quote_identifier(name) for name in index.storing)})"
    return text


@provides(PG_CATALOG, "pg_constraint")
def pg_constraint(scope: Scope) -> Rows:
    for relation in scope.relations:
        positions = {column.name: n for n, column in enumerate(relation.columns, start=1)}
        for constraint in constraints(scope.catalog, relation):
            key = next((k for k in relation.foreign_keys if k.name == constraint.name), None)
            index = next((i for i in _indexes(relation) if i.name == constraint.name), None)
            row: list[object] = [
                oids.constraint_oid(constraint.kind, relation.id, constraint.name),
                constraint.name,
                _namespace(scope, relation.schema),
                constraint.kind,
                False,
                False,
                constraint.validated,
                relation.id,
                _INVALID,
                oids.index_oid(relation.id, index.id) if index else _INVALID,
                key.target_id if key else _INVALID,
            ]
            row += [_action(key.on_update), _action(key.on_delete), "s"] if key else [None] * 3
            row += [True, 0, True, _key_positions(index, key, positions), None]
            row += [None, None, None, None, None, None, constraint.definition]
            yield row


def _action(rule: str) -> str:
    actions = {"CASCADE": "c", "SET NULL": "n", "SET DEFAULT": "d", "RESTRICT": "r"}
    return actions.get(rule, "a")


def _key_positions(
    index: IndexDef | None, key: object, positions: dict[str, int]
) -> list[int] | None:
    names = getattr(key, "columns", None)
    if names is None and index is not None:
        names = [name for name, _ in index.columns]
    return [positions[name] for name in names if name in positions] if names else None


@provides(PG_CATALOG, "pg_tables")
def pg_tables(scope: Scope) -> Rows:
    for relation in scope.relations:
        if relation.kind in (RelationKind.TABLE, RelationKind.TIME_SERIES):
            indexed = primary_index(relation) is not None
            yield relation.schema, relation.name, None, None, indexed, False, False, False


@provides(PG_CATALOG, "pg_views")
def pg_views(scope: Scope) -> Rows:
    for relation in scope.relations:
        if relation.view_query is not None:
            yield relation.schema, relation.name, None, relation.view_query


@provides(PG_CATALOG, "pg_sequence")
def pg_sequence(scope: Scope) -> Rows:
    for relation in scope.relations:
        sequence = relation.sequence
        if sequence is not None:
            bounds = (sequence.start, sequence.increment, sequence.maximum, sequence.minimum)
            yield (relation.id, 20, *bounds, sequence.cache, False)


@provides(PG_CATALOG, "pg_description")
def pg_description(scope: Scope) -> Rows:
    for definition in definitions().values():
        if definition.description is not None:
            yield definition.id, _CLASS, 0, definition.description
    shown = {relation.id for relation in scope.relations}
    shown |= {procedure.id for procedure in scope.procedures}
    for kind, object_id, part, text in sorted(comments(scope.catalog)):
        if object_id not in shown:
            continue
        if kind in (TABLE_COMMENT, PROCEDURE_COMMENT):
            yield object_id, _CLASS, 0, text
        elif kind == COLUMN_COMMENT:
            yield object_id, _CLASS, part, text
        elif kind == INDEX_COMMENT:
            yield oids.index_oid(object_id, part), _CLASS, 0, text


@provides(PG_CATALOG, "pg_shdescription")
def pg_shdescription(scope: Scope) -> Rows:
    for database in scope.databases:
        if database.comment is not None:
            yield database.id, _DATABASE, database.comment


@provides(PG_CATALOG, "pg_roles")
def pg_roles(scope: Scope) -> Rows:
    for oid, name, is_role, top, login in _roles(scope):
        flags = (top, is_role, top, top, False, login, False)
        yield (oid, name, *flags, -1, "********", None, False, None)


@provides(PG_CATALOG, "pg_authid")
def pg_authid(scope: Scope) -> Rows:
    for oid, name, is_role, top, login in _roles(scope):
        yield oid, name, top, is_role, top, top, login, False, False, -1, "********", None


@provides(PG_CATALOG, "pg_user")
def pg_user(scope: Scope) -> Rows:
    for oid, name, is_role, top, _ in _roles(scope):
        if not is_role:
            yield name, oid, top, top, False, False, "********", None, None


def _roles(scope: Scope) -> Iterator[tuple[int, str, bool, bool, bool]]:
    """Oid, name, whether it is a role, is root or admin themselves, and may log in.

    A node shows no member of admin as a superuser, and no expiry.
    """
    for name, user in sorted(scope.catalog.users.items()):
        top = name in ("root", "admin")
        yield oids.user_oid(name), name, user.is_role, top, "NOLOGIN" not in user.options


@provides(PG_CATALOG, "pg_auth_members")
def pg_auth_members(scope: Scope) -> Rows:
    for role, member, admin in role_members(scope.catalog):
        yield oids.user_oid(role), oids.user_oid(member), None, admin


@provides(PG_CATALOG, "pg_type")
def pg_type(scope: Scope) -> Rows:
    namespace = _namespace(scope, PG_CATALOG)
    for family, name in _TYPE_NAMES.items():
        oid = oid_of_family(family, array=False)
        array = oid_of_family(family, array=True)
        size = _SIZES.get(family, -1)
        yield _type_row(oid, name, namespace, size, _CATEGORIES.get(family, "U"), 0, array)
        yield _type_row(array, f"_{name}", namespace, -1, "A", oid, 0)


def oid_of_family(family: str, *, array: bool) -> int:
    """The oid of a type by KWDB's name for it."""
    from kwtui.sandbox.values.sql_type import SqlType

    return oid_of(SqlType(family, array=array))


def _type_row(
    oid: int, name: str, namespace: int, size: int, category: str, element: int, array: int
) -> list[object]:
    functions: list[object] = [f"{name}{suffix}" for suffix in ("in", "out", "recv", "send")]
    row: list[object] = [oid, name, namespace, None, size, 0 < size <= 8, "b", category]
    row += [False, True, ",", _INVALID, element, array, *functions, 0, 0, 0]
    row += [None, None, False, _INVALID, -1, 0, _INVALID, None, None, None]
    return row


@provides(PG_CATALOG, "pg_settings")
def pg_settings(scope: Scope) -> Rows:
    for name, value in scope.session.variables.all().items():
        row: list[object] = [name, value, None, None, None, None, "user", "string", None]
        yield [*row, None, None, None, value, value, None, None, False]


@provides(PG_CATALOG, "pg_collation")
def pg_collation(scope: Scope) -> Rows:
    namespace = _namespace(scope, PG_CATALOG)
    for name in ("C", "POSIX", "en_US"):
        yield oids.constraint_oid("c", 0, name), name, namespace, None, _UTF8, None, None


@provides(PG_CATALOG, "pg_am")
def pg_am(scope: Scope) -> Rows:
    row: list[object] = [2631952481, "prefix", 0, 0, True, False, True, True, True, True, True]
    yield [*row, True, False, False, False, *[_INVALID] * 17, "i"]


@provides(PG_CATALOG, "pg_tablespace")
def pg_tablespace(scope: Scope) -> Rows:
    yield _INVALID, "pg_default", None, None, None, None


@provides(PG_CATALOG, "pg_depend")
def pg_depend(scope: Scope) -> Rows:
    constraint_class = next(
        d.id for d in definitions().values() if (d.schema, d.name) == (PG_CATALOG, "pg_constraint")
    )
    for relation in scope.relations:
        for key in relation.foreign_keys:
            target = scope.catalog.relations[key.target_id]
            primary = primary_index(target)
            index = oids.index_oid(target.id, primary.id) if primary else _INVALID
            oid = oids.constraint_oid("f", relation.id, key.name)
            yield constraint_class, oid, 0, _CLASS, index, 0, "n"
