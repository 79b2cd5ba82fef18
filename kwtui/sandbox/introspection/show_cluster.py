"""SHOW of what runs and how it is set: jobs, queries, sessions, settings, variables, ranges.

Recordings 01, 03, 07, 08, 12 and 18. Lists of things that the sandbox cannot have (audits,
statistics) are empty, as on a node that has none.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.answers.rowset import RowSet, reference, rowset, timestamp
from kwtui.sandbox.catalog import listings, settings
from kwtui.sandbox.catalog.grants import require
from kwtui.sandbox.catalog.listings import require_time_series
from kwtui.sandbox.catalog.objects import RelationKind
from kwtui.sandbox.catalog.ranges import Range
from kwtui.sandbox.catalog.ranges import ranges as all_ranges
from kwtui.sandbox.catalog.users import is_admin, require_admin
from kwtui.sandbox.engine import jobs
from kwtui.sandbox.engine.dispatch import find_handler, handles
from kwtui.sandbox.engine.names import find_database, find_named
from kwtui.sandbox.introspection import node_status
from kwtui.sandbox.language.lexer import Kind, Statement, quote_identifier, split_statements
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.prepare import prepare
from kwtui.sandbox.query.range_stats import range_bytes
from kwtui.sandbox.query.virtual_tables import load

if TYPE_CHECKING:
    from kwtui.sandbox.engine.engine import Engine
    from kwtui.sandbox.engine.session import Session

HINT = "try \\h SHOW"
_STATISTICS = (
    "statistics_name column_names:1009 created:1114 row_count:20 distinct_count:20 null_count:20 "
    "histogram_id:20"
)
_AUDITS = (
    "audit_name target_type target_name target_id:20 operations operators condition:20 whenever "
    "action:20 level:20 enable:16"
)
_SCHEDULES = (
    "id:20 name schedule_status next_run:1184 state recurrence jobsrunning:20 owner created:1184"
)
_PARTITIONS = (
    "database_name table_name partition_name parent_partition column_names index_name "
    "partition_value zone_config full_zone_config"
)
_RANGES = (
    "start_key end_key range_id:20 range_size_mb:1700 lease_holder:20 lease_holder_locality "
    "replicas:1016 replica_localities:1009"
)


def _stream(statement: Statement, *words: str, hint: str | None = HINT) -> TokenStream:
    stream = TokenStream.of(statement, hint)
    stream.expect(*words)
    return stream


def is_source(session: Session, statement: Statement) -> bool:
    """Whether this statement stands as ``[SHOW …]`` inside the one that the client sent."""
    return session.query is not None and session.query.text.strip() != statement.text.strip()


# --- jobs ------------------------------------------------------------------------------------


@handles("SHOW JOBS", "SHOW JOB", "SHOW AUTOMATIC JOBS")
def show_jobs(session: Session, statement: Statement) -> Answer:
    """``SHOW [AUTOMATIC] JOBS``, ``SHOW JOBS WHERE …``, ``SHOW JOBS SELECT …``, ``SHOW JOB id``."""
    stream = _stream(statement, "show", hint="try \\h SHOW JOBS")
    automatic = stream.accept("automatic")
    stream.next()
    if automatic or stream.at_end:
        stream.expect_end()
        found = [] if automatic else _visible_jobs(session)
        now = datetime.now(UTC)
        listed = jobs.show_jobs(found, now, as_source=is_source(session, statement))
        return listed.answer("SHOW JOBS")
    if stream.looking_at("where"):
        condition = statement.text[stream.peek().start :]
        return _jobs_of(session, f"SELECT job_id FROM [SHOW JOBS] {condition}")
    if stream.peek().kind is Kind.NUMBER:
        number = stream.expect_integer()
        stream.expect_end()
        return _some_jobs(session, {number})
    if stream.looking_at("when") or stream.looking_at("for"):
        raise SqlError("the sandbox does not implement this form of SHOW JOBS", "0A000")
    return _jobs_of(session, statement.text[stream.peek().start :])


def _visible_jobs(session: Session) -> list[jobs.Job]:
    own = None if is_admin(session.engine.catalog, session.user) else session.user
    return session.engine.jobs.listed(own)


def _jobs_of(session: Session, query: str) -> Answer:
    answer = session.run(split_statements(query)[0])
    return _some_jobs(session, {int(row[0]) for row in answer.rows if row[0] is not None})


def _some_jobs(session: Session, wanted: set[int]) -> Answer:
    found = [job for job in _visible_jobs(session) if job.id in wanted]
    return jobs.show_jobs(found, datetime.now(UTC), as_source=True).answer("SHOW JOBS")


@handles("SHOW SCHEDULES", "SHOW SCHEDULE")
def schedules(session: Session, statement: Statement) -> Answer:
    """``SHOW SCHEDULES``: its tag is that of another statement (recording 01)."""
    row = table_vacuum_schedule(session.engine)
    return rowset(_SCHEDULES, [row]).answer("SHOW FUNCTIONS")


def table_vacuum_schedule(engine: Engine) -> tuple[object, ...]:
    """The one schedule that every node has, hourly at the full hour."""
    started = datetime.fromtimestamp(engine.started_at / 1e9, UTC)
    now = datetime.now(UTC)
    next_run = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    ids = [job.id for job in engine.jobs.listed()]
    first = min(ids, default=0) - (1 << 15)
    created = timestamp(started)
    return (
        first,
        "scheduled_table_vacuum",
        "ACTIVE",
        timestamp(next_run),
        None,
        "@hourly",
        0,
        "node",
        created,
    )


# --- queries and sessions --------------------------------------------------------------------


@handles("SHOW QUERIES", "SHOW CLUSTER QUERIES", "SHOW LOCAL QUERIES")
def queries(session: Session, statement: Statement) -> Answer:
    """``SHOW [CLUSTER | LOCAL] QUERIES``."""
    listed = load(session, None, "kwdb_internal", "cluster_queries").select(
        "query_id",
        "node_id",
        "session_id",
        "user_name",
        "start",
        "query",
        "client_address",
        "application_name",
        "distributed",
        "phase",
        "exec_progress",
    )
    return listed.answer("SHOW QUERIES")


@handles("SHOW SESSIONS", "SHOW CLUSTER SESSIONS", "SHOW LOCAL SESSIONS")
def sessions(session: Session, statement: Statement) -> Answer:
    """``SHOW [CLUSTER | LOCAL] SESSIONS``."""
    listed = load(session, None, "kwdb_internal", "cluster_sessions").select(
        "node_id",
        "session_id",
        "goroutine_id",
        "user_name",
        "client_address",
        "application_name",
        "active_queries",
        "last_active_query",
        "session_start",
        "oldest_query_start",
    )
    return listed.answer("SHOW SESSIONS")


# --- settings and variables ------------------------------------------------------------------


@handles("SHOW CLUSTER SETTINGS", "SHOW PUBLIC CLUSTER SETTINGS", "SHOW ALL CLUSTER SETTINGS")
def cluster_settings(session: Session, statement: Statement) -> Answer:
    """``SHOW [ALL | PUBLIC] CLUSTER SETTINGS``."""
    stream = _stream(statement, "show")
    hidden = stream.accept("all")
    stream.accept("public")
    stream.expect("cluster", "settings")
    stream.expect_end()
    catalog = session.engine.catalog
    require_admin(catalog, session.user, "SHOW CLUSTER SETTINGS")
    return settings.show_list(catalog, hidden=hidden).answer("SHOW")


@handles("SHOW CLUSTER SETTING")
def cluster_setting(session: Session, statement: Statement) -> Answer:
    """``SHOW CLUSTER SETTING name``."""
    stream = _stream(statement, "show", "cluster", "setting")
    name = ".".join(stream.qualified_name())
    stream.expect_end()
    catalog = session.engine.catalog
    if name == "all":
        require_admin(catalog, session.user, "SHOW CLUSTER SETTINGS")
        return settings.show_list(catalog, hidden=True).answer("SHOW")
    require_admin(catalog, session.user, "SHOW CLUSTER SETTING")
    return settings.show_one(catalog, name).answer("SHOW")


@handles("SHOW ALL")
def show_all(session: Session, statement: Statement) -> Answer:
    """``SHOW ALL``: the session variables that a node lists (recording 01)."""
    _stream(statement, "show", "all").expect_end()
    current = session.variables.all()
    rows = [(name, current.get(name, value)) for name, value in reference("session_variables")]
    return rowset("variable value", rows).answer("SHOW")


@handles("SHOW SYNTAX")
def syntax(session: Session, statement: Statement) -> Answer:
    """``SHOW SYNTAX 'text'``: the statements in it, or what is wrong with them."""
    stream = _stream(statement, "show", "syntax")
    text = stream.expect_string()
    stream.expect_end()
    try:
        rows = [("sql", _parsed(found).text) for found in split_statements(text)]
    except SqlError as error:
        rows = [("error", error.message), ("code", error.sqlstate)]
        rows += [("detail", error.detail)] if error.detail else []
        rows += [("hint", error.hint)] if error.hint else []
    return rowset("field message", rows).answer("SHOW SYNTAX")


def _parsed(statement: Statement) -> Statement:
    """The statement, if its first words and, of a query, its grammar are known.

    Raises SqlError (42601). Other statements are only read when they run.
    """
    try:
        find_handler(statement)
    except SqlError as error:
        if error.sqlstate == "42601":
            raise
        return statement
    if statement.tokens[0].value in ("select", "values", "with", "("):
        prepare(statement.text, statement.tokens)
    return statement


# --- rows on disk ----------------------------------------------------------------------------


@handles("SHOW RANGES")
def ranges(session: Session, statement: Statement) -> Answer:
    """``SHOW RANGES FROM TABLE | DATABASE name``; of a database none, as small tables share one."""
    stream = _stream(statement, "show", "ranges", "from")
    if stream.accept("database"):
        find_database(session, stream.expect_identifier())
        stream.expect_end()
        return rowset("table_name " + _RANGES, []).answer("SHOW RANGES")
    stream.expect("table")
    parts = stream.qualified_name()
    stream.expect_end()
    relation = find_named(session, parts).relation
    require(session.engine.catalog, session.user, relation, "SELECT")
    if relation.kind is RelationKind.TIME_SERIES:
        raise SqlError("show ranges is not supported in timeseries table", "0A000")
    nodes = {node.node_id: node.locality for node in node_status.all_facts(session.engine)}
    holder = session.engine.cluster.leaseholders(relation.id)[0]
    where = [holder, nodes[holder], list(nodes), list(nodes.values())]
    rows: list[list[object]] = []
    for found in all_ranges(session.engine.catalog):
        if any(held.id == relation.id for held, _ in found.holds):
            ends = [found.start_in(relation), found.end_in(relation)]
            rows.append([*ends, found.id, _megabytes(session, found), *where])
    return rowset(_RANGES, rows).answer("SHOW RANGES")


def _megabytes(session: Session, found: Range) -> str:
    return f"{range_bytes(session.engine, found) / 1e6:.6f}".rstrip("0").rstrip(".")


@handles("SHOW STATISTICS")
def statistics(session: Session, statement: Statement) -> Answer:
    """``SHOW STATISTICS FOR TABLE name``: the sandbox collects none."""
    stream = _stream(statement, "show", "statistics", "for", "table")
    parts = stream.qualified_name()
    stream.expect_end()
    find_named(session, parts)
    return rowset(_STATISTICS, []).answer("SHOW STATISTICS")


@handles("SHOW PARTITIONS")
def partitions(session: Session, statement: Statement) -> Answer:
    """``SHOW PARTITIONS FROM TABLE name``: relational partitions only (recording 07)."""
    stream = _stream(statement, "show", "partitions", "from", "table")
    parts = stream.qualified_name()
    stream.expect_end()
    relation = find_named(session, parts).relation
    rows = listings.partitions(relation)
    return rowset(_PARTITIONS, rows).answer("SHOW PARTITIONS")


@handles("SHOW TAG VALUES")
def tag_values(session: Session, statement: Statement) -> Answer:
    """``SHOW TAG VALUES FROM table``: each device once, also one without readings (row 33)."""
    stream = _stream(statement, "show", "tag", "values", "from")
    parts = stream.qualified_name()
    stream.expect_end()
    relation = find_named(session, parts).relation
    require(session.engine.catalog, session.user, relation, "SELECT")
    require_time_series(relation)
    tags = [column for column in relation.columns if column.is_tag]
    names = ", ".join(quote_identifier(column.name) for column in tags)
    source = ".".join(
        quote_identifier(part) for part in (relation.database, relation.schema, relation.name)
    )
    query = f"SELECT DISTINCT {names} FROM {source} ORDER BY {names}"
    answer = session.run(split_statements(query)[0])
    return RowSet(answer.columns or (), list(answer.rows)).answer("SHOW TAG VALUES")


# --- what the sandbox has none of ------------------------------------------------------------


@handles("SHOW SAVEPOINT STATUS")
def savepoints(session: Session, statement: Statement) -> Answer:
    """``SHOW SAVEPOINT STATUS``: the sandbox refuses SAVEPOINT."""
    listed = rowset("savepoint_name is_initial_savepoint:16", [])
    return listed.answer("SHOW SAVEPOINT STATUS")


@handles("SHOW AUDITS")
def audits(session: Session, statement: Statement) -> Answer:
    """``SHOW AUDITS``."""
    return rowset(_AUDITS, []).answer("SHOW AUDITS")
