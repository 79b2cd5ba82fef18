"""The single steps of a restore plan. Pure; `restore_plan` puts them in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from kwtui.model.requests import Dialect, RestoreRequest, RestoreStrategy
from kwtui.model.schema import Engine, TableName
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.restore.expected_content import again, content_sql, expected_content
from kwtui.operations.restore.source import RestoreSource, SourceTable
from kwtui.operations.restore.target import TargetFacts
from kwtui.operations.shared.selection import Chosen
from kwtui.server.catalogue.refused_imports import RefusedImport, refused_imports
from kwtui.sql import ddl, inspection, session, statements, transfer
from kwtui.sql.plain_tables import plain_table
from kwtui.sql.transfer import ImportOptions
from kwtui.text import plural

_INSERT_ROWS = 500
"""Rows in one INSERT: far from any limit, and few round trips."""


@dataclass(frozen=True)
class RestoreScope:
    source: RestoreSource
    tables: tuple[SourceTable, ...]
    request: RestoreRequest
    facts: TargetFacts
    target: str
    scratch: str
    """Where the work is done; the target itself where it is not made but filled."""
    chosen: Chosen
    accounts: frozenset[str]
    """Who may be granted something: those who exist or will be made."""
    staging: str = ""
    """The staging folder that IMPORT reads, relative to extern; empty: it reads the source."""
    comparing: str = ""
    """The staging folder where restored tables are exported again; empty: they are not."""
    staged_metas: Mapping[str, str] = field(default_factory=dict)
    """Texts of meta.sql files as they go into the staging folder, by their paths in it."""

    def placed(self, path: str) -> str:
        """Where IMPORT finds a file or folder of the source, relative to extern."""
        if not self.staging:
            return path
        inner = path.removeprefix(self.source.path).strip("/")
        return f"{self.staging}/{inner}" if inner else self.staging

    def placed_file(self, path: str) -> str:
        """The same of a data file, with the ending that a time-series IMPORT looks for."""
        placed = self.placed(path)
        return placed if placed.endswith(".csv") or not self.staging else f"{placed}.csv"

    @property
    def refused(self) -> Mapping[TableName, RefusedImport]:
        """Tables that IMPORT INTO refuses for what they are, with the reason."""
        if self.time_series:
            return {}
        fills = self.request.strategy is RestoreStrategy.DATA_ONLY
        existing = self.facts.existing.tables if fills and self.facts.existing else ()
        return refused_imports(existing or self.chosen.tables)

    @property
    def time_series(self) -> bool:
        return self.source.schema.engine is Engine.TIME_SERIES

    @property
    def with_data(self) -> bool:
        return self.request.strategy is not RestoreStrategy.SCHEMA_ONLY


def check_files(scope: RestoreScope) -> Step:
    return Step(
        id="check-files",
        kind=StepKind.CHECK_FILES,
        title="Check the files before anything is written",
        explanation="There is no manifest: every record is read and counted."
        if scope.source.adopted
        else "Every file must exist with the size and SHA-256 of the manifest.",
        subject=scope.source.path,
        params={
            "records": scope.source.adopted,
            "retentions": list(_retentions(scope)),
            "part": msgspec.to_builtins(scope.source.part),
            "dialect": msgspec.to_builtins(scope.source.dialect),
        },
    )


def _retentions(scope: RestoreScope) -> Iterator[dict[str, Any]]:
    """Tables whose old rows KWDB will drop; they are counted first (live-findings, row 14).

    Where rows go into a table that is there, its own retention counts, not that of the backup.
    """
    fills = scope.request.strategy is RestoreStrategy.DATA_ONLY
    existing = scope.facts.existing if fills else None
    for table in scope.tables:
        there = existing.table(table.name) if existing is not None else None
        seconds = (there or table.spec).retention_seconds
        if seconds and table.spec.time_column:
            yield {
                "table": str(table.name),
                "seconds": seconds,
                "files": list(table.files),
                "fields": len(table.spec.visible_columns),
                "dialect": msgspec.to_builtins(scope.source.dialect),
                "forms": msgspec.to_builtins(table.forms),
            }


def import_table(scope: RestoreScope, table: SourceTable) -> Step:
    node = scope.facts.node_id
    # Relational imports want every file named, time-series ones their folder (facts.md, 2.5).
    folder = scope.placed(table.folder)
    paths = (folder,) if scope.time_series else tuple(map(scope.placed_file, table.files))
    sql = transfer.import_into(
        scope.scratch,
        table.name,
        [transfer.nodelocal(node, path) for path in paths],
        options=_options(scope),
    )
    nulls = not scope.time_series and table.has_null_lines(scope.source.dialect)
    return Step(
        id=f"import:{table.name}",
        kind=StepKind.IMPORT_TABLE,
        title=f"Import {table.name}",
        explanation="NULL is written as an empty field: IMPORT skips NULL rows; these are inserted."
        if nulls
        else "",
        sql=(sql,),
        subject=str(table.name),
        params=_table_params(table)
        | {"folder": folder, "database": scope.scratch}
        | (_insert_params(scope, table) if nulls or table.spec.primary_tag_positions else {})
        | ({"null_lines": True} if nulls else {})
        | ({"series": True} if scope.time_series else {}),
    )


def import_through(scope: RestoreScope, table: SourceTable, refused: RefusedImport) -> Step:
    """The rows of a table that IMPORT INTO refuses, by way of a plain one (live-findings, row 35).

    Done again it begins by removing what an earlier try left of the plain table.
    """
    step, plain = import_table(scope, table), plain_name(scope, table)
    spec = table.spec
    create = plain_table(ddl.without_defaults(spec.create_without_foreign_keys, spec.columns))
    files = replace(table, spec=replace(spec, name=plain))
    columns = [c.name for c in spec.columns if not c.hidden and not c.computed]
    return replace(
        step,
        title=f"Import {table.name} through a plain table",
        explanation=f"KWDB's IMPORT refuses it: {refused.why}. INSERT accepts it.",
        sql=(
            statements.drop_table(scope.scratch, plain, if_exists=True),
            ddl.with_name(create, scope.scratch, plain),
            *import_table(scope, files).sql,
            statements.copy_rows(scope.scratch, plain, table.name, columns),
            statements.drop_table(scope.scratch, plain),
        ),
        params=step.params
        | {"through": [plain.schema, plain.name], "interleaved": refused.interleaved},
    )


def plain_name(scope: RestoreScope, table: SourceTable) -> TableName:
    """What no table of the source, nor of the database that is filled, is called."""
    existing = scope.facts.existing.tables if scope.facts.existing else ()
    taken = {spec.name for spec in (*scope.source.schema.tables, *existing)}
    name = f"kwtui_plain_{1 + [t.name for t in scope.tables].index(table.name)}"
    while TableName(table.name.schema, name) in taken:
        name += "_"
    return TableName(table.name.schema, name)


def import_of(step: Step) -> str:
    """The IMPORT among the statements of a step that has one."""
    return next(sql for sql in step.sql if sql.startswith("IMPORT "))


def insert_rows_of(scope: RestoreScope, table: SourceTable, reason: str) -> Step:
    columns = [(c.name, c.type) for c in table.spec.columns if not c.hidden]
    return Step(
        id=f"insert:{table.name}",
        kind=StepKind.INSERT_ROWS,
        title=f"Insert the rows of {table.name}",
        explanation=f"{reason}; INSERT does not. {_INSERT_ROWS} rows go in one statement.",
        sql=(statements.insert_rows(scope.scratch, table.name, columns, ()) + "...",),
        subject=str(table.name),
        params=_table_params(table) | {"database": scope.scratch} | _insert_params(scope, table),
    )


def _insert_params(scope: RestoreScope, table: SourceTable) -> dict[str, Any]:
    return {
        "files": list(table.files),
        "columns": [(c.name, c.type) for c in table.spec.columns if not c.hidden],
        "batch": _INSERT_ROWS,
        "dialect": msgspec.to_builtins(scope.source.dialect),
        "tags": list(table.spec.primary_tag_positions),
        "forms": msgspec.to_builtins(table.forms),
    }


def put_back_devices(scope: RestoreScope) -> Iterator[Step]:
    """Devices that no file knows, and those whose rows are all too old by now (rows 14 and 33)."""
    tables = [t for t in scope.tables if t.spec.tags and t.spec.devices is not None]
    silent = sum(len(table.spec.silent_devices) for table in tables)
    expiring = any(True for _ in _retentions(scope))
    if not scope.time_series or not (silent or expiring):
        return
    yield Step(
        id="devices",
        kind=StepKind.DEVICES,
        title=f"Restore {plural(silent, 'device')} without readings",
        explanation="EXPORT and IMPORT omit them; INSERT of their tags restores them. This also "
        "restores devices whose rows are all older than their retention.",
        sql=tuple(
            statements.insert_rows(scope.scratch, t.name, _tags(t), ()) + "..."
            for t in tables
            if t.spec.silent_devices
        ),
        params={
            "database": scope.scratch,
            "tables": [
                _table_params(table)
                | _insert_params(scope, table)
                | {
                    "tags": _tags(table),
                    "primary": [i for i, t in enumerate(table.spec.tags) if t.primary_tag],
                    "devices": [list(device) for device in table.spec.silent_devices],
                }
                for table in tables
            ],
        },
    )


def _tags(table: SourceTable) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in table.spec.tags]


def import_database(scope: RestoreScope) -> Step:
    root = scope.placed(scope.source.import_root or scope.source.path)
    sql = transfer.import_database(transfer.nodelocal(scope.facts.node_id, root), _options(scope))
    return Step(
        id="import",
        kind=StepKind.IMPORT_DATABASE,
        title=f"Import the database {scope.target}",
        explanation="KWDB's own statement. It says succeeded when tables are empty or rows are "
        "missing; the comparison finds that.",
        sql=(sql,),
        subject=scope.target,
        params={
            "folder": root,
            "rows": sum_known([t.rows for t in scope.tables]),
            "bytes": sum_known([t.bytes for t in scope.tables]),
        },
    )


def compare(scope: RestoreScope) -> Step:
    tables = [_expectation(scope, t) for t in scope.tables] if scope.with_data else []
    return Step(
        id="compare",
        kind=StepKind.COMPARE,
        title="Compare the result with the backup",
        explanation="The rows of every table, its content and its definition. A table whose every "
        "row was hashed for the backup is hashed again; any other is exported again where that can "
        "be, and compared record by record.",
        sql=comparison_sql(scope.scratch, tables, scope.source.text_settings),
        params={
            "database": scope.scratch,
            "tables": tables,
            "text_settings": dict(scope.source.text_settings),
            "definitions": scope.request.strategy
            in (RestoreStrategy.EXACT, RestoreStrategy.SCHEMA_ONLY),
            "layout": list(_layout(scope)) if scope.source.adopted else [],
            "adds": scope.request.strategy is RestoreStrategy.DATA_ONLY,
        },
    )


def _layout(scope: RestoreScope) -> Iterator[dict[str, Any]]:
    """The tables of an export, which was not captured: what can be compared of them is their
    columns by name."""
    for table in scope.tables:
        names = [c.name for c in table.spec.columns if not c.hidden]
        yield {"schema": table.name.schema, "table": table.name.name, "columns": names}


def comparison_sql(
    database: str, tables: Sequence[Mapping[str, Any]], text_settings: Mapping[str, str]
) -> tuple[str, ...]:
    """What a comparison asks of each table, as its step's params describe them.

    Values read as text the way that they did when the checksums of the backup were read.
    """
    asked = tuple(sql for table in tables for sql in content_sql(database, table))
    others = session.other_texts(text_settings) if asked else {}
    usual = {name: session.TEXT_SETTINGS[name] for name in others}
    known = (t for t in tables if t.get("devices") is not None)
    devices = (inspection.tag_values(database, TableName(t["schema"], t["table"])) for t in known)
    return (*session.set_texts(others), *asked, *session.set_texts(usual), *devices)


def count_existing(scope: RestoreScope) -> Step:
    """Before rows are added, so that what was there can be told from what came."""
    tables = [t for t in scope.tables if t.files]
    return Step(
        id="count-rows",
        kind=StepKind.COUNT_ROWS,
        title="Count the existing rows",
        explanation="To tell afterwards which rows were added, and whether all were.",
        sql=tuple(statements.count_rows(scope.target, t.name) for t in tables),
        params={
            "database": scope.target,
            "tables": [[t.name.schema, t.name.name] for t in tables],
        },
    )


def compare_others(scope: RestoreScope) -> Step:
    return Step(
        id="compare-others",
        kind=StepKind.COMPARE,
        title="Compare views, sequences, comments and grants",
        explanation="A difference here does not undo the restore; it is named in the result.",
        params={"database": scope.target, "accounts": sorted(scope.accounts)},
    )


def _expectation(scope: RestoreScope, table: SourceTable) -> dict[str, Any]:
    source = scope.source
    root = scope.comparing if source.dialect_sure else ""
    return _table_params(table) | {
        "columns": list(table.spec.visible_columns),
        "series": table.spec.time_column is not None,
        **expected_content(table),
        **again(table, source.dialect, scope.facts.node_id, root),
        **_expected_devices(table),
    }


def _expected_devices(table: SourceTable) -> dict[str, Any]:
    if table.spec.devices is None:
        return {}
    return {
        "devices": table.spec.devices,
        "silent": [list(device) for device in table.spec.silent_devices],
        "tags": [column.name for column in table.spec.tags],
    }


def _table_params(table: SourceTable) -> dict[str, Any]:
    return {
        "schema": table.name.schema,
        "table": table.name.name,
        "rows": table.rows,
        "bytes": table.bytes,
    }


def _options(scope: RestoreScope) -> ImportOptions:
    dialect: Dialect = scope.source.dialect
    return ImportOptions(dialect, time_series=scope.time_series)


def sql_step(
    id: str,
    title: str,
    sql: tuple[str, ...],
    explanation: str = "",
    params: dict[str, Any] | None = None,
) -> Step:
    return Step(
        id=id,
        kind=StepKind.SQL,
        title=title,
        explanation=explanation,
        sql=sql,
        params=params or {},
    )


def sql_if_any(
    id: str,
    title: str,
    sql: Iterator[str],
    explanation: str = "",
    params: dict[str, Any] | None = None,
) -> Iterator[Step]:
    found = tuple(sql)
    if found:
        yield sql_step(id, title, found, explanation, params)


def sum_known(values: Sequence[int | None]) -> int | None:
    if any(value is None for value in values):
        return None
    return sum(value for value in values if value is not None)
