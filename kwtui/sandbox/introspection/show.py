"""SHOW of objects: databases, schemas, tables, columns, indexes, constraints, grants, users.

The tags are the node's own, also where they are odd: SHOW SEQUENCES ends with ``SHOW SCHEMAS``
(recording 02).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.answers.rowset import RowSet, rowset
from kwtui.sandbox.catalog import grants, listings, users, zones
from kwtui.sandbox.catalog import system_tables as stored_tables
from kwtui.sandbox.catalog.create_text import create_relation_text, unzoned_warning
from kwtui.sandbox.catalog.listings import create_database_text
from kwtui.sandbox.catalog.objects import EngineType, Relation, RelationKind
from kwtui.sandbox.catalog.spliced_names import check_show_tags
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import (
    Named,
    find_database,
    find_named,
    find_procedure,
    find_schema,
)
from kwtui.sandbox.language.lexer import Statement, quote_identifier
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query import system_tables
from kwtui.sandbox.query.virtual_tables import definitions, is_virtual
from kwtui.sandbox.statements.grants import matching_tables, table_pattern

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

HINT = "try \\h SHOW"


def _stream(statement: Statement, *words: str, hint: str | None = None) -> TokenStream:
    stream = TokenStream.of(statement, hint)
    stream.expect(*words)
    return stream


def _with_comment(stream: TokenStream) -> bool:
    return stream.accept("with", "comment")


def _optional_name(stream: TokenStream) -> list[str]:
    return stream.qualified_name() if stream.accept_any("from", "in") else []


def _table(session: Session, parts: list[str]) -> Named:
    """The relation of this name. Raises SqlError for one that the user may not see."""
    named = find_named(session, parts)
    grants.require(session.engine.catalog, session.user, named.relation)
    return named


@handles("SHOW TS", "SHOW DEFAULT", "SHOW EXPORT", "SHOW IMPORT")
def unknown_subject(session: Session, statement: Statement) -> Answer:
    """Keywords that SHOW does not know are syntax errors, not session variables."""
    raise _stream(statement, "show", hint=HINT).error()


@handles("SHOW DATABASES")
def databases(session: Session, statement: Statement) -> Answer:
    """``SHOW DATABASES [WITH COMMENT]``."""
    stream = _stream(statement, "show", "databases", hint="try \\h SHOW DATABASES")
    with_comment = _with_comment(stream)
    stream.expect_end()
    listed = listings.show_databases(session.engine.catalog, with_comment=with_comment)
    return listed.answer("SHOW DATABASES")


@handles("SHOW SCHEMAS")
def schemas(session: Session, statement: Statement) -> Answer:
    """``SHOW SCHEMAS [FROM database]``."""
    stream = _stream(statement, "show", "schemas", hint="try \\h SHOW SCHEMAS")
    parts = _optional_name(stream)
    stream.expect_end()
    database = find_database(session, parts[0] if parts else session.database)
    return listings.show_schemas(database).answer("SHOW SCHEMAS")


@handles("SHOW TABLES")
def tables(session: Session, statement: Statement) -> Answer:
    """``SHOW TABLES [FROM database[.schema]] [WITH COMMENT]``."""
    stream = _stream(statement, "show", "tables", hint="try \\h SHOW TABLES")
    parts = _optional_name(stream)
    with_comment = _with_comment(stream)
    stream.expect_end()
    database, schema = find_schema(session, parts)
    if is_virtual(schema):
        listed = _virtual_tables(schema, with_comment)
    elif database.name == grants.SYSTEM:
        rows = [[name, "BASE TABLE", *([""] if with_comment else [])] for name in _system(session)]
        listed = rowset("table_name table_type" + (" comment" if with_comment else ""), rows)
    else:
        listed = listings.show_tables(
            session.engine.catalog, session.user, database.name, schema, with_comment=with_comment
        )
    return listed.answer("SHOW TABLES")


def _system(session: Session) -> list[str]:
    admin = users.is_admin(session.engine.catalog, session.user)
    return stored_tables.names() if admin else []


def _virtual_tables(schema: str, with_comment: bool) -> RowSet:
    rows = [
        [d.name, "SYSTEM VIEW", *([d.description or ""] if with_comment else [])]
        for d in definitions().values()
        if d.schema == schema
    ]
    return rowset("table_name table_type" + (" comment" if with_comment else ""), sorted(rows))


@handles("SHOW SEQUENCES")
def sequences(session: Session, statement: Statement) -> Answer:
    """``SHOW SEQUENCES [FROM database]``."""
    stream = _stream(statement, "show", "sequences", hint="try \\h SHOW SEQUENCES")
    parts = _optional_name(stream)
    stream.expect_end()
    database = find_database(session, parts[0] if parts else session.database)
    listed = listings.show_sequences(session.engine.catalog, session.user, database.name)
    return listed.answer("SHOW SCHEMAS")


@handles("SHOW COLUMNS")
def columns(session: Session, statement: Statement) -> Answer:
    """``SHOW COLUMNS FROM table [WITH COMMENT]``."""
    stream = _stream(statement, "show", "columns", "from", hint="try \\h SHOW COLUMNS")
    parts = stream.qualified_name()
    with_comment = _with_comment(stream)
    stream.expect_end()
    relation = _table(session, parts).relation
    return listings.show_columns(relation, with_comment=with_comment).answer("SHOW COLUMNS")


@handles("SHOW INDEX", "SHOW INDEXES", "SHOW KEYS")
def indexes(session: Session, statement: Statement) -> Answer:
    """``SHOW INDEXES FROM table [WITH COMMENT]``, ``SHOW INDEXES FROM DATABASE database``."""
    stream = TokenStream.of(statement, "try \\h SHOW INDEXES")
    stream.expect("show")
    stream.accept_any("index", "indexes", "keys")
    stream.expect("from")
    if stream.accept("database"):
        return _database_indexes(session, stream)
    parts = stream.qualified_name()
    with_comment = _with_comment(stream)
    stream.expect_end()
    relation = _table(session, parts).relation
    listed = listings.show_indexes(relation, with_comment=with_comment)
    return listed.answer("SHOW INDEXES FROM TABLE")


def _database_indexes(session: Session, stream: TokenStream) -> Answer:
    database = find_database(session, stream.expect_identifier())
    stream.expect_end()
    catalog = session.engine.catalog
    relations = catalog.relations_in(database.name)
    each = [
        listings.show_indexes(relation)
        for relation in listings.visible(catalog, session.user, relations)
    ]
    rows = [row for listed in each for row in listed.rows]
    shape = listings.show_indexes(Relation(0, "", "", "", RelationKind.TABLE))
    return RowSet(shape.columns, rows).answer("SHOW INDEXES FROM DATABASE")


@handles("SHOW CONSTRAINT", "SHOW CONSTRAINTS")
def constraints(session: Session, statement: Statement) -> Answer:
    """``SHOW CONSTRAINTS FROM table``."""
    stream = TokenStream.of(statement, "try \\h SHOW CONSTRAINTS")
    stream.expect("show")
    stream.accept_any("constraint", "constraints")
    stream.expect("from")
    parts = stream.qualified_name()
    stream.expect_end()
    relation = _table(session, parts).relation
    listed = listings.show_constraints(session.engine.catalog, relation)
    return listed.answer("SHOW CONSTRAINTS")


@handles("SHOW TAGS", "SHOW ATTRIBUTES")
def tags(session: Session, statement: Statement) -> Answer:
    """``SHOW TAGS FROM table``."""
    stream = TokenStream.of(statement, "try \\h SHOW TAGS")
    stream.expect("show")
    stream.accept_any("tags", "attributes")
    stream.expect("from")
    parts = stream.qualified_name()
    stream.expect_end()
    relation = _table(session, parts).relation
    check_show_tags(relation)
    return listings.show_tags(relation).answer("SHOW TAGS")


@handles("SHOW RETENTIONS")
def retentions(session: Session, statement: Statement) -> Answer:
    """``SHOW RETENTIONS ON TABLE table``."""
    stream = _stream(statement, "show", "retentions", "on", "table", hint="try \\h SHOW RETENTIONS")
    parts = stream.qualified_name()
    stream.expect_end()
    relation = _table(session, parts).relation
    return listings.show_retentions(relation).answer("SHOW RETENTIONS")


@handles("SHOW CREATE")
def create(session: Session, statement: Statement) -> Answer:
    """``SHOW CREATE [TABLE | VIEW | SEQUENCE] name``: with the zone configuration at its end."""
    stream = _stream(statement, "show", "create")
    stream.accept_any("table", "view", "sequence")
    parts = stream.qualified_name()
    stream.expect_end()
    named = _table(session, parts)
    text = create_relation_text(session.engine.catalog, named.relation)
    text = ";\n".join([text, *zones.statements_of(named.relation)])
    text += unzoned_warning(named.relation)
    return rowset("table_name create_statement", [[named.shown, text]]).answer("SHOW CREATE")


@handles("SHOW CREATE DATABASE")
def create_database(session: Session, statement: Statement) -> Answer:
    """``SHOW CREATE DATABASE name``."""
    stream = _stream(statement, "show", "create", "database")
    database = find_database(session, stream.expect_identifier())
    stream.expect_end()
    row = [quote_identifier(database.name), create_database_text(database)]
    return rowset("database_name create_statement", [row]).answer("SHOW CREATE DATABASE")


@handles("SHOW USERS", "SHOW ROLES")
def show_users(session: Session, statement: Statement) -> Answer:
    """``SHOW USERS`` and ``SHOW ROLES`` list the same rows under their own tag."""
    stream = _stream(statement, "show")
    word = stream.next().value.upper()
    stream.expect_end()
    system_tables.require_select(session.engine.catalog, session.user, "users")
    return users.show_users(session.engine.catalog).answer(f"SHOW {word}")


@handles("SHOW GRANTS")
def show_grants(session: Session, statement: Statement) -> Answer:
    """``SHOW GRANTS [ON object, …] [FOR user, …]``."""
    stream = _stream(statement, "show", "grants")
    if stream.accept("on", "role"):
        return _role_grants(session, stream)
    kind, wanted = None, []
    if stream.accept("on"):
        kind = stream.accept_any("database", "schema", "procedure", "table") or "table"
        dotted = kind in ("procedure", "table")
        wanted = _objects(stream) if dotted else [[name] for name in stream.names()]
    grantees = stream.names() if stream.accept("for") else []
    stream.expect_end()
    listed = _listed_grants(session, kind, wanted)
    return grants.for_grantees(listed, grantees).answer("SHOW GRANTS")


def _objects(stream: TokenStream) -> list[list[str]]:
    found = [table_pattern(stream)]
    while stream.accept(","):
        found.append(table_pattern(stream))
    return found


def _listed_grants(session: Session, kind: str | None, wanted: list[list[str]]) -> RowSet:
    catalog = session.engine.catalog
    if kind is None:
        return grants.show_all_grants(catalog, find_database(session, session.database).name)
    if kind == "database":
        found = [find_database(session, name) for (name,) in wanted]
        return grants.show_database_grants(catalog, found)
    if kind == "schema":
        database = find_database(session, session.database)
        for parts in wanted:
            find_schema(session, parts)
        return grants.show_schema_grants(catalog, database, [name for (name,) in wanted])
    if kind == "procedure":
        return grants.show_procedure_grants(find_procedure(session, parts) for parts in wanted)
    tables = [relation for parts in wanted for relation in matching_tables(session, parts)]
    return grants.show_table_grants(catalog, tables)


def _role_grants(session: Session, stream: TokenStream) -> Answer:
    roles = [] if stream.at_end or stream.looking_at("for") else stream.names()
    members = stream.names() if stream.accept("for") else []
    stream.expect_end()
    catalog = session.engine.catalog
    system_tables.require_select(catalog, session.user, "role_members")
    return users.show_role_grants(catalog, roles, members).answer("SHOW GRANTS ON ROLE")


@handles("SHOW ZONE CONFIGURATIONS", "SHOW ALL ZONE", "SHOW ZONES")
def zone_configurations(session: Session, statement: Statement) -> Answer:
    """``SHOW ZONE CONFIGURATIONS``."""
    return zones.show_all(session.engine.catalog).answer("SHOW ZONE CONFIGURATION")


@handles("SHOW ZONE CONFIGURATION")
def zone_configuration(session: Session, statement: Statement) -> Answer:
    """``SHOW ZONE CONFIGURATION FOR TABLE | DATABASE | RANGE name``."""
    stream = _stream(statement, "show", "zone", "configuration")
    stream.accept_any("for", "from")
    kind = stream.accept_any("table", "database", "range")
    if kind is None:
        raise stream.error()
    if kind == "table":
        named = _table(session, stream.qualified_name())
        database = session.engine.catalog.databases[named.relation.database]
        listed = zones.show_table(database, named.relation, named.shown)
    elif kind == "database":
        listed = zones.show_database(find_database(session, stream.expect_identifier()))
    else:
        listed = _range_zone(session, stream.expect_identifier())
    stream.expect_end()
    return listed.answer("SHOW ZONE CONFIGURATION")


def _range_zone(session: Session, name: str) -> RowSet:
    listed = zones.show_range(session.engine.catalog, name)
    if listed is None:
        raise SqlError(f'"{name}" is not a built-in zone')
    return listed


@handles("SHOW DISTRIBUTION")
def distribution(session: Session, statement: Statement) -> Answer:
    """``SHOW DISTRIBUTION FROM DATABASE | TABLE name``: time series only (recordings 12 and 15).

    The sandbox keeps no blocks, so that its nodes report none, as a node does that has not
    written its rows to disk yet.
    """
    stream = _stream(statement, "show", "distribution", "from")
    kind = stream.accept_any("database", "table")
    if kind == "database":
        database = find_database(session, stream.expect_identifier())
    elif kind == "table":
        relation = _table(session, stream.qualified_name()).relation
        database = session.engine.catalog.databases[relation.database]
    else:
        raise stream.error()
    stream.expect_end()
    if database.engine is not EngineType.TIME_SERIES:
        raise SqlError(f"can not show distributions on non time series {kind}", "42809")
    rows: list[list[object]] = [
        [str(node_id), 0, 0, "0.00", "0.00", 0, 0, 0] for node_id in session.engine.cluster.node_ids
    ]
    listed = rowset(
        "node_id block_num:20 block_size:20 avg_size compression_ratio last_segment_num_level0:20 "
        "last_segment_num_level1:20 last_segment_num_level2:20",
        rows,
    )
    return listed.answer("SHOW DISTRIBUTION")
