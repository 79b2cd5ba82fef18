"""``kwdb_internal``: the node's own tables about objects, jobs and settings.

``create_statements`` holds what a faithful backup needs (recordings 02 and 12): foreign keys apart
from their tables, and zone configurations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from kwtui.sandbox.answers.rowset import array
from kwtui.sandbox.catalog import settings, zones
from kwtui.sandbox.catalog import system_tables as stored_tables
from kwtui.sandbox.catalog.create_text import create_relation_text, unzoned_warning
from kwtui.sandbox.catalog.listings import foreign_key_text, primary_index
from kwtui.sandbox.catalog.objects import EngineType, IndexDef, Relation, RelationKind
from kwtui.sandbox.catalog.ranges import Range
from kwtui.sandbox.catalog.ranges import ranges as all_ranges
from kwtui.sandbox.catalog.users import is_admin
from kwtui.sandbox.engine import jobs
from kwtui.sandbox.engine.clock import timestamp_text
from kwtui.sandbox.introspection import node_status
from kwtui.sandbox.introspection.show_programs import function_rows, stream_row, trigger_text
from kwtui.sandbox.language.lexer import quote_identifier
from kwtui.sandbox.query import system_tables
from kwtui.sandbox.query.range_stats import range_bytes
from kwtui.sandbox.query.virtual_tables import (
    INTERNAL,
    Definition,
    Rows,
    Scope,
    definitions,
    provides,
)
from kwtui.sandbox.values.types import oid_of, type_of_oid

_DESCRIPTOR_TYPES = {RelationKind.SEQUENCE: "sequence", RelationKind.VIEW: "view"}
_DESCRIPTOR_TYPES |= {RelationKind.MATERIALIZED_VIEW: "view"}


@provides(INTERNAL, "create_statements")
def create_statements(scope: Scope) -> Rows:
    for (schema, _), definition in definitions().items():
        text = _virtual_create_text(definition)
        row: list[object] = [0, None, schema, definition.id, "table", definition.name, text]
        yield [*row, "PUBLIC", text, "{}", "{}", "{}"]
    database = scope.catalog.databases.get(scope.database)
    if database is None:
        return
    for relation in scope.relations:
        full = create_relation_text(scope.catalog, relation)
        bare = create_relation_text(scope.catalog, relation, foreign_keys=False)
        alter, validate = foreign_key_statements(scope, relation)
        yield (
            database.id,
            database.name,
            relation.schema,
            relation.id,
            _DESCRIPTOR_TYPES.get(relation.kind, "table"),
            relation.name,
            full + unzoned_warning(relation),
            "PUBLIC",
            bare,
            array(alter),
            array(validate),
            array(zones.statements_of(relation)),
        )


@cache
def _virtual_create_text(definition: Definition) -> str:
    lines = []
    for word in definition.columns.split():
        name, _, oid = word.rstrip("!").partition(":")
        null = "NOT NULL" if word.endswith("!") else "NULL"
        type_text = type_of_oid(int(oid)).text if oid else "STRING"
        lines.append(f"\t{quote_identifier(name)} {type_text} {null}")
    columns = ",\n".join(lines)
    return f"CREATE TABLE {definition.name} (\n{columns}\n)"


def foreign_key_statements(scope: Scope, relation: Relation) -> tuple[list[str], list[str]]:
    """The statements that add the foreign keys of a table, and those that validate them."""
    table = quote_identifier(relation.name)
    alter, validate = [], []
    for key in relation.foreign_keys:
        name = quote_identifier(key.name)
        text = foreign_key_text(scope.catalog, key)
        alter.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {text}")
        validate.append(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
    return alter, validate


@provides(INTERNAL, "tables")
def tables(scope: Scope) -> Rows:
    for relation in [*stored_tables.relations(), *scope.all_relations]:
        database = scope.catalog.databases[relation.database]
        state = "OFFLINE" if relation.offline else "PUBLIC"
        moment = relation.created_at or database.created_at
        row: list[object] = [relation.id, database.id, relation.name, relation.database]
        row += [relation.version, *_modified(moment), state, None, None, None, "DISABLED"]
        yield [*row, relation.schema]
    for (schema, name), definition in definitions().items():
        row = [definition.id, 0, name, None, 1, *_modified(0), "PUBLIC"]
        yield [*row, None, None, None, "DISABLED", schema]


def _modified(nanoseconds: int) -> tuple[str, str, str]:
    logical = f"{nanoseconds}.0000000000" if nanoseconds else "0"
    return timestamp_text(nanoseconds), logical, "InterleavedFormatVersion"


@provides(INTERNAL, "table_columns")
def table_columns(scope: Scope) -> Rows:
    for relation in scope.relations:
        for column in relation.columns:
            family = column.type.family
            shown = f"family:{family}Family width:0 precision:0 oid:{oid_of(column.type)}"
            row = (relation.id, relation.name, column.id, column.name, shown)
            yield (*row, column.nullable, column.default, column.hidden)


@provides(INTERNAL, "table_indexes")
def table_indexes(scope: Scope) -> Rows:
    for relation, index, primary in _indexes(scope):
        kind = "primary" if primary else "secondary"
        row = (relation.id, relation.name, index.id, index.name, kind)
        yield (*row, index.unique or primary, index.inverted)


@provides(INTERNAL, "index_columns")
def index_columns(scope: Scope) -> Rows:
    for relation, index, primary in _indexes(scope):
        ids = {column.name: column.id for column in relation.columns}
        where = (relation.id, relation.name, index.id, index.name)
        for name, direction in index.columns:
            yield (*where, "key", ids.get(name, 0), name, direction)
        for name in index.storing:
            yield (*where, "storing", ids.get(name, 0), None, None)
        own = primary_index(relation)
        keys = [name for name, _ in own.columns] if own and not primary else []
        for name in keys:
            if name not in {column for column, _ in index.columns}:
                yield (*where, "extra", ids.get(name, 0), None, None)


def _indexes(scope: Scope) -> Iterator[tuple[Relation, IndexDef, bool]]:
    for relation in scope.relations:
        primary = primary_index(relation)
        if primary is not None:
            yield relation, primary, True
        for index in relation.indexes:
            yield relation, index, False


@provides(INTERNAL, "backward_dependencies")
def backward_dependencies(scope: Scope) -> Rows:
    for relation in scope.relations:
        for key in relation.foreign_keys:
            row = (relation.id, relation.name, None, None, key.target_id, "fk", 1, key.name)
            yield (*row, None)


@provides(INTERNAL, "forward_dependencies")
def forward_dependencies(scope: Scope) -> Rows:
    for relation in scope.relations:
        for other in scope.catalog.relations_in(scope.database):
            for key in other.foreign_keys:
                if key.target_id == relation.id:
                    yield relation.id, relation.name, None, other.id, "fk", None, None, None


@provides(INTERNAL, "kwdb_procedures")
def procedures(scope: Scope) -> Rows:
    return [(p.id, p.name, p.text) for p in scope.procedures]


@provides(INTERNAL, "jobs")
def job_rows(scope: Scope) -> Rows:
    own = None if is_admin(scope.catalog, scope.user) else scope.user
    return _rows(jobs.jobs_table(scope.session.engine.jobs.listed(own)).rows)


@provides(INTERNAL, "cluster_settings", admin="read kwdb_internal.cluster_settings")
def cluster_settings(scope: Scope) -> Rows:
    return _rows(settings.table(scope.catalog).rows)


def _rows(rows: Sequence[tuple[str | None, ...]]) -> Rows:
    return rows


@provides(INTERNAL, "session_variables")
def session_variables(scope: Scope) -> Rows:
    for name, value in scope.session.variables.all().items():
        yield name, value, False


@provides(INTERNAL, "zones")
def zone_rows(scope: Scope) -> Rows:
    for zone in zones.configured(scope.catalog):
        row: list[object] = [zone.id, 0, zone.target, zone.range_name, zone.database, zone.table]
        row += [None, None, zone.yaml, zone.sql, "\\x", zone.yaml]
        yield [*row, zones.full_sql(scope.catalog, zone)]


@provides(INTERNAL, "ranges")
def ranges(scope: Scope) -> Rows:
    for found in _ranges(scope):
        size = range_bytes(scope.session.engine, found)
        yield [*_range_head(found), *_range_names(scope, found), *_replicas(scope), None, 1, size]


@provides(INTERNAL, "ranges_no_leases", admin="read kwdb_internal.ranges_no_leases")
def ranges_no_leases(scope: Scope) -> Rows:
    for found in _ranges(scope):
        number, *keys = _range_head(found)
        database, table, index = _range_names(scope, found)
        kind = "TS_RANGE" if found.series else "DEFAULT_RANGE"
        names = [database, table, found.first if found.series else 0, index]
        yield [number, kind, *keys, *names, *_replicas(scope), None]


def _ranges(scope: Scope) -> list[Range]:
    """The system's keys as one range, then those of the user's tables."""
    found = all_ranges(scope.catalog)
    system = Range(1, "", "/Min", 0, found[0].start, found[0].start_pretty)
    return [system, *found]


def _range_head(found: Range) -> list[object]:
    start, end = f"\\x{found.start}", f"\\x{found.end}"
    return [found.id, start, found.start_pretty, end, found.end_pretty]


def _range_names(scope: Scope, found: Range) -> list[object]:
    """Database, table and index of the table that the start key belongs to, if there is one."""
    relation = scope.catalog.relations.get(found.first)
    return [relation.database, relation.name, ""] if relation is not None else ["", "", ""]


def _replicas(scope: Scope) -> list[object]:
    nodes = {node.node_id: node.locality for node in node_status.all_facts(scope.session.engine)}
    return [array(map(str, nodes)), array(nodes.values()), "{}"]


@provides(INTERNAL, "partitions", "schema_changes", "leases", "session_trace", "feature_usage")
@provides(INTERNAL, "audit_policies")
@provides(INTERNAL, "ts_inflight_transactions")
def nothing(scope: Scope) -> Rows:
    """Things that the sandbox cannot have: it refuses the statements that would make them."""
    return ()


@provides(INTERNAL, "kwdb_functions")
def functions(scope: Scope) -> Rows:
    return function_rows(scope.catalog)


@provides(INTERNAL, "kwdb_streams")
def streams(scope: Scope) -> Rows:
    for number, (_, made) in enumerate(sorted(scope.catalog.streams.items()), start=1):
        yield [number, *stream_row(scope.catalog, made)]


@provides(INTERNAL, "kwdb_triggers")
def triggers(scope: Scope) -> Rows:
    for relation in scope.relations:
        for trigger in relation.triggers:
            where = [relation.database, relation.schema, relation.name, relation.id]
            yield [trigger.id, trigger.name, *where, trigger_text(relation, trigger)]


@provides(INTERNAL, "predefined_comments")
def predefined_comments(scope: Scope) -> Rows:
    for definition in definitions().values():
        if definition.description is not None:
            yield system_tables.TABLE_COMMENT, definition.id, 0, definition.description


@provides(INTERNAL, "kwdb_tse_info")
def tse_info(scope: Scope) -> Rows:
    yield [settings.value_of(scope.catalog, "ts.wal.wal_level")]


@provides(INTERNAL, "kwdb_attributes")
def attributes(scope: Scope) -> Rows:
    for relation in scope.all_relations:
        if relation.kind is not RelationKind.TIME_SERIES:
            continue
        for place, column in enumerate(relation.columns, start=1):
            if column.is_tag:
                width = column.type.args[0] if column.type.args else 0
                where = (relation.name, relation.id, relation.database, None, None)
                what = (column.name, place, column.type.text, oid_of(column.type), width)
                yield (*where, *what, column.is_primary_tag, column.nullable)


@provides(INTERNAL, "kwdb_retention")
def retention(scope: Scope) -> Rows:
    for relation in scope.all_relations:
        if relation.kind is RelationKind.TIME_SERIES:
            seconds = relation.retention_seconds or 0
            yield relation.id, relation.name, relation.retention, None, seconds


@provides(INTERNAL, "kwdb_object_create_statement")
def object_create_statement(scope: Scope) -> Rows:
    for database in scope.databases:
        kind = "TS DATABASE" if database.engine is EngineType.TIME_SERIES else "DATABASE"
        yield database.id, database.id, database.name, f"CREATE {kind} {database.name}"


@provides(INTERNAL, "kwdb_schedules")
def schedules(scope: Scope) -> Rows:
    from kwtui.sandbox.introspection.show_cluster import table_vacuum_schedule

    schedule_id, name, status, next_run, _, recurrence, *_ = table_vacuum_schedule(
        scope.session.engine
    )
    yield schedule_id, name, status, next_run, None, recurrence
