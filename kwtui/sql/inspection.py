"""The statements that read what is there: identity, catalogues, definitions.

All of them were answered by a node (recordings 01, 07, 12, 15) but for the one that says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from kwtui.model.schema import TableName
from kwtui.sql.quoting import identifier, literal, qualified
from kwtui.sql.statements import column_list, table_name

# -- identity ---------------------------------------------------------------------------------


def version() -> str:
    return "SELECT version()"


def cluster_id() -> str:
    return "SELECT kwdb_internal.cluster_id()"


def current_user() -> str:
    return "SELECT current_user"


def is_admin() -> str:
    return "SELECT kwdb_internal.is_admin()"


def nodes() -> str:
    return (
        "SELECT node_id, address, is_live, start_mode, server_version, build_tag "
        "FROM kwdb_internal.gossip_nodes"
    )


def node_arguments() -> str:
    """The command lines of the nodes; admin only."""
    return "SELECT node_id, args FROM kwdb_internal.kv_node_status"


# -- databases --------------------------------------------------------------------------------


def databases() -> str:
    return "SHOW DATABASES WITH COMMENT"


def tables_by_database() -> str:
    """Of every database; one of another database's virtual schema tells of all (recording 12 has
    it for one)."""
    return "SELECT database_name, count(*) FROM kwdb_internal.tables GROUP BY database_name"


def database_id(database: str) -> str:
    """What tells a database from a later one of its name."""
    return f"SELECT oid FROM pg_catalog.pg_database WHERE datname = {literal(database)}"


def create_statement_of_database(database: str) -> str:
    return f"SHOW CREATE DATABASE {identifier(database)}"


def schemas(database: str) -> str:
    return f"SHOW SCHEMAS FROM {identifier(database)}"


def tables(database: str, schema: str, *, comments: bool = True) -> str:
    return f"SHOW TABLES FROM {identifier(database)}.{identifier(schema)}{_with(comments)}"


def create_statements(database: str) -> str:
    """Definitions of every table, view and sequence, with foreign keys and zones apart."""
    return (
        f"SELECT * FROM {identifier(database)}.kwdb_internal.create_statements "
        f"WHERE database_name = {literal(database)} ORDER BY descriptor_id"
    )


def create_statement_of(database: str, table: TableName) -> str:
    return f"SHOW CREATE TABLE {table_name(database, table)}"


def create_statement_as_named(parts: Sequence[str]) -> str:
    """Of a table as a person names it, with one to three parts."""
    return f"SHOW CREATE TABLE {qualified(*parts)}"


# -- one object -------------------------------------------------------------------------------


def columns(database: str, table: TableName, *, comments: bool = True) -> str:
    return f"SHOW COLUMNS FROM {table_name(database, table)}{_with(comments)}"


# -- all tables at once -----------------------------------------------------------------------
#
# A node reads every definition for one table's SHOW as well: so these are one statement where a
# thousand tables would be a thousand. They read what the SHOW statements are made of (public
# source, sql/delegate/show_*.go of the recorded build).


def all_columns(database: str, schemas: Sequence[str]) -> str:
    """What SHOW COLUMNS tells but comments, for every table of these schemas (02 and 12)."""
    return (
        "SELECT table_schema, table_name, column_name, kwdb_sql_type, column_default, is_nullable, "
        "generation_expression, is_hidden, is_tag "
        f"FROM {identifier(database)}.information_schema.columns "
        f"WHERE table_schema IN ({_texts(schemas)}) "
        "ORDER BY table_schema, table_name, is_tag, ordinal_position"
    )


def all_indexes(database: str, schemas: Sequence[str]) -> str:
    """What SHOW INDEXES tells but comments, for every table of these schemas."""
    return (
        "SELECT table_schema, table_name, index_name, column_name, storing, implicit "
        f"FROM {identifier(database)}.information_schema.statistics "
        f"WHERE table_schema IN ({_texts(schemas)}) "
        "ORDER BY table_schema, table_name, index_name, seq_in_index"
    )


def all_retentions(database: str) -> str:
    """What SHOW RETENTIONS tells, by the table's id, of every time series of the cluster."""
    return f"SELECT table_id, retentions FROM {identifier(database)}.kwdb_internal.kwdb_retention"


def all_partitions(database: str) -> str:
    """Names of partitions by the table's id."""
    return (
        f"SELECT table_id, name FROM {identifier(database)}.kwdb_internal.partitions "
        "ORDER BY table_id, name"
    )


def broken_constraints(database: str) -> str:
    """Schema, table and name of the constraints that SHOW CONSTRAINTS calls not validated."""
    name = identifier(database)
    return (
        f"SELECT n.nspname, t.relname, c.conname FROM {name}.pg_catalog.pg_constraint AS c "
        f"JOIN {name}.pg_catalog.pg_class AS t ON t.oid = c.conrelid "
        f"JOIN {name}.pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace "
        "WHERE NOT c.convalidated"
    )


def descriptors(database: str) -> str:
    """Every table, view and sequence with its version, which each change of it moves (12)."""
    return (
        "SELECT table_id, schema_name, name, version, state "
        f"FROM {identifier(database)}.kwdb_internal.tables "
        f"WHERE database_name = {literal(database)} ORDER BY table_id"
    )


def last_updates(database: str, table: TableName) -> str:
    """When each range of a relational table was last written, in nanoseconds (recording 18); admin
    only."""
    return (
        "SELECT kwdb_internal.range_stats(r.start_key)->>'last_update_nanos' "
        f"FROM [SHOW RANGES FROM TABLE {table_name(database, table)}] AS s "
        "JOIN kwdb_internal.ranges_no_leases AS r ON r.range_id = s.range_id"
    )


def ranges() -> str:
    """Every range of the cluster by its first and its last key, as KWDB prints them: ``/Table/78``
    and ``/Table/78/1/40000`` (columns in recording 18, keys in 15); admin only."""
    return "SELECT range_id, start_pretty, end_pretty FROM kwdb_internal.ranges_no_leases"


def last_updates_of(ranges: Sequence[int]) -> str:
    """The same as `last_updates`, of several ranges, each with its keys as they are meanwhile."""
    numbers = ", ".join(str(int(number)) for number in ranges)
    return (
        "SELECT range_id, start_pretty, end_pretty, "
        "kwdb_internal.range_stats(start_key)->>'last_update_nanos' "
        f"FROM kwdb_internal.ranges_no_leases WHERE range_id IN ({numbers})"
    )


def descriptions(database: str) -> str:
    """All comments but those on databases (recording 12), which move no version."""
    return (
        "SELECT objoid, objsubid, description "
        f"FROM {identifier(database)}.pg_catalog.pg_description ORDER BY objoid, objsubid"
    )


def _texts(texts: Sequence[str]) -> str:
    return ", ".join(literal(text) for text in texts)


# -- one table --------------------------------------------------------------------------------


def tags(database: str, table: TableName) -> str:
    return f"SHOW TAGS FROM {table_name(database, table)}"


def tag_values(database: str, table: TableName) -> str:
    """Every device once, also one without readings (recordings 07 and 20)."""
    return f"SHOW TAG VALUES FROM {table_name(database, table)}"


def count_devices(database: str, table: TableName) -> str:
    """SHOW TAG VALUES is a SELECT DISTINCT (public source, delegate/show_attributes.go)."""
    return f"SELECT count(*) FROM [{tag_values(database, table)}]"


def rows_by_device(database: str, table: TableName, primary_tags: Sequence[str]) -> str:
    """One row for each device that has readings (recordings 09 and 17)."""
    names = column_list(primary_tags)
    return f"SELECT {names}, count(*) FROM {table_name(database, table)} GROUP BY {names}"


def retention(database: str, table: TableName) -> str:
    """Of a time-series table: NULL where it inherits the one of its database (recording 20)."""
    return f"SHOW RETENTIONS ON TABLE {table_name(database, table)}"


def partitions(database: str, table: TableName) -> str:
    """Recording 07, `sensors`: time-series tables have an answer too."""
    return f"SHOW PARTITIONS FROM TABLE {table_name(database, table)}"


def indexes(database: str, table: TableName, *, comments: bool = True) -> str:
    return f"SHOW INDEXES FROM {table_name(database, table)}{_with(comments)}"


def _with(comments: bool) -> str:
    """Recordings 05 and 12 have it for tables, columns and indexes of relational databases; for
    time-series ones only the documentation does, so that readers must be ready to go without."""
    return " WITH COMMENT" if comments else ""


def constraints(database: str, table: TableName) -> str:
    """Keys and checks, and whether each of them is validated (recordings 02, 05 and 06)."""
    return f"SHOW CONSTRAINTS FROM {table_name(database, table)}"


def sequence_value(database: str, sequence: TableName) -> str:
    return f"SELECT last_value, is_called FROM {table_name(database, sequence)}"


def foreign_key_targets(database: str) -> str:
    """Of every foreign key: schema, table, name, schema and name of its target.

    PostgreSQL's catalogue, which KWDB offers for its clients; no recording holds this statement.
    """
    name = identifier(database)
    return (
        "SELECT n.nspname, t.relname, c.conname, fn.nspname, ft.relname "
        f"FROM {name}.pg_catalog.pg_constraint AS c "
        f"JOIN {name}.pg_catalog.pg_class AS t ON t.oid = c.conrelid "
        f"JOIN {name}.pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace "
        f"JOIN {name}.pg_catalog.pg_class AS ft ON ft.oid = c.confrelid "
        f"JOIN {name}.pg_catalog.pg_namespace AS fn ON fn.oid = ft.relnamespace "
        "WHERE c.contype = 'f'"
    )


# -- grants and users -------------------------------------------------------------------------


def grants_on_database(database: str) -> str:
    """The grants on every schema; those of the database show on its virtual schemas."""
    return f"SHOW GRANTS ON DATABASE {identifier(database)}"


def table_privileges(database: str) -> str:
    return (
        "SELECT table_schema, table_name, grantee, privilege_type "
        f"FROM {identifier(database)}.information_schema.table_privileges "
        "WHERE grantee NOT IN ('admin', 'root') "
        "AND table_schema NOT IN ('information_schema', 'kwdb_internal', 'pg_catalog')"
    )


def users() -> str:
    """Users and roles; admin only."""
    return 'SELECT username, "isRole" FROM system.users'


# -- what no export holds and no import makes ---------------------------------------------------


def procedures(database: str, schema: str = "public") -> str:
    """A schema at a time; the recorded form lists those of ``public``."""
    place = identifier(database)
    if schema != "public":
        place += f".{identifier(schema)}"
    return f"SHOW PROCEDURES FROM {place}"


def procedures_with_comment(database: str, schema: str) -> str:
    """The same with ``comment`` (public source, delegate/show_procedures.go)."""
    return f"{procedures(database, schema)} WITH COMMENT"


def procedure_privileges(database: str) -> str:
    """What SHOW GRANTS ON PROCEDURE is made of: its table has the procedures of every database
    (public source, sql/information_schema.go and delegate/show_grants.go)."""
    return (
        "SELECT procedure_schema, procedure_name, grantee, privilege_type "
        f"FROM {identifier(database)}.information_schema.procedure_privileges "
        f"WHERE procedure_catalog = {literal(database)} AND grantee NOT IN ('admin', 'root')"
    )


def create_statement_of_procedure(database: str, procedure: TableName) -> str:
    return f"SHOW CREATE PROCEDURE {table_name(database, procedure)}"


def all_triggers(database: str) -> str:
    """Of every table those that fire first come first (public source, sql/kwdb_internal.go).

    SHOW TRIGGERS prints a name that needs quotes with them, and SHOW CREATE TRIGGER finds none of
    such a name (sql/show_triggers.go and delegate/show_triggers.go).
    """
    return (
        "SELECT trigger_name, schema_name, table_name, create_statement "
        f"FROM {identifier(database)}.kwdb_internal.kwdb_triggers "
        f"WHERE database_name = {literal(database)}"
    )


def triggers(database: str, table: TableName) -> str:
    return f"SHOW TRIGGERS FROM {table_name(database, table)}"


def create_statement_of_trigger(database: str, table: TableName, trigger: str) -> str:
    return f"SHOW CREATE TRIGGER {identifier(trigger)} ON {table_name(database, table)}"


def streams() -> str:
    """Of the whole cluster; a stream's target has its database in its name."""
    return "SHOW STREAMS"


def functions() -> str:
    """The functions that users made, of the whole cluster: names alone."""
    return "SHOW FUNCTIONS"


def schedules() -> str:
    """Of the whole cluster; KWDB's own belong to ``node`` (recording 01)."""
    return "SHOW SCHEDULES"


def publications() -> str:
    """Of the whole cluster. KWDB 3.2.1 does not know this statement, nor publications."""
    return "SHOW PUBLICATIONS"


def pipes() -> str:
    """Of the whole cluster. KWDB 3.2.1 does not know this statement, nor pipes."""
    return "SHOW PIPES"


def zones() -> str:
    return "SHOW ZONE CONFIGURATIONS"


def syntax_of(text: str) -> str:
    """What statements the server reads in a text: rows ``sql``, or what is wrong (recording 12)."""
    return f"SHOW SYNTAX {literal(text)}"
