"""The tables of the database ``system`` that the sandbox keeps: users, roles, settings, names.

On a node these are stored tables; here their rows are read from the catalogue. Definitions: the
``meta.sql`` files of recording 03, recording 12, and KWDB's own table definitions. The other tables
that SHOW TABLES FROM system lists hold protocol buffers of the node, which the sandbox has none of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import Column, SqlError
from kwtui.sandbox.answers.rowset import RowSet, text
from kwtui.sandbox.catalog import settings, users
from kwtui.sandbox.catalog.system_tables import PUBLIC, names, relation
from kwtui.sandbox.engine.clock import timestamp_text
from kwtui.sandbox.values.types import oid_of

if TYPE_CHECKING:
    from kwtui.sandbox.catalog.objects import Catalog


DATABASE_COMMENT, TABLE_COMMENT, COLUMN_COMMENT, INDEX_COMMENT, PROCEDURE_COMMENT = range(5)
_PUBLIC_SCHEMA_ID = 29
# 20.1-3 as the node stores it: an encoded message (recording 03, syssettings).
_VERSION = "\x12\x08\x08\x14\x10\x01\x18\x00 \x03"

Rows = Iterable[Sequence[object]]


def load(catalog: Catalog, user: str, name: str) -> RowSet:
    """The rows of a system table.

    Raises:
        SqlError: 42501 for everybody but administrators (recording 04), 42P01 for an unknown
            table, 0A000 for one whose content the sandbox does not have.
    """
    found = relation(name)
    if found is None:
        if name in names():
            raise SqlError(
                f"the sandbox does not keep system.{name}",
                "0A000",
                hint="It exists on a real node. The sandbox refuses what it cannot answer truly.",
            )
        raise SqlError(f'relation "system.{name}" does not exist', "42P01")
    require_select(catalog, user, name)
    columns = tuple(Column(c.name, oid_of(c.type)) for c in found.columns)
    rows = [tuple(text(value) for value in row) for row in _ROWS[name](catalog)]
    return RowSet(columns, rows)


def require_select(catalog: Catalog, user: str, name: str) -> None:
    """Let only administrators read a system table.

    Raises:
        SqlError: 42501.
    """
    if not users.is_admin(catalog, user):
        raise SqlError(
            f"user {user} does not have SELECT privilege on relation {name}", users.NO_PRIVILEGE
        )


def _users(catalog: Catalog) -> Rows:
    for name, user in sorted(catalog.users.items()):
        yield name, f"\\x{(user.password or '').encode().hex()}", user.is_role


def _role_members(catalog: Catalog) -> Rows:
    return users.role_members(catalog)


def _role_options(catalog: Catalog) -> Rows:
    for _, user in sorted(catalog.users.items()):
        yield from users.role_options(user)


def _settings(catalog: Catalog) -> Rows:
    since = timestamp_text(min(d.created_at for d in catalog.databases.values()))
    stored = {
        "cluster.secret": (settings.value_of(catalog, "cluster.secret"), "s"),
        "diagnostics.reporting.enabled": ("true", "b"),
        "version": (_VERSION, "m"),
    }
    for name, value in catalog.settings.items():
        stored[name] = (value, settings.known()[name].kind)
    for name, (value, kind) in sorted(stored.items()):
        yield name, value, since, kind


def _namespace(catalog: Catalog) -> Iterator[Sequence[object]]:
    for database in sorted(catalog.databases.values(), key=lambda database: database.id):
        yield 0, 0, database.name, database.id
        yield database.id, 0, PUBLIC, _PUBLIC_SCHEMA_ID
        for schema in database.schemas.values():
            if schema.name != PUBLIC:
                yield database.id, 0, schema.name, schema.id
    for _, found in sorted(catalog.relations.items()):
        database = catalog.databases[found.database]
        own = database.schemas.get(found.schema)
        schema_id = own.id if own and found.schema != PUBLIC else _PUBLIC_SCHEMA_ID
        yield database.id, schema_id, found.name, found.id


def _comments(catalog: Catalog) -> Rows:
    return sorted(comments(catalog))


def comments(catalog: Catalog) -> Iterator[tuple[int, int, int, str]]:
    """Kind, object id, part and text of every comment that was made."""
    for database in catalog.databases.values():
        if database.comment is not None:
            yield DATABASE_COMMENT, database.id, 0, database.comment
    for found in catalog.relations.values():
        if found.comment is not None:
            yield TABLE_COMMENT, found.id, 0, found.comment
        for column in found.columns:
            if column.comment is not None:
                yield COLUMN_COMMENT, found.id, column.id, column.comment
        for index in [*([found.primary] if found.primary else []), *found.indexes]:
            if index.comment is not None:
                yield INDEX_COMMENT, found.id, index.id, index.comment
    for procedure in catalog.procedures.values():
        if procedure.comment is not None:
            yield PROCEDURE_COMMENT, procedure.id, 0, procedure.comment


_ROWS: dict[str, Callable[[Catalog], Rows]] = {
    "users": _users,
    "role_members": _role_members,
    "role_options": _role_options,
    "settings": _settings,
    "namespace": _namespace,
    "namespace2": _namespace,
    "comments": _comments,
}
