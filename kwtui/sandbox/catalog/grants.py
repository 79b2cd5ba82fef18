"""Privileges on databases, schemas and tables: who holds what, and how the node lists it.

``admin`` and ``root`` hold ALL on everything without a row of their own in the catalogue. A grant
on a database shows up in ``public`` and in the virtual schemas, not in schemas made by a user,
which have grants of their own (recordings 02 and 12).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.answers.rowset import RowSet, rowset
from kwtui.sandbox.catalog.lookup import PUBLIC as PUBLIC_SCHEMA
from kwtui.sandbox.catalog.lookup import VIRTUAL_SCHEMAS
from kwtui.sandbox.catalog.objects import Catalog, DatabaseDef, ProcedureDef, Relation, SchemaDef
from kwtui.sandbox.catalog.users import ADMIN, NO_PRIVILEGE, PUBLIC, ROOT, is_admin, roles_of

Grants = dict[str, set[str]]
Securable = DatabaseDef | SchemaDef | Relation | ProcedureDef

ALL = "ALL"
PRIVILEGES = (
    "CREATE",
    "DELETE",
    "DROP",
    "EXECUTE",
    "GRANT",
    "INSERT",
    "SELECT",
    "UPDATE",
    "ZONECONFIG",
)
SYSTEM = "system"
# What even the administrators may do with a system table; recording 12, pg_description aside.
_SYSTEM_PRIVILEGES = {"DELETE", "GRANT", "INSERT", "SELECT", "UPDATE"}


def check_grantees(catalog: Catalog, names: Iterable[str]) -> None:
    """Refuse a grantee that is neither a user nor a role nor ``public``.

    Raises:
        SqlError: recording 13, ``nobody_here``.
    """
    for name in names:
        if name not in catalog.users and name != PUBLIC:
            raise SqlError(f"user or role {name} does not exist")


def grant(target: Securable, privileges: Iterable[str], grantees: Iterable[str]) -> None:
    """Add privileges. ALL swallows the single ones; administrators have all already."""
    wanted = set(privileges)
    for name in grantees:
        if name in (ADMIN, ROOT):
            continue
        held = target.grants.setdefault(name, set())
        if ALL in wanted or ALL in held or held | wanted >= set(PRIVILEGES):
            target.grants[name] = {ALL}
        else:
            held |= wanted


def revoke(target: Securable, privileges: Iterable[str], grantees: Iterable[str]) -> None:
    """Take privileges away; one taken from ALL leaves the others.

    Raises:
        SqlError: the administrators' privileges cannot be taken.
    """
    wanted = set(privileges)
    for name in grantees:
        if name in (ADMIN, ROOT):
            raise SqlError(
                f"user {name} must have exactly ALL privileges on object with ID={target.id}"
            )
        held = target.grants.get(name, set())
        if ALL in held and ALL not in wanted:
            held = set(PRIVILEGES)
        left = set() if ALL in wanted else held - wanted
        if left:
            target.grants[name] = left
        else:
            target.grants.pop(name, None)


def inherited(database: DatabaseDef) -> Grants:
    """The grants that a new table or schema takes over from its database."""
    return {name: set(privileges) for name, privileges in database.grants.items()}


def holds(catalog: Catalog, user: str, target: Securable, privilege: str | None = None) -> bool:
    """Whether the user holds this privilege, or any at all, itself or through a role."""
    if is_admin(catalog, user):
        return True
    for name in roles_of(catalog, user):
        held = target.grants.get(name, set())
        if held and (privilege is None or privilege in held or ALL in held):
            return True
    return False


def require(catalog: Catalog, user: str, target: Securable, privilege: str | None = None) -> None:
    """Let only holders of a privilege pass (any privilege when none is named).

    Raises:
        SqlError: 42501.
    """
    if holds(catalog, user, target, privilege):
        return
    kinds = {DatabaseDef: "database", SchemaDef: "schema", ProcedureDef: "procedure"}
    kind = kinds.get(type(target), "relation")
    lack = f"does not have {privilege} privilege" if privilege else "has no privileges"
    raise SqlError(f"user {user} {lack} on {kind} {target.name}", NO_PRIVILEGE)


def schema_privileges(
    catalog: Catalog, database: DatabaseDef
) -> Iterator[tuple[str, str, str, str]]:
    """Database, schema, grantee and privilege, schemas and grantees in order."""
    own: dict[str, Grants] = {name: schema.grants for name, schema in database.schemas.items()}
    for name in (*VIRTUAL_SCHEMAS, PUBLIC_SCHEMA):
        own[name] = database.grants
    for schema, grants in sorted(own.items()):
        for grantee, privilege in _with_administrators(grants, system=database.name == SYSTEM):
            yield database.name, schema, grantee, privilege


def table_privileges(
    catalog: Catalog, relations: Iterable[Relation]
) -> Iterator[tuple[str, str, str, str, str]]:
    """Database, schema, table, grantee and privilege of these relations."""
    for relation in relations:
        system = relation.database == SYSTEM
        for grantee, privilege in _with_administrators(relation.grants, system=system):
            yield relation.database, relation.schema, relation.name, grantee, privilege


def procedure_privileges(
    procedures: Iterable[ProcedureDef],
) -> Iterator[tuple[str, str, str, str, str]]:
    """Database, schema, procedure, grantee and privilege of these procedures."""
    for procedure in procedures:
        for grantee, privilege in _with_administrators(procedure.grants):
            yield procedure.database, procedure.schema, procedure.name, grantee, privilege


def _with_administrators(grants: Grants, *, system: bool = False) -> Iterator[tuple[str, str]]:
    held = dict(grants)
    held[ADMIN] = held[ROOT] = _SYSTEM_PRIVILEGES if system else {ALL}
    for grantee in sorted(held):
        for privilege in sorted(held[grantee]):
            yield grantee, privilege


def show_database_grants(catalog: Catalog, databases: Iterable[DatabaseDef]) -> RowSet:
    """SHOW GRANTS ON DATABASE."""
    rows = [row for database in databases for row in schema_privileges(catalog, database)]
    return rowset("database_name schema_name grantee privilege_type", sorted(rows))


def show_schema_grants(catalog: Catalog, database: DatabaseDef, schemas: list[str]) -> RowSet:
    """SHOW GRANTS ON SCHEMA."""
    rows = [row for row in schema_privileges(catalog, database) if row[1] in schemas]
    return rowset("database_name schema_name grantee privilege_type", rows)


def show_table_grants(catalog: Catalog, relations: Iterable[Relation]) -> RowSet:
    """SHOW GRANTS ON TABLE."""
    return rowset(
        "database_name schema_name table_name grantee privilege_type",
        sorted(table_privileges(catalog, relations)),
    )


def show_procedure_grants(procedures: Iterable[ProcedureDef]) -> RowSet:
    """SHOW GRANTS ON PROCEDURE (KWDB 3.2, delegate/show_grants.go)."""
    return rowset(
        "database_name schema_name procedure_name grantee privilege_type",
        sorted(procedure_privileges(procedures)),
    )


def show_all_grants(catalog: Catalog, database: str) -> RowSet:
    """SHOW GRANTS: everything in the current database. The caller filters grantees."""
    rows: list[tuple[str | None, ...]] = [
        (db, schema, table, None, grantee, privilege)
        for db, schema, table, grantee, privilege in table_privileges(
            catalog, catalog.relations_in(database)
        )
    ]
    rows += [
        (db, schema, None, None, grantee, privilege)
        for db, schema, grantee, privilege in schema_privileges(
            catalog, catalog.databases[database]
        )
    ]
    rows += [
        (db, schema, None, procedure, grantee, privilege)
        for db, schema, procedure, grantee, privilege in procedure_privileges(
            p for p in catalog.procedures.values() if p.database == database
        )
    ]
    rows.sort(key=lambda row: tuple((value is not None, value or "") for value in row))
    return rowset(
        "database_name schema_name table_name procedure_name grantee privilege_type", rows
    )


def for_grantees(listing: RowSet, grantees: list[str]) -> RowSet:
    """The rows of a SHOW GRANTS that name one of these grantees; all rows without any."""
    if not grantees:
        return listing
    place = [column.name for column in listing.columns].index("grantee")
    return RowSet(listing.columns, [row for row in listing.rows if row[place] in grantees])
