"""What to watch out for in a database, and what kwtui does about it.

Each finding stands for a trap that was seen on a node; the numbers are rows of the table in
live-findings, section 1. INFO: kwtui takes care of it. WARNING: something is lost, differs or
wants a decision. REFUSAL: it cannot be done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kwtui.model.findings import Finding, Severity
from kwtui.model.schema import (
    UNFINISHED,
    UNFINISHED_BY_SCRIPT,
    ColumnSpec,
    DatabaseSchema,
    Engine,
    TableSpec,
)
from kwtui.model.server import ServerFacts
from kwtui.server.catalogue.derive import (
    SYSTEM_DATABASES,
    has_escaped_default,
    has_sequence_default,
)
from kwtui.server.catalogue.refused_imports import refused_imports
from kwtui.server.catalogue.series_findings import about_time_series
from kwtui.server.state.activity import Query
from kwtui.sql.quoting import identifier
from kwtui.text import plural, shell_quoted

INFO, WARNING, REFUSAL = Severity.INFO, Severity.WARNING, Severity.REFUSAL

_TEXT_TYPES = re.compile(r"(STRING|TEXT|VARCHAR|NVARCHAR|CHAR|NCHAR|CLOB|CITEXT)", re.IGNORECASE)


HASH_POINTS = "The hash points of time series (WITH HASH) and their partitions by hash point"


def find(schema: DatabaseSchema, facts: ServerFacts) -> tuple[Finding, ...]:
    """All findings of a database, gravest first."""
    found = [*_about_server(schema, facts), *_about_names(schema)]
    found += _about_database(schema, facts)
    found += _about_refused_imports(schema)
    found += _about_unread(schema)
    for table in schema.tables:
        if schema.engine is Engine.TIME_SERIES:
            found.extend(about_time_series(schema, table))
        else:
            found.extend(_about_relational(schema, table))
    order = [REFUSAL, WARNING, INFO]
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def _about_server(schema: DatabaseSchema, facts: ServerFacts) -> Iterator[Finding]:
    if not facts.is_admin:
        yield Finding(
            REFUSAL,
            "admin_required",
            schema.database,
            f"{facts.user} has not the admin role, and KWDB lets only admins export.",
            f"Have an administrator run GRANT admin TO {identifier(facts.user)}, or connect as "
            "root.",
        )
    if schema.database in SYSTEM_DATABASES:
        yield Finding(
            REFUSAL,
            "system_database",
            schema.database,
            "This is a system database of KWDB; no import can restore it.",
            "Back up your own databases.",
        )


def others_at_work(database: str, queries: Iterable[Query]) -> Iterator[Finding]:
    """Exports of the same database that somebody else has running, by SHOW QUERIES."""
    name = re.compile(rf'(?<![\w".]){re.escape(identifier(database))}(?![\w"])', re.IGNORECASE)
    for query in queries:
        head, *source = re.split(r"\sFROM\s", query.sql, maxsplit=1, flags=re.IGNORECASE)
        if head.lstrip().upper().startswith("EXPORT ") and any(map(name.search, source)):
            since = f" since {query.started:%H:%M:%S} UTC" if query.started else ""
            client = query.application or query.client or "another client"
            yield Finding(
                WARNING,
                "export_at_work",
                database,
                f"{query.user} is exporting this database already{since}, with {client}.",
                "Both would be complete, but slower. Wait, or see SHOW QUERIES.",
            )


def _about_names(schema: DatabaseSchema) -> Iterator[Finding]:
    # Row 9: KWDB quotes a name only for its upper-case letters.
    if identifier(schema.database) != schema.database and not _has_upper(schema.database):
        outcome = "may fail" if schema.database.isidentifier() else "fails"
        yield Finding(
            INFO,
            "database_name_unquoted",
            schema.database,
            f"KWDB's own export writes this name without quotes, and IMPORT DATABASE {outcome}.",
            "The exact restore creates the database itself.",
        )
    for table in schema.tables:
        # Row 10, and characters that a node takes for a pattern when it lists files.
        if re.search(r"[/\\*?\[\]]", table.name.name) or table.name.name in (".", ".."):
            yield Finding(
                WARNING,
                "table_name_in_path",
                f"{schema.database}.{table.name}",
                "The table's name is not a valid folder name; a database export with it cannot "
                "be imported.",
                "Back up table by table (snapshot), where kwtui chooses the folder.",
            )


def _not_visible(schema: DatabaseSchema, facts: ServerFacts) -> Finding:
    """What a user has no right on is in no answer, so nobody can say that it is not there."""
    shown = len(schema.tables)
    seen = f"{facts.user} sees {plural(shown, 'table')}" if shown else f"{facts.user} sees no table"
    return Finding(
        WARNING,
        "not_visible",
        schema.database,
        f"{seen} of this database. KWDB shows a user only what it has privileges on: whether "
        "there is more is unknown.",
        "Connect as an admin to see everything.",
    )


def _about_unread(schema: DatabaseSchema) -> Iterator[Finding]:
    for table in schema.unread:
        yield Finding(
            REFUSAL,
            "table_unread",
            f"{schema.database}.{table.name}",
            f"The server does not report what this table is ({table.why}).",
            "Try again later: a table is unavailable for a while after an interrupted import. "
            "Or leave it out and back up the others: --without "
            f"{shell_quoted(table.name.as_option)}",
        )


def _has_upper(text: str) -> bool:
    return any(char.isupper() for char in text)


def _about_database(schema: DatabaseSchema, facts: ServerFacts) -> Iterator[Finding]:
    name = schema.database
    if not facts.is_admin:
        yield _not_visible(schema, facts)
    elif not schema.tables:
        yield Finding(
            WARNING,
            "no_tables",
            name,
            "The database has no tables; IMPORT DATABASE refuses such an export.",
            "Definitions are captured, and the exact restore needs nothing else.",
        )
    marks = (UNFINISHED, UNFINISHED_BY_SCRIPT)
    if any(c.target == "DATABASE" and c.text in marks for c in schema.comments):
        yield Finding(
            WARNING,
            "restore_unfinished",
            name,
            "A restore into this database did not finish: its last objects are missing (views, "
            "defaults that use a sequence, triggers, grants), or rows are.",
            "Restore it again and replace it (--yes-replace NAME), or continue: restore.sh "
            "--from N.",
        )
    for view in schema.views:
        yield Finding(
            INFO,
            "view_not_exported",
            f"{name}.{view.name}",
            "KWDB never exports views.",
            "Its definition is captured and created again after the data."
            + (" Its rows are recomputed." if view.materialized else ""),
        )
    for sequence in schema.sequences:
        known = sequence.last_value is not None
        yield Finding(
            INFO if known else WARNING,
            "sequence_not_exported",
            f"{name}.{sequence.name}",
            "KWDB never exports sequences."
            + ("" if known else " The value of this one could not be read."),
            "Definition and value are captured and restored."
            if known
            else "Its definition is captured; set its value manually after a restore.",
        )
    if any(grant.target == "DATABASE" for grant in schema.grants):
        yield Finding(
            INFO,
            "database_grants",
            name,
            "KWDB's import drops grants on the database itself.",
            "All grants are captured and granted again.",
        )
    people = (*schema.users, *schema.roles)
    if people:
        yield Finding(
            INFO,
            "users_without_passwords",
            name,
            f"Grants name {', '.join(people)}. Exports contain no passwords.",
            "On another cluster they must exist, or be created without a password.",
        )
    for text in schema.not_captured:
        yield Finding(
            WARNING,
            "not_captured",
            name,
            f"Not in the backup: {text}.",
            "Keep its definition elsewhere.",
        )
    for program in (p for p in schema.programs if not p.is_made_again):
        yield Finding(
            WARNING,
            "program_by_hand",
            f"{name}.{program.name}",
            f"The {program} is in no export, and no restore recreates it.",
            "Its text is captured: run it manually after a restore, from RESTORE.md.",
        )
    if schema.engine is Engine.TIME_SERIES:
        yield from _about_time_series_database(schema)


def _about_time_series_database(schema: DatabaseSchema) -> Iterator[Finding]:
    yield Finding(
        WARNING,
        "no_snapshot",
        schema.database,
        "A time-series export is not a snapshot: rows that arrive while it runs may or may not "
        "be in it.",
        "Pause all writers if a consistent point in time matters. Counts and checksums are "
        "taken from what was written to the files.",
    )
    yield Finding(
        INFO,
        "reject_files",
        schema.database,
        "A time-series import writes rows that it refuses into the folder it reads from, and "
        "reports success.",
        "The restore counts refused rows and names the files.",
    )
    yield Finding(
        INFO,
        "not_told",
        schema.database,
        f"{HASH_POINTS}: no KWDB statement reports them.",
        "Record them elsewhere if a table was created with them: a restored one has KWDB's "
        "defaults.",
    )
    if schema.retention or schema.partition_interval:
        yield Finding(
            INFO,
            "database_settings",
            schema.database,
            "KWDB's export leaves out the database's retention and partition interval.",
            "Both are captured and set on the new database.",
        )


def _about_relational(schema: DatabaseSchema, table: TableSpec) -> Iterator[Finding]:
    subject = f"{schema.database}.{table.name}"
    visible = [column for column in table.columns if not column.hidden]
    yield from _about_defaults(subject, visible)
    computed = _names(column for column in visible if column.computed)
    if computed:
        yield Finding(
            INFO,
            "computed_column",
            subject,
            f"IMPORT DATABASE refuses the whole database because {computed} is computed.",
            "The exact restore creates the table with its computed columns and imports into it.",
        )
    if table.foreign_keys:
        yield Finding(
            INFO,
            "foreign_keys_not_exported",
            subject,
            "KWDB's export leaves out foreign keys.",
            "They are captured and added again after the data, which validates them.",
        )
    if table.not_validated:
        yield Finding(
            WARNING,
            "not_validated",
            subject,
            f"{', '.join(table.not_validated)}: not validated, so rows may break it.",
            "It comes back as it is, with the rows. VALIDATE CONSTRAINT names the first of them.",
        )
    for key in table.foreign_keys:
        if key.target.schema != table.name.schema:
            yield Finding(
                INFO,
                "foreign_key_other_schema",
                subject,
                f"KWDB prints the foreign key {key.name} without the schema of its target.",
                f"It is captured with its target {key.target}.",
            )
    if len(visible) == 1:
        yield Finding(
            INFO,
            "one_column",
            subject,
            "With KWDB's own dialect NULL rows of a one-column table are lost.",
            r"NULL is written as \N, which brings them back.",
        )
    first = text_first(table)
    if first:
        yield Finding(
            INFO,
            "first_column_text",
            subject,
            f"IMPORT DATABASE and IMPORT TABLE take every ' out of {first}, the first column.",
            "The exact restore uses IMPORT INTO, which does not.",
        )


def _about_refused_imports(schema: DatabaseSchema) -> Iterator[Finding]:
    """Row 35, and facts.md, 2.3: what a table is, not what it holds, stops an import."""
    if schema.engine is Engine.RELATIONAL:
        for name, refused in refused_imports(schema.tables).items():
            yield Finding(
                INFO,
                "import_refused",
                f"{schema.database}.{name}",
                f"KWDB's IMPORT refuses this table: {refused.why}.",
                "The exact restore imports its rows into a plain table and copies them by INSERT, "
                "which takes about twice as long.",
            )


def text_first(table: TableSpec) -> str:
    """The name of the first column if it holds text: there ' gets lost (row 5); else nothing."""
    first = next((c for c in table.columns if not c.hidden), None)
    return first.name if first is not None and _TEXT_TYPES.match(first.type) else ""


def _about_defaults(subject: str, columns: list[ColumnSpec]) -> Iterator[Finding]:
    sequences = _names(c for c in columns if has_sequence_default(c))
    if sequences:
        yield Finding(
            INFO,
            "default_needs_sequence",
            subject,
            f"IMPORT DATABASE refuses the whole database because the default of {sequences} needs "
            "a sequence that is not in the export.",
            "The exact restore creates sequences first and sets defaults after the data.",
        )
    escaped = _names(c for c in columns if has_escaped_default(c))
    if escaped:
        yield Finding(
            INFO,
            "default_misprinted",
            subject,
            f"KWDB misprints the default of {escaped}; IMPORT DATABASE refuses it, or takes it in "
            "lower case.",
            "The true default is captured and set after the data.",
        )
    if any(c.default is not None for c in columns):
        yield Finding(
            INFO,
            "default_refused",
            subject,
            "IMPORT INTO refuses every table that has a DEFAULT.",
            "The exact restore sets defaults after the data.",
        )


def _names(columns: Iterable[ColumnSpec]) -> str:
    return ", ".join(column.name for column in columns)
