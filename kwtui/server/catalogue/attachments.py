"""From the server's answers to what hangs on objects: comments, grants, zone configurations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kwtui.model.schema import CommentSpec, GrantSpec, TableName, TableSpec
from kwtui.server.catalogue.derive import VIRTUAL_SCHEMAS
from kwtui.server.connection.results import ResultSet, to_bool
from kwtui.sql.names import split_name
from kwtui.sql.programs import IS_OF_PROCEDURE
from kwtui.sql.quoting import identifier, qualified

BUILT_IN_GRANTEES = frozenset({"admin", "root"})


def comments(
    database_comment: str | None,
    table_comments: Mapping[TableName, str],
    tables: Iterable[TableSpec],
    index_comments: Mapping[TableName, Mapping[str, str]],
) -> tuple[CommentSpec, ...]:
    """Every comment, ready for COMMENT ON."""
    found = []
    if database_comment:
        found.append(CommentSpec("DATABASE", database_comment))
    for name, text in table_comments.items():
        found.append(CommentSpec(f"TABLE {qualified(name.schema, name.name)}", text))
    for table in tables:
        printed = qualified(table.name.schema, table.name.name)
        found.extend(
            CommentSpec(f"COLUMN {printed}.{identifier(c.name)}", c.comment)
            for c in table.columns
            if c.comment
        )
        found.extend(
            CommentSpec(f"INDEX {printed}@{identifier(index)}", text)
            for index, text in index_comments.get(table.name, {}).items()
        )
    return tuple(found)


def indexes_with_comment(answer: ResultSet) -> dict[str, str]:
    """SHOW INDEXES WITH COMMENT, one entry for each index that has one."""
    told = ((row.get("index_name"), row.get("comment")) for row in answer.dicts())
    return {name: text for name, text in told if name and text}


def grants(on_database: ResultSet, on_tables: ResultSet) -> tuple[GrantSpec, ...]:
    """All grants but those of admin and root.

    The server tells the database's own grants as grants on its virtual schemas (recording 12).
    """
    found: dict[tuple[str, str], list[str]] = {}

    def add(target: str, grantee: str | None, privilege: str | None) -> None:
        if grantee and privilege and grantee not in BUILT_IN_GRANTEES:
            privileges = found.setdefault((target, grantee), [])
            if privilege not in privileges:
                privileges.append(privilege)

    rows = list(on_database.dicts())
    for row in rows:
        if row.get("schema_name") == "pg_catalog":
            add("DATABASE", row.get("grantee"), row.get("privilege_type"))
    of_database = {(key[1], p) for key, privileges in found.items() for p in privileges}
    for row in rows:
        schema = row.get("schema_name") or ""
        inherited = (row.get("grantee"), row.get("privilege_type")) in of_database
        if schema in VIRTUAL_SCHEMAS or (schema == "public" and inherited):
            continue
        add(f"SCHEMA {identifier(schema)}", row.get("grantee"), row.get("privilege_type"))
    for row in on_tables.dicts():
        target = f"TABLE {qualified(row['table_schema'] or '', row['table_name'] or '')}"
        add(target, row["grantee"], row["privilege_type"])
    return tuple(GrantSpec(t, g, tuple(privileges)) for (t, g), privileges in found.items())


def grants_on_procedures(rights: ResultSet) -> tuple[GrantSpec, ...]:
    """Who may execute procedures, or do more with them; all but admin and root."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rights.dicts():
        name, grantee = row.get("procedure_name"), row.get("grantee")
        privilege = row.get("privilege_type")
        if name and grantee and privilege:
            schema = row.get("procedure_schema") or "public"
            target = f"{IS_OF_PROCEDURE}{qualified(schema, name)}"
            found.setdefault((target, grantee), []).append(privilege)
    return tuple(GrantSpec(t, g, tuple(privileges)) for (t, g), privileges in found.items())


def grantees(
    specs: Iterable[GrantSpec], users: ResultSet
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who has grants: users, and roles. Without the list of users everyone counts as a user."""
    roles = {row.get("username") for row in users.dicts() if to_bool(row.get("isRole"))}
    names = sorted({spec.grantee for spec in specs})
    return (
        tuple(name for name in names if name not in roles),
        tuple(name for name in names if name in roles),
    )


def database_zones(zones: ResultSet, database: str) -> tuple[str, ...]:
    """The zone configuration of the database itself, out of SHOW ZONE CONFIGURATIONS."""
    found = []
    for row in zones.dicts():
        kind, _, name = (row.get("target") or "").partition(" ")
        if kind == "DATABASE" and split_name(name) == (database,):
            found.append(row.get("raw_config_sql") or "")
    return tuple(found)
