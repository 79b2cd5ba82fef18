"""The steps of an excerpt. Pure; `plan` puts the findings beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from kwtui.backups.csv.excerpt import Excerpt
from kwtui.backups.layout.naming import table_folder
from kwtui.backups.manifest import FileEntry
from kwtui.model.requests import Dialect, ExcerptRequest
from kwtui.model.schema import CommentSpec, TableName
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.restore.expected_content import NOTHING_KNOWN, again, content_sql
from kwtui.operations.restore.findings import insert_reason
from kwtui.operations.restore.source import RestoreSource, SourceTable
from kwtui.sql import ddl, statements, transfer
from kwtui.sql.quoting import qualified
from kwtui.sql.transfer import ImportOptions
from kwtui.text import human_bytes, plural

UNFINISHED = "kwtui is filling this table. It is not complete yet."
"""The comment of the table until its rows were compared."""
_INSERT_ROWS = 500


@dataclass(frozen=True)
class ExcerptFile:
    """A file of the set that may hold rows that are wanted."""

    entry: FileEntry
    source: str
    """Relative to extern."""
    staged: str
    """Relative to the staging folder."""
    whole: bool
    """All of its rows are wanted: it is linked, not copied."""


@dataclass(frozen=True)
class ExcerptScope:
    source: RestoreSource
    """Without column names in its dialect: the copies have none."""
    table: SourceTable
    request: ExcerptRequest
    excerpt: Excerpt
    files: tuple[ExcerptFile, ...]
    dialect: Dialect
    """Of the set's files, which may begin with column names."""
    target: str
    """The database."""
    node_id: int
    staging: str

    @property
    def folder(self) -> str:
        """Where the IMPORT reads, relative to extern."""
        return f"{self.staging}/{self.inner}"

    @property
    def inner(self) -> str:
        return table_folder(self.request.into)

    @property
    def bytes(self) -> int:
        """At most what is imported."""
        return sum(file.entry.bytes for file in self.files)


def excerpt_steps(scope: ExcerptScope) -> Iterator[Step]:
    yield _check(scope)
    yield _stage(scope)
    yield _create(scope)
    reason = insert_reason(scope.source, scope.table)
    yield _insert(scope, reason) if reason else _import(scope)
    yield _compare(scope)
    yield _finish(scope)
    yield Step(
        id="unstage",
        kind=StepKind.UNSTAGE,
        title="Remove the staging folder",
        explanation="Links and copies go; the backup stays as it is.",
        subject=scope.staging,
        params={"staging": scope.staging},
    )


def words_of(request: ExcerptRequest) -> str:
    """Which rows: ``from … until …, where …``."""
    times = [f"from {request.since}"] if request.since else []
    times += [f"until {request.until}"] if request.until else []
    where = [f"where {request.where}"] if request.where else []
    return ", ".join(filter(None, (" ".join(times), *where))) or "all of them"


def _check(scope: ExcerptScope) -> Step:
    files = [
        {"path": file.source, "bytes": file.entry.bytes, "sha256": file.entry.sha256}
        for file in scope.files
    ]
    return Step(
        id="check-files",
        kind=StepKind.CHECK_FILES,
        title="Check the files before anything is written",
        explanation="Those that may hold such rows: each must have the size and SHA-256 of the "
        "manifest.",
        subject=scope.source.path,
        params={"files": files},
    )


def _stage(scope: ExcerptScope) -> Step:
    partly = [file for file in scope.files if not file.whole]
    size = human_bytes(sum(file.entry.bytes for file in partly))
    linked = f"{plural(len(scope.files) - len(partly), 'file')} linked as they are. "
    copied = (
        f"{plural(len(partly), 'file')} ({size}) with other rows too: copied, with only the rows "
        f"{words_of(scope.request)}."
    )
    return Step(
        id="stage",
        kind=StepKind.STAGE,
        title="Collect the rows in a staging folder",
        explanation=linked * (len(partly) < len(scope.files)) + copied * bool(partly),
        subject=scope.staging,
        params={
            "staging": scope.staging,
            "folder": scope.inner,
            "files": [
                {
                    "source": file.source,
                    "path": file.staged,
                    "whole": file.whole,
                    "rows": file.entry.records,
                }
                for file in scope.files
            ],
            "excerpt": msgspec.to_builtins(scope.excerpt),
            "dialect": msgspec.to_builtins(scope.dialect),
            "fields": len(scope.table.spec.visible_columns),
        },
    )


def _create(scope: ExcerptScope) -> Step:
    """Without a retention of its own, which could take the rows at once; what depends on the
    table's name (indexes on tags, grants) is not made."""
    into, spec = scope.request.into, scope.table.spec
    text = ddl.with_true_defaults(spec.create_statement, spec.columns)
    create = ddl.with_name(ddl.without_retention(text), scope.target, into)
    return Step(
        id="create-table",
        kind=StepKind.SQL,
        title=f"Create the table {into}",
        explanation=f"With the columns and tags of {scope.table.name}, and without a retention of "
        "its own: its rows may be old. Until they were compared its comment says that it is not "
        "complete.",
        sql=(create, _comment(scope, UNFINISHED)),
        subject=str(into),
        params={"database": scope.target},
    )


def comment_of(table: TableName, text: str) -> CommentSpec:
    """The comment of a table that an excerpt makes."""
    return CommentSpec(f"TABLE {qualified(table.schema, table.name)}", text)


def _comment(scope: ExcerptScope, text: str) -> str:
    return statements.comment_on(scope.target, comment_of(scope.request.into, text))


def _params(scope: ExcerptScope) -> dict[str, Any]:
    """Of the step that brings the rows: how many they are is known when they are collected."""
    spec, into = scope.table.spec, scope.request.into
    return {
        "schema": into.schema,
        "table": into.name,
        "database": scope.target,
        "rows": None,
        "bytes": scope.bytes,
        "folder": scope.folder,
        "columns": [(c.name, c.type) for c in spec.columns if not c.hidden],
        "batch": _INSERT_ROWS,
        "dialect": msgspec.to_builtins(scope.source.dialect),
        "tags": list(spec.primary_tag_positions),
    }


def _import(scope: ExcerptScope) -> Step:
    sql = transfer.import_into(
        scope.target,
        scope.request.into,
        [transfer.nodelocal(scope.node_id, scope.folder)],
        options=ImportOptions(scope.source.dialect, time_series=True),
    )
    return Step(
        id=f"import:{scope.request.into}",
        kind=StepKind.IMPORT_TABLE,
        title=f"Import into {scope.request.into}",
        sql=(sql,),
        subject=str(scope.request.into),
        params=_params(scope),
    )


def _insert(scope: ExcerptScope, reason: str) -> Step:
    columns = [(c.name, c.type) for c in scope.table.spec.columns if not c.hidden]
    sql = statements.insert_rows(scope.target, scope.request.into, columns, ()) + "..."
    return Step(
        id=f"insert:{scope.request.into}",
        kind=StepKind.INSERT_ROWS,
        title=f"Insert the rows into {scope.request.into}",
        explanation=f"{reason}; INSERT does not. {_INSERT_ROWS} rows go in one statement.",
        sql=(sql,),
        subject=str(scope.request.into),
        params=_params(scope),
    )


def _compare(scope: ExcerptScope) -> Step:
    into = scope.request.into
    spec = replace(scope.table.spec, name=into)
    files = tuple(file.source for file in scope.files)
    made = replace(scope.table, spec=spec, files=files, bytes=scope.bytes, checksum=None)
    expected = {
        "schema": into.schema,
        "table": into.name,
        "rows": None,
        "bytes": scope.bytes,
        "columns": list(spec.visible_columns),
        "series": True,
        **NOTHING_KNOWN,
        **again(made, scope.source.dialect, scope.node_id, scope.staging),
    }
    return Step(
        id="compare",
        kind=StepKind.COMPARE,
        title="Compare the table with the backup",
        explanation="Its rows are counted, and it is exported again and compared with what was "
        "collected, record by record.",
        sql=tuple(content_sql(scope.target, expected)),
        subject=str(into),
        params={"database": scope.target, "tables": [expected]},
    )


def _finish(scope: ExcerptScope) -> Step:
    source, request = scope.source, scope.request
    text = (
        f"Rows of {source.schema.database}.{scope.table.name} {words_of(request)}; from the "
        f"backup {source.path}."
    )
    return Step(
        id="finish",
        kind=StepKind.SQL,
        title="Mark it complete",
        explanation="Its comment says where its rows come from.",
        sql=(_comment(scope, text),),
        subject=str(request.into),
        params={"database": scope.target},
    )
