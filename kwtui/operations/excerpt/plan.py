"""The plan of an excerpt: some rows of a time series from a backup, in a table of their own. Pure.

Files that hold other rows too are copied without them before the IMPORT, which takes all that it
finds. So no statement is sent that a restore does not send, the rows are counted before the server
has any, and the table that was backed up is not touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import msgspec

from kwtui.backups.csv.excerpt import Excerpt, TagTest, bound
from kwtui.backups.layout.naming import DATA_FOLDER
from kwtui.backups.layout.staging import staging_path
from kwtui.backups.manifest import FileEntry, Manifest, TableEntry
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.checks import Window
from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import ExcerptRequest
from kwtui.model.schema import DatabaseSchema, Engine, TableSpec
from kwtui.model.server import ServerFacts
from kwtui.operations.excerpt.steps import (
    UNFINISHED,
    ExcerptFile,
    ExcerptScope,
    comment_of,
    excerpt_steps,
    words_of,
)
from kwtui.operations.plan import Plan, PlanKind
from kwtui.operations.restore.plan import check_source_dialect, ordered
from kwtui.operations.restore.source import RestoreSource, SourceTable, choose
from kwtui.operations.restore.target import refusal
from kwtui.operations.shared.admin_rights import admin_findings
from kwtui.operations.shared.command_line import shell_line
from kwtui.operations.shared.sent_statements import checked
from kwtui.server.catalogue.derive import seconds
from kwtui.sql import statements
from kwtui.sql.tag_conditions import check_values, parse_conditions
from kwtui.text import human_bytes

_NO_TIME = "9999"
"""Later than any time as text."""


@dataclass(frozen=True)
class ExcerptTarget:
    """The database that the table is made in, and what is known of its server."""

    server: ServerFacts
    node_id: int
    name: str
    existing: DatabaseSchema | None
    """None: there is no such database."""
    store_free_bytes: int | None = None
    read_only: bool = False
    may_stage: bool = True


def plan_excerpt(
    source: RestoreSource,
    manifest: Manifest,
    request: ExcerptRequest,
    target: ExcerptTarget,
    now: datetime,
    plan_id: str,
) -> Plan:
    """The plan, refusals included.

    Raises KwtuiError: NOT_FOUND for a table that is not there, USAGE for a condition on what is no
    tag, or a time that ends before it begins, REFUSED_BY_PLAN for what is no time series and for
    files in a dialect that KWDB's own reader gets wrong.
    """
    check_source_dialect(source)
    (table,) = choose(source, (request.table,))
    entry = manifest.table(request.table)
    if table.spec.time_column is None or entry is None:
        raise KwtuiError(
            f"{request.table} is not a time series: rows by time or device can be restored from "
            "time series only.",
            hint="Restore it under another name, and copy what is needed from there: "
            + shell_line("restore", source.path, "--tables", request.table.as_option, "--as=NAME"),
            exit_code=ExitCode.REFUSED_BY_PLAN,
        )
    scope = _scope(source, table, entry, request, target, plan_id)
    rows = _rows_at_most(entry, scope.excerpt)
    plan = Plan(
        id=plan_id,
        kind=PlanKind.EXCERPT,
        title=f"Restore rows of {request.table.name} as {target.name}.{request.into}",
        created_at=now,
        cluster_id=target.server.cluster_id,
        node_id=target.node_id,
        database=target.name,
        path=source.path,
        steps=tuple(excerpt_steps(scope)),
        findings=tuple(ordered(_findings(scope, entry, target, now, rows))),
        not_included=(
            f"all other rows of {request.table}",
            f"indexes, comments and grants of {request.table}, devices without such rows",
        ),
        estimated_rows=rows,
        estimated_bytes=scope.bytes,
        estimate_source="the files that may hold such rows: at most",
        request=msgspec.to_builtins(request) | {"staging": scope.staging},
    )
    return checked(plan)


def _scope(
    source: RestoreSource,
    table: SourceTable,
    entry: TableEntry,
    request: ExcerptRequest,
    target: ExcerptTarget,
    plan_id: str,
) -> ExcerptScope:
    excerpt = excerpt_of(request, table.spec)
    return ExcerptScope(
        # The copies have no column names, which an IMPORT would take for a row.
        source=replace(source, dialect=replace(source.dialect, header=False)),
        table=table,
        request=request,
        excerpt=excerpt,
        files=tuple(_files(source, entry, request, excerpt)),
        dialect=source.dialect,
        target=target.name,
        node_id=target.node_id,
        staging=staging_path(plan_id),
    )


def excerpt_of(request: ExcerptRequest, spec: TableSpec) -> Excerpt:
    """Which records are wanted. Raises KwtuiError (USAGE)."""
    if request.since and request.until and request.since >= request.until:
        raise KwtuiError(
            f"The time ends ({request.until}) before it begins ({request.since}).",
            hint="The end is exclusive: the first moment not included.",
            exit_code=ExitCode.USAGE,
        )
    tags = {tag.name: tag for tag in spec.tags}
    tests = []
    for condition in parse_conditions(request.where):
        tag = tags.get(condition.tag)
        if tag is None:
            raise KwtuiError(
                f"{spec.name} has no tag {condition.tag}.",
                hint=f"Its tags are {', '.join(tags)}. Rows cannot be selected by other columns.",
                exit_code=ExitCode.USAGE,
            )
        check_values(tag, condition.values)
        place = spec.visible_columns.index(tag.name)
        tests.append(TagTest(place, tag.type, condition.values))
    return Excerpt(request.since, request.until, tuple(tests))


def _files(
    source: RestoreSource, entry: TableEntry, request: ExcerptRequest, excerpt: Excerpt
) -> Iterator[ExcerptFile]:
    """Those that may hold such rows; of a file that no segment names the time is not known."""
    times = {path: (s.since, s.until) for s in entry.segments for path in s.files}
    for file in entry.files:
        since, until = times.get(file.path, ("", ""))
        if not file.bytes or not file.path.lower().endswith(".csv"):
            continue
        if excerpt.meets(since, until):
            yield _file(source, file, whole=_is_whole(source, file, excerpt, since, until))


def _is_whole(
    source: RestoreSource, file: FileEntry, excerpt: Excerpt, since: str, until: str
) -> bool:
    countable = file.records is not None and not source.dialect.header
    return countable and excerpt.holds(since, until)


def _file(source: RestoreSource, file: FileEntry, *, whole: bool) -> ExcerptFile:
    return ExcerptFile(
        entry=file,
        source=f"{source.path}/{file.path}",
        staged=file.path.removeprefix(f"{DATA_FOLDER}/").rpartition("/")[2],
        whole=whole,
    )


def _windows_met(entry: TableEntry, excerpt: Excerpt) -> list[Window] | None:
    """The days that hold such rows; None where the set does not tell."""
    known = entry.windows
    if known is None or not known.width or known.unsettled:
        return None
    return [w for w in known.windows if w.rows and excerpt.meets(w.since, w.until)]


def _rows_at_most(entry: TableEntry, excerpt: Excerpt) -> int | None:
    windows = _windows_met(entry, excerpt)
    return entry.rows_counted if windows is None else sum(w.rows for w in windows)


# -- findings ---------------------------------------------------------------------------------


def _findings(
    scope: ExcerptScope,
    entry: TableEntry,
    target: ExcerptTarget,
    now: datetime,
    rows: int | None,
) -> Iterator[Finding]:
    yield from admin_findings(target.server)
    if target.read_only:
        yield refusal(
            "read_only",
            target.name,
            "This profile is read-only.",
            "To restore, use a profile without read_only.",
        )
    if not target.may_stage:
        yield refusal(
            "no_staging",
            scope.staging,
            "This account cannot create folders in extern, where the rows are collected.",
            "Run kwtui as the account that owns extern, or as root.",
        )
    if not scope.files or rows == 0:
        yield refusal(
            "no_rows",
            str(scope.table.name),
            f"The backup holds no row of {scope.table.name} {words_of(scope.request)}.",
            _span(entry),
        )
    yield from _target_findings(scope, target)
    yield from _retention_findings(scope, entry, target, now)
    yield from _space_findings(scope, target)
    yield _told(scope, entry)


def _span(entry: TableEntry) -> str:
    windows = entry.windows.windows if entry.windows is not None and entry.windows.width else ()
    if not windows:
        return "List its contents: kwtui show"
    return f"It holds rows from {bound(windows[0].since)} to {bound(entry.until or '?')}."


def _target_findings(scope: ExcerptScope, target: ExcerptTarget) -> Iterator[Finding]:
    existing, into = target.existing, scope.request.into
    if existing is None:
        yield refusal(
            "not_found",
            target.name,
            f"There is no database {target.name} to create the table in.",
            "Name one that exists: --as NAME",
        )
    elif existing.engine is not Engine.TIME_SERIES:
        yield refusal(
            "other_engine",
            target.name,
            f"{target.name} is a {existing.engine.value} database, which holds no time series.",
            "Name a time-series database: --as NAME",
        )
    elif into.schema not in existing.schemas:
        yield refusal(
            "not_found",
            str(into),
            f"{target.name} has no schema {into.schema}.",
            f"Choose one that it has: {', '.join(existing.schemas)}",
        )
    elif into in _names(existing):
        yield refusal(
            "name_taken",
            str(into),
            f"{target.name} has a table or view {into} already, and a restore harms nothing that "
            "exists.",
            _way_around(existing, scope),
        )


def _way_around(existing: DatabaseSchema, scope: ExcerptScope) -> str:
    """What to do about a table that is there."""
    into = scope.request.into
    if comment_of(into, UNFINISHED) not in existing.comments:
        return "Choose another name for the new table."
    drop = statements.drop_table(scope.target, into)
    return f"An interrupted run left it incomplete. Drop it: {drop}"


def _names(schema: DatabaseSchema) -> set[object]:
    views = {view.name for view in schema.views}
    return {*views, *(t.name for t in schema.tables), *(t.name for t in schema.unread)}


def _retention_findings(
    scope: ExcerptScope, entry: TableEntry, target: ExcerptTarget, now: datetime
) -> Iterator[Finding]:
    """Rows older than what the database keeps would be gone at once (live-findings, row 14)."""
    kept = (
        seconds(target.existing.retention) if target.existing and target.existing.retention else 0
    )
    if not kept:
        return
    oldest = (now.astimezone(UTC) - timedelta(seconds=kept)).strftime("%Y-%m-%d %H:%M:%S")
    windows = _windows_met(entry, scope.excerpt)
    first = bound(windows[0].since) if windows else _NO_TIME if windows is not None else ""
    if max(first, scope.request.since) >= oldest:
        return
    yield refusal(
        "expired",
        target.name,
        f"{target.name} keeps no rows older than {oldest} (UTC): KWDB would drop them from the "
        "new table, too.",
        f"Start later (--from '{oldest}'), or name a database that keeps them: --as NAME",
    )


def _space_findings(scope: ExcerptScope, target: ExcerptTarget) -> Iterator[Finding]:
    copies = sum(file.entry.bytes for file in scope.files if not file.whole)
    needed, free = scope.bytes + copies, target.store_free_bytes
    if free is not None and needed > free:
        yield refusal(
            "disk_full",
            "store",
            f"The rows may take {human_bytes(needed)} with their copies, and {human_bytes(free)} "
            "are free in the node's store.",
            "Free space in the store, or choose fewer rows.",
        )


def _told(scope: ExcerptScope, entry: TableEntry) -> Finding:
    size = human_bytes(scope.bytes)
    words = f"Files that are read: {len(scope.files)} of {len(entry.files)} ({size})."
    if not entry.segments and (scope.request.since or scope.request.until):
        words = f"{words} The backup does not say which of them hold that time."
    return Finding(Severity.INFO, "excerpt", str(scope.table.name), words)
