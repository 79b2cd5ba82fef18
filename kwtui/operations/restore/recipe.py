"""The steps of a restore, in the order that was proven on a node (live-findings, section 2). Pure.

The work is done under a scratch name and compared there; views come last: a database that holds
views cannot be renamed (recording 13).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from kwtui.model.requests import RestoreStrategy
from kwtui.model.schema import UNFINISHED, DatabaseSchema, ForeignKeySpec, TableSpec
from kwtui.operations.plan import Step
from kwtui.operations.restore import definitions
from kwtui.operations.restore.cluster_parts import cluster_steps
from kwtui.operations.restore.findings import insert_reason, missing_accounts
from kwtui.operations.restore.source import SourceTable
from kwtui.operations.restore.staging_steps import older_definitions, stage, unstage
from kwtui.operations.restore.steps import (
    RestoreScope,
    check_files,
    compare,
    compare_others,
    count_existing,
    import_database,
    import_table,
    import_through,
    insert_rows_of,
    put_back_devices,
    sql_if_any,
    sql_step,
)
from kwtui.operations.shared.scratch_names import scratch_name
from kwtui.operations.shared.selection import Chosen
from kwtui.sql import statements

NOTHING_MADE = ["", "", ""]
"""Of a statement that only prepares the others of its step."""


def restore_steps(scope: RestoreScope) -> Iterator[Step]:
    if scope.with_data:
        yield check_files(scope)
    if scope.staging:
        yield stage(scope)
    if scope.request.strategy is RestoreStrategy.NATIVE:
        yield import_database(scope)
        yield compare(scope)
        yield from _publish(scope, unfinished=False)
    elif scope.request.strategy is RestoreStrategy.DATA_ONLY:
        yield from _fill_existing(scope)
    else:
        yield from _rebuild(scope)
    if scope.staging:
        yield unstage(scope)


def rehearsal_steps(scope: RestoreScope) -> Iterator[Step]:
    """The same restore into a scratch database that never gets another name, for a drill."""
    if scope.with_data:
        yield stage(scope)
    if scope.request.strategy is RestoreStrategy.NATIVE:
        yield import_database(scope)
        yield compare(scope)
    else:
        yield from _rebuild(scope)


def script_steps(scope: RestoreScope) -> Iterator[Step]:
    """What makes, fills and completes a database, without files to check and without a scratch."""
    yield from _make(scope)
    yield from _fill(scope)
    yield from _complete(scope)
    yield from _after_rename(scope)


def _rebuild(scope: RestoreScope) -> Iterator[Step]:
    """The exact recipe, step by step (live-findings, section 2)."""
    yield from cluster_steps(scope)
    yield from _create_accounts(scope)
    yield from _make(scope)
    if scope.with_data:
        yield from _fill(scope)
    yield from _complete(scope)
    yield compare(scope)
    late = tuple(_after_rename(scope))
    yield from _publish(scope, unfinished=bool(late))
    yield from late
    if late:
        yield from _finish(scope)
    if not scope.source.adopted:
        yield compare_others(scope)


def _make(scope: RestoreScope) -> Iterator[Step]:
    """Database, schemas, sequences, tables."""
    schema, chosen, name = scope.source.schema, scope.chosen, scope.scratch
    yield sql_step(
        "create-database",
        f"Create the database {name}",
        (statements.create_database(schema, name), statements.use_database(name)),
        "It is renamed to the requested name once everything in it has been compared."
        if name != scope.target
        else "",
    )
    if chosen.schemas:
        yield sql_step(
            "create-schemas", "Create the schemas", tuple(definitions.create_schemas(chosen, name))
        )
    if chosen.sequences:
        yield sql_step(
            "create-sequences",
            "Create the sequences",
            tuple(definitions.create_sequences(chosen, name)),
        )
    yield replace(
        sql_step(
            "create-tables",
            "Create the tables"
            if scope.time_series
            else "Create the tables, without defaults and foreign keys",
            tuple(definitions.create_tables(chosen, name)),
            ""
            if scope.time_series
            else "IMPORT INTO refuses tables with defaults and does not check foreign keys; both "
            "are added after the data.",
        ),
        diff=tuple(older_definitions(scope.source)),
    )
    indexes = tuple(definitions.create_indexes(chosen, name))
    if indexes:
        yield sql_step("create-indexes", "Create the other indexes", indexes)


def _fill(scope: RestoreScope) -> Iterator[Step]:
    """Children of foreign keys that rows may break come last, with those keys already there.

    An import takes their rows as they are and leaves the keys unvalidated (live-findings, row 18),
    which is what they were; added after the rows, such a key would be refused.
    """
    keys = definitions.keys_of(scope.chosen, validated=False)
    children = {table.name for table, _ in keys}
    yield from _import_each(scope, [t for t in scope.tables if t.name not in children])
    yield from sql_if_any(
        "add-unvalidated-keys",
        "Add the foreign keys that rows may break",
        definitions.add_foreign_keys(keys, scope.scratch),
        "They were not validated at the time of the backup. An import after them leaves them so; "
        "added after it they would be refused.",
        _makes_keys(keys),
    )
    yield from _import_each(scope, parents_first([t for t in scope.tables if t.name in children]))
    yield from put_back_devices(scope)


def parents_first(tables: Sequence[SourceTable]) -> Iterator[SourceTable]:
    """Each table after those of them that it refers to; in a circle as they come."""
    left = {table.name: table for table in tables}
    while left:
        ready = (
            t
            for t in left.values()
            if not any(k.target in left and k.target != t.name for k in t.spec.foreign_keys)
        )
        table = next(ready, None) or next(iter(left.values()))
        yield left.pop(table.name)


def _makes_keys(keys: Iterable[tuple[TableSpec, ForeignKeySpec]]) -> dict[str, Any]:
    """What a step makes, so that a continuation knows what is there already."""
    return {"makes": [[t.name.schema, t.name.name, key.name] for t, key in keys]}


def _import_each(scope: RestoreScope, tables: Iterable[SourceTable]) -> Iterator[Step]:
    refused = scope.refused
    for table in tables:
        if not table.files:
            continue
        reason = insert_reason(scope.source, table, may_stage=scope.facts.may_stage)
        if reason:
            yield insert_rows_of(scope, table, reason)
        elif table.name in refused:
            yield import_through(scope, table, refused[table.name])
        else:
            yield import_table(scope, table)


def _complete(scope: RestoreScope) -> Iterator[Step]:
    """Everything that may only come after the data, but for what forbids a rename."""
    chosen, name = scope.chosen, scope.scratch
    yield from sql_if_any(
        "set-defaults",
        "Set the defaults",
        definitions.set_defaults(chosen, name, waiting=False),
        "As SHOW COLUMNS had them: KWDB misprints some in the definition.",
    )
    # Without rows every key holds.
    keys = definitions.keys_of(chosen, validated=True) if scope.with_data else chosen.foreign_keys
    yield from sql_if_any(
        "add-foreign-keys",
        "Add the foreign keys",
        definitions.add_foreign_keys(keys, name),
        "Adding one checks every row.",
        _makes_keys(keys),
    )
    yield from sql_if_any(
        "validate-checks",
        "Validate the check constraints",
        definitions.validate_constraints(chosen, name) if scope.with_data else iter(()),
        "An import leaves them unvalidated.",
    )
    yield from sql_if_any(
        "set-sequences",
        "Set the values of the sequences",
        definitions.set_sequences(chosen, name),
    )
    yield from sql_if_any(
        "set-zones", "Restore the zone configurations", definitions.set_zones(chosen, name)
    )
    yield from sql_if_any(
        "comment-and-grant",
        "Restore comments and grants",
        definitions.comment_and_grant(chosen, scope.accounts, name, last=False),
    )


def _publish(scope: RestoreScope, *, unfinished: bool) -> Iterator[Step]:
    """``unfinished``: something is left to be made under the name, so it gets a mark first.

    Whoever finds it there after a power cut can see what it is.
    """
    if scope.scratch == scope.target:
        return
    if scope.request.replace == scope.target and scope.target in scope.facts.databases:
        if not scope.time_series:
            yield _try_name(scope)
        yield sql_step(
            "drop-replaced",
            f"Drop the database {scope.target} that is replaced",
            (statements.use_database("defaultdb"), statements.drop_database(scope.target)),
            "Only now that its successor is complete and compared.",
            {"replaces": scope.facts.replaced_id},
        )
    yield sql_step(
        "publish",
        f"Rename it to {scope.target}",
        (
            statements.use_database("defaultdb"),
            *((statements.comment_on_database(scope.scratch, UNFINISHED),) if unfinished else ()),
            statements.rename_database(scope.scratch, scope.target),
        ),
        "Its comment says that it is not complete, until everything below is done."
        if unfinished
        else "",
    )


def _try_name(scope: RestoreScope) -> Step:
    """No recording shows that a node renames a relational database: only time series (13).

    What is to be replaced must not be gone before that is known.
    """
    other = scratch_name(scope.target, scope.facts.databases | {scope.scratch})
    return sql_step(
        "try-name",
        "Test whether it can be renamed",
        (
            statements.use_database("defaultdb"),
            statements.rename_database(scope.scratch, other),
            statements.rename_database(other, scope.scratch),
        ),
        f"Before {scope.target} is dropped: if the server refuses, nothing is lost.",
    )


def _after_rename(scope: RestoreScope) -> Iterator[Step]:
    chosen, name = scope.chosen, scope.target
    yield from sql_if_any(
        "set-last-defaults",
        "Set the defaults that use a sequence or name their database",
        definitions.set_defaults(chosen, name, waiting=True),
        "Dependents of a sequence can prevent renaming its database.",
    )
    yield from sql_if_any(
        "create-views",
        "Create the views",
        definitions.create_views(chosen, name),
        "A database with views cannot be renamed, so they come last.",
        {"makes": [[view.name.schema, view.name.name, ""] for view in chosen.views]},
    )
    programs = tuple(definitions.create_programs(chosen, name))
    yield from sql_if_any(
        "create-programs",
        "Create the procedures and triggers",
        iter((statements.use_database(name), *(text for _, text in programs)) if programs else ()),
        "Last, so that no trigger fires for a row of the backup.",
        {"makes": [NOTHING_MADE, *([f":{p.kind}", p.name, p.table] for p, _ in programs)]},
    )
    yield from sql_if_any(
        "comment-and-grant-last",
        "Restore comments on views and procedures, and grants on these, schemas and the database",
        definitions.comment_and_grant(chosen, scope.accounts, name, last=True),
    )


def _finish(scope: RestoreScope) -> Iterator[Step]:
    """Nothing is left to be made: the mark goes, and the database's own comment comes."""
    if scope.scratch == scope.target:
        return
    comment = definitions.database_comment(scope.chosen)
    yield sql_step(
        "finish",
        f"Mark {scope.target} complete",
        (statements.comment_on_database(scope.target, comment),),
    )


def _create_accounts(scope: RestoreScope) -> Iterator[Step]:
    if not scope.request.create_missing_users:
        return
    roles = set(scope.source.schema.roles)
    yield from sql_if_any(
        "create-accounts",
        "Create the missing users and roles",
        (
            statements.create_role(name) if name in roles else statements.create_user(name)
            for name in missing_accounts(scope.source, scope.facts)
        ),
        "Without passwords: KWDB never reveals those.",
    )


def _to_be_filled(existing: DatabaseSchema, table: SourceTable) -> TableSpec:
    """The existing table. A constraint may stay unvalidated if the backed up rows broke it too."""
    there = existing.table(table.name) or table.spec
    both = (name for name in there.not_validated if name in table.spec.not_validated)
    return replace(there, not_validated=tuple(both))


def _fill_existing(scope: RestoreScope) -> Iterator[Step]:
    """Data only: defaults are taken off for the import and put back (live-findings, row 22)."""
    existing = scope.facts.existing
    if existing is None:
        return
    specs = tuple(_to_be_filled(existing, t) for t in scope.tables if existing.table(t.name))
    there = Chosen(existing, specs, whole=False)
    yield count_existing(scope)
    if not scope.time_series:
        yield from sql_if_any(
            "drop-defaults",
            "Take the defaults off for the import",
            definitions.drop_defaults(there, scope.target),
            "IMPORT INTO refuses tables with defaults. They are set again, even if it fails.",
        )
    yield from _import_each(scope, scope.tables)
    yield from put_back_devices(scope)
    if not scope.time_series:
        yield from sql_if_any(
            "set-defaults",
            "Set the defaults",
            definitions.set_all_defaults(there, scope.target),
            params={"defaults": definitions.all_defaults(there)},
        )
        yield from sql_if_any(
            "validate-checks",
            "Validate the constraints again",
            definitions.validate_all(there, scope.target),
            "An import leaves them unvalidated and accepts orphans.",
        )
    yield compare(scope)
