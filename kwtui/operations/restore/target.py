"""The server that is restored to: what is known of it, and what of it forbids a restore. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import RestoreRequest, RestoreStrategy
from kwtui.model.schema import DatabaseSchema, Engine, TableName, TableSpec
from kwtui.model.server import ServerFacts
from kwtui.operations.restore.source import RestoreSource, SourceTable
from kwtui.operations.shared.scratch_names import is_scratch
from kwtui.text import plural, shell_quoted

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
    live_tables: frozenset[TableName] = frozenset()
    """Of a foreign export: the tables of the database of its name, where there is one."""
    dependents: tuple[str, ...] = ()
    """What in other databases uses the one that is to be replaced."""
    replaced_id: str = ""
    """Of the database that is to be replaced; empty if there is none, or it is not told."""
    replaced_engine: Engine | None = None
    """Of the database that is to be replaced; None if there is none."""
    store_free_bytes: int | None = None
    problem: Finding | None = None
    """Why the files cannot be read on this machine."""
    read_only: bool = False
    """The profile says that nothing may be changed on this server."""
    may_stage: bool = True
    """This account may make folders in extern, for IMPORT to read and write."""


def refusal(code: str, subject: str, message: str, remedy: str) -> Finding:
    return Finding(Severity.REFUSAL, code, subject, message, remedy)


# -- name -------------------------------------------------------------------------------------


def scratch_findings(target: str) -> Iterator[Finding]:
    """Of a restore that is to stay: a drill gives its database just such a name."""
    if is_scratch(target):
        yield refusal(
            "scratch_name",
            target,
            f"{target} is a name that kwtui gives to scratch databases, which a cleanup drops.",
            "Choose another name (--as NAME).",
        )


def name_findings(
    source: RestoreSource, request: RestoreRequest, target: str, facts: TargetFacts
) -> Iterator[Finding]:
    exists = target in facts.databases
    if request.strategy is RestoreStrategy.DATA_ONLY:
        yield from _existing_table_findings(source, request, target, facts)
        return
    if target in SYSTEM_DATABASES:
        yield refusal(
            "system_database", target, f"{target} is a system database of KWDB.", "Choose a name."
        )
    elif exists and request.replace is None:
        yield refusal(
            "name_taken",
            target,
            f"A database named {target} exists, and a restore never overwrites anything.",
            "Restore under another name (--as NAME). To replace it, type its name: "
            f"--yes-replace {shell_quoted(target)}",
        )
    elif request.replace is not None and request.replace != target:
        yield refusal(
            "replace_mismatch",
            target,
            f"The name that may be replaced ({request.replace}) is not the target ({target}).",
            "Type exactly the name of the database that is to be replaced.",
        )
    elif exists:
        for user in facts.dependents:
            yield refusal(
                "used_elsewhere",
                target,
                f"Dropping {target} would silently drop {user} too, which uses it.",
                "Save its definition, drop it, and recreate it after the restore; or restore "
                "under another name (--as NAME).",
            )
        yield Finding(
            Severity.WARNING,
            "replaces",
            target,
            f"The database {target} is dropped with everything in it, after its successor was "
            "restored and compared.",
            "Back it up first if anything in it is still needed.",
        )
        yield from _other_database_findings(source, target, facts)


def _other_database_findings(
    source: RestoreSource, target: str, facts: TargetFacts
) -> Iterator[Finding]:
    """What takes the place of a database and was never a backup of it."""
    held, engine = source.schema.database, facts.replaced_engine
    other_engine = engine is not None and engine is not source.schema.engine
    if held == target and not other_engine:
        return
    words = f"The backup is of another database: {held}, not {target}."
    if held == target:
        words = f"The backup is of another database of the name {target}."
    if engine is not None and other_engine:
        words += (
            f" That one is {source.schema.engine.value}, and the one that is dropped is "
            f"{engine.value}."
        )
    yield Finding(
        Severity.WARNING,
        "replaces_another",
        target,
        words,
        f"If {target} is not to become {held}, restore beside it: --as NAME"
        if held != target
        else "If it is not to take that one's place, restore beside it: --as NAME",
    )


def _existing_table_findings(
    source: RestoreSource, request: RestoreRequest, target: str, facts: TargetFacts
) -> Iterator[Finding]:
    if facts.existing is None:
        yield refusal(
            "not_found",
            target,
            f"There is no database {target} to load the data into.",
            "Choose the exact strategy, which creates the tables too.",
        )
        return
    wanted = request.tables or tuple(t.name for t in source.tables)
    for name in wanted:
        there = facts.existing.table(name)
        here = source.schema.table(name)
        if there is None:
            yield refusal(
                "not_found",
                str(name),
                f"{target} has no table {name}.",
                "Choose tables that exist, or the exact strategy.",
            )
        elif here is not None and there.visible_columns != here.visible_columns:
            yield refusal(
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
        known = (
            "One that has the time and primary tags of a row there is not added beside it: the "
            "server's setting ts.dedup.rule decides which of the two stays."
            if there.time_column
            else "A key that exists makes the whole import of the table fail and changes nothing."
        )
        yield Finding(
            Severity.WARNING,
            "table_not_empty",
            str(there.name),
            f"{there.name} holds about {plural(there.rows, 'row')} already; the new ones are "
            f"added. {known}",
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


def space_findings(tables: tuple[SourceTable, ...], facts: TargetFacts) -> Iterator[Finding]:
    needed = sum(t.bytes or 0 for t in tables)
    free = facts.store_free_bytes
    if free is not None and needed > free:
        yield refusal(
            "disk_full",
            "store",
            f"The files hold {needed} bytes and {free} are free in the node's store.",
            "Free space in the store, or restore some of the tables.",
        )
