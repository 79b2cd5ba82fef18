"""The restore recipe as a script for whoever has only a SQL client. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from kwtui.backups.layout.naming import DATA_FOLDER
from kwtui.documents.runbook import TARGET_MARK, Runbook, RunbookCheck, RunbookStep, SeriesRows
from kwtui.model.requests import RestoreRequest
from kwtui.model.schema import UNFINISHED_BY_SCRIPT, Engine, TableName
from kwtui.model.server import ServerFacts
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.restore import definitions
from kwtui.operations.restore.recipe import script_steps
from kwtui.operations.restore.source import RestoreSource, SourceTable
from kwtui.operations.restore.steps import RestoreScope
from kwtui.operations.restore.target import TargetFacts
from kwtui.operations.shared.selection import Chosen
from kwtui.operations.shared.sent_statements import only_within
from kwtui.sql import inspection, statements
from kwtui.sql.insert_script import insert_head, value_kinds
from kwtui.sql.programs import for_clients, with_body_as_text

_ONE_BY_ONE = frozenset({"add-foreign-keys", "validate-checks", "create-views", "create-programs"})
"""Steps of which each statement becomes a step: one that fails must not cost the others."""

_LATE = frozenset(
    {
        "add-foreign-keys",
        "validate-checks",
        "set-zones",
        "comment-and-grant",
        "create-views",
        "create-programs",
        "comment-and-grant-last",
    }
)
"""Steps that all rows are whole without. A user who is not there must not cost the rows."""


def runbook_of(source: RestoreSource, server: ServerFacts, node_id: int) -> Runbook:
    """What a person does who has no kwtui, into a database of any name."""
    recipe = _recipe(source, server, node_id)
    data = f"{source.path}/{DATA_FOLDER}/"
    folders = {table.name: table.folder.removeprefix(data) for table in source.tables}
    parts = [part for step in recipe for part in _parts(step, folders)]
    # What the rows need, then views and comments, then grants.
    steps = tuple(sorted(parts, key=lambda part: (part.late, part.grants)))
    return Runbook(
        steps=(*steps, _finish(source)),
        checks=tuple(check for table in source.tables for check in _checks(table)),
        series_folders=tuple(_series_folders(source, recipe)),
    )


def _recipe(source: RestoreSource, server: ServerFacts, node_id: int) -> tuple[Step, ...]:
    """The steps of the restore itself, for the target `TARGET_MARK`."""
    scope = RestoreScope(
        source=source,
        tables=source.tables,
        request=RestoreRequest(source=source.path, target=TARGET_MARK),
        facts=TargetFacts(server=server, node_id=node_id),
        target=TARGET_MARK,
        scratch=TARGET_MARK,
        chosen=Chosen(source.schema, source.schema.tables, whole=True),
        accounts=frozenset(g.grantee for g in source.schema.grants),
    )
    return tuple(only_within(script_steps(scope), TARGET_MARK))


def _finish(source: RestoreSource) -> RunbookStep:
    """The mark goes, and the database's own comment comes."""
    chosen = Chosen(source.schema, source.schema.tables, whole=True)
    comment = statements.comment_on_database(TARGET_MARK, definitions.database_comment(chosen))
    return RunbookStep("Mark it complete", (comment,), late=True, act="finish")


def _parts(step: Step, folders: Mapping[TableName, str]) -> Iterator[RunbookStep]:
    """One step, or several where a person must be able to go on in the middle."""
    late = step.id in _LATE
    act, _, subject = step.id.partition(":")
    made = partial(RunbookStep, act=act, subject=subject)
    if step.kind is StepKind.INSERT_ROWS:
        yield made(step.title, (), step.explanation, rows=_series_rows(step, folders))
        return
    if step.kind is StepKind.DEVICES:
        sql = tuple(_device_inserts(step))
        if sql:
            yield made(step.title, sql, step.explanation)
        return
    if step.id == "create-database":
        mark = statements.comment_on_database(TARGET_MARK, UNFINISHED_BY_SCRIPT)
        yield made(step.title, (*step.sql, mark), step.explanation)
        return
    own_comment = statements.comment_on_database(TARGET_MARK, "x").removesuffix("'x'")
    kept = (for_clients(s) for s in step.sql if not s.startswith(own_comment))
    step = replace(step, sql=tuple(kept))
    use, sql = _parted(step.sql, "USE ")
    if step.id in _ONE_BY_ONE:
        for number, statement in enumerate(sql, start=1):
            title = f"{step.title}, {number} of {len(sql)}"
            text = with_body_as_text(statement) if step.id == "create-programs" else statement
            yield made(title, (*use, text), step.explanation, late=late, number=number, of=len(sql))
        return
    if late and not sql:
        return
    grants, others = _parted(sql, "GRANT ")
    if not late or not grants:
        yield made(step.title, step.sql, step.explanation, late=late)
        return
    if others:
        yield made("Put the comments back", (*use, *others), late=late)
    for grantee in dict.fromkeys(_grantee(statement) for statement in grants):
        given = (statement for statement in grants if _grantee(statement) == grantee)
        title = f"Give the grants to {grantee}"
        yield RunbookStep(
            title, (*use, *given), late=late, grants=True, act="grants", subject=grantee
        )


def _grantee(grant: str) -> str:
    return grant.rpartition(" TO ")[2]


def _series_rows(step: Step, folders: Mapping[TableName, str]) -> SeriesRows:
    params = step.params
    name = TableName(params["schema"], params["table"])
    columns = params["columns"]
    return SeriesRows(
        table=str(name),
        folder=folders[name],
        head=insert_head(name, [column for column, _ in columns]),
        kinds=value_kinds(kind for _, kind in columns),
        tags=tuple(position + 1 for position in params.get("tags", ())),
        rows=params.get("rows"),
    )


def _device_inserts(step: Step) -> Iterator[str]:
    """A device that is there already stays as it is (recording 17)."""
    for table in step.params["tables"]:
        name = TableName(table["schema"], table["table"])
        rows, batch = table["devices"], table["batch"]
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            yield statements.insert_rows(step.params["database"], name, table["tags"], part)


def _parted(sql: tuple[str, ...], word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The statements that begin with the word, and the others."""
    with_it = tuple(s for s in sql if s.startswith(word))
    return with_it, tuple(s for s in sql if not s.startswith(word))


def _series_folders(source: RestoreSource, recipe: tuple[Step, ...]) -> Iterator[str]:
    """Folders that an IMPORT reads as a whole, and writes into."""
    if source.schema.engine is Engine.TIME_SERIES:
        for step in recipe:
            if step.kind is StepKind.IMPORT_TABLE:
                yield step.params["folder"].removeprefix(f"{source.path}/{DATA_FOLDER}/")


def _checks(table: SourceTable) -> Iterator[RunbookCheck]:
    known = table.checksum
    sql = (
        statements.content_checksum(TARGET_MARK, table.name, table.spec.visible_columns)
        if known
        else statements.count_rows(TARGET_MARK, table.name)
    )
    keeps = table.spec.retention_seconds
    note = f"KWDB drops what is older than the retention of {keeps} s" if keeps else ""
    yield RunbookCheck(
        table=str(table.name),
        sql=sql,
        rows=table.rows,
        content=f"{known.xor} {known.sum}" if known else "",
        note=note,
    )
    if table.spec.devices is not None:
        yield RunbookCheck(
            table=str(table.name),
            sql=inspection.count_devices(TARGET_MARK, table.name),
            rows=table.spec.devices,
            note=f"{note}, and devices without a row with it" if note else "",
            of_devices=True,
        )
