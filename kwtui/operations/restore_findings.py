"""What a person should know before a restore begins. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kwtui.backups.metasql import import_refusals
from kwtui.model import (
    DatabaseSchema,
    Engine,
    Finding,
    RestoreRequest,
    RestoreStrategy,
    ServerFacts,
    Severity,
    TableName,
    TableSpec,
)
from kwtui.operations.backup_findings import admin_findings
from kwtui.operations.restore_source import RestoreSource, SourceTable
from kwtui.server.findings import fine_time, text_first

SYSTEM_DATABASES = frozenset({"defaultdb", "postgres", "system"})


@dataclass(frozen=True)
class TargetFacts:
    """What is known of the server that is restored to."""

    server: ServerFacts
    node_id: int
    """The node whose extern holds the files."""
    databases: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    """Users and roles."""
    existing: DatabaseSchema | None = None
    """The target database, where it exists and matters (data only)."""
    store_free_bytes: int | None = None
    problem: Finding | None = None
    """Why the files cannot be read on this machine."""
    read_only: bool = False
    """The profile says that nothing may be changed on this server."""
    may_stage: bool = True
    """This account may make folders in extern, for IMPORT to read and write."""


def restore_findings(
    source: RestoreSource,
    tables: tuple[SourceTable, ...],
    request: RestoreRequest,
    target: str,
    facts: TargetFacts,
) -> Iterator[Finding]:
    """Everything, refusals first as they come."""
    yield from admin_findings(facts.server)
    if facts.problem is not None:
        yield facts.problem
    if facts.read_only:
        yield _refusal(
            "read_only",
            target,
            "This profile is for reading only.",
            "Use a profile without read_only to restore.",
        )
    yield from _name_findings(source, request, target, facts)
    yield from _source_findings(source, tables)
    yield from _grantee_findings(source, request, facts)
    yield from _cluster_findings(source, request)
    yield from _space_findings(tables, facts)
    if request.strategy is RestoreStrategy.NATIVE:
        yield from native_findings(source, request, target, facts)
    elif source.schema.engine is Engine.TIME_SERIES:
        yield from _time_series_findings(source, tables, facts)


# -- name -------------------------------------------------------------------------------------


def _name_findings(
    source: RestoreSource, request: RestoreRequest, target: str, facts: TargetFacts
) -> Iterator[Finding]:
    exists = target in facts.databases
    if request.strategy is RestoreStrategy.DATA_ONLY:
        yield from _existing_table_findings(source, request, target, facts)
        return
    if target in SYSTEM_DATABASES:
        yield _refusal(
            "system_database", target, f"{target} is one of KWDB's own databases.", "Choose a name."
        )
    elif exists and request.replace is None:
        yield _refusal(
            "name_taken",
            target,
            f"A database named {target} exists, and a restore harms nothing that exists.",
            "Restore under another name (--as NAME). To replace it, type its name: "
            f"--yes-replace {target}",
        )
    elif request.replace is not None and request.replace != target:
        yield _refusal(
            "replace_mismatch",
            target,
            f"The name that may be replaced ({request.replace}) is not the target ({target}).",
            "Type exactly the name of the database that is to be replaced.",
        )
    elif exists:
        yield Finding(
            Severity.WARNING,
            "replaces",
            target,
            f"The database {target} is dropped with everything in it, after its successor was "
            "restored and compared.",
            "Back it up first if anything in it is still needed.",
        )


def _existing_table_findings(
    source: RestoreSource, request: RestoreRequest, target: str, facts: TargetFacts
) -> Iterator[Finding]:
    if facts.existing is None:
        yield _refusal(
            "not_found",
            target,
            f"There is no database {target} to put the data into.",
            "Choose the exact strategy, which makes the tables too.",
        )
        return
    wanted = request.tables or tuple(t.name for t in source.tables)
    for name in wanted:
        there = facts.existing.table(name)
        here = source.schema.table(name)
        if there is None:
            yield _refusal(
                "not_found",
                str(name),
                f"{target} has no table {name}.",
                "Choose tables that exist, or the exact strategy.",
            )
        elif here is not None and there.visible_columns != here.visible_columns:
            yield _refusal(
                "columns_differ",
                str(name),
                f"{name} has other columns in {target}: {', '.join(there.visible_columns)} there, "
                f"{', '.join(here.visible_columns)} in the backup.",
                "Restore under another name and copy what is needed.",
            )
        else:
            yield from _about_existing(there, here)
    yield Finding(
        Severity.WARNING,
        "tables_offline",
        target,
        "A table cannot be read while rows are imported into it.",
    )


def _about_existing(there: TableSpec, here: TableSpec | None) -> Iterator[Finding]:
    if there.rows:
        yield Finding(
            Severity.WARNING,
            "table_not_empty",
            str(there.name),
            f"{there.name} holds about {there.rows} rows already; the new ones are added. A key "
            "that exists makes the whole import of the table fail and changes nothing.",
        )
    without = {c.name for c in there.columns if c.default is None}
    gone = [c.name for c in here.columns if c.default and c.name in without] if here else []
    if gone:
        yield Finding(
            Severity.WARNING,
            "defaults_gone",
            str(there.name),
            f"{', '.join(gone)} of {there.name} had a default when the backup was made and has "
            "none now. An import takes defaults off while it runs: one that was killed may not "
            "have put them back.",
            "See what it had to put back: kwtui runs",
        )


# -- source -----------------------------------------------------------------------------------


def _source_findings(source: RestoreSource, tables: tuple[SourceTable, ...]) -> Iterator[Finding]:
    for problem in source.problems:
        yield Finding(Severity.WARNING, "source_problem", source.path, problem)
    if not source.adopted:
        return
    yield Finding(
        Severity.WARNING,
        "adopted",
        source.path,
        "This export was not made by kwtui: there is no manifest, so whether every row is in it "
        "cannot be known. What is in the files is restored and counted.",
        "What an export leaves out (sequences, views, foreign keys, retentions, grants) is not "
        "there.",
    )
    older = [t.name for meta in source.metas for t in meta.tables if t.old_clauses]
    if older:
        yield Finding(
            Severity.WARNING,
            "older_version",
            source.path,
            f"It was written by KWDB before 3.2: {', '.join(older[:5])} "
            f"{'has' if len(older) == 1 else 'have'} clauses that a server of today refuses. They "
            "are left out, as the plan shows; a partition interval goes to the database.",
        )
    for table in tables:
        if not table.files:
            yield Finding(
                Severity.WARNING,
                "table_without_files",
                str(table.name),
                f"{table.name} has no data file: it was empty, or its file is lost. KWDB's own "
                "import would not say so.",
                "Ask whoever made the export how many rows it should have.",
            )
    if not source.dialect_sure:
        yield Finding(
            Severity.WARNING,
            "dialect_guessed",
            source.path,
            "How the files were written is a guess from their content.",
            "Say it if you know it: --null-text, --delimiter, --charset.",
        )
    if source.dialect.null_text == "" and any(len(t.spec.visible_columns) == 1 for t in tables):
        yield Finding(
            Severity.WARNING,
            "null_rows_lost",
            source.path,
            "NULL is written as nothing here: rows of one-column tables that were NULL are lost in "
            "the files themselves.",
        )


def missing_accounts(source: RestoreSource, facts: TargetFacts) -> tuple[str, ...]:
    """Grantees that this server does not know."""
    grantees = dict.fromkeys(g.grantee for g in source.schema.grants)
    return tuple(name for name in grantees if name not in facts.accounts)


def _grantee_findings(
    source: RestoreSource, request: RestoreRequest, facts: TargetFacts
) -> Iterator[Finding]:
    if request.strategy in (RestoreStrategy.NATIVE, RestoreStrategy.DATA_ONLY):
        return
    for name in missing_accounts(source, facts):
        if request.create_missing_users:
            yield Finding(
                Severity.INFO,
                "account_created",
                name,
                f"{name} does not exist here and is created without a password.",
                "Give it a password afterwards.",
            )
        else:
            yield Finding(
                Severity.WARNING,
                "account_missing",
                name,
                f"{name} does not exist here: grants to it are left out.",
                "Create it first, or let kwtui do it: --create-users",
            )


def _cluster_findings(source: RestoreSource, request: RestoreRequest) -> Iterator[Finding]:
    """What was asked for and is not in the set, and what concerns more than the database."""
    asked = (
        (request.with_users, source.users_sql, "users", "--with-users"),
        (request.with_settings, source.settings_sql, "cluster settings", "--with-settings"),
    )
    for wanted, text, what, option in asked:
        if wanted and text is None:
            yield _refusal(
                "not_in_set",
                source.path,
                f"The backup holds no {what}.",
                f"Leave {option} out: a backup has them only if it was made with {option}.",
            )
    if request.with_settings and source.settings_sql:
        yield Finding(
            Severity.WARNING,
            "settings_of_cluster",
            source.path,
            "Cluster settings hold for every database of this cluster.",
            "The plan shows each of them.",
        )
    if request.with_users and source.users_sql:
        yield Finding(
            Severity.INFO,
            "no_passwords",
            source.path,
            "Users come back without passwords: KWDB never gives them out.",
            "Give each a password afterwards.",
        )


def _space_findings(tables: tuple[SourceTable, ...], facts: TargetFacts) -> Iterator[Finding]:
    needed = sum(t.bytes or 0 for t in tables)
    free = facts.store_free_bytes
    if free is not None and needed > free:
        yield _refusal(
            "disk_full",
            "store",
            f"The files hold {needed} bytes and {free} are free in the node's store.",
            "Free space in the store, or restore some of the tables.",
        )


def _time_series_findings(
    source: RestoreSource, tables: tuple[SourceTable, ...], facts: TargetFacts
) -> Iterator[Finding]:
    for table in tables:
        reason = insert_reason(source, table, may_stage=facts.may_stage)
        if reason:
            yield Finding(
                Severity.INFO,
                "rows_inserted",
                str(table.name),
                f"{reason}, so these rows go back by INSERT, which is slower.",
            )


def insert_reason(source: RestoreSource, table: SourceTable, *, may_stage: bool = True) -> str:
    """Why IMPORT cannot be used for a time-series table's rows; empty where it can.

    Times finer than milliseconds: row 13, recording 09. A line of column names: row 20. Rejected
    rows beside the files: row 15, unless a staging folder can be made.
    """
    if source.schema.engine is not Engine.TIME_SERIES:
        return ""
    if fine_time(table.spec):
        return "KWDB's IMPORT stores micro- and nanosecond times wrong"
    if source.dialect.header:
        return "KWDB's IMPORT takes the line of column names for a row"
    if not may_stage:
        return (
            "KWDB's IMPORT writes rejected rows beside the files, and this "
            "account may not make a staging folder in extern"
        )
    return ""


# -- native -----------------------------------------------------------------------------------


def native_findings(
    source: RestoreSource, request: RestoreRequest, target: str, facts: TargetFacts
) -> Iterator[Finding]:
    """What IMPORT DATABASE will refuse or get wrong of this very source."""
    remedy = "Choose the exact strategy."
    if not source.import_root:
        yield _refusal(
            "not_native",
            source.path,
            "IMPORT DATABASE needs the export of a whole database; this one was written table by "
            "table.",
            remedy,
        )
    if target != source.schema.database and not facts.may_stage:
        yield _refusal(
            "native_name",
            target,
            f"IMPORT DATABASE makes the database under its old name, {source.schema.database}, and "
            "this account may not make a staging folder in extern for a meta.sql with another one.",
            f"{remedy} It restores under any name.",
        )
    if request.tables or request.replace:
        yield _refusal(
            "native_whole",
            source.path,
            "IMPORT DATABASE restores the whole database and replaces nothing.",
            remedy,
        )
    for meta in source.metas:
        yield from import_refusals(meta)
    relational = source.schema.engine is Engine.RELATIONAL
    for table in source.tables if relational else ():
        column = text_first(table.spec)
        if column:
            yield Finding(
                Severity.WARNING,
                "first_column_text",
                str(table.name),
                f"IMPORT DATABASE takes every ' out of {column}, the first column of {table.name}.",
                remedy,
            )
    lost = tuple(_lost_by_native(source))
    if lost:
        yield Finding(
            Severity.WARNING,
            "native_loses",
            source.path,
            f"IMPORT DATABASE does not bring back: {', '.join(lost)}.",
            remedy,
        )


def _lost_by_native(source: RestoreSource) -> Iterator[str]:
    schema = source.schema
    counted = {
        "foreign keys": sum(len(t.foreign_keys) for t in schema.tables),
        "sequences": len(schema.sequences),
        "views": len(schema.views),
        "comments": len(schema.comments),
        "grants": len(schema.grants),
        "zone configurations": len(schema.zone_statements),
    }
    yield from (f"{count} {what}" for what, count in counted.items() if count)
    if schema.engine is Engine.TIME_SERIES:
        yield "the retention and partition interval of the database"


def _refusal(code: str, subject: str, message: str, remedy: str) -> Finding:
    return Finding(Severity.REFUSAL, code, subject, message, remedy)


def left_out(
    source: RestoreSource, wanted: frozenset[TableName], facts: TargetFacts, create_users: bool
) -> Iterator[str]:
    """What the restored database will not have, in words."""
    yield from source.not_included
    for table in source.tables:
        if table.name in wanted:
            for key in table.spec.foreign_keys:
                if key.target not in wanted:
                    name = f"the foreign key {key.name} of {table.name}"
                    yield f"{name}: {key.target} is not restored"
    if not create_users:
        for name in missing_accounts(source, facts):
            yield f"grants to {name}, who does not exist here"
