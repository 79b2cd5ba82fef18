"""What a person should know before a restore begins. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator

from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import RestoreRequest, RestoreStrategy
from kwtui.model.schema import Engine
from kwtui.operations.restore import definitions
from kwtui.operations.restore.accounting import accounting_findings
from kwtui.operations.restore.cluster_parts import exported_accounts
from kwtui.operations.restore.live_tables import tables_not_held
from kwtui.operations.restore.native_import import native_findings
from kwtui.operations.restore.source import RestoreSource, SourceTable
from kwtui.operations.restore.target import TargetFacts, name_findings, refusal, space_findings
from kwtui.operations.shared.admin_rights import admin_findings
from kwtui.operations.shared.selection import Chosen
from kwtui.server.catalogue.refused_imports import interleave_parents, refused_imports
from kwtui.server.catalogue.series_findings import fine_time
from kwtui.sql import ddl
from kwtui.sql.session import TEXT_SETTINGS, other_texts, read_alike


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
        yield refusal(
            "read_only",
            target,
            "This profile is read-only.",
            "To restore, use a profile without read_only.",
        )
    yield from name_findings(source, request, target, facts)
    yield from accounting_findings(source, tables, request, facts)
    yield from _source_findings(source, tables, request, facts)
    yield from _grantee_findings(source, request, facts)
    yield from _cluster_findings(source, request)
    yield from space_findings(tables, facts)
    if request.strategy is RestoreStrategy.NATIVE:
        yield from native_findings(source, request, target, facts)
    elif source.schema.engine is Engine.TIME_SERIES:
        yield from _time_series_findings(source, tables, facts)
    elif request.strategy is RestoreStrategy.EXACT:
        yield from _unvalidated_findings(tables)
        yield from _interleaving_findings(source, tables)
    elif request.strategy is RestoreStrategy.DATA_ONLY:
        yield from _trigger_findings(source, tables, facts)


# -- source -----------------------------------------------------------------------------------


def _source_findings(
    source: RestoreSource,
    tables: tuple[SourceTable, ...],
    request: RestoreRequest,
    facts: TargetFacts,
) -> Iterator[Finding]:
    for problem in source.problems:
        yield Finding(Severity.WARNING, "source_problem", source.path, problem)
    yield from _text_findings(source, tables)
    yield from _null_line_findings(source, tables, request)
    if not source.adopted:
        return
    yield Finding(
        Severity.WARNING,
        "adopted",
        source.path,
        "This export was not made by kwtui: there is no manifest, so whether it holds every "
        "table and row is unknown. What the files hold is restored and counted.",
        "What an export leaves out (sequences, views, foreign keys, retentions, grants) was not "
        "found.",
    )
    yield from tables_not_held(source, request, facts.live_tables)
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
    yield from _default_findings(source, tables)
    yield from _sequence_findings(source, tables, request)
    if not source.dialect_sure:
        yield Finding(
            Severity.WARNING,
            "dialect_guessed",
            source.path,
            "The format of the files was guessed from their content.",
            "Give it if you know it: --null-text, --delimiter, --charset.",
        )


def _default_findings(source: RestoreSource, tables: tuple[SourceTable, ...]) -> Iterator[Finding]:
    """Defaults of a foreign export, of which nobody knows the capitals."""
    doubtful = [
        f"{table.name}.{column.name}"
        for table in tables
        for column in table.spec.columns
        if column.default is not None and ddl.hides_capitals(column.default)
    ]
    if doubtful:
        yield Finding(
            Severity.WARNING,
            "default_in_lower_case",
            source.path,
            "KWDB writes a default with escapes or letters beyond ASCII into meta.sql in lower "
            f"case: {', '.join(doubtful[:5])}.",
            "Compare with SHOW COLUMNS of the database that was exported, if it is still there.",
        )


def _sequence_findings(
    source: RestoreSource, tables: tuple[SourceTable, ...], request: RestoreRequest
) -> Iterator[Finding]:
    """Defaults that cannot come back, since an export holds no sequence (live-findings, row 7)."""
    if request.strategy not in (RestoreStrategy.EXACT, RestoreStrategy.SCHEMA_ONLY):
        return
    chosen = Chosen(source.schema, tuple(t.spec for t in tables), whole=False)
    for table in tables:
        for column in table.spec.columns:
            missing = definitions.missing_sequences(chosen, column.default or "")
            if missing:
                yield Finding(
                    Severity.WARNING,
                    "default_without_sequence",
                    str(table.name),
                    f"The default of {table.name}.{column.name} takes values from the sequence "
                    f"{missing[0]}, which an export does not hold: the column comes back without "
                    "it.",
                    f"Create the sequence afterwards, then SET DEFAULT {column.default}.",
                )


def _null_line_findings(
    source: RestoreSource, tables: tuple[SourceTable, ...], request: RestoreRequest
) -> Iterator[Finding]:
    """A row that is NULL alone is an empty line, which IMPORT skips (live-findings, row 12)."""
    if source.schema.engine is Engine.TIME_SERIES:
        return
    native = request.strategy is RestoreStrategy.NATIVE
    for table in tables if request.strategy is not RestoreStrategy.SCHEMA_ONLY else ():
        if table.files and table.has_null_lines(source.dialect):
            yield Finding(
                Severity.WARNING if native else Severity.INFO,
                "null_rows_lost",
                str(table.name),
                f"NULL is written as an empty field: KWDB's IMPORT loses rows of {table.name} "
                "that are " + ("NULL: then it fails." if native else "NULL: kwtui inserts them."),
                "Choose the exact strategy, which inserts them." if native else "",
            )


def _text_findings(source: RestoreSource, tables: tuple[SourceTable, ...]) -> Iterator[Finding]:
    """A checksum sees of a value what its text holds (live-findings, row 34)."""
    if not other_texts(source.text_settings):
        return
    for table in tables:
        types = [column.type for column in table.spec.columns]
        if table.checksum and not read_alike(source.text_settings, TEXT_SETTINGS, types):
            yield Finding(
                Severity.INFO,
                "rounded_texts",
                str(table.name),
                "Its content checksum was read with FLOAT values rounded to 15 digits, and is "
                "compared so: a difference beyond them is not detected. The files hold every "
                "digit.",
                "A backup made with this kwtui has checksums of the whole value.",
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
    from_set = exported_accounts(source) if request.with_users else frozenset()
    for name in missing_accounts(source, facts):
        if name in from_set:
            continue
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
            yield refusal(
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
            "Users come back without passwords: KWDB never reveals them.",
            "Give each a password afterwards.",
        )


def _time_series_findings(
    source: RestoreSource, tables: tuple[SourceTable, ...], facts: TargetFacts
) -> Iterator[Finding]:
    unknown = [str(table.name) for table in tables if table.spec.devices is None]
    if unknown:
        yield Finding(
            Severity.INFO,
            "devices_not_known",
            source.path,
            f"Whether {', '.join(unknown[:5])}{' and others' if len(unknown) > 5 else ''} had "
            "devices without readings is not known: KWDB exports none, and this backup was made "
            "without asking for them.",
            "A backup made with this kwtui has them.",
        )
    for table in tables:
        reason = insert_reason(source, table, may_stage=facts.may_stage)
        if reason:
            yield Finding(
                Severity.INFO,
                "rows_inserted",
                str(table.name),
                f"{reason}, so these rows go back by INSERT, which is slower.",
            )


def _unvalidated_findings(tables: tuple[SourceTable, ...]) -> Iterator[Finding]:
    for table in tables:
        for name in table.spec.not_validated:
            yield Finding(
                Severity.WARNING,
                "not_validated",
                str(table.name),
                f"{name} was not validated when the backup was made: rows may break it. It comes "
                "back as it was, and the rows with it.",
                f"Afterwards VALIDATE CONSTRAINT {name} names the first such row.",
            )


def _trigger_findings(
    source: RestoreSource, tables: tuple[SourceTable, ...], facts: TargetFacts
) -> Iterator[Finding]:
    """Triggers of existing tables: an IMPORT fires none of them, an INSERT all."""
    if facts.existing is None:
        return
    refused = refused_imports(facts.existing.tables)
    inserted = {
        str(table.name)
        for table in tables
        if table.name in refused or table.has_null_lines(source.dialect)
    }
    for program in facts.existing.programs:
        if program.kind == "trigger" and program.table in inserted:
            yield Finding(
                Severity.WARNING,
                "trigger_fires",
                program.table,
                f"Rows of {program.table} are inserted, and its trigger {program.name} may fire "
                "for each of them.",
                "If it must not, drop it before and recreate it afterwards.",
            )


def _interleaving_findings(
    source: RestoreSource, tables: tuple[SourceTable, ...]
) -> Iterator[Finding]:
    """Chosen tables that cannot be made without another one."""
    chosen = {table.name for table in tables}
    for child, parents in interleave_parents(source.schema.tables).items():
        for parent in parents:
            if child in chosen and parent not in chosen:
                yield refusal(
                    "interleave_parent",
                    str(child),
                    f"It is interleaved in {parent}, and cannot be created without it.",
                    f"Choose {parent} too.",
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
        return "KWDB's IMPORT reads the header line as a row"
    if table.clashing:
        return "KWDB's IMPORT may merge two of its devices"
    if not may_stage:
        return (
            "KWDB's IMPORT writes rejected rows beside the files, and this "
            "account may not make a staging folder in extern"
        )
    return ""


def left_out(source: RestoreSource, chosen: Chosen, accounts: Container[str]) -> Iterator[str]:
    """What the restored database will not have, in words.

    ``accounts`` are those that the server has when the grants are given.
    """
    yield from source.not_included
    for path in source.part.leave_out if source.part else ():
        yield f"{path}: left out, as requested"
    wanted = chosen.names
    for table in source.tables:
        if table.name in wanted:
            for key in table.spec.foreign_keys:
                if key.target not in wanted:
                    name = f"the foreign key {key.name} of {table.name}"
                    yield f"{name}: {key.target} is not restored"
    for program in source.schema.programs:
        if program.is_made_again and program not in chosen.programs:
            yield f"the {program}: it may need tables that are not restored"
    for name in dict.fromkeys(g.grantee for g in source.schema.grants):
        if name not in accounts:
            yield f"grants to {name}, who does not exist here"
